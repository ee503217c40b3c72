//! Score files side by side, as one table.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use artifact::read_bytes;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::format::{self, Format};
use crate::predict;

/// What the table shows of a split.
pub struct Shown {
    /// Against labels; all of it, or none without labels.
    known: Option<Known>,
    /// Without labels, where points were given.
    internal: Option<Internal>,
    /// Whatever scores there are, in the order of [`METRICS`].
    all: Vec<Option<f64>>,
}

/// Scores as their files call them, and where there.
const METRICS: [(&str, &str); 12] = [
    ("purity", "/purity"),
    ("acc", "/acc"),
    ("nmi", "/nmi"),
    ("ami", "/ami"),
    ("ari", "/ari"),
    ("homogeneity", "/homogeneity"),
    ("completeness", "/completeness"),
    ("v_measure", "/v_measure"),
    ("fowlkes_mallows", "/fowlkes_mallows"),
    ("silhouette", "/internal/silhouette/value"),
    ("davies_bouldin", "/internal/davies_bouldin"),
    ("calinski_harabasz", "/internal/calinski_harabasz"),
];

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
        let all = METRICS.iter().map(|(_, place)| split.pointer(place).and_then(Value::as_f64)).collect();
        Ok(Self { known, internal, all })
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
/// before one of what the silhouette says about ACC. A score that no run has gets no column. As CSV every score there is
/// gets lines of its own, see [`csv`].
///
/// # Errors
/// A file that cannot be read or was not written by this program.
pub fn scores(
    files: &[PathBuf],
    reference: Option<&Path>,
    each: bool,
    format: Format,
) -> anyhow::Result<String> {
    let published = reference.map(read_reference).transpose()?;
    let rows = read_rows(files)?;
    let table: Setter = match format {
        Format::Csv => return csv(&rows, each),
        Format::Table => stage::table,
        Format::Markdown => format::markdown,
        Format::Latex => format::latex,
    };

    let columns: Vec<Column> = COLUMNS
        .into_iter()
        .filter(|(_, score)| rows.iter().flat_map(|row| &row.runs).any(|run| score(run).is_some()))
        .collect();
    let repeated = rows.iter().any(|row| row.runs.len() > 1);
    let every = if each { format!("{}\n", every_run(&rows, &columns, table)) } else { String::new() };
    let after = if each { predict::section(&rows, table) } else { String::new() };
    let mut head: Vec<&str> =
        ["system", "split"].into_iter().chain(columns.iter().map(|(name, _)| *name)).collect();
    if repeated {
        head.insert(2, "runs");
    }
    if published.is_some() {
        head.push("purity in the report");
    }
    let cells = rows.into_iter().map(|row| -> Vec<String> {
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
    Ok(every + &table(&head, cells.collect()) + &after)
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

/// The mean of a score over the runs that have it, from two on with the deviation; of how many, if others have not.
fn summary(runs: &[Shown], score: impl Fn(&Shown) -> Option<f64>, each: bool) -> String {
    let scores: Vec<f64> = runs.iter().filter_map(score).collect();
    let Some(spread) = Spread::of(&scores) else { return String::new() };
    let Spread { mean, low, high, .. } = spread;
    let mut text = format!("{mean:.4}");
    if let Some(deviation) = spread.deviation {
        text += &format!(" +- {deviation:.4}");
        if each {
            text += &format!(" ({low:.4} to {high:.4})");
        }
    }
    if scores.len() < runs.len() {
        text += &format!(" of {}", scores.len());
    }
    text
}

/// A function that sets lines of cells under a head.
pub type Setter = fn(&[&str], Vec<Vec<String>>) -> String;

/// A line for each system, split and metric: over how many runs, their mean, standard deviation (empty for one run), smallest and
/// largest; with `each` for each run as well, its value.
fn csv(rows: &[Row], each: bool) -> anyhow::Result<String> {
    let mut lines = Vec::new();
    for (row, (at, (metric, _))) in
        rows.iter().flat_map(|row| METRICS.iter().enumerate().map(move |m| (row, m)))
    {
        let start = [row.system.clone(), row.split.clone(), (*metric).to_owned()];
        let found = row.runs.iter().zip(&row.files).filter_map(|(run, file)| Some((run.all[at]?, file)));
        if each {
            lines
                .extend(found.map(|(value, file)| [&start[..], &[file.clone(), value.to_string()]].concat()));
            continue;
        }
        let values: Vec<f64> = found.map(|(value, _)| value).collect();
        if let Some(spread) = Spread::of(&values) {
            let deviation = spread.deviation.map(|deviation| deviation.to_string()).unwrap_or_default();
            let Spread { mean, low, high, .. } = spread;
            let rest =
                [values.len().to_string(), mean.to_string(), deviation, low.to_string(), high.to_string()];
            lines.push([&start[..], &rest].concat());
        }
    }
    match each {
        true => format::csv(&["system", "split", "metric", "run", "value"], lines),
        false => format::csv(
            &["system", "split", "metric", "runs", "mean", "deviation", "smallest", "largest"],
            lines,
        ),
    }
}

/// A line for every run.
fn every_run(rows: &[Row], columns: &[Column], table: Setter) -> String {
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
    table(&head, lines.collect())
}

/// Scores of several runs.
struct Spread {
    mean: f64,
    /// That of a sample, from two runs on.
    deviation: Option<f64>,
    low: f64,
    high: f64,
}

impl Spread {
    /// `None` of no runs.
    fn of(runs: &[f64]) -> Option<Self> {
        let low = runs.iter().copied().reduce(f64::min)?;
        let high = runs.iter().copied().reduce(f64::max)?;
        let n = runs.len() as f64;
        let mean = runs.iter().sum::<f64>() / n;
        let squares = runs.iter().map(|run| (run - mean).powi(2)).sum::<f64>();
        Some(Self { mean, deviation: (runs.len() > 1).then(|| (squares / (n - 1.0)).sqrt()), low, high })
    }
}

/// The splits of a score file in their order.
fn read_scores(file: &Path) -> anyhow::Result<Vec<(String, Shown)>> {
    let (bytes, _) = read_bytes(file)?;
    let not_scores = || format!("{}: expected scores written by evaluate", file.display());
    let scores: ScoreFile = serde_json::from_slice(&bytes).with_context(not_scores)?;
    let shown = |(split, value): (String, Value)| Ok((split, Shown::read(&value).with_context(not_scores)?));
    scores.splits.into_iter().map(shown).collect()
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
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use super::*;

    /// 1, 2 and 6: mean 3, squares 4 + 1 + 9, over 2 is 7.
    #[test]
    fn the_deviation_is_that_of_a_sample() {
        let spread = Spread::of(&[2.0, 1.0, 6.0]).unwrap();
        assert_eq!((spread.mean, spread.deviation), (3.0, Some(7_f64.sqrt())));
        assert_eq!((spread.low, spread.high), (1.0, 6.0));
        assert!(Spread::of(&[0.5]).unwrap().deviation.is_none() && Spread::of(&[]).is_none());
    }
}
