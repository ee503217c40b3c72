//! Score files side by side, as one table.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use artifact::read_bytes;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::predict;

/// What the table shows of a split.
pub struct Shown {
    /// Against labels; all of it, or none without labels.
    known: Option<Known>,
    /// Without labels, where points were given.
    internal: Option<Internal>,
}

#[derive(Deserialize)]
struct Known {
    purity: f64,
    acc: f64,
    nmi: f64,
    ari: f64,
}

#[derive(Deserialize)]
struct Internal {
    silhouette: Measured,
}

#[derive(Deserialize)]
struct Measured {
    value: Option<f64>,
}

impl Shown {
    /// What there is of a split, which is one of the two at least.
    fn read(split: &Value) -> serde_json::Result<Self> {
        let internal = split.get("internal").map(Internal::deserialize).transpose()?;
        let unknown = internal.is_some() && split.get("purity").is_none();
        let known = (!unknown).then(|| Known::deserialize(split)).transpose()?;
        Ok(Self { known, internal })
    }

    /// Share of points that are right under the best one-to-one map, where there are labels.
    pub fn acc(&self) -> Option<f64> {
        self.known.as_ref().map(|known| known.acc)
    }

    /// The silhouette, where one was measured.
    pub fn silhouette(&self) -> Option<f64> {
        self.internal.as_ref()?.silhouette.value
    }
}

/// A file that this program wrote.
#[derive(Deserialize)]
struct ScoreFile {
    splits: Map<String, Value>,
}

/// The runs of one system on one split.
pub struct Row {
    /// Named after its files.
    pub system: String,
    /// Named after its assignments.
    pub split: String,
    /// Where the split stands in its files: the training split of all systems comes first.
    pub position: usize,
    /// Its scores in the order of the files.
    pub runs: Vec<Shown>,
    /// Where each of them was read.
    files: Vec<String>,
}

/// A column of the table: its name, and its score where a run has one.
type Column = (&'static str, fn(&Shown) -> Option<f64>);

const COLUMNS: [Column; 5] = [
    ("purity", |run| run.known.as_ref().map(|known| known.purity)),
    ("ACC (Hungarian)", Shown::acc),
    ("NMI", |run| run.known.as_ref().map(|known| known.nmi)),
    ("ARI", |run| run.known.as_ref().map(|known| known.ari)),
    ("silhouette (internal)", Shown::silhouette),
];

/// One row a system and split. A system is named after its file; files of one name are runs of one system, shown by
/// their mean and standard deviation; with `each` also by the smallest and the largest, after a table of every run and
/// before one of what the silhouette says about ACC. A score that no run has gets no column.
///
/// # Errors
/// A file that cannot be read or was not written by this program.
pub fn table(files: &[PathBuf], reference: Option<&Path>, each: bool) -> anyhow::Result<String> {
    let published = reference.map(read_reference).transpose()?;
    let rows = read_rows(files)?;

    let columns: Vec<Column> = COLUMNS
        .into_iter()
        .filter(|(_, score)| rows.iter().flat_map(|row| &row.runs).any(|run| score(run).is_some()))
        .collect();
    let repeated = rows.iter().any(|row| row.runs.len() > 1);
    let every = if each { format!("{}\n", every_run(&rows, &columns)) } else { String::new() };
    let after = if each { predict::section(&rows) } else { String::new() };
    let mut head: Vec<&str> =
        ["system", "split"].into_iter().chain(columns.iter().map(|(name, _)| *name)).collect();
    if repeated {
        head.insert(2, "runs");
    }
    if published.is_some() {
        head.push("purity in the report");
    }
    let cells = rows.into_iter().map(|row| {
        let mut cells = vec![row.system.clone(), row.split.clone()];
        if repeated {
            cells.push(row.runs.len().to_string());
        }
        cells.extend(columns.iter().map(|(_, score)| summary(&row.runs, score, each)));
        if let Some(published) = &published {
            let figure = published.get(&(row.system, row.split));
            cells.push(figure.map(|purity| format!("{purity:.4}")).unwrap_or_default());
        }
        cells
    });
    Ok(every + &stage::table(&head, cells) + &after)
}

/// Score files as rows, the first split of all systems before the second.
fn read_rows(files: &[PathBuf]) -> anyhow::Result<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::new();
    for file in files {
        let system = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for (position, (split, shown)) in read_scores(file)?.into_iter().enumerate() {
            match rows.iter_mut().find(|row| row.system == system && row.split == split) {
                Some(row) => {
                    row.runs.push(shown);
                    row.files.push(file.display().to_string());
                }
                None => {
                    let files = vec![file.display().to_string()];
                    rows.push(Row { system: system.clone(), split, position, runs: vec![shown], files });
                }
            }
        }
    }
    // The sort is stable: systems stay in the order they were given in.
    rows.sort_by_key(|row| row.position);
    Ok(rows)
}

/// A score of the runs that have it; of how many, if others have not.
fn summary(runs: &[Shown], score: impl Fn(&Shown) -> Option<f64>, each: bool) -> String {
    let scores: Vec<f64> = runs.iter().filter_map(score).collect();
    let extent = if each && scores.len() > 1 { extent(&scores) } else { String::new() };
    let some = !scores.is_empty() && scores.len() < runs.len();
    let of = if some { format!(" of {}", scores.len()) } else { String::new() };
    mean_and_deviation(scores) + &extent + &of
}

/// A line for every run.
fn every_run(rows: &[Row], columns: &[Column]) -> String {
    let line =
        |row: &Row, run: usize| {
            let mut cells = vec![row.system.clone(), row.split.clone(), row.files[run].clone()];
            cells.extend(columns.iter().map(|(_, score)| {
                score(&row.runs[run]).map(|score| format!("{score:.4}")).unwrap_or_default()
            }));
            cells
        };
    let lines = rows.iter().flat_map(|row| (0..row.runs.len()).map(move |run| line(row, run)));
    let head: Vec<&str> =
        ["system", "split", "run"].into_iter().chain(columns.iter().map(|(name, _)| *name)).collect();
    stage::table(&head, lines)
}

/// The smallest and the largest.
fn extent(runs: &[f64]) -> String {
    let low = runs.iter().copied().fold(f64::INFINITY, f64::min);
    let high = runs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!(" ({low:.4} to {high:.4})")
}

/// The splits of a score file in their order.
fn read_scores(file: &Path) -> anyhow::Result<Vec<(String, Shown)>> {
    let (bytes, _) = read_bytes(file)?;
    let not_scores = || format!("{}: expected scores written by evaluate", file.display());
    let scores: ScoreFile = serde_json::from_slice(&bytes).with_context(not_scores)?;
    let shown = |(split, value): (String, Value)| Ok((split, Shown::read(&value).with_context(not_scores)?));
    scores.splits.into_iter().map(shown).collect()
}

/// The mean, and from two runs on the sample standard deviation; nothing of nothing.
fn mean_and_deviation(runs: Vec<f64>) -> String {
    if runs.is_empty() {
        return String::new();
    }
    let n = runs.len() as f64;
    let mean = runs.iter().sum::<f64>() / n;
    if runs.len() == 1 {
        return format!("{mean:.4}");
    }
    let squares = runs.iter().map(|run| (run - mean).powi(2)).sum::<f64>();
    format!("{mean:.4} +- {:.4}", (squares / (n - 1.0)).sqrt())
}

/// Published purity by system and split.
fn read_reference(path: &Path) -> anyhow::Result<HashMap<(String, String), f64>> {
    let (bytes, _) = read_bytes(path)?;
    let systems: Map<String, Value> = serde_json::from_slice(&bytes)
        .with_context(|| format!("{}: expected a JSON object of published figures", path.display()))?;
    let mut published = HashMap::new();
    for (system, splits) in systems {
        for (split, figures) in splits.as_object().into_iter().flatten() {
            if let Some(purity) = figures.get("purity").and_then(Value::as_f64) {
                published.insert((system.clone(), split.clone()), purity);
            }
        }
    }
    Ok(published)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1, 2 and 6: mean 3, squares 4 + 1 + 9, over 2 is 7.
    #[test]
    fn the_deviation_is_that_of_a_sample() {
        assert_eq!(mean_and_deviation(vec![1.0, 2.0, 6.0]), "3.0000 +- 2.6458");
        assert_eq!(mean_and_deviation(vec![0.5]), "0.5000");
        assert_eq!(extent(&[2.0, 1.0, 6.0]), " (1.0000 to 6.0000)");
    }
}
