//! Scores of one run, and the runs of one system.

use serde_json::Value;

use crate::metric::METRICS;
use crate::summary::RunSummary;

/// Scores of one run on one split.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredRun {
    /// File they were read from.
    pub file: String,
    /// JSON of the split without the tables `contingency` and `contingency_cells`.
    pub json: Value,
}

impl ScoredRun {
    /// Returns a score by its name in [`METRICS`], if the run has it.
    ///
    /// ```
    /// let json = serde_json::json!({ "purity": 0.5, "internal": { "davies_bouldin": 1.25 } });
    /// let run = score_io::ScoredRun { file: "scores.json".into(), json };
    /// assert_eq!(run.score("davies_bouldin"), Some(1.25));
    /// assert_eq!(run.score("acc"), None);
    /// ```
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
    ///
    /// ```
    /// use score_io::{ScoreRow, ScoredRun};
    ///
    /// let run = |acc: f64| ScoredRun {
    ///     file: "scores.json".into(),
    ///     json: serde_json::json!({ "acc": acc }),
    /// };
    /// let (system, split) = ("a".into(), "train".into());
    /// let row = ScoreRow { system, split, position: 0, runs: vec![run(0.25), run(0.75)] };
    /// assert_eq!(row.summary("acc").map(|acc| (acc.n, acc.mean)), Some((2, 0.5)));
    /// assert!(row.summary("nmi").is_none());
    /// ```
    pub fn summary(&self, metric: &str) -> Option<RunSummary> {
        RunSummary::of(&self.runs.iter().filter_map(|run| run.score(metric)).collect::<Vec<_>>())
    }
}
