//! The program `cluster-hdbscan`: groups points by density, and leaves noise out.
//!
//! It reads points and writes assignments and a model; or it reads points and a model and writes
//! assignments.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use artifact::{Outputs, Points, check_lineage, read_points};
use cli::Stage;
use hdbscan::{Hdbscan, HdbscanFit, Metric, Neighbors, Params, Prediction};
use serde_json::json;

use crate::args::Args;
use crate::clusters::Clusters;
use crate::progress::Shown;

mod args;
mod clusters;
mod progress;

fn main() -> ExitCode {
    cli::main("cluster-hdbscan", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    args.check()?;
    cli::Files::new()
        .reads("--points", [&args.points])
        .reads("--predict", &args.predict)
        .reads("--neighbors-in", &args.neighbors_in)
        .writes("--out", [&args.out])
        .writes("--model", &args.model)
        .writes("--probabilities", &args.probabilities)
        .check()?;
    match &args.predict {
        Some(model) => predict(&args, model, stage),
        None => fit(&args, stage),
    }
}

fn fit(args: &Args, stage: &mut Stage) -> anyhow::Result<()> {
    stage.set_threads(args.threads)?;
    let params = args.params();
    let (points, record) = read_points(&args.points)?;
    points.scale_warning(&record).iter().for_each(|text| cli::warn(text));
    let mut inputs = vec![record];
    let neighbors = match &args.neighbors_in {
        Some(path) => {
            let (neighbors, record) = model_io::neighbors::read(path, params.metric)?;
            inputs.push(record);
            Some(neighbors)
        }
        None => None,
    };
    let mut progress = Shown::default();
    let fitted = fit_points(points, neighbors.as_ref(), &params, &mut progress);
    drop(progress);
    let HdbscanFit { labels, probabilities, model, merged } =
        fitted.with_context(|| args.about())?;
    let clusters = Clusters::of(&labels, model.k());
    if model.k() == 0 {
        let single = if params.allow_single_cluster { "" } else { ", or --allow-single-cluster" };
        cli::warn(&format!(
            "no cluster: all points are noise; try another --min-cluster-size{single}"
        ));
    }
    if merged > 0 {
        cli::warn(&format!(
            "single precision does not tell {merged} rows from others that differ from them; \
             remove far outliers"
        ));
    }

    let mut outputs = Outputs::new();
    outputs.npy(&args.out, &labels)?;
    if let Some(path) = &args.probabilities {
        outputs.npy(path, &probabilities)?;
    }
    if let Some(path) = &args.model {
        model_io::hdbscan::write(&mut outputs, path, &model)?;
    }
    let parameters = json!({
        "min_cluster_size": params.min_cluster_size, "min_samples": params.min_samples(),
        "cluster_selection_epsilon": params.cluster_selection_epsilon,
        "max_cluster_size": params.max_cluster_size, "alpha": params.alpha,
        "cluster_selection_method": params.selection.as_str(),
        "allow_single_cluster": params.allow_single_cluster,
        "metric": if params.metric == Metric::Cosine { "cosine" } else { "euclidean" },
    });
    stage.finish(outputs, parameters, inputs, clusters.result(), &clusters.text())
}

/// Clusters points of any dtype.
fn fit_points(
    points: Points,
    neighbors: Option<&Neighbors>,
    params: &Params,
    progress: &mut Shown,
) -> hdbscan::Result<HdbscanFit> {
    let mut show = |event| progress.show(event);
    match points {
        Points::F32(points) => hdbscan::fit(points.view(), neighbors, params, &mut show),
        Points::F64(points) => hdbscan::fit(points.view(), neighbors, params, &mut show),
        Points::U8 { values, scale } => {
            let points = values.mapv(|x| (f64::from(x) * scale) as f32);
            hdbscan::fit(points.view(), neighbors, params, &mut show)
        }
    }
}

fn predict(args: &Args, model: &Path, stage: &mut Stage) -> anyhow::Result<()> {
    stage.set_threads(args.threads)?;
    let (hdbscan, model_record) = model_io::hdbscan::read(model)?;
    let (points, record) = read_points(&args.points)?;
    points.scale_warning(&record).iter().for_each(|text| cli::warn(text));
    check_lineage(&model_record, &record)?;
    let Prediction { labels, probabilities } =
        assign(&hdbscan, points).with_context(|| args.points.display().to_string())?;
    let clusters = Clusters::of(&labels, hdbscan.k());

    let mut outputs = Outputs::new();
    outputs.npy(&args.out, &labels)?;
    if let Some(path) = &args.probabilities {
        outputs.npy(path, &probabilities)?;
    }
    let inputs = vec![record, model_record];
    stage.finish(outputs, json!({}), inputs, clusters.result(), &clusters.text())
}

/// Assigns points of any dtype.
fn assign(model: &Hdbscan, points: Points) -> hdbscan::Result<Prediction> {
    match points {
        Points::F32(points) => model.predict(points.view()),
        Points::F64(points) => model.predict(points.view()),
        Points::U8 { values, scale } => {
            model.predict(values.mapv(|x| (f64::from(x) * scale) as f32).view())
        }
    }
}
