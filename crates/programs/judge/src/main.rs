//! The program `judge`: judges clusterings of the same points without labels.
//!
//! It reads clusterings, points and their neighbors, and writes a verdict with its evidence.

mod args;
mod clustering;
mod groups;
mod text;
mod verdict;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, ensure};
use artifact::{FileRecord, Outputs, read_ids};
use cli::{Quarters, Stage};
use metrics::Contingency;
use model_io::neighborhoods::{Input, Source};
use ndarray::Array1;
use neighborhoods::Graph;
use serde_json::json;
use umap::{Metric, Progress};

use crate::args::Args;
use crate::clustering::Clustering;
use crate::groups::Group;
use crate::verdict::Verdict;

fn main() -> ExitCode {
    cli::main("judge", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    args.check()?;
    stage.set_threads(args.threads)?;
    let files: Vec<PathBuf> = args.assignments.iter().map(|named| named.path.clone()).collect();
    let (clusterings, mut records) = read(&files)?;
    let (runs, of_runs) = read(&args.runs)?;
    records.extend(of_runs);

    let source = args.neighbors_in.as_deref().map_or(Source::Find(args.neighbors()), Source::File);
    let mut shown = None;
    let mut show = |event: Progress| {
        if let Progress::Neighbors { done, total } = event {
            shown.get_or_insert_with(|| Quarters::new("neighbors", total)).set(done);
        }
    };
    let check = |rows: usize| {
        for (ids, path) in clusterings.iter().zip(&files).chain(runs.iter().zip(&args.runs)) {
            ensure!(
                ids.len() == rows,
                "{}: expected {rows} assignments, as many as {} has rows, found {}; give \
                 clusterings of these points",
                path.display(),
                args.points.display(),
                ids.len()
            );
        }
        Ok(())
    };
    let (points, warn) = (&args.points, cli::warn);
    let input = Input::read_checked(points, None, source, args.metric, check, warn, &mut show)?;
    drop(shown);
    records.extend(input.records);

    let graph = Graph::of(&input.neighborhoods);
    let judged = |(named, ids): (&cli::Named, &Array1<i64>)| {
        Clustering::of(&named.name, ids, &graph, &input.neighborhoods)
    };
    let clusterings: Vec<Clustering> =
        args.assignments.iter().zip(&clusterings).map(judged).collect();
    let stability = agreement(&runs).with_context(|| {
        args.runs.first().map_or_else(String::new, |path| path.display().to_string())
    })?;
    let verdict = Verdict::new(&clusterings, stability, args.k.map(|k| k.0), &graph);
    finish(&args, &verdict, records, input.metric, stage)
}

fn finish(
    args: &Args,
    verdict: &Verdict,
    records: Vec<FileRecord>,
    metric: Metric,
    stage: &Stage,
) -> anyhow::Result<()> {
    let mut outputs = Outputs::new();
    outputs.bytes(&args.out, text::page(verdict).as_bytes())?;
    if let Some(path) = &args.groups {
        let lines = verdict.groups.iter().map(Group::cells);
        outputs.bytes(path, cli::csv(&groups::COLUMNS, lines).as_bytes())?;
    }
    let chosen = verdict.chosen;
    let modularity = |one: &Clustering| (one.name.clone(), json!(one.cohesion.modularity()));
    let result = json!({
        "chosen": chosen.name, "groups": chosen.sizes.len(), "empty": verdict.empty(),
        "modularity": verdict.all.iter().map(modularity).collect::<serde_json::Map<_, _>>(),
        "within": chosen.cohesion.within, "assortativity": chosen.cohesion.assortativity(),
        "stability": verdict.stability, "next": verdict.advice(),
    });
    let parameters = json!({
        "metric": if metric == Metric::Cosine { "cosine" } else { "euclidean" },
        "neighbors": args.neighbors_in.is_none().then(|| args.neighbors()),
        "k": args.k.map(|k| k.0),
    });
    stage.finish(outputs, parameters, records, result, &text::printed(verdict))
}

/// Reads clusterings.
fn read(files: &[PathBuf]) -> anyhow::Result<(Vec<Array1<i64>>, Vec<FileRecord>)> {
    let (mut all, mut records) = (Vec::new(), Vec::new());
    for path in files {
        let (ids, record) = read_ids(path)?;
        metrics::check_assignments(ids.view()).with_context(|| path.display().to_string())?;
        all.push(ids);
        records.push(record);
    }
    Ok((all, records))
}

/// Computes the mean adjusted Rand index of all pairs of runs; `None` for fewer than two.
fn agreement(runs: &[Array1<i64>]) -> Result<Option<f64>, metrics::Error> {
    let (mut sum, mut pairs) = (0.0, 0);
    for (at, run) in runs.iter().enumerate() {
        for other in &runs[at + 1..] {
            // Rows are classes here, which are never negative, so noise gets an id of its own.
            let classes = run.mapv(|id| id + 1);
            sum += Contingency::new(classes.view(), other.view())?.ari();
            pairs += 1;
        }
    }
    Ok((pairs > 0).then(|| sum / f64::from(pairs)))
}
