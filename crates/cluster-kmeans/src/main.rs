//! `cluster-kmeans`: points in, assignments and centroids out; or points and centroids in, assignments out.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::Context;
use artifact::{FileRecord, Npz, Outputs, Points, read_matrix, read_points};
use clustering::Scalar;
use clustering::kmeans::{self, Algorithm, Init, KMeans, KMeansFit, KMeansParams, StartReport};
use ndarray::{Array1, Ix2};
use serde_json::json;
use stage::{Count, NotNegative, Progress, Stage};

/// Groups points with k-means and writes the cluster of each; or, with --predict, assigns new points to the clusters of
/// a model. The same seed gives the same bytes, whatever the number of threads.
#[derive(argh::FromArgs)]
#[argh(
    help_triggers("-h", "--help"),
    example = "encode --images data/train-images.npy --weights weights.safetensors --out latents.npy\ncluster-kmeans --points latents.npy --out assignments.npy --model model.npz\ncluster-kmeans --points new.npy --predict model.npz --out new-assignments.npy\nevaluate --assignments assignments.npy --labels data/train-labels.npy --out scores.json"
)]
struct Args {
    /// points: .npy of any integer or float dtype, (n, d); or images (n, height, width), divided by 255 when u1
    #[argh(option, arg_name = "file")]
    points: PathBuf,
    /// assignments to write: .npy, i4, (n,), values 0..k-1
    #[argh(option, arg_name = "file")]
    out: PathBuf,
    /// model to write: .npz with centroids (k, d)
    #[argh(option, arg_name = "file")]
    model: Option<PathBuf>,
    /// fit nothing: assign the points to the nearest centroid of this model
    #[argh(option, arg_name = "file")]
    predict: Option<PathBuf>,
    /// number of clusters (default 10)
    #[argh(option, arg_name = "n")]
    k: Option<Count>,
    /// starts, of which the one with the lowest inertia is kept (default 10)
    #[argh(option, arg_name = "n")]
    starts: Option<Count>,
    /// most iterations of a start (default 350)
    #[argh(option, arg_name = "n")]
    max_iter: Option<Count>,
    /// a start has converged when the squared move of the centroids is at most this times the mean variance of the
    /// columns, as in scikit-learn (default 1e-10)
    #[argh(option, arg_name = "x")]
    tol: Option<NotNegative>,
    /// k-means++, random, or a .npy of k centroids to start from (default k-means++)
    #[argh(option, arg_name = "name")]
    init: Option<Start>,
    /// lloyd, or linfa: the slower reference implementation (default lloyd)
    #[argh(option, arg_name = "name")]
    algorithm: Option<Engine>,
    /// of every random choice (default 0)
    #[argh(option, arg_name = "n")]
    seed: Option<u64>,
    /// threads; they change no result (default all cores)
    #[argh(option, arg_name = "n")]
    threads: Option<Count>,
}

/// `$body` with `$name` for the points of a file, whatever they are made of.
macro_rules! on_points {
    ($points:expr, $name:ident => $body:expr) => {
        match $points {
            Points::U8 { values, scale } => {
                let $name = clustering::Points::new(values.view()).scale(*scale);
                $body
            }
            Points::F32(values) => {
                let $name = clustering::Points::new(values.view());
                $body
            }
            Points::F64(values) => {
                let $name = clustering::Points::new(values.view());
                $body
            }
        }
    };
}

/// `--init`
enum Start {
    KMeansPlusPlus,
    Random,
    File(PathBuf),
}

impl FromStr for Start {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "k-means++" => Ok(Self::KMeansPlusPlus),
            "random" => Ok(Self::Random),
            file if file.ends_with(".npy") => Ok(Self::File(file.into())),
            _ => Err("expected k-means++, random or the name of a .npy file".into()),
        }
    }
}

/// `--algorithm`
struct Engine(Algorithm);

impl FromStr for Engine {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self(Algorithm::Auto)),
            "lloyd" => Ok(Self(Algorithm::Lloyd)),
            "hamerly" => Ok(Self(Algorithm::Hamerly)),
            "elkan" => Ok(Self(Algorithm::Elkan)),
            "yinyang" => Ok(Self(Algorithm::Yinyang)),
            "linfa" => Ok(Self(Algorithm::Linfa)),
            _ => Err("expected lloyd or linfa".into()),
        }
    }
}

fn main() -> ExitCode {
    stage::main("cluster-kmeans", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    match &args.predict {
        Some(model) if args.asks_for_a_fit() => {
            let model = model.display();
            Err(stage::usage(format!(
                "--predict {model} assigns and fits nothing: leave out all but --points, --out, --threads"
            )))
        }
        Some(model) => predict(&args, model, stage),
        None => fit(&args, stage),
    }
}

impl Args {
    fn asks_for_a_fit(&self) -> bool {
        self.model.is_some()
            || self.k.is_some()
            || self.starts.is_some()
            || self.max_iter.is_some()
            || self.tol.is_some()
            || self.init.is_some()
            || self.algorithm.is_some()
            || self.seed.is_some()
    }

    /// The parameters with the defaults filled in, and the file of centroids if one was read.
    fn params(&self) -> anyhow::Result<(KMeansParams, Option<FileRecord>)> {
        let default = KMeansParams::default();
        let (init, record) = match &self.init {
            None | Some(Start::KMeansPlusPlus) => (Init::KMeansPlusPlus, None),
            Some(Start::Random) => (Init::Random, None),
            Some(Start::File(path)) => {
                let (centroids, record) = read_matrix(path)?;
                (Init::Centroids(centroids), Some(record))
            }
        };
        let params = KMeansParams {
            k: self.k.map_or(default.k, |k| k.0),
            starts: self.starts.map_or(default.starts, |starts| starts.0),
            max_iter: self.max_iter.map_or(default.max_iter, |max_iter| max_iter.0),
            tol: self.tol.map_or(default.tol, |tol| tol.0),
            init,
            seed: self.seed.unwrap_or(default.seed),
            algorithm: self.algorithm.as_ref().map_or(default.algorithm, |engine| engine.0),
        };
        Ok((params, record))
    }
}

fn fit(args: &Args, stage: &mut Stage) -> anyhow::Result<()> {
    stage.set_threads(args.threads)?;
    let (params, centroids) = args.params()?;
    let (points, record) = read_points(&args.points)?;

    let starts = if centroids.is_some() { 1 } else { params.starts };
    let progress = Progress::new("starts", starts as u64);
    let mut done = 0;
    let mut on_progress = |event: &kmeans::Progress| {
        if let kmeans::Progress::Start(report) = event {
            done += 1;
            progress.line(&start_line(report));
            progress.set(done, "");
        }
    };
    let fit = on_points!(&points, points => kmeans::fit(points, &params, &mut on_progress));
    let fit = fit.with_context(|| args.points.display().to_string())?;
    drop(progress);
    warn(&fit, &params);

    let mut outputs = Outputs::new();
    outputs.npy(&args.out, &fit.assignments)?;
    if let Some(model) = &args.model {
        outputs.npz(model, |archive| archive.add_array("centroids", fit.model.centroids()))?;
    }
    let parameters = json!({
        "k": params.k, "starts": starts, "max_iter": params.max_iter, "tol": params.tol, "seed": params.seed,
        "init": match &params.init {
            Init::KMeansPlusPlus => "k-means++",
            Init::Random => "random",
            Init::Centroids(_) => "centroids",
        },
        "algorithm": params.algorithm.as_str(),
    });
    let result = json!({
        "inertia": fit.inertia, "iterations": fit.iterations, "converged": fit.converged, "sizes": fit.sizes,
        "start": fit.start, "distances": fit.distances,
    });
    let inputs = [record].into_iter().chain(centroids).collect();
    outputs.commit(stage.provenance(parameters, inputs, result))?;
    stage::print(&format!(
        "inertia {:.6e}, {} iterations, converged: {}\n\n{}",
        fit.inertia,
        fit.iterations,
        fit.converged,
        stage::share_table("cluster", &fit.sizes)
    ))
}

fn predict(args: &Args, model: &Path, stage: &mut Stage) -> anyhow::Result<()> {
    stage.set_threads(args.threads)?;
    let (kmeans, model_record) = read_model(model)?;
    let (points, record) = read_points(&args.points)?;
    let assigned = on_points!(&points, points => assign(&kmeans, points));
    let (assignments, inertia) = assigned.with_context(|| args.points.display().to_string())?;
    let mut sizes = vec![0usize; kmeans.centroids().nrows()];
    assignments.iter().for_each(|&cluster| sizes[cluster as usize] += 1);

    let mut outputs = Outputs::new();
    outputs.npy(&args.out, &assignments)?;
    let result = json!({ "inertia": inertia, "sizes": sizes });
    outputs.commit(stage.provenance(json!({}), vec![record, model_record], result))?;
    stage::print(&format!("inertia {inertia:.6e}\n\n{}", stage::share_table("cluster", &sizes)))
}

fn assign<F: Scalar>(
    kmeans: &KMeans,
    points: clustering::Points<F>,
) -> Result<(Array1<i32>, f64), clustering::Error> {
    let assignments = kmeans.predict(points.clone())?;
    let inertia = kmeans.inertia(points, &assignments)?;
    Ok((assignments, inertia))
}

fn read_model(path: &Path) -> anyhow::Result<(KMeans, FileRecord)> {
    let (mut archive, record) = Npz::open(path)?;
    let centroids = archive.array("centroids")?;
    let shape = centroids.shape().to_vec();
    let model = centroids
        .into_dimensionality::<Ix2>()
        .with_context(|| format!("{}: expected centroids of shape (k, d), found {shape:?}", path.display()))
        .and_then(|centroids| KMeans::new(centroids).with_context(|| path.display().to_string()))?;
    Ok((model, record))
}

fn start_line(report: &StartReport) -> String {
    let StartReport { start, starts, inertia, iterations, converged } = report;
    let ended = if *converged { "" } else { ", not converged" };
    format!("start {}/{starts}: inertia {inertia:.6e} after {iterations} iterations{ended}", start + 1)
}

fn warn(fit: &KMeansFit, params: &KMeansParams) {
    if !fit.converged {
        let max_iter = params.max_iter;
        stage::note(&format!(
            "warning: not converged after {max_iter} iterations; raise --max-iter or --tol"
        ));
    }
    let empty = fit.sizes.iter().filter(|&&size| size == 0).count();
    if empty > 0 {
        stage::note(&format!("warning: {empty} of {} clusters are empty; lower --k", params.k));
    }
}
