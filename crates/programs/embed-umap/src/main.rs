//! The program `embed-umap`: embeds points in few dimensions with UMAP.
//!
//! It reads points and writes their embedding and a model; or it reads new points and a model and
//! writes their places in the embedding; or it reads points and writes their neighbors.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use artifact::{Outputs, check_lineage, read_points};
use cli::Stage;
use ndarray::ArrayView2;
use serde_json::json;
use umap::{Connectivity, Error, Metric, UmapFit};

use crate::args::{Args, NeighborsMode};
use crate::in_frame::{InFrame, narrow};
use crate::progress::Shown;

mod args;
mod in_frame;
mod metric_choice;
mod progress;

fn main() -> ExitCode {
    cli::main("embed-umap", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    args.check()?;
    cli::Files::new()
        .reads("--points", [&args.points])
        .reads("--transform", &args.transform)
        .reads("--neighbors-in", &args.neighbors_in)
        .writes("--out", &args.out)
        .writes("--model", &args.model)
        .writes("--neighbors-out", &args.neighbors_out)
        .check()?;
    match (&args.out, &args.transform) {
        (None, _) => find_neighbors(&args, stage),
        (Some(out), Some(model)) => transform(&args, model, out, stage),
        (Some(out), None) => embed(&args, out, stage),
    }
}

fn embed(args: &Args, out: &Path, stage: &mut Stage) -> anyhow::Result<()> {
    stage.set_threads(args.threads)?;
    let (points, record) = read_points(&args.points)?;
    let params = args.params(&points);
    points.scale_warning(&record).iter().for_each(|text| cli::warn(text));
    let mut inputs = vec![record];
    let named = || args.points.display().to_string();
    let mut progress = Shown::default();
    let given = match &args.neighbors_in {
        Some(path) => {
            let (neighbors, record) = model_io::neighbors::read(path, params.metric)?;
            inputs.push(record);
            Some(neighbors)
        }
        None => None,
    };
    let points = InFrame::of(points, params.metric).with_context(named)?;
    let mode = args.mode();
    let found = if args.neighbors_out.is_some() || mode == NeighborsMode::Approximate {
        Some(points.neighbors(&params, mode, &mut progress).with_context(named)?)
    } else {
        None
    };
    let fitted = points
        .fit(given.as_ref().or(found.as_ref()), &params, &mut progress)
        .map_err(name_seed)
        .with_context(|| args.about())?;
    let recall = progress.into_recall();
    let frame = points.into_frame();
    let UmapFit { model: umap, epochs, components, distinct, unresolved } = fitted;

    let mut parameters = json!({
        "dims": params.dims, "neighbors": params.neighbors, "min_dist": params.min_dist,
        "metric": name(params.metric),
        "graph": if params.connectivity == Connectivity::Mutual { "mutual" } else { "union" },
        "init": if params.init == umap::Init::Pca { "pca" } else { "spectral" },
        "epochs": epochs, "seed": params.seed,
    });
    let mut outputs = Outputs::new();
    outputs.npy(out, umap.embedding())?;
    if let Some(path) = &args.model {
        model_io::umap::write(&mut outputs, path, &umap, &frame)?;
    }
    if let (Some(path), Some(neighbors)) = (&args.neighbors_out, &found) {
        model_io::neighbors::write(&mut outputs, path, neighbors, params.metric)?;
    }
    let curve = umap.curve();
    let mut result = json!({ "components": components, "a": curve.a, "b": curve.b });
    let of_search = note_search(mode, recall, &mut parameters, &mut result);
    let ((n, d), dims) = (umap.points().dim(), params.dims);
    if components > 1 {
        cli::warn(&format!(
            "the graph of neighbors falls into {components} components, \
             whose places to one another mean little; \
             raise --neighbors to join them"
        ));
    }
    warn_of_zeros(umap.points().view(), params.metric);
    if distinct < params.neighbors {
        let neighbors = params.neighbors;
        cli::warn(&format!(
            "{distinct} rows differ, fewer than the {neighbors} neighbors asked for: \
             each is joined to all others"
        ));
    }
    if unresolved > 0 {
        cli::warn(&format!(
            "single precision does not tell {unresolved} of {n} rows from their neighbors, \
             which are chance among \
             those; remove far outliers"
        ));
    }
    let metric = name(params.metric);
    let text = format!(
        "{n} points of {d} features to {dims} dimensions, {epochs} epochs, {metric} \
         distances{of_search}\n"
    );
    stage.finish(outputs, parameters, inputs, result, &text)
}

/// Finds neighbors alone.
fn find_neighbors(args: &Args, stage: &mut Stage) -> anyhow::Result<()> {
    stage.set_threads(args.threads)?;
    let (points, record) = read_points(&args.points)?;
    let params = args.params(&points);
    points.scale_warning(&record).iter().for_each(|text| cli::warn(text));
    let named = || args.points.display().to_string();
    let points = InFrame::of(points, params.metric).with_context(named)?;
    let mut progress = Shown::default();
    let mode = args.mode();
    let neighbors = points.neighbors(&params, mode, &mut progress).with_context(named)?;
    let recall = progress.into_recall();

    let mut outputs = Outputs::new();
    if let Some(path) = &args.neighbors_out {
        model_io::neighbors::write(&mut outputs, path, &neighbors, params.metric)?;
    }
    let (n, k) = neighbors.indices.dim();
    let mut parameters = json!({ "neighbors": params.neighbors, "metric": name(params.metric) });
    let mut result = json!({ "points": n });
    let of_search = note_search(mode, recall, &mut parameters, &mut result);
    let metric = name(params.metric);
    let text = format!(
        "{k} neighbors of each of {n} points by {metric} distance, the point itself the \
         first{of_search}\n"
    );
    stage.finish(outputs, parameters, vec![record], result, &text)
}

fn transform(args: &Args, model: &Path, out: &Path, stage: &mut Stage) -> anyhow::Result<()> {
    stage.set_threads(args.threads)?;
    let (umap, frame, model_record) = model_io::umap::read(model)?;
    let (points, record) = read_points(&args.points)?;
    points.scale_warning(&record).iter().for_each(|text| cli::warn(text));
    check_lineage(&model_record, &record)?;
    let seed = args.seed.unwrap_or_default();
    let mut progress = Shown::default();
    let mut inputs = vec![record, model_record];
    let named = || args.points.display().to_string();
    let points = narrow(points, &frame).with_context(named)?;
    let neighbors = match (&args.neighbors_in, &args.neighbors_out) {
        (Some(path), _) => {
            frame.check_unscaled().with_context(named)?;
            let (neighbors, record) = model_io::neighbors::read(path, umap.metric())?;
            inputs.push(record);
            Some(neighbors)
        }
        (None, Some(_)) => {
            frame.check_unscaled().with_context(named)?;
            Some(umap.neighbors_of(points.view()).with_context(named)?)
        }
        (None, None) => None,
    };
    let mut show = |event| progress.show(event);
    let embedding = match &neighbors {
        Some(given) => umap.transform_with_neighbors(points.view(), given, seed, &mut show),
        None => umap.transform(points.view(), seed, &mut show),
    };
    let embedding = embedding.map_err(name_seed).with_context(|| args.about())?;
    drop(progress);

    warn_of_zeros(points.view(), umap.metric());
    let mut outputs = Outputs::new();
    outputs.npy(out, &embedding)?;
    if let (Some(path), Some(neighbors)) = (&args.neighbors_out, &neighbors) {
        model_io::neighbors::write(&mut outputs, path, neighbors, umap.metric())?;
    }
    let text = format!("{} points to {} dimensions\n", embedding.nrows(), embedding.ncols());
    stage.finish(
        outputs,
        json!({ "seed": seed }),
        inputs,
        json!({ "points": embedding.nrows() }),
        &text,
    )
}

/// Notes how neighbors were searched, if approximately, and returns what to say about it.
fn note_search(
    mode: NeighborsMode,
    recall: Option<f64>,
    parameters: &mut serde_json::Value,
    result: &mut serde_json::Value,
) -> String {
    if mode == NeighborsMode::Exact {
        return String::new();
    }
    parameters["neighbors_mode"] = json!("approximate");
    match recall {
        Some(recall) => {
            result["recall"] = json!(recall);
            format!("; approximate neighbors: recall {recall:.4}, measured on a sample")
        }
        None => "; with so few features neighbors are exact".into(),
    }
}

/// Gives the name of a metric.
fn name(metric: Metric) -> &'static str {
    match metric {
        Metric::Euclidean => "euclidean",
        Metric::Cosine => "cosine",
    }
}

/// Adds to the error of an embedding that diverged which option may help.
fn name_seed(error: Error) -> anyhow::Error {
    match error {
        Error::Diverged { .. } => anyhow!("{error}; ask for another --seed, and report this"),
        other => other.into(),
    }
}

/// Warns of points that are all zeros if the metric is cosine: they have no direction.
fn warn_of_zeros(points: ArrayView2<f32>, metric: Metric) {
    let zeros = points.outer_iter().filter(|row| row.iter().all(|&x| x == 0.0)).count();
    if metric == Metric::Cosine && zeros > 0 {
        cli::warn(&format!(
            "{zeros} rows are all zeros and have no direction: \
             they are joined to no other rows, and lie in one place"
        ));
    }
}
