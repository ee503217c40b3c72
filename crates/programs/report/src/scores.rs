//! Formats the scores of systems as tables.

use score_io::{RunSummary, ScoreRow};

use crate::inputs::Inputs;
use crate::system::SystemView;

/// Scores of all systems on one split.
pub struct Results {
    /// Name of the split.
    pub split: String,
    /// A row for each system.
    pub rows: Vec<ResultRow>,
}

/// Scores of a system.
pub struct ResultRow {
    /// Name of the system.
    pub system: String,
    /// Number of the section of the system, if there is one.
    pub target: Option<usize>,
    /// Number of runs.
    pub runs: usize,
    /// A cell for each column.
    pub cells: Vec<Score>,
    /// Published figure beside the first column.
    pub published: Option<String>,
}

/// A formatted score, and whether it is the best of its column.
pub struct Score {
    value: Option<f64>,
    /// Mean of the runs.
    pub mean: String,
    /// Standard deviation of the runs; empty for one.
    pub deviation: String,
    /// Whether no other system has more.
    pub best: bool,
}

/// Metrics of the columns, as score files name them.
pub const COLUMNS: [&str; 6] = ["purity", "acc", "nmi", "ami", "ari", "silhouette"];

/// Column of the silhouette, which has no best: it is measured in different spaces.
const SILHOUETTE: usize = 5;

/// Spread of a score over the runs.
pub struct RunRow {
    /// Name of the system.
    pub system: String,
    /// Name of the split.
    pub split: String,
    /// Number of runs.
    pub n: usize,
    /// Name of the score.
    pub metric: &'static str,
    /// Mean, deviation, smallest and largest.
    pub spread: [String; 4],
}

/// Returns the published figure of a system on a split.
pub fn published(inputs: &Inputs, row: &ScoreRow) -> Option<String> {
    let figure = inputs.published.get(&(row.system.clone(), row.split.clone()))?;
    Some(format!("{figure:.4}"))
}

/// Formats the scores by split.
pub fn results(inputs: &Inputs, rows: &[ScoreRow], systems: &[SystemView]) -> Vec<Results> {
    let mut results: Vec<Results> = Vec::new();
    for row in rows {
        let cells = COLUMNS.map(|metric| match row.summary(metric) {
            Some(RunSummary { mean, deviation, .. }) => Score {
                value: Some(mean),
                mean: format!("{mean:.4}"),
                deviation: deviation
                    .map(|deviation| format!("± {deviation:.4}"))
                    .unwrap_or_default(),
                best: false,
            },
            None => {
                Score { value: None, mean: String::new(), deviation: String::new(), best: false }
            }
        });
        let shown = ResultRow {
            system: row.system.clone(),
            target: systems.iter().position(|system| system.name == row.system),
            runs: row.runs.len(),
            cells: cells.into(),
            published: published(inputs, row),
        };
        match results.iter_mut().find(|results| results.split == row.split) {
            Some(results) => results.rows.push(shown),
            None => results.push(Results { split: row.split.clone(), rows: vec![shown] }),
        }
    }
    for results in results.iter_mut().filter(|results| results.rows.len() > 1) {
        for column in 0..SILHOUETTE {
            let values = results.rows.iter().filter_map(|row| row.cells[column].value);
            let best = values.max_by(f64::total_cmp);
            for row in &mut results.rows {
                let cell = &mut row.cells[column];
                cell.best = cell.value.is_some() && cell.value == best;
            }
        }
    }
    results
}

/// Formats the spread of every score.
pub fn run_rows(rows: &[ScoreRow]) -> Vec<RunRow> {
    let metrics = ["purity", "acc", "nmi", "ari"];
    let all = rows.iter().flat_map(|row| metrics.map(|metric| (row, metric)));
    all.filter_map(|(row, metric)| {
        let RunSummary { n, mean, deviation, low, high } = row.summary(metric)?;
        let spread = [Some(mean), deviation, Some(low), Some(high)]
            .map(|value| value.map(|value| format!("{value:.4}")).unwrap_or_default());
        Some(RunRow { system: row.system.clone(), split: row.split.clone(), n, metric, spread })
    })
    .collect()
}
