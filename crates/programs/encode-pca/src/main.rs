//! The program `encode-pca`: turns points into their principal components.
//!
//! It reads points and writes features and a model; or it reads new points and a model and writes
//! their features.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::Context;
use artifact::{Outputs, Points, check_finite, check_lineage, read_points};
use cli::{Count, Stage};
use ndarray::Array2;
use pca::{Encoder, Keep, Params};
use serde_json::json;

/// Turns points into few features, their scores along the principal components. Components are
/// those of scikit-learn's PCA: exact up to 128 features, beyond by a randomized method with a
/// fixed start. Or, with --transform, does the same to new points. No choice is random, and the
/// number of threads changes nothing.
#[derive(argh::FromArgs, argh::ArgsInfo)]
#[argh(
    help_triggers("-h", "--help"),
    example = "encode-pca --points images.npy --dims 50 --out features.npy --model pca.npz\n\
        encode-pca --points new.npy --transform pca.npz --out new-features.npy\n\
        encode-pca --points table.npy --variance 0.9 --scale standard --whiten --out features.npy"
)]
struct Args {
    /// points: .npy of any integer or float dtype, (n, d); or images (n, height, width), divided by
    /// 255 when u1
    #[argh(option, arg_name = "file")]
    points: PathBuf,
    /// features to write: .npy, f4, (n, dims)
    #[argh(option, arg_name = "file")]
    out: PathBuf,
    /// model to write, for --transform: .npz
    #[argh(option, arg_name = "file")]
    model: Option<PathBuf>,
    /// model of former points: transform these points as it did those, and fit nothing
    #[argh(option, arg_name = "file")]
    transform: Option<PathBuf>,
    /// components to keep, instead of a share of the variance
    #[argh(option, arg_name = "n")]
    dims: Option<Count>,
    /// keep as few components as hold this share of the variance, above 0 and up to 1 (default
    /// 0.95)
    #[argh(option, arg_name = "x")]
    variance: Option<Variance>,
    /// none, or standard: divide each feature of the points by its standard deviation first, for
    /// features in different units (default none)
    #[argh(option, arg_name = "name")]
    scale: Option<Scale>,
    /// divide each component by its standard deviation, so that all count alike
    #[argh(switch)]
    whiten: bool,
    /// number of threads; no result depends on it (default all cores)
    #[argh(option, arg_name = "n")]
    threads: Option<Count>,
}

/// A share of the variance.
#[derive(Debug, Clone, Copy)]
struct Variance(f64);

impl FromStr for Variance {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(share) if share > 0.0 && share <= 1.0 => Ok(Self(share)),
            _ => Err("expected a number above 0, up to 1".into()),
        }
    }
}

/// What each feature of the points is divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scale {
    /// Nothing.
    None,
    /// Its standard deviation.
    Standard,
}

impl FromStr for Scale {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::None),
            "standard" => Ok(Self::Standard),
            _ => Err(format!("expected none or standard, found '{text}'")),
        }
    }
}

fn main() -> ExitCode {
    cli::main("encode-pca", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    check(&args)?;
    stage.set_threads(args.threads)?;
    let model = args.transform.as_deref().map(model_io::pca::read).transpose()?;
    let (points, record) = read_points(&args.points)?;
    points.scale_warning(&record).iter().for_each(|text| cli::warn(text));
    let mut inputs = vec![record];
    let at = || args.points.display().to_string();
    let encoder = match model {
        Some((encoder, record)) => {
            check_lineage(&record, &inputs[0])?;
            inputs.push(record);
            encoder
        }
        None => fit(&points, &params(&args)).with_context(at)?,
    };
    let features = transform(&points, &encoder).with_context(at)?;
    check_finite(&args.points, "features", features.view())?;

    let mut outputs = Outputs::new();
    outputs.npy(&args.out, &features)?;
    if let Some(path) = &args.model {
        model_io::pca::write(&mut outputs, path, &encoder)?;
    }
    let ((n, d), dims) = (points.dim(), features.ncols());
    let parameters = json!({
        "dims": dims,
        "scale": if encoder.scale().is_some() { "standard" } else { "none" },
        "whiten": encoder.whiten(),
    });
    let share = encoder.explained_variance().sum() / encoder.total_variance();
    let (result, about) = match &args.transform {
        Some(model) => (json!({ "points": n, "features": dims }), by_model(model)),
        None => (
            json!({
                "points": n, "features": dims, "explained_variance_ratio": share,
                "explained_variance": encoder.explained_variance().to_vec(),
            }),
            format!("{:.2} % of the variance", 100.0 * share),
        ),
    };
    let text = format!("{n} points of {d} features to {dims} components, {about}\n");
    stage.finish(outputs, parameters, inputs, result, &text)
}

/// Says which model transformed the points.
fn by_model(model: &Path) -> String {
    format!("by {}", model.display())
}

/// Checks options and files, before anything is read.
fn check(args: &Args) -> anyhow::Result<()> {
    if let Some(model) = &args.transform {
        let given = [
            ("--model", args.model.is_some()),
            ("--dims", args.dims.is_some()),
            ("--variance", args.variance.is_some()),
            ("--scale", args.scale.is_some()),
            ("--whiten", args.whiten),
        ];
        cli::leave_out(&format!("--transform {} learns nothing", model.display()), given)?;
    }
    if args.dims.is_some() && args.variance.is_some() {
        return Err(cli::usage("--dims and --variance both say how many: leave out one"));
    }
    cli::Files::new()
        .reads("--points", [&args.points])
        .reads("--transform", &args.transform)
        .writes("--out", [&args.out])
        .writes("--model", &args.model)
        .check()
}

/// Gives the parameters, with the defaults filled in.
fn params(args: &Args) -> Params {
    let default = Params::default();
    let keep = match (args.dims, args.variance) {
        (Some(dims), _) => Keep::Dims(dims.0),
        (None, Some(share)) => Keep::Variance(share.0),
        (None, None) => default.keep,
    };
    Params { keep, standardize: args.scale == Some(Scale::Standard), whiten: args.whiten }
}

/// Fits a model to points of any dtype.
fn fit(points: &Points, params: &Params) -> pca::Result<Encoder> {
    match points {
        Points::U8 { values, scale } => Encoder::fit(levels(values, *scale).view(), params),
        Points::F32(points) => Encoder::fit(points.view(), params),
        Points::F64(points) => Encoder::fit(points.view(), params),
    }
}

/// Turns points of any dtype into features.
fn transform(points: &Points, encoder: &Encoder) -> pca::Result<Array2<f32>> {
    let features = match points {
        Points::U8 { values, scale } => encoder.transform(levels(values, *scale).view()),
        Points::F32(points) => encoder.transform(points.view()),
        Points::F64(points) => encoder.transform(points.view()),
    }?;
    Ok(features.mapv(|x| x as f32))
}

/// Converts levels to numbers.
fn levels(values: &Array2<u8>, scale: f64) -> Array2<f32> {
    values.mapv(|x| (f64::from(x) * scale) as f32)
}
