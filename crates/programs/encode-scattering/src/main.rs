//! The program `encode-scattering`: turns images into scattering features.
//!
//! It reads images and writes features and a model; or it reads new images and a model and writes
//! their features.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use artifact::{FileRecord, Outputs, Pixels, check_finite, read_images};
use cli::{Count, Quarters, Stage};
use ndarray::{Array2, ArrayView2};
use scattering::{Params, Progress};
use serde_json::json;

/// Turns images into features for clustering, with nothing trained: a scattering transform
/// (wavelets, their moduli, averages) tells which edges lie near where, and hardly changes when an
/// image is moved or bent a little. Or, with --transform, does the same to new images. No choice is
/// random, and the number of threads changes nothing.
#[derive(argh::FromArgs, argh::ArgsInfo)]
#[argh(
    help_triggers("-h", "--help"),
    example = "encode-scattering --images images.npy --out features.npy --model features.npz\n\
        encode-scattering --images new.npy --transform features.npz --out new-features.npy\n\
        embed-umap --points features.npy --out embedded.npy"
)]
struct Args {
    /// images: .npy, (n, height, width); u1 is divided by 255, booleans are 0 and 1, other numbers
    /// are taken as they are
    #[argh(option, arg_name = "file")]
    images: PathBuf,
    /// features to write: .npy, f4, (n, dims)
    #[argh(option, arg_name = "file")]
    out: PathBuf,
    /// model to write, for --transform: .npz
    #[argh(option, arg_name = "file")]
    model: Option<PathBuf>,
    /// model of former images: transform these images as it did those, and fit nothing
    #[argh(option, arg_name = "file")]
    transform: Option<PathBuf>,
    /// scales of the wavelets, each twice the one before (default as many as leave 3 x 3 places,
    /// which is 3 for 28 x 28 pixels)
    #[argh(option, arg_name = "n")]
    scales: Option<Count>,
    /// angles of the wavelets (default 8)
    #[argh(option, arg_name = "n")]
    angles: Option<Count>,
    /// most features of an image: if the transform gives more values, keep the first principal
    /// components, fitted to at most 10,000 evenly spaced images (default 500)
    #[argh(option, arg_name = "n")]
    dims: Option<Count>,
    /// number of threads; no result depends on it (default all cores)
    #[argh(option, arg_name = "n")]
    threads: Option<Count>,
}

fn main() -> ExitCode {
    cli::main("encode-scattering", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    if let Some(model) = &args.transform {
        let given = [
            ("--model", args.model.is_some()),
            ("--scales", args.scales.is_some()),
            ("--angles", args.angles.is_some()),
            ("--dims", args.dims.is_some()),
        ];
        let mode = format!("--transform {} learns nothing", model.display());
        cli::leave_out(&mode, given)?;
    }
    cli::Files::new()
        .reads("--images", [&args.images])
        .reads("--transform", &args.transform)
        .writes("--out", [&args.out])
        .writes("--model", &args.model)
        .check()?;
    stage.set_threads(args.threads)?;
    let model = args.transform.as_deref().map(model_io::scattering::read).transpose()?;
    let (images, size, record) = read(&args.images)?;
    let mut shown = None;
    let mut show = |Progress { done, total }: Progress| {
        shown.get_or_insert_with(|| Quarters::new("images", total)).set(done);
    };
    let at = || args.images.display().to_string();

    let mut inputs = vec![record];
    let mut outputs = Outputs::new();
    let (features, points) = match model {
        Some((features, record)) => {
            inputs.push(record);
            let points = features.transform(images.view(), &mut show).with_context(at)?;
            (features, points)
        }
        None => {
            let default = Params::default();
            let params = Params {
                scales: args.scales.map(|scales| scales.0),
                angles: args.angles.map_or(default.angles, |angles| angles.0),
                dims: args.dims.map_or(default.dims, |dims| dims.0),
            };
            warn_of_outliers(&args.images, images.view());
            let fitted = scattering::fit(images.view(), size, &params, &mut show);
            let fitted = fitted.with_context(at)?;
            (fitted.model, fitted.points)
        }
    };
    drop(shown);
    check_finite(&args.images, "features", points.view())?;
    outputs.npy(&args.out, &points)?;
    if let Some(path) = &args.model {
        model_io::scattering::write(&mut outputs, path, &features)?;
    }
    let (scales, angles) = (features.scales(), features.angles());
    let parameters = json!({ "scales": scales, "angles": angles, "dims": features.dims() });
    let ((n, dims), (height, width)) = (points.dim(), size);
    let text = format!(
        "{n} images of {height} x {width} pixels to {dims} features, {scales} scales, \
         {angles} angles\n"
    );
    stage.finish(outputs, parameters, inputs, json!({ "images": n, "features": dims }), &text)
}

/// Warns of an image that is so bright that it alone decides how features are weighed.
fn warn_of_outliers(path: &Path, images: ArrayView2<f32>) {
    /// Brightness beyond which an image is an outlier, in medians of the brightest pixels of all
    /// images.
    const MOST: f32 = 1000.0;
    let brightest =
        |row: ndarray::ArrayView1<f32>| row.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    let sizes: Vec<f32> = images.outer_iter().map(brightest).collect();
    let mut sorted: Vec<f32> = sizes.iter().copied().filter(|size| *size > 0.0).collect();
    sorted.sort_unstable_by(f32::total_cmp);
    let Some(&median) = sorted.get(sorted.len() / 2) else { return };
    let far = |size: &f32| size / MOST > median;
    let Some(row) = sizes.iter().position(&far) else { return };
    let (count, times) =
        (sizes.iter().filter(|size| far(size)).count(), f64::from(sizes[row]) / f64::from(median));
    cli::warn(&format!(
        "{}: image {row} is {times:.0e} times as bright as usual ({count} such images); \
             what is so bright decides how the \
         features of all others are weighed: leave it out, or scale it",
        path.display()
    ));
}

/// Reads pixels `(n, height * width)` as f32, gray levels in 0..=1, and the sides of an image.
fn read(path: &Path) -> anyhow::Result<(Array2<f32>, (usize, usize), FileRecord)> {
    let (images, record) = read_images(path)?;
    images.scale_warning(&record).iter().for_each(|text| cli::warn(text));
    let [_, height, width] = record.shape[..] else {
        let (found, path) = (&record.shape, path.display());
        bail!(
            "{path}: expected images of shape (n, height, width), found {found:?}; \
             edges need to know which pixels lie side \
             by side"
        );
    };
    let pixels = match images.pixels {
        Pixels::U8(pixels) => pixels.mapv(|x| f32::from(x) / 255.0),
        Pixels::F32(pixels) => pixels,
    };
    Ok((pixels, (height, width), record))
}
