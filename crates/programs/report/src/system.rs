//! Prepares the scores of each system in detail: confusion matrices and sizes of clusters.

use score_io::{ScoreRow, ScoredRun};

use crate::clusters::{Cluster, Clusters};
use crate::figure::{Bars, Confusion, MAX_CLASSES};
use crate::inputs::Inputs;

/// What the page shows of a system.
pub struct SystemView {
    /// Name of the system.
    pub name: String,
    /// Its main scores, in words.
    pub summary: String,
    /// Confusion matrices by split.
    pub splits: Vec<SplitView>,
    /// Notes on what is not shown, and why.
    pub notes: Vec<String>,
    /// Bar chart of cluster sizes.
    pub sizes: Option<Bars>,
    /// Cluster sizes as numbers, and what is wrong with each cluster.
    pub size_rows: Vec<SizeRow>,
}

/// Confusion matrices of one split.
pub struct SplitView {
    /// Name of the split.
    pub name: String,
    /// One matrix for each map from clusters to classes.
    pub matrices: Vec<MatrixView>,
}

/// A confusion matrix as a table.
pub struct MatrixView {
    /// Name of the map from clusters to classes.
    pub title: &'static str,
    /// Explains the map.
    pub about: &'static str,
    /// Accuracy under the map, with its name.
    pub score: String,
    /// Headings of the columns; the last one is `none` if some points have no class.
    pub columns: Vec<String>,
    /// One row for each true class.
    pub rows: Vec<MatrixRow>,
    /// Precision in percent; empty for classes that nothing is predicted to be.
    pub precision: Vec<String>,
}

/// A row of a confusion matrix.
pub struct MatrixRow {
    /// Name of the true class.
    pub class: String,
    /// Counts with their shares of the row.
    pub cells: Vec<crate::figure::Cell>,
    /// Recall in percent.
    pub recall: String,
}

/// A row of the table of sizes.
pub struct SizeRow {
    /// Id of the cluster, or noise.
    pub name: String,
    /// Number of points.
    pub size: usize,
    /// What stands out about it.
    pub marks: String,
    /// How far it is from others, in words.
    pub separation: String,
}

/// Lists all systems with assignments, then those with scores alone.
///
/// `clusters` are those of the systems with assignments.
pub fn system_views(inputs: &Inputs, clusters: &[Clusters]) -> Vec<SystemView> {
    let rows = inputs.scores.as_ref().map_or(&[][..], |scores| &scores.rows);
    let mut names: Vec<&str> = inputs.systems.iter().map(|system| system.name.as_str()).collect();
    for row in rows {
        if !names.contains(&row.system.as_str()) {
            names.push(&row.system);
        }
    }
    let view = |(at, name): (usize, &str)| system_view(inputs, rows, name, clusters.get(at));
    names.into_iter().enumerate().map(view).collect()
}

fn system_view(
    inputs: &Inputs,
    rows: &[ScoreRow],
    name: &str,
    clusters: Option<&Clusters>,
) -> SystemView {
    let rows: Vec<&ScoreRow> = rows.iter().filter(|row| row.system == name).collect();
    let mut notes = Vec::new();
    let mut splits = Vec::new();
    for row in &rows {
        if row.runs.len() > 1 {
            notes.push(format!(
                "{}: the matrices are those of the first of {} runs.",
                row.split,
                row.runs.len()
            ));
        }
        let matrices: Vec<MatrixView> = matrices(inputs, &row.runs[0]);
        if !matrices.is_empty() {
            splits.push(SplitView { name: row.split.clone(), matrices });
        }
    }
    if rows.is_empty() {
        notes.push("Not scored: score its assignments with evaluate, then give --scores.".into());
    } else if splits.is_empty() {
        notes
            .push(format!("No confusion matrices: no labels, or more than {MAX_CLASSES} classes."));
    }
    let mut view = SystemView {
        name: name.to_owned(),
        summary: summary(&rows),
        splits,
        notes,
        sizes: None,
        size_rows: Vec::new(),
    };
    match clusters {
        Some(clusters) => add_sizes(clusters, &mut view),
        None => view.notes.push(format!(
            "No assignments of it (--assignments {name}=...): its groups are not shown."
        )),
    }
    view
}

/// Formats the main scores of the first split.
fn summary(rows: &[&ScoreRow]) -> String {
    let Some(row) = rows.first() else { return String::new() };
    let words = [("purity", "purity"), ("acc", "ACC"), ("nmi", "NMI")]
        .into_iter()
        .filter_map(|(metric, name)| Some(format!("{name} {:.3}", row.summary(metric)?.mean)));
    words.collect::<Vec<_>>().join(", ")
}

fn matrices(inputs: &Inputs, run: &ScoredRun) -> Vec<MatrixView> {
    let maps = [
        ("majority", "Majority map", "each cluster stands for its most frequent class", "purity"),
        ("one_to_one", "One-to-one map", "each class has one cluster at most", "acc"),
    ];
    let matrix = |(key, title, about, metric): (&str, _, _, &str)| {
        let confusion =
            Confusion::from_run(run, key).filter(|found| found.class_ids.len() <= MAX_CLASSES)?;
        let classes: Vec<String> =
            confusion.class_ids.iter().map(|&id| inputs.class_name(id)).collect();
        let mut columns = classes.clone();
        if confusion.some_unassigned() {
            columns.push("none".into());
        }
        let row = |(at, class): (usize, &String)| {
            let mut cells = confusion.cells(at);
            cells.truncate(columns.len());
            MatrixRow { class: class.clone(), cells, recall: in_percent(confusion.recall[at]) }
        };
        let rows = classes.iter().enumerate().map(row).collect();
        let shares =
            confusion.precision.iter().map(|share| share.map(in_percent).unwrap_or_default());
        let mut precision: Vec<String> = shares.collect();
        precision.resize(columns.len(), String::new());
        let name = if metric == "acc" { "ACC" } else { "purity" };
        Some(MatrixView {
            title,
            about,
            score: format!("{name} {:.4}", run.score(metric)?),
            rows,
            columns,
            precision,
        })
    };
    maps.into_iter().filter_map(matrix).collect()
}

/// Adds the sizes of the clusters that are shown, and what stands out about each.
fn add_sizes(clusters: &Clusters, view: &mut SystemView) {
    let all = clusters.sizes.len();
    if clusters.shown.len() < all {
        view.notes.push(format!(
            "The sizes of the largest {} of {all} groups are shown.",
            clusters.shown.len()
        ));
    }
    view.sizes = Some(Bars::new(&view.name, clusters));
    let row = |cluster: &Cluster| SizeRow {
        name: cluster.id.to_string(),
        size: cluster.size,
        marks: cluster.marks.join("; "),
        separation: cluster.separation.clone(),
    };
    view.size_rows = clusters.shown.iter().map(row).collect();
    if clusters.noise > 0 {
        let (name, size) = ("noise".into(), clusters.noise);
        let (marks, separation) = (String::new(), String::new());
        view.size_rows.push(SizeRow { name, size, marks, separation });
    }
}

/// Formats a share in percent without the sign, for columns whose heading has it.
fn in_percent(share: f64) -> String {
    format!("{:.1}", 100.0 * share)
}
