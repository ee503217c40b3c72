//! The program in an empty folder. What it refuses is tested for all programs at once in `scripts/tests`.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use ndarray::array;
use ndarray_npy::write_npy;
use serde_json::Value;
use tempfile::tempdir;

fn run(folder: &Path, words: &str) -> Output {
    Command::cargo_bin("evaluate").unwrap().current_dir(folder).args(words.split(' ')).output().unwrap()
}

fn done(folder: &Path, words: &str) -> String {
    let output = run(folder, words);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Six points: cluster 5 is all cat, cluster 9 is dog twice and cat once, one dog is noise.
/// Purity and ACC are (2 + 2) / 6.
fn cats_and_dogs(folder: &Path) {
    write_npy(folder.join("labels.npy"), &array![0u8, 0, 0, 1, 1, 1]).unwrap();
    write_npy(folder.join("train.npy"), &array![5i64, 5, 9, 9, 9, -1]).unwrap();
    std::fs::write(folder.join("classes.json"), r#"["cat", "dog"]"#).unwrap();
}

#[test]
fn scores_are_written_and_shown() {
    let folder = tempdir().unwrap();
    cats_and_dogs(folder.path());
    let words = "--assignments train.npy --labels labels.npy --classes classes.json --out s.json";
    let shown = done(folder.path(), words);
    for told in ["train: 6 points, 2 classes, 2 clusters, 16.7 % noise", "0.6667", "| cat ", "| none |"] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    let squeezed = shown.replace(' ', "");
    assert!(squeezed.contains("|cat|2|1|0|66.7%|") && squeezed.contains("|dog|0|2|1|66.7%|"), "{shown}");
    let scores: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("s.json")).unwrap()).unwrap();
    assert_eq!(scores["class_names"], serde_json::json!(["cat", "dog"]));
    let train = &scores["splits"]["train"];
    assert_eq!(train["purity"], 4.0 / 6.0);
    assert_eq!(train["acc"], 4.0 / 6.0);
    assert_eq!(train["majority"]["confusion"], serde_json::json!([[2, 1], [0, 2]]));
    assert_eq!(train["majority"]["unassigned"], serde_json::json!([0, 1]));
}

#[test]
fn runs_of_one_system_are_averaged_and_stand_beside_published_figures() {
    let folder = tempdir().unwrap();
    cats_and_dogs(folder.path());
    write_npy(folder.path().join("perfect.npy"), &array![0u8, 0, 0, 1, 1, 1]).unwrap();
    std::fs::create_dir(folder.path().join("run-1")).unwrap();
    std::fs::create_dir(folder.path().join("run-2")).unwrap();
    done(folder.path(), "--assignments train.npy --labels labels.npy --out run-1/s.json");
    std::fs::rename(folder.path().join("perfect.npy"), folder.path().join("train.npy")).unwrap();
    done(folder.path(), "--assignments train.npy --labels labels.npy --out run-2/s.json");
    std::fs::write(folder.path().join("report.json"), r#"{"s": {"train": {"purity": 0.75}}}"#).unwrap();

    let single = done(folder.path(), "run-1/s.json");
    assert!(single.contains("| s      | train | 0.6667 |"), "{single}");
    let both = done(folder.path(), "run-1/s.json run-2/s.json --reference report.json");
    // 2/3 and 1: mean 5/6, deviation 1/6 x sqrt 2.
    assert!(both.contains("| s      | train |    2 | 0.8333 +- 0.2357 |"), "{both}");
    assert!(both.trim_end().ends_with("0.7500 |"), "{both}");
}

#[test]
fn classes_and_score_files_that_do_not_fit_are_refused() {
    let folder = tempdir().unwrap();
    cats_and_dogs(folder.path());
    std::fs::write(folder.path().join("one.json"), r#"["cat"]"#).unwrap();
    std::fs::write(folder.path().join("object.json"), r#"{"cat": 0}"#).unwrap();
    for (words, told) in [
        (
            "--assignments train.npy --labels labels.npy --out s.json --classes one.json",
            "found 1 names for labels up to 1",
        ),
        (
            "--assignments train.npy --labels labels.npy --out s.json --classes object.json",
            "expected a JSON list",
        ),
        ("classes.json", "expected scores written by evaluate"),
    ] {
        let output = run(folder.path(), words);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains(told) && error.lines().count() == 1, "{error}");
        assert!(!folder.path().join("s.json").exists());
    }
}
