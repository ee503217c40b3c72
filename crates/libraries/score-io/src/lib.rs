//! Reads the score files of `evaluate`: the runs of each system, and their summaries.

mod summary;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use artifact::{FileRecord, read_text};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

pub use summary::RunSummary;

/// Names of the metrics, and their JSON pointers within a split.
pub const METRICS: [(&str, &str); 15] = [
    ("purity", "/purity"),
    ("acc", "/acc"),
    ("nmi", "/nmi"),
    ("ami", "/ami"),
    ("ari", "/ari"),
    ("homogeneity", "/homogeneity"),
    ("completeness", "/completeness"),
    ("v_measure", "/v_measure"),
    ("fowlkes_mallows", "/fowlkes_mallows"),
    ("majority_accuracy_by_training_map", "/by_training_map/majority_accuracy"),
    ("one_to_one_accuracy_by_training_map", "/by_training_map/one_to_one_accuracy"),
    ("silhouette", "/internal/silhouette/value"),
    ("silhouette_standard_error", "/internal/silhouette/standard_error"),
    ("davies_bouldin", "/internal/davies_bouldin"),
    ("calinski_harabasz", "/internal/calinski_harabasz"),
];

/// Metrics that every split scored against labels has.
const LABEL_SCORES: [&str; 4] = ["purity", "acc", "nmi", "ari"];

/// Scores of one run on one split.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredRun {
    /// File they were read from.
    pub file: String,
    /// JSON of the split without the [skipped tables](SKIPPED_TABLES).
    pub json: Value,
}

impl ScoredRun {
    /// Returns a score by its name in [`METRICS`], if the run has it.
    pub fn score(&self, metric: &str) -> Option<f64> {
        let (_, place) = METRICS.iter().find(|(name, _)| *name == metric)?;
        self.json.pointer(place)?.as_f64()
    }
}

/// Runs of one system on one split.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreRow {
    /// Name of the system: the name of its files.
    pub system: String,
    /// Name of the split: the name of its assignments file.
    pub split: String,
    /// Position of the split in its files, 0 for the training split.
    pub position: usize,
    /// Runs in the order of the files.
    pub runs: Vec<ScoredRun>,
}

impl ScoreRow {
    /// Summarizes a metric over the runs that have it; `None` if none has.
    pub fn summary(&self, metric: &str) -> Option<RunSummary> {
        RunSummary::of(&self.runs.iter().filter_map(|run| run.score(metric)).collect::<Vec<_>>())
    }
}

/// Parts of a split that no reader needs; they may have a million cells and are skipped.
const SKIPPED_TABLES: [&str; 2] = ["contingency", "contingency_cells"];

/// A score file.
#[derive(Deserialize)]
struct ScoreFile {
    #[serde(default)]
    class_names: Option<Vec<String>>,
    splits: Splits,
}

/// Scores of each split by name, in the order of the file.
struct Splits(Map<String, Value>);

impl<'de> Deserialize<'de> for Splits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Splits;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("splits by their names")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Splits, A::Error> {
                let mut splits = Map::new();
                while let Some((name, Split(split))) = entries.next_entry()? {
                    splits.insert(name, Value::Object(split));
                }
                Ok(Splits(splits))
            }
        }
        deserializer.deserialize_map(Names)
    }
}

/// Scores of one split without the [skipped tables](SKIPPED_TABLES).
struct Split(Map<String, Value>);

impl<'de> Deserialize<'de> for Split {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Scores;
        impl<'de> Visitor<'de> for Scores {
            type Value = Split;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("the scores of a split")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Split, A::Error> {
                let mut scores = Map::new();
                while let Some(name) = entries.next_key::<String>()? {
                    if SKIPPED_TABLES.contains(&name.as_str()) {
                        entries.next_value::<IgnoredAny>()?;
                    } else {
                        scores.insert(name, entries.next_value()?);
                    }
                }
                Ok(Split(scores))
            }
        }
        deserializer.deserialize_map(Scores)
    }
}

/// Several score files together.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreFiles {
    /// One row for each system and split; the first split of all systems comes first.
    ///
    /// A system is named after its file; files of one name are runs of one system.
    pub rows: Vec<ScoreRow>,
    /// Names of the classes, from the first file that has any.
    pub class_names: Option<Vec<String>>,
    /// Records of the files.
    pub records: Vec<FileRecord>,
}

impl ScoreFiles {
    /// Reads score files.
    ///
    /// Leaves out provenance files, which a pattern such as `scores/*.json` also matches.
    ///
    /// # Errors
    /// Fails if a file cannot be read or was not written by `evaluate`.
    pub fn read(files: &[PathBuf]) -> anyhow::Result<Self> {
        let mut rows: Vec<ScoreRow> = Vec::new();
        let mut records = Vec::new();
        let mut class_names = None;
        let provenance: Vec<PathBuf> = files.iter().map(|file| sidecar(file)).collect();
        for file in files.iter().filter(|file| !provenance.contains(file)) {
            let (bytes, record) = read_text(file)?;
            let not_scores = || {
                format!(
                    "{}: expected scores written by evaluate; run evaluate with --out",
                    file.display()
                )
            };
            let scores: ScoreFile = serde_json::from_slice(&bytes).with_context(not_scores)?;
            let Splits(splits) = scores.splits;
            anyhow::ensure!(!splits.is_empty(), "{}: found no split", not_scores());
            let system = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            for (position, (split, json)) in splits.into_iter().enumerate() {
                let run = ScoredRun { file: file.display().to_string(), json };
                check(&run).with_context(not_scores)?;
                match rows.iter_mut().find(|row| row.system == system && row.split == split) {
                    Some(row) => row.runs.push(run),
                    None => rows.push(ScoreRow {
                        system: system.clone(),
                        split,
                        position,
                        runs: vec![run],
                    }),
                }
            }
            records.push(record);
            class_names = class_names.or(scores.class_names);
        }
        // The sort is stable: systems keep the order in which they were given.
        rows.sort_by_key(|row| row.position);
        Ok(Self { rows, class_names, records })
    }
}

/// Returns the path of the provenance of `file`, `<file>.json`.
fn sidecar(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".json");
    name.into()
}

/// Checks that a split has scores against labels, or scores without labels.
fn check(run: &ScoredRun) -> anyhow::Result<()> {
    let against = LABEL_SCORES.iter().filter(|metric| run.score(metric).is_some()).count();
    let internal = run.json.get("internal").is_some_and(Value::is_object);
    let whole = against == LABEL_SCORES.len() || against == 0 && internal;
    anyhow::ensure!(whole, "found a split without {}", LABEL_SCORES.join(", "));
    // By definition, none of these scores is larger than 1.
    let wrong = LABEL_SCORES
        .iter()
        .find(|metric| run.score(metric).is_some_and(|score| score.abs() > 1.0 + 1e-9));
    anyhow::ensure!(wrong.is_none(), "found {} beyond 1", wrong.unwrap_or(&""));
    Ok(())
}

/// Published purity by system and split.
pub type Published = HashMap<(String, String), f64>;

/// Reads published figures: a JSON object from system to split to `purity`.
///
/// # Errors
/// Fails if the file cannot be read or has no such figures.
pub fn read_published(path: &Path) -> anyhow::Result<(Published, FileRecord)> {
    let (bytes, record) = read_text(path)?;
    let systems: Map<String, Value> = serde_json::from_slice(&bytes).with_context(|| {
        format!("{}: expected a JSON object of published figures", path.display())
    })?;
    let mut published = HashMap::new();
    for (system, splits) in systems {
        for (split, figures) in splits.as_object().into_iter().flatten() {
            if let Some(purity) = figures.get("purity").and_then(Value::as_f64) {
                published.insert((system.clone(), split.clone()), purity);
            }
        }
    }
    anyhow::ensure!(
        !published.is_empty(),
        "{}: expected published figures, system, split, purity, found none; leave --reference out",
        path.display()
    );
    Ok((published, record))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use super::*;

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
        let text = |purity| {
            format!(r#"{{"splits": {{"train": {}, "test": {}}}}}"#, split(purity), split(0.1))
        };
        let files =
            [written(folder.path(), "0", &text(0.6)), written(folder.path(), "1", &text(0.8))];
        let rows = ScoreFiles::read(&files).unwrap().rows;
        let found: Vec<_> = rows
            .iter()
            .map(|row| (row.system.as_str(), row.split.as_str(), row.runs.len()))
            .collect();
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
        assert!(
            run.json.get("contingency").is_none() && run.json.get("contingency_cells").is_none()
        );
        assert_eq!(run.score("majority_accuracy_by_training_map"), Some(0.25));
        assert_eq!(run.score("one_to_one_accuracy_by_training_map"), None);
    }

    #[test]
    fn the_provenance_of_a_file_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let file = written(folder.path(), "0", r#"{"splits": {"train": {"internal": {}}}}"#);
        let provenance = sidecar(&file);
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
}
