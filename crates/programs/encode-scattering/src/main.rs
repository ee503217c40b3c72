//! The program `encode-scattering`: turns images into scattering features.
//!
//! It reads images and writes features and a model; or it reads new images and a model and writes
//! their features.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use artifact::{BlockWriter, FileRecord, Outputs, check_finite_block};
use cli::{Count, Quarters, Stage};
use ndarray::{ArrayView1, ArrayView2};
use scattering::{Channels, Fitting, Params, Progress, Transformer};
use serde_json::json;

use crate::images::Images;

mod images;

/// Features that are written at once where all images are in memory.
const ROWS: usize = 4096;

/// Turns images into features for clustering, with nothing trained: a scattering transform
/// (wavelets, their moduli, averages) tells which edges lie near where, and hardly changes when an
/// image is moved or bent a little. Images in color have such features of luminance and of two
/// planes of chroma. Or, with --transform, does the same to new images. No choice is random, and
/// the number of threads changes nothing. Memory does not grow with the number of images.
#[derive(argh::FromArgs, argh::ArgsInfo)]
#[argh(
    help_triggers("-h", "--help"),
    example = "encode-scattering --images images.npy --out features.npy --model features.npz\n\
        encode-scattering --images new.npy --transform features.npz --out new-features.npy\n\
        embed-umap --points features.npy --out embedded.npy"
)]
struct Args {
    /// images: .npy, (n, height, width), or (n, height, width, 3) in color; u1 is divided by 255,
    /// booleans are 0 and 1, other numbers are taken as they are
    #[argh(option, arg_name = "file")]
    images: PathBuf,
    /// features to write: .npy, f4, (n, dims)
    #[argh(option, arg_name = "file")]
    out: PathBuf,
    /// model to write, for --transform: .npz
    #[argh(option, arg_name = "file")]
    model: Option<PathBuf>,
    /// model of former images: transform these images, of the same size and all gray or all in
    /// color, as it did those, and fit nothing
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
    /// components, fitted to at most 10,000 evenly spaced images, fewer if they are large (default
    /// 500)
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
    let mut images = Images::open(&args.images)?;
    if let (Some((features, _)), Some(path)) = (&model, &args.transform) {
        images.check_kind(features, path)?;
    }
    let (n, mut shown) = (images.n, None);
    let mut show = |Progress { done, total }: Progress| {
        shown.get_or_insert_with(|| Quarters::new("images", total)).set(done);
    };
    let at = || args.images.display().to_string();

    let (transformer, model_record, mut record) = match model {
        Some((features, record)) => {
            (Transformer::new(features, n).with_context(at)?, Some(record), None)
        }
        None => {
            let (fitted, record) = fit(&args, &mut images, &mut show)?;
            (fitted, None, Some(record))
        }
    };
    let mut writer = FeatureWriter::new(&args, [n, transformer.model().dims()]);
    if transformer.knows_all() {
        for first in (0..n).step_by(ROWS) {
            let rows = first..n.min(first + ROWS);
            let points = transformer.points(rows, None, &mut show).with_context(at)?;
            writer.write(points.view(), first)?;
        }
    } else {
        let (found, warning) = images.read(|block, first| {
            let rows = first..first + block.nrows();
            let points = transformer.points(rows, Some(block.view()), &mut show);
            writer.write(points.with_context(at)?.view(), first)
        })?;
        // A fit has warned already.
        if record.is_none() {
            warning.iter().for_each(|text| cli::warn(text));
        }
        record = Some(found);
    }
    drop(shown);
    let mut outputs = writer.finish()?;
    let features = transformer.model();
    if let Some(path) = &args.model {
        model_io::scattering::write(&mut outputs, path, features)?;
    }
    let (scales, angles, dims) = (features.scales(), features.angles(), features.dims());
    let parameters = json!({ "scales": scales, "angles": angles, "dims": dims });
    let text = format!(
        "{n} images of {} to {dims} features, {scales} scales, {angles} angles\n",
        images.kind
    );
    let inputs = record.into_iter().chain(model_record).collect();
    stage.finish(outputs, parameters, inputs, json!({ "images": n, "features": dims }), &text)
}

/// Fits a model to images, which are read once.
fn fit(
    args: &Args,
    images: &mut Images,
    show: &mut (dyn FnMut(Progress) + Send),
) -> anyhow::Result<(Transformer, FileRecord)> {
    let default = Params::default();
    let params = Params {
        channels: images.kind.channels,
        scales: args.scales.map(|scales| scales.0),
        angles: args.angles.map_or(default.angles, |angles| angles.0),
        dims: args.dims.map_or(default.dims, |dims| dims.0),
    };
    let at = || args.images.display().to_string();
    let mut fitting = Fitting::new(images.n, images.kind.size, &params).with_context(at)?;
    let mut brightest = Vec::with_capacity(images.n);
    let (record, warning) = images.read(|block, _| {
        let largest = |row: ArrayView1<f32>| row.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        brightest.extend(block.outer_iter().map(largest));
        fitting.add(block.view(), show).with_context(at)
    })?;
    warning.iter().for_each(|text| cli::warn(text));
    warn_of_outliers(&args.images, &brightest);
    if params.channels == Channels::Rgb {
        cli::note(
            "photographs come out near chance from these features; if these are photographs, give \
             a pretrained network to encode-onnx",
        );
    }
    Ok((fitting.finish(), record))
}

/// Writes features block by block.
struct FeatureWriter<'a> {
    args: &'a Args,
    shape: [usize; 2],
    outputs: Outputs,
    /// The file begins with the first block, so that refused images leave not even a folder.
    begun: Option<BlockWriter>,
}

impl<'a> FeatureWriter<'a> {
    /// Prepares to write features of `shape` (n, dims).
    fn new(args: &'a Args, shape: [usize; 2]) -> Self {
        Self { args, shape, outputs: Outputs::new(), begun: None }
    }

    /// Writes the features of images from `first` on.
    fn write(&mut self, points: ArrayView2<f32>, first: usize) -> anyhow::Result<()> {
        check_finite_block(&self.args.images, "features", points, first)?;
        let file = match &mut self.begun {
            Some(file) => file,
            None => self.begun.insert(self.outputs.begin_blocks(&self.args.out, &self.shape)?),
        };
        Ok(file.write(points)?)
    }

    /// Gives the complete file among the outputs.
    fn finish(mut self) -> anyhow::Result<Outputs> {
        if let Some(file) = self.begun {
            self.outputs.blocks(file)?;
        }
        Ok(self.outputs)
    }
}

/// Warns of an image that is so bright that it alone decides how features are weighed.
///
/// `sizes` are the largest pixels of all images, in magnitude.
fn warn_of_outliers(path: &Path, sizes: &[f32]) {
    /// Brightness beyond which an image is an outlier, in medians of the brightest pixels of all
    /// images.
    const MOST: f32 = 1000.0;
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
