//! Several score files, sorted by system and split.

use std::path::{Path, PathBuf};

use anyhow::Context;
use artifact::{FileRecord, read_text};
use serde_json::Value;

use crate::metric::LABEL_SCORES;
use crate::rows::{ScoreRow, ScoredRun};
use crate::score_file::{ScoreFile, Splits};

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
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("pixels-kmeans.json");
    /// let scores = r#"{"purity": 0.5, "acc": 0.5, "nmi": 0.25, "ari": 0.25}"#;
    /// std::fs::write(&path, format!(r#"{{"splits": {{"train": {scores}}}}}"#))?;
    /// let scores = score_io::ScoreFiles::read(&[path])?;
    /// assert_eq!(scores.rows[0].system, "pixels-kmeans");
    /// assert_eq!(scores.rows[0].runs[0].score("nmi"), Some(0.25));
    /// # Ok::<(), anyhow::Error>(())
    /// ```
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
