//! `embed-manifold`: points in, points of few dimensions out; or new points and a model in, their places among the old out.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use artifact::{Outputs, Points, read_points, refuse_strangers};
use manifold::{Joined, Metric, fit};
use ndarray::Array2;
use serde_json::json;
use stage::{Quarters, Stage};

use crate::args::Args;

mod args;
mod model;

fn main() -> ExitCode {
    stage::main("embed-manifold", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    args.check()?;
    stage::Files::new()
        .reads("--points", [&args.points])
        .reads("--transform", &args.transform)
        .writes("--out", [&args.out])
        .writes("--model", &args.model)
        .check()?;
    match &args.transform {
        Some(model) => transform(&args, model, stage),
        None => embed(&args, stage),
    }
}

fn embed(args: &Args, stage: &mut Stage) -> anyhow::Result<()> {
    stage.set_threads(args.threads)?;
    let params = args.params();
    let (points, record) = read(&args.points)?;
    let mut progress = Shown::default();
    let manifold = fit(points.view(), &params, &mut |event| progress.show(event))
        .with_context(|| args.points.display().to_string())?;
    drop(progress);

    let parameters = json!({
        "dims": params.dims, "neighbors": params.neighbors, "min_dist": params.min_dist,
        "metric": if params.metric == Metric::Cosine { "cosine" } else { "euclidean" },
        "graph": if params.joined == Joined::Mutual { "mutual" } else { "union" },
        "init": if params.start == manifold::Start::Pca { "pca" } else { "spectral" },
        "epochs": manifold.epochs, "seed": params.seed,
    });
    let mut outputs = Outputs::new();
    outputs.npy(&args.out, &manifold.embedding)?;
    if let Some(path) = &args.model {
        model::write(&mut outputs, path, &manifold)?;
    }
    let result = json!({ "components": manifold.components, "a": manifold.curve.a, "b": manifold.curve.b });
    let ((n, d), dims, components) = (points.dim(), params.dims, manifold.components);
    if components > 1 {
        stage::warn(&format!(
            "the graph of neighbours falls into {components} components, whose places to one another mean little; \
             raise --neighbors to join them"
        ));
    }
    let text = format!("{n} points of {d} features to {dims} dimensions, {} epochs\n", manifold.epochs);
    stage.finish(outputs, parameters, vec![record], result, &text)
}

fn transform(args: &Args, model: &Path, stage: &mut Stage) -> anyhow::Result<()> {
    stage.set_threads(args.threads)?;
    let (manifold, model_record) = model::read(model)?;
    let (points, record) = read(&args.points)?;
    refuse_strangers(&model_record, &record)?;
    let seed = args.seed.unwrap_or_default();
    let mut progress = Shown::default();
    let embedding = manifold
        .transform(points.view(), seed, &mut |event| progress.show(event))
        .with_context(|| args.points.display().to_string())?;
    drop(progress);

    let mut outputs = Outputs::new();
    outputs.npy(&args.out, &embedding)?;
    let inputs = vec![record, model_record];
    let text = format!("{} points to {} dimensions\n", embedding.nrows(), embedding.ncols());
    stage.finish(outputs, json!({ "seed": seed }), inputs, json!({ "points": embedding.nrows() }), &text)
}

/// Points as f32, grey levels of images in 0..=1.
fn read(path: &Path) -> anyhow::Result<(Array2<f32>, artifact::FileRecord)> {
    let (points, record) = read_points(path)?;
    let points = match points {
        Points::U8 { values, scale } => values.mapv(|x| (f64::from(x) * scale) as f32),
        Points::F32(values) => values,
        Points::F64(values) => values.mapv(|x| x as f32),
    };
    Ok((points, record))
}

/// A bar for the neighbours, then one for the epochs.
#[derive(Default)]
struct Shown {
    bar: Option<Quarters>,
    embedding: bool,
}

impl Shown {
    fn show(&mut self, event: manifold::Progress) {
        let (what, done, all, embedding) = match event {
            manifold::Progress::Neighbours(done, all) => ("neighbours", done, all, false),
            manifold::Progress::Epoch(done, all) => ("epochs", done, all, true),
        };
        if self.embedding != embedding {
            // The bar of the neighbours goes before that of the epochs comes.
            (self.bar, self.embedding) = (None, embedding);
        }
        self.bar.get_or_insert_with(|| Quarters::new(what, all)).set(done);
    }
}
