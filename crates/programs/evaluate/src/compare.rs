//! Compares score files in one table.

use std::path::{Path, PathBuf};

use artifact::Outputs;
use cli::Stage;
use score_io::{METRICS, Published, RunSummary, ScoreFiles, ScoreRow, ScoredRun, read_published};
use serde_json::{Map, Value, json};

use crate::format::{self, Format, TableRenderer};
use crate::silhouette_vs_acc;

/// A column of the table: its heading and the metric in it.
type Column = (&'static str, &'static str);

const COLUMNS: [Column; 7] = [
    ("purity", "purity"),
    ("ACC (Hungarian)", "acc"),
    ("accuracy, training majority map", "majority_accuracy_by_training_map"),
    ("accuracy, training one-to-one map", "one_to_one_accuracy_by_training_map"),
    ("NMI", "nmi"),
    ("ARI", "ari"),
    ("silhouette (internal)", "silhouette"),
];

/// Prints one row for each system and split.
///
/// A system is named after its file. Files of one name are runs of one system, shown by mean and
/// standard deviation. `each` adds the smallest and largest score, a table of every run, and what
/// the silhouette says about ACC. A metric that no run has gets no column. CSV has one line for
/// each score, see [`csv`](fn@csv).
///
/// # Errors
/// Fails if a file cannot be read or was not written by this program.
pub fn run(
    files: &[PathBuf],
    reference: Option<&Path>,
    each: bool,
    format: Format,
    stage: &Stage,
) -> anyhow::Result<()> {
    let published = reference.map(read_published).transpose()?;
    let (published, of_reference) = published.unzip();
    let ScoreFiles { rows, records, .. } = ScoreFiles::read(files)?;
    let text = match format {
        Format::Csv => csv(&rows, each)?,
        Format::Table => tables(&rows, published.as_ref(), each, |head, lines, best| {
            cli::table_with_best(head, lines, |row, column| best.contains(&(row, column)))
        }),
        Format::Markdown => {
            tables(&rows, published.as_ref(), each, |head, lines, _| format::markdown(head, lines))
        }
        Format::Latex => {
            tables(&rows, published.as_ref(), each, |head, lines, _| format::latex(head, lines))
        }
    };
    let inputs = records.into_iter().chain(of_reference).collect();
    stage.finish(Outputs::new(), json!({}), inputs, Value::Array(summaries(&rows)), &text)
}

/// Summarizes the runs of each system and split, metric by metric.
fn summaries(rows: &[ScoreRow]) -> Vec<Value> {
    let summary = |row: &ScoreRow| {
        let scores = METRICS.iter().filter_map(|(metric, _)| {
            let RunSummary { n, mean, deviation, low, high } = row.summary(metric)?;
            let spread = json!({
                "runs": n, "mean": mean, "deviation": deviation,
                "smallest": low, "largest": high,
            });
            Some(((*metric).to_owned(), spread))
        });
        let scores: Map<String, Value> = scores.collect();
        json!({ "system": row.system, "split": row.split, "scores": scores })
    };
    rows.iter().map(summary).collect()
}

/// Renders the table; `each` adds every run before it and the silhouette after it.
fn tables(
    rows: &[ScoreRow],
    published: Option<&Published>,
    each: bool,
    table: TableRenderer,
) -> String {
    let columns: Vec<Column> = COLUMNS
        .into_iter()
        .filter(|(_, metric)| rows.iter().any(|row| row.summary(metric).is_some()))
        .collect();
    let repeated = rows.iter().any(|row| row.runs.len() > 1);
    let every =
        if each { format!("{}\n", every_run(rows, &columns, table)) } else { String::new() };
    let after = if each { silhouette_vs_acc::section(rows, table) } else { String::new() };
    let mut head: Vec<&str> =
        ["system", "split"].into_iter().chain(columns.iter().map(|(name, _)| *name)).collect();
    if repeated {
        head.insert(2, "runs");
    }
    if published.is_some() {
        head.push("purity in the report");
    }
    let first = head.len() - columns.len() - usize::from(published.is_some());
    let best = best_of(rows, &columns)
        .into_iter()
        .map(|(row, column)| (row, first + column))
        .collect::<Vec<_>>();
    let cells = rows.iter().map(|row| -> Vec<String> {
        let mut cells = vec![row.system.clone(), row.split.clone()];
        if repeated {
            cells.push(row.runs.len().to_string());
        }
        cells.extend(columns.iter().map(|(_, metric)| summary(row, metric, each)));
        if let Some(published) = published {
            let figure = published.get(&(row.system.clone(), row.split.clone()));
            cells.push(figure.map(|purity| format!("{purity:.4}")).unwrap_or_default());
        }
        cells
    });
    every + &table(&head, cells.collect(), &best) + &after
}

/// Finds the cells with the highest mean of each split, if several systems have one.
///
/// Silhouettes are measured in different spaces and have no best.
fn best_of(rows: &[ScoreRow], columns: &[Column]) -> Vec<(usize, usize)> {
    let mut best = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        for (column, (_, metric)) in
            columns.iter().enumerate().filter(|(_, (_, metric))| *metric != "silhouette")
        {
            let mean = |row: &ScoreRow| row.summary(metric).map(|spread| spread.mean);
            let others: Vec<f64> =
                rows.iter().filter(|other| other.split == row.split).filter_map(mean).collect();
            if others.len() > 1
                && mean(row).is_some_and(|mean| others.iter().all(|&other| other <= mean))
            {
                best.push((at, column));
            }
        }
    }
    best
}

/// Formats the mean of a metric over the runs that have it.
///
/// Adds the standard deviation from two runs on, and the number of runs if some lack the metric.
fn summary(row: &ScoreRow, metric: &str, each: bool) -> String {
    let Some(RunSummary { n, mean, deviation, low, high }) = row.summary(metric) else {
        return String::new();
    };
    let mut text = format!("{mean:.4}");
    if let Some(deviation) = deviation {
        text += &format!(" +- {deviation:.4}");
        if each {
            text += &format!(" ({low:.4} to {high:.4})");
        }
    }
    if n < row.runs.len() {
        text += &format!(" of {n}");
    }
    text
}

/// Renders one line for each system, split and metric.
///
/// The columns are the number of runs, mean, standard deviation (empty for one run), smallest and
/// largest. With `each`, renders one line for each run and its value instead.
fn csv(rows: &[ScoreRow], each: bool) -> anyhow::Result<String> {
    let mut lines = Vec::new();
    for (row, (metric, _)) in
        rows.iter().flat_map(|row| METRICS.iter().map(move |metric| (row, metric)))
    {
        let start = [row.system.clone(), row.split.clone(), (*metric).to_owned()];
        if each {
            let found = row.runs.iter().filter_map(|run| Some((run.score(metric)?, &run.file)));
            lines
                .extend(found.map(|(value, file)| {
                    [&start[..], &[file.clone(), value.to_string()]].concat()
                }));
        } else if let Some(RunSummary { n, mean, deviation, low, high }) = row.summary(metric) {
            let deviation = deviation.map(|deviation| deviation.to_string()).unwrap_or_default();
            let rest =
                [n.to_string(), mean.to_string(), deviation, low.to_string(), high.to_string()];
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

/// Renders one line for every run.
fn every_run(rows: &[ScoreRow], columns: &[Column], table: TableRenderer) -> String {
    let line = |row: &ScoreRow, run: &ScoredRun| {
        let mut cells = vec![row.system.clone(), row.split.clone(), run.file.clone()];
        let score =
            |metric| run.score(metric).map(|score| format!("{score:.4}")).unwrap_or_default();
        cells.extend(columns.iter().map(|(_, metric)| score(metric)));
        cells
    };
    let lines = rows.iter().flat_map(|row| row.runs.iter().map(move |run| line(row, run)));
    let head: Vec<&str> = ["system", "split", "run"]
        .into_iter()
        .chain(columns.iter().map(|(name, _)| *name))
        .collect();
    table(&head, lines.collect(), &[])
}
