//! Score files side by side, as one table.

use std::path::{Path, PathBuf};

use score_files::{METRICS, Row, ScoreFiles, Scored, Spread, read_published};

use crate::format::{self, Format};
use crate::predict;

/// A column of the table: its name, and the score in it.
type Column = (&'static str, &'static str);

const COLUMNS: [Column; 5] = [
    ("purity", "purity"),
    ("ACC (Hungarian)", "acc"),
    ("NMI", "nmi"),
    ("ARI", "ari"),
    ("silhouette (internal)", "silhouette"),
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
    let published = reference.map(read_published).transpose()?.map(|(published, _)| published);
    let rows = ScoreFiles::read(files)?.rows;
    let table: Setter = match format {
        Format::Csv => return csv(&rows, each),
        Format::Table => stage::table,
        Format::Markdown => format::markdown,
        Format::Latex => format::latex,
    };

    let columns: Vec<Column> = COLUMNS
        .into_iter()
        .filter(|(_, metric)| rows.iter().any(|row| row.spread(metric).is_some()))
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
        cells.extend(columns.iter().map(|(_, metric)| summary(&row, metric, each)));
        if let Some(published) = &published {
            let figure = published.get(&(row.system, row.split));
            cells.push(figure.map(|purity| format!("{purity:.4}")).unwrap_or_default());
        }
        cells
    });
    Ok(every + &table(&head, cells.collect()) + &after)
}

/// The mean of a score over the runs that have it, from two on with the deviation; of how many, if others have not.
fn summary(row: &Row, metric: &str, each: bool) -> String {
    let Some(Spread { n, mean, deviation, low, high }) = row.spread(metric) else { return String::new() };
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

/// A function that sets lines of cells under a head.
pub type Setter = fn(&[&str], Vec<Vec<String>>) -> String;

/// A line for each system, split and metric: over how many runs, their mean, standard deviation (empty for one run), smallest and
/// largest; with `each` for each run as well, its value.
fn csv(rows: &[Row], each: bool) -> anyhow::Result<String> {
    let mut lines = Vec::new();
    for (row, (metric, _)) in rows.iter().flat_map(|row| METRICS.iter().map(move |metric| (row, metric))) {
        let start = [row.system.clone(), row.split.clone(), (*metric).to_owned()];
        if each {
            let found = row.runs.iter().filter_map(|run| Some((run.score(metric)?, &run.file)));
            lines
                .extend(found.map(|(value, file)| [&start[..], &[file.clone(), value.to_string()]].concat()));
        } else if let Some(Spread { n, mean, deviation, low, high }) = row.spread(metric) {
            let deviation = deviation.map(|deviation| deviation.to_string()).unwrap_or_default();
            let rest = [n.to_string(), mean.to_string(), deviation, low.to_string(), high.to_string()];
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
    let line = |row: &Row, run: &Scored| {
        let mut cells = vec![row.system.clone(), row.split.clone(), run.file.clone()];
        let score = |metric| run.score(metric).map(|score| format!("{score:.4}")).unwrap_or_default();
        cells.extend(columns.iter().map(|(_, metric)| score(metric)));
        cells
    };
    let lines = rows.iter().flat_map(|row| row.runs.iter().map(move |run| line(row, run)));
    let head: Vec<&str> =
        ["system", "split", "run"].into_iter().chain(columns.iter().map(|(name, _)| *name)).collect();
    table(&head, lines.collect())
}
