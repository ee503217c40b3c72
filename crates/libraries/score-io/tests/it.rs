//! Scores, figures and losses: what is read, and what is refused.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::path::{Path, PathBuf};

use score_io::{EpochLoss, Losses, RunSummary, ScoreFiles, losses_csv};

fn written(folder: &Path, run: &str, text: &str) -> PathBuf {
    let path = folder.join(run).join("a.json");
    std::fs::create_dir_all(folder.join(run)).unwrap();
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn files_of_one_name_are_runs_of_one_system() {
    let folder = tempfile::tempdir().unwrap();
    let split =
        |purity: f64| format!(r#"{{"purity": {purity}, "acc": 0.5, "nmi": 0.5, "ari": 0.5}}"#);
    let text =
        |purity| format!(r#"{{"splits": {{"train": {}, "test": {}}}}}"#, split(purity), split(0.1));
    let files = [written(folder.path(), "0", &text(0.6)), written(folder.path(), "1", &text(0.8))];
    let rows = ScoreFiles::read(&files).unwrap().rows;
    let found: Vec<_> =
        rows.iter().map(|row| (row.system.as_str(), row.split.as_str(), row.runs.len())).collect();
    assert_eq!(found, [("a", "train", 2), ("a", "test", 2)]);
    let spread = rows[0].summary("purity").unwrap();
    assert_eq!((spread.n, spread.low, spread.high), (2, 0.6, 0.8));
    assert!(rows[0].summary("silhouette").is_none());
}

#[test]
fn tables_of_any_size_are_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"{"class_names": null, "splits": {"train": {
        "purity": 0.5, "acc": 0.5, "nmi": 0, "ari": 0,
        "contingency": [[1]], "contingency_cells": [[0, 0, 1], [0, 1, 2]], "noise": [3],
        "by_training_map": {"training_split": "a", "majority_accuracy": 0.25}}}}"#;
    let rows = ScoreFiles::read(&[written(folder.path(), "0", text)]).unwrap().rows;
    let run = &rows[0].runs[0];
    assert_eq!(run.json["noise"], serde_json::json!([3]));
    assert!(run.json.get("contingency").is_none() && run.json.get("contingency_cells").is_none());
    assert_eq!(run.score("majority_accuracy_by_training_map"), Some(0.25));
    assert_eq!(run.score("one_to_one_accuracy_by_training_map"), None);
}

#[test]
fn the_provenance_of_a_file_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), "0", r#"{"splits": {"train": {"internal": {}}}}"#);
    let provenance = PathBuf::from(format!("{}.json", file.display()));
    std::fs::write(&provenance, "{}").unwrap();
    assert_eq!(ScoreFiles::read(&[file, provenance.clone()]).unwrap().records.len(), 1);
    // Alone it is what a user should hear of.
    assert!(ScoreFiles::read(&[provenance]).is_err());
}

#[test]
fn what_evaluate_did_not_write_is_refused_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let large = r#"{"splits": {"train": {"purity": 1e308, "acc": 0, "nmi": 0, "ari": 0}}}"#;
    let none = [r#"{"splits": {}}"#, r#"{"splits": {"train": {"internal": null}}}"#];
    let other = [r#"{"splits": []}"#, r#"{"splits": {"train": 1}}"#];
    let partial = r#"{"splits": {"train": {"purity": 1.0}}}"#;
    for text in ["", "[]", "{}", partial, large, none[0], none[1], other[0], other[1]] {
        let file = written(folder.path(), "0", text);
        let error = format!("{:#}", ScoreFiles::read(std::slice::from_ref(&file)).unwrap_err());
        assert!(
            error.contains(&file.display().to_string()) && error.contains("expected scores"),
            "{error}"
        );
    }
}

#[test]
fn losses_need_no_validation() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("losses.csv");
    std::fs::write(&path, "epoch,train,validation\n1,0.5,\n2,0.25,0.5\n").unwrap();
    let (losses, _) = Losses::read(&path).unwrap();
    let epochs = [
        EpochLoss { epoch: 1.0, train: 0.5, validation: None },
        EpochLoss { epoch: 2.0, train: 0.25, validation: Some(0.5) },
    ];
    assert_eq!(losses.epochs(), epochs);
    assert_eq!(losses_csv(epochs).as_bytes(), std::fs::read(&path).unwrap());
    let head = "epoch,train,validation\n";
    for wrong in [
        "a,b\n1,2\n",
        head,
        &format!("{head}nan,1,1\n"),
        &format!("{head}1,inf,\n"),
        &format!("{head}2,1,\n1,1,\n"),
    ] {
        std::fs::write(&path, wrong).unwrap();
        let error = format!("{:#}", Losses::read(&path).err().unwrap());
        assert!(error.contains("epoch, train and validation"), "{wrong}: {error}");
    }
}

#[test]
fn what_fuzzing_kept_is_read_or_refused() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fuzz/corpus");
    let mut tried = 0;
    for file in std::fs::read_dir(corpus.join("losses")).unwrap() {
        if let Ok((losses, _)) = Losses::read(&file.unwrap().path()) {
            assert!(losses.epochs().is_sorted_by(|a, b| a.epoch < b.epoch));
        }
        tried += 1;
    }
    assert!(tried > 20, "{tried} files");
}

/// 1, 2 and 6: mean 3, squares 4 + 1 + 9, over 2 is 7.
#[test]
fn the_deviation_is_that_of_a_sample() {
    let spread = RunSummary::of(&[2.0, 1.0, 6.0]).unwrap();
    assert_eq!((spread.n, spread.mean, spread.deviation), (3, 3.0, Some(7_f64.sqrt())));
    assert_eq!((spread.low, spread.high), (1.0, 6.0));
    assert!(RunSummary::of(&[0.5]).unwrap().deviation.is_none() && RunSummary::of(&[]).is_none());
}
