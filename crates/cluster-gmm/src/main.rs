//! `cluster-gmm`: points in, assignments and a mixture out; or points and a mixture in, assignments out.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Context, bail};
use artifact::{FileRecord, Npz, Outputs, Points, Text, read_matrix, read_points};
use clustering::Scalar;
use clustering::gmm::{self, CovarianceType, Covariances, GaussianMixture, GmmFit, GmmParams, Init};
use ndarray::{Array1, Array2, Ix1, Ix2, arr0};
use serde_json::json;
use stage::{Count, NotNegative, Progress, Stage};

/// Groups points with a Gaussian mixture fitted by expectation maximisation, in f64, and writes the most probable
/// component of each; or, with --predict, assigns new points to the components of a model. The same seed gives the same
/// bytes, whatever the number of threads.
#[derive(argh::FromArgs)]
#[argh(
    help_triggers("-h", "--help"),
    example = "encode --images data/train-images.npy --weights weights.safetensors --out latents.npy\ncluster-gmm --points latents.npy --out assignments.npy --model model.npz --proba posterior.npy\ncluster-gmm --points new.npy --predict model.npz --out new-assignments.npy\nevaluate --assignments assignments.npy --labels data/train-labels.npy --out scores.json"
)]
struct Args {
    /// points: .npy of any integer or float dtype, (n, d); or images (n, height, width), divided by 255 when u1
    #[argh(option, arg_name = "file")]
    points: PathBuf,
    /// assignments to write: .npy, i4, (n,), values 0..k-1
    #[argh(option, arg_name = "file")]
    out: PathBuf,
    /// posterior to write: .npy, f8, (n, k), the probability of each component given the point
    #[argh(option, arg_name = "file")]
    proba: Option<PathBuf>,
    /// model to write: .npz with weights (k,), means (k, d), covariances and covariance_type, as scikit-learn shapes them
    #[argh(option, arg_name = "file")]
    model: Option<PathBuf>,
    /// fit nothing: assign the points to the most probable component of this model
    #[argh(option, arg_name = "file")]
    predict: Option<PathBuf>,
    /// number of components (default 10)
    #[argh(option, arg_name = "n")]
    k: Option<Count>,
    /// starts, of which the one with the highest likelihood is kept (default 1)
    #[argh(option, arg_name = "n")]
    starts: Option<Count>,
    /// most iterations of a start (default 300)
    #[argh(option, arg_name = "n")]
    max_iter: Option<Count>,
    /// a start has converged when the mean log-likelihood changes by less than this, as in scikit-learn (default 1e-5)
    #[argh(option, arg_name = "x")]
    tol: Option<NotNegative>,
    /// full, tied, diag or spherical (default full)
    #[argh(option, arg_name = "name")]
    covariance: Option<CovarianceType>,
    /// added to every variance so that no component collapses (default 1e-6)
    #[argh(option, arg_name = "x")]
    reg_covar: Option<NotNegative>,
    /// kmeans, random, or a .npy of k means to start from (default kmeans)
    #[argh(option, arg_name = "name")]
    init: Option<Start>,
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
    KMeans,
    Random,
    File(PathBuf),
}

impl FromStr for Start {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "kmeans" => Ok(Self::KMeans),
            "random" => Ok(Self::Random),
            file if file.ends_with(".npy") => Ok(Self::File(file.into())),
            _ => Err("expected kmeans, random or the name of a .npy file".into()),
        }
    }
}

/// What is written of a mixture's view of the points.
struct Assigned {
    assignments: Array1<i32>,
    /// (n, k), where it was asked for.
    posterior: Option<Array2<f64>>,
    /// Mean per point, in nats.
    log_likelihood: f64,
}

fn main() -> ExitCode {
    stage::main("cluster-gmm", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    match &args.predict {
        Some(model) if args.asks_for_a_fit() => Err(stage::usage(format!(
            "--predict {} assigns and fits nothing: leave out all but --points, --out, --proba, --threads",
            model.display()
        ))),
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
            || self.covariance.is_some()
            || self.reg_covar.is_some()
            || self.init.is_some()
            || self.seed.is_some()
    }

    /// The parameters with the defaults filled in, and the file of means if one was read.
    fn params(&self) -> anyhow::Result<(GmmParams, Option<FileRecord>)> {
        let default = GmmParams::default();
        let (init, record) = match &self.init {
            None | Some(Start::KMeans) => (Init::KMeans, None),
            Some(Start::Random) => (Init::Random, None),
            Some(Start::File(path)) => {
                let (means, record) = read_matrix(path)?;
                (Init::Means(means), Some(record))
            }
        };
        let params = GmmParams {
            k: self.k.map_or(default.k, |k| k.0),
            starts: self.starts.map_or(default.starts, |starts| starts.0),
            max_iter: self.max_iter.map_or(default.max_iter, |max_iter| max_iter.0),
            tol: self.tol.map_or(default.tol, |tol| tol.0),
            covariance_type: self.covariance.unwrap_or(default.covariance_type),
            reg_covar: self.reg_covar.map_or(default.reg_covar, |reg_covar| reg_covar.0),
            init,
            seed: self.seed.unwrap_or(default.seed),
        };
        Ok((params, record))
    }
}

fn fit(args: &Args, stage: &mut Stage) -> anyhow::Result<()> {
    stage.set_threads(args.threads)?;
    let (params, means) = args.params()?;
    let (points, record) = read_points(&args.points)?;
    let starts = if means.is_some() { 1 } else { params.starts };

    let progress = Progress::new("starts", starts as u64);
    let mut on_progress = |event: &gmm::Progress| show(&progress, event);
    let in_points = || args.points.display().to_string();
    let (fit, posterior) =
        on_points!(&points, points => fit_points(points, &params, args.proba.is_some(), &mut on_progress))
            .with_context(in_points)?;
    drop(progress);
    if !fit.converged {
        let max_iter = params.max_iter;
        stage::note(&format!(
            "warning: not converged after {max_iter} iterations; raise --max-iter or --tol"
        ));
    }

    let mut outputs = Outputs::new();
    outputs.npy(&args.out, &fit.assignments)?;
    if let (Some(path), Some(posterior)) = (&args.proba, &posterior) {
        outputs.npy(path, posterior)?;
    }
    if let Some(path) = &args.model {
        write_model(&mut outputs, path, &fit.model)?;
    }
    let parameters = json!({
        "k": params.k, "starts": starts, "max_iter": params.max_iter, "tol": params.tol, "seed": params.seed,
        "covariance": params.covariance_type.as_str(), "reg_covar": params.reg_covar,
        "init": match &params.init {
            Init::KMeans => "kmeans",
            Init::Random => "random",
            Init::Means(_) => "means",
        },
    });
    let result = json!({
        "log_likelihood": fit.log_likelihood, "iterations": fit.iterations, "converged": fit.converged,
        "sizes": fit.sizes, "start": fit.start,
    });
    let inputs = [record].into_iter().chain(means).collect();
    outputs.commit(stage.provenance(parameters, inputs, result))?;
    stage::print(&format!(
        "log-likelihood {:.6} per point, {} iterations, converged: {}\n\n{}",
        fit.log_likelihood,
        fit.iterations,
        fit.converged,
        stage::share_table("component", &fit.sizes)
    ))
}

fn fit_points<F: Scalar>(
    points: clustering::Points<F>,
    params: &GmmParams,
    posterior: bool,
    on_progress: &mut dyn FnMut(&gmm::Progress),
) -> Result<(GmmFit, Option<Array2<f64>>), clustering::Error> {
    let fit = gmm::fit(points.clone(), params, on_progress)?;
    let posterior = posterior.then(|| fit.model.predict_proba(points)).transpose()?;
    Ok((fit, posterior))
}

fn predict(args: &Args, model: &Path, stage: &mut Stage) -> anyhow::Result<()> {
    stage.set_threads(args.threads)?;
    let (mixture, model_record) = read_model(model)?;
    let (points, record) = read_points(&args.points)?;
    let assigned = on_points!(&points, points => assign(&mixture, points, args.proba.is_some()));
    let assigned = assigned.with_context(|| args.points.display().to_string())?;
    let mut sizes = vec![0usize; mixture.weights().len()];
    assigned.assignments.iter().for_each(|&component| sizes[component as usize] += 1);

    let mut outputs = Outputs::new();
    outputs.npy(&args.out, &assigned.assignments)?;
    if let (Some(path), Some(posterior)) = (&args.proba, &assigned.posterior) {
        outputs.npy(path, posterior)?;
    }
    let result = json!({ "log_likelihood": assigned.log_likelihood, "sizes": sizes });
    outputs.commit(stage.provenance(json!({}), vec![record, model_record], result))?;
    let log_likelihood = assigned.log_likelihood;
    stage::print(&format!(
        "log-likelihood {log_likelihood:.6} per point\n\n{}",
        stage::share_table("component", &sizes)
    ))
}

fn assign<F: Scalar>(
    mixture: &GaussianMixture,
    points: clustering::Points<F>,
    posterior: bool,
) -> Result<Assigned, clustering::Error> {
    Ok(Assigned {
        assignments: mixture.predict(points.clone())?,
        posterior: posterior.then(|| mixture.predict_proba(points.clone())).transpose()?,
        log_likelihood: mixture.score_samples(points)?.mean().unwrap_or(f64::NAN),
    })
}

fn write_model(outputs: &mut Outputs, path: &Path, model: &GaussianMixture) -> artifact::Result<()> {
    outputs.npz(path, |archive| {
        archive.add_array("weights", model.weights())?;
        archive.add_array("means", model.means())?;
        match model.covariances() {
            Covariances::Full(matrices) => archive.add_array("covariances", matrices)?,
            Covariances::Tied(matrix) => archive.add_array("covariances", matrix)?,
            Covariances::Diag(variances) => archive.add_array("covariances", variances)?,
            Covariances::Spherical(variances) => archive.add_array("covariances", variances)?,
        }
        archive.add_array("covariance_type", &arr0(Text::from(model.covariance_type().as_str())))
    })
}

fn read_model(path: &Path) -> anyhow::Result<(GaussianMixture, FileRecord)> {
    let (mut archive, record) = Npz::open(path)?;
    let covariance_type: CovarianceType =
        archive.text("covariance_type")?.parse().with_context(|| path.display().to_string())?;
    let (weights, means) = (archive.array("weights")?, archive.array("means")?);
    let shapes = (weights.shape().to_vec(), means.shape().to_vec());
    let (Ok(weights), Ok(means)) = (weights.into_dimensionality::<Ix1>(), means.into_dimensionality::<Ix2>())
    else {
        bail!(
            "{}: expected weights of shape (k,) and means of shape (k, d), found {:?} and {:?}",
            path.display(),
            shapes.0,
            shapes.1
        );
    };
    let mixture = GaussianMixture::new(weights, means, archive.array("covariances")?, covariance_type)
        .with_context(|| path.display().to_string())?;
    Ok((mixture, record))
}

fn show(progress: &Progress, event: &gmm::Progress) {
    match event {
        gmm::Progress::Iteration(report) => {
            let message =
                format!("iteration {} log-likelihood {:.6}", report.iteration, report.log_likelihood);
            progress.set(report.start as u64, &message);
        }
        gmm::Progress::Start(report) => {
            let ended = if report.converged { "" } else { ", not converged" };
            progress.line(&format!(
                "start {}/{}: log-likelihood {:.6} after {} iterations{ended}",
                report.start + 1,
                report.starts,
                report.log_likelihood,
                report.iterations
            ));
        }
    }
}
