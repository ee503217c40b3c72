//! The program `embed-umap`: embeds points in few dimensions with UMAP.
//!
//! It reads points and writes their embedding and a model; or it reads new points and a model and
//! writes their places in the embedding; or it reads points and writes their neighbors.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use artifact::{Outputs, Points, check_lineage, read_points};
use cli::{Quarters, Stage};
use ndarray::{Array2, ArrayView2};
use serde_json::json;
use umap::{Connectivity, Error, Frame, Metric, Narrowed, Neighbors, Params, Progress, UmapFit};

use crate::args::Args;

mod args;

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
    let params = args.params();
    let (points, record) = read_points(&args.points)?;
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
    let found = match &args.neighbors_out {
        Some(_) => Some(points.neighbors(&params, &mut progress).with_context(named)?),
        None => None,
    };
    let about = || match &args.neighbors_in {
        Some(path) => format!("{} of {}", path.display(), args.points.display()),
        None => args.points.display().to_string(),
    };
    let fitted = points
        .fit(given.as_ref().or(found.as_ref()), &params, &mut progress)
        .map_err(name_seed)
        .with_context(about)?;
    drop(progress);
    let frame = points.into_frame();
    let UmapFit { model: umap, epochs, components, distinct, unresolved } = fitted;

    let parameters = json!({
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
    let result = json!({ "components": components, "a": curve.a, "b": curve.b });
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
    let text = format!("{n} points of {d} features to {dims} dimensions, {epochs} epochs\n");
    stage.finish(outputs, parameters, inputs, result, &text)
}

/// Finds neighbors alone.
fn find_neighbors(args: &Args, stage: &mut Stage) -> anyhow::Result<()> {
    stage.set_threads(args.threads)?;
    let params = args.params();
    let (points, record) = read_points(&args.points)?;
    points.scale_warning(&record).iter().for_each(|text| cli::warn(text));
    let named = || args.points.display().to_string();
    let points = InFrame::of(points, params.metric).with_context(named)?;
    let mut progress = Shown::default();
    let neighbors = points.neighbors(&params, &mut progress).with_context(named)?;
    drop(progress);

    let mut outputs = Outputs::new();
    if let Some(path) = &args.neighbors_out {
        model_io::neighbors::write(&mut outputs, path, &neighbors, params.metric)?;
    }
    let (n, k) = neighbors.indices.dim();
    let parameters = json!({ "neighbors": params.neighbors, "metric": name(params.metric) });
    let text = format!("{k} neighbors of each of {n} points, the point itself the first\n");
    stage.finish(outputs, parameters, vec![record], json!({ "points": n }), &text)
}

fn transform(args: &Args, model: &Path, out: &Path, stage: &mut Stage) -> anyhow::Result<()> {
    stage.set_threads(args.threads)?;
    let (umap, frame, model_record) = model_io::umap::read(model)?;
    let (points, record) = read_points(&args.points)?;
    points.scale_warning(&record).iter().for_each(|text| cli::warn(text));
    check_lineage(&model_record, &record)?;
    let seed = args.seed.unwrap_or_default();
    let mut progress = Shown::default();
    let points = narrow(points, &frame).with_context(|| args.points.display().to_string())?;
    let embedding = umap
        .transform(points.view(), seed, &mut |event| progress.show(event))
        .map_err(name_seed)
        .with_context(|| args.points.display().to_string())?;
    drop(progress);

    warn_of_zeros(points.view(), umap.metric());
    let mut outputs = Outputs::new();
    outputs.npy(out, &embedding)?;
    let inputs = vec![record, model_record];
    let text = format!("{} points to {} dimensions\n", embedding.nrows(), embedding.ncols());
    stage.finish(
        outputs,
        json!({ "seed": seed }),
        inputs,
        json!({ "points": embedding.nrows() }),
        &text,
    )
}

/// Points of any dtype as `f32`, in a frame in which single precision tells them apart.
///
/// Points of `f4` and `u1` stay as they are.
enum InFrame {
    Narrowed(Narrowed, Frame),
    Single(Array2<f32>, Frame),
}

impl InFrame {
    fn of(points: Points, metric: Metric) -> umap::Result<Self> {
        let d = points.dim().1;
        Ok(match points {
            Points::F64(points) => {
                let frame = Frame::of(points.view(), metric);
                Self::Narrowed(frame.narrow(points.view())?, frame)
            }
            narrow => {
                let frame = Frame::identity(d, metric);
                Self::Single(single(narrow, &frame)?, frame)
            }
        })
    }

    /// Finds the neighbors, to keep them in a file.
    fn neighbors(&self, params: &Params, progress: &mut Shown) -> umap::Result<Neighbors> {
        let (points, frame) = match self {
            Self::Narrowed(narrowed, frame) => (narrowed.points().view(), frame),
            Self::Single(points, frame) => (points.view(), frame),
        };
        frame.check_unscaled()?;
        umap::distinct_neighbors(points, params.neighbors, params.metric, &mut |event| {
            progress.show(event);
        })
    }

    /// Embeds the points, with the `given` neighbors if there are any.
    fn fit(
        &self,
        given: Option<&Neighbors>,
        params: &Params,
        progress: &mut Shown,
    ) -> umap::Result<UmapFit> {
        let mut show = |event| progress.show(event);
        match (self, given) {
            (Self::Narrowed(narrowed, _), None) => narrowed.fit(params, &mut show),
            (Self::Narrowed(narrowed, frame), Some(given)) => {
                frame.check_unscaled()?;
                narrowed.fit_with_neighbors(given, params, &mut show)
            }
            (Self::Single(points, _), None) => umap::fit(points.view(), params, &mut show),
            (Self::Single(points, _), Some(given)) => {
                umap::fit_with_neighbors(points.view(), given, params, &mut show)
            }
        }
    }

    fn into_frame(self) -> Frame {
        match self {
            Self::Narrowed(_, frame) | Self::Single(_, frame) => frame,
        }
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

/// Brings new points into the frame of a model.
fn narrow(points: Points, frame: &Frame) -> umap::Result<Array2<f32>> {
    let as_they_are = frame.exponent() == 0 && frame.center().iter().all(|&x| x == 0.0);
    match points {
        Points::F64(points) => Ok(frame.narrow(points.view())?.into_points()),
        narrow if as_they_are => single(narrow, frame),
        narrow => {
            let wide = single(narrow, frame)?.mapv(f64::from);
            Ok(frame.narrow(wide.view())?.into_points())
        }
    }
}

/// Converts points to f32, pixel values of images in 0..=1.
fn single(points: Points, frame: &Frame) -> umap::Result<Array2<f32>> {
    Ok(match points {
        Points::U8 { values, scale } => values.mapv(|x| (f64::from(x) * scale) as f32),
        Points::F32(values) => values,
        Points::F64(values) => frame.narrow(values.view())?.into_points(),
    })
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

/// A progress bar for the neighbors, then one for the epochs.
#[derive(Default)]
struct Shown {
    bar: Option<Quarters>,
    embedding: bool,
}

impl Shown {
    fn show(&mut self, event: Progress) {
        let (what, done, all, embedding) = match event {
            Progress::Neighbors { done, total } => ("neighbors", done, total, false),
            Progress::Epoch { done, total } => ("epochs", done, total, true),
        };
        if self.embedding != embedding {
            // The bar of the neighbors is removed before that of the epochs appears.
            (self.bar, self.embedding) = (None, embedding);
        }
        self.bar.get_or_insert_with(|| Quarters::new(what, all)).set(done);
    }
}
