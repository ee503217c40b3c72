//! Prepares what the page shows of each system: confusion matrices and clusters.

use std::collections::HashMap;

use score_io::{ScoreRow, ScoredRun};

use crate::clusters::{Budget, Cluster, Clusters};
use crate::figure::{Bars, Confusion, MAX_CLASSES, Picture, describe};
use crate::inputs::{Inputs, System};

/// Most classes named in the caption of a cluster.
const CLASSES_NAMED: usize = 3;

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
    /// Clusters with their members.
    pub clusters: Vec<ClusterView>,
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
    /// What is wrong with it.
    pub marks: String,
}

/// What the page shows of a cluster.
pub struct ClusterView {
    /// Id of the cluster.
    pub id: i64,
    /// Number of points in the cluster.
    pub size: usize,
    /// Size as a share of all points.
    pub share: String,
    /// Most frequent classes, in words; empty without labels.
    pub classes: String,
    /// How far it is from other clusters, in words; empty without points.
    pub separation: String,
    /// What is wrong with it, in words.
    pub marks: String,
    /// Mean of its images.
    pub mean: Picture,
    /// Members by kind, with the heading of the kind.
    pub groups: Vec<(String, Vec<Member>)>,
}

/// A member of a cluster.
pub struct Member {
    /// Image of the member.
    pub picture: Picture,
    /// Whether its class is not the most frequent one of the cluster.
    pub other: bool,
}

/// Lists all systems with assignments, then those with scores alone.
///
/// # Errors
/// Fails only if memory runs out.
pub fn system_views(inputs: &Inputs, seed: u64) -> anyhow::Result<Vec<SystemView>> {
    let rows = inputs.scores.as_ref().map_or(&[][..], |scores| &scores.rows);
    let mut names: Vec<&str> = inputs.systems.iter().map(|system| system.name.as_str()).collect();
    for row in rows {
        if !names.contains(&row.system.as_str()) {
            names.push(&row.system);
        }
    }
    names.into_iter().map(|name| system_view(inputs, rows, name, seed)).collect()
}

fn system_view(
    inputs: &Inputs,
    rows: &[ScoreRow],
    name: &str,
    seed: u64,
) -> anyhow::Result<SystemView> {
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
        clusters: Vec::new(),
    };
    match inputs.systems.iter().find(|system| system.name == name) {
        Some(system) => add_clusters(inputs, system, &mut view, seed)?,
        None => view.notes.push(format!(
            "No assignments of it (--assignments {name}=...): its clusters are not shown."
        )),
    }
    Ok(view)
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

fn add_clusters(
    inputs: &Inputs,
    system: &System,
    view: &mut SystemView,
    seed: u64,
) -> anyhow::Result<()> {
    let clusters = Clusters::select(system, Budget::new(inputs), seed);
    let all = clusters.sizes.len();
    if clusters.shown.len() < all {
        view.notes
            .push(format!("The largest {} of {all} clusters are shown.", clusters.shown.len()));
    }
    view.sizes = Some(Bars::new(&system.name, &clusters));
    let row = |cluster: &Cluster| SizeRow {
        name: cluster.id.to_string(),
        size: cluster.size,
        marks: cluster.marks.join("; "),
    };
    view.size_rows = clusters.shown.iter().map(row).collect();
    if clusters.noise > 0 {
        let (name, marks) = ("noise".into(), String::new());
        view.size_rows.push(SizeRow { name, size: clusters.noise, marks });
    }
    if inputs.images.is_some() {
        for cluster in &clusters.shown {
            view.clusters.push(cluster_view(inputs, system, cluster, clusters.certainty_source)?);
        }
    }
    Ok(())
}

fn cluster_view(
    inputs: &Inputs,
    system: &System,
    cluster: &Cluster,
    certainty_source: Option<&str>,
) -> anyhow::Result<ClusterView> {
    use anyhow::Context;
    let images = inputs.images.as_ref().context("checked by the caller")?;
    let classes = classes_of(inputs, &cluster.members);
    let main = classes.first().map(|(class, _)| *class);
    let member = |row: usize, more: String| -> anyhow::Result<Member> {
        let class = inputs.labels.as_ref().map(|labels| labels[row]);
        Ok(Member {
            picture: Picture {
                data_url: images.data_url(row)?,
                text: describe(inputs, row) + &more,
            },
            other: class.is_some() && class != main,
        })
    };
    let plain = |rows: &[usize]| -> anyhow::Result<Vec<Member>> {
        rows.iter().map(|&row| member(row, String::new())).collect()
    };
    let least_certain =
        cluster.least_certain.iter().map(|&(row, sure)| member(row, format!(" ({sure:.2})")));
    let groups = [
        ("Nearest to the center".to_owned(), plain(&cluster.nearest)?),
        ("At random".to_owned(), plain(&cluster.random)?),
        (
            format!("Least certain, by {}", certainty_source.unwrap_or_default()),
            least_certain.collect::<anyhow::Result<_>>()?,
        ),
    ];
    let n = system.assignments.len();
    let named = classes.iter().take(CLASSES_NAMED);
    let named = named.map(|(class, count)| {
        format!("{} {}", inputs.class_name(*class), percent(*count as f64 / cluster.size as f64))
    });
    Ok(ClusterView {
        id: cluster.id,
        size: cluster.size,
        share: percent(cluster.size as f64 / n as f64),
        classes: named.collect::<Vec<_>>().join(", "),
        separation: cluster.separation.clone(),
        marks: cluster.marks.join("; "),
        mean: Picture {
            data_url: images.encode_data_url(images.mean(&cluster.members).as_slice().into())?,
            text: format!("mean of the images of cluster {}", cluster.id),
        },
        groups: groups.into_iter().filter(|(_, members)| !members.is_empty()).collect(),
    })
}

/// Counts the classes of the points `rows`, the most frequent first; empty without labels.
fn classes_of(inputs: &Inputs, rows: &[usize]) -> Vec<(i64, usize)> {
    let Some(labels) = &inputs.labels else { return Vec::new() };
    let mut counts = HashMap::new();
    rows.iter().for_each(|&row| *counts.entry(labels[row]).or_insert(0) += 1);
    let mut counts: Vec<(i64, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|&(class, count)| (std::cmp::Reverse(count), class));
    counts
}

/// Formats a share in percent without the sign, for columns whose heading has it.
fn in_percent(share: f64) -> String {
    format!("{:.1}", 100.0 * share)
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}
