//! Reads images, encodes them and writes their features.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{bail, ensure};
use artifact::{Error, ImageFile, ImageShape, Pixels};
use cli::{List, Quarters, Stage, usage};
use fast_image_resize::Resizer;
use ndarray::Array2;
use serde_json::json;

use crate::args::Args;
use crate::model::{Choice, Network, Pooling, Worker};
use crate::prepare::Recipe;
use crate::range::Range;
use crate::writer::Writer;

/// Batches of a block for each thread.
const BATCHES: usize = 16;
/// Values of the images of a block, if they are more than a batch for each thread: 32 MB.
const BLOCK_VALUES: usize = 8 << 20;
/// Mean and deviation of the colors of ImageNet, which most networks were trained with.
const IMAGENET: ([f32; 3], [f32; 3]) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);

/// Encodes images as the arguments say.
///
/// # Errors
/// Wrong usage; a file that cannot be read or written; a network that does not go with the images.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// fn main() -> ExitCode {
///     cli::main("encode-onnx", encode_onnx::run)
/// }
/// ```
pub fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    check_numbers("--mean", &args.mean, "finite numbers", f32::is_finite)?;
    let is_divisor = |value: f32| value.is_finite() && value > 0.0;
    check_numbers("--std", &args.std, "numbers above 0", is_divisor)?;
    cli::Files::new()
        .reads("--images", [&args.images])
        .reads("--model", [&args.model])
        .writes("--out", [&args.out])
        .check()?;
    let threads = stage.set_threads(args.threads)?;
    let (images, from) = open(&args.images)?;
    let choice = Choice {
        input: args.input.clone(),
        output: args.output.clone(),
        size: args.size,
        layout: args.layout,
        batch: args.batch.map(|batch| batch.0),
    };
    let (network, mut inputs) = Network::read(&args.model, &choice)?;
    let recipe = recipe(&args, &network, from)?;

    let (n, d, batch) = (images.dim().0, network.features(), network.batch());
    let block = (BLOCK_VALUES / (batch * from.values())).clamp(threads, BATCHES * threads);
    let mut writer = Writer::new(&args.out, [n, d]);
    let mut range = Range::new();
    let workers: Vec<Worker> = (0..threads.min(n.div_ceil(batch))).map(|_| Worker::new()).collect();
    let mut progress = Quarters::new("images", n);
    let (mut blocks, mut done) = (images.blocks(block * batch), 0);
    for images in blocks.by_ref() {
        let pixels = images?.pixels;
        range.add(&pixels);
        let features = encode(&network, &recipe, &workers, &pixels)?;
        writer.write(&features)?;
        done += features.nrows();
        progress.set(done);
    }
    drop(progress);
    let warnings = blocks.scale_warning().into_iter().chain(range.warning(&args.images));
    warnings.for_each(|text| cli::warn(&text));
    if n > 1 && writer.constant() {
        cli::warn(
            "all images have the same features, so nothing can be clustered: \
             check the images, and --mean and --std, or choose another --output",
        );
    }
    inputs.splice(0..0, blocks.record().cloned());

    let (input, output) = network.names();
    let made = made(network.pooling());
    let resized =
        if recipe.resizes() { format!(", resized to {}", recipe.size) } else { String::new() };
    let color = if from.channels == 3 { " in color" } else { "" };
    let text = format!(
        "{n} images of {} x {} pixels{color}{resized}, to {d} features: output {output}, {made}\n",
        from.height, from.width,
    );
    let parameters = json!({
        "input": input,
        "output": output,
        "size": [recipe.size.height, recipe.size.width],
        "resize": recipe.filter.name(),
        "mean": recipe.mean[..recipe.channels],
        "std": recipe.std[..recipe.channels],
        "layout": recipe.layout.name(),
        "batch": batch,
    });
    let result = json!({
        "images": n,
        "features": d,
        "pooling": made,
        "opset": network.version(),
    });
    stage.finish(writer.finish()?, parameters, inputs, result, &text)
}

/// Checks one or three numbers of an option.
fn check_numbers(
    option: &str,
    numbers: &Option<List<f32>>,
    expected: &str,
    is_right: impl Fn(f32) -> bool,
) -> anyhow::Result<()> {
    let Some(List(numbers)) = numbers else { return Ok(()) };
    if [1, 3].contains(&numbers.len()) && numbers.iter().all(|&value| is_right(value)) {
        return Ok(());
    }
    Err(usage(format!("{option}: expected one or three {expected}, such as 0.5 or 0.5,0.4,0.3")))
}

/// Opens images that have sides.
fn open(path: &Path) -> anyhow::Result<(ImageFile, ImageShape)> {
    if path.is_dir() {
        bail!(
            "{}: expected images in a .npy file, found a folder; make the file first, with \
             import-images --from {0} --color rgb --out images.npy --names names.csv",
            path.display()
        );
    }
    let images = ImageFile::open(path)?;
    let Some(shape) = ImageShape::of(images.shape()) else {
        let expected = "images of shape (n, height, width) or (n, height, width, 3)";
        let hint = "a network needs to know which pixels lie side by side: reshape the rows";
        return Err(Error::content(path, expected, format!("{:?}", images.shape()), hint).into());
    };
    Ok((images, shape))
}

/// Finds out how images become the input of the network.
fn recipe(args: &Args, network: &Network, from: ImageShape) -> anyhow::Result<Recipe> {
    let channels = network.channels();
    ensure!(
        from.channels <= channels,
        "{}: expected gray images, as {} takes, found images in color; \
         import them with --color gray",
        args.images.display(),
        args.model.display()
    );
    let (mean, std) = if channels == 3 { IMAGENET } else { ([0.0; 3], [1.0; 3]) };
    let of = |option: &str, numbers: &Option<List<f32>>, default: [f32; 3]| match numbers.as_ref() {
        None => Ok(default),
        Some(List(numbers)) => match numbers[..] {
            [one] => Ok([one; 3]),
            [red, green, blue] if channels == 3 => Ok([red, green, blue]),
            _ => Err(usage(format!(
                "{option}: expected one number, as the network takes gray images"
            ))),
        },
    };
    Ok(Recipe {
        from,
        size: network.size(),
        channels,
        layout: network.layout(),
        filter: args.resize,
        mean: of("--mean", &args.mean, mean)?,
        std: of("--std", &args.std, std)?,
    })
}

/// Computes the features (n, d) of a block of images.
///
/// Each task is a batch of the same size, filled up with zeros at the end of the file, which one
/// thread computes, so no result depends on the number of threads.
fn encode(
    network: &Network,
    recipe: &Recipe,
    workers: &[Worker],
    images: &Pixels,
) -> anyhow::Result<Array2<f32>> {
    let n = match images {
        Pixels::U8(levels) => levels.nrows(),
        Pixels::F32(values) => values.nrows(),
    };
    let (batch, d) = (network.batch(), network.features());
    let size = recipe.size.height * recipe.size.width * recipe.channels;
    let batches = n.div_ceil(batch);
    let one = |worker: &Worker, resizer: &mut Resizer, at: usize| -> anyhow::Result<Vec<f32>> {
        let rows = at * batch..n.min((at + 1) * batch);
        let mut input = Vec::with_capacity(batch * size);
        for row in rows.clone() {
            recipe.append(images, row, resizer, &mut input)?;
        }
        input.resize(batch * size, 0.0);
        let mut features = network.encode(worker, &input)?;
        features.truncate(rows.len() * d);
        Ok(features)
    };
    let next = AtomicUsize::new(0);
    let work = |worker: &Worker| {
        let (mut resizer, mut done) = (Resizer::new(), Vec::new());
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= batches {
                return done;
            }
            done.push((at, one(worker, &mut resizer, at)));
        }
    };
    let mut parts = thread::scope(|scope| {
        let threads: Vec<_> = workers.iter().map(|worker| scope.spawn(|| work(worker))).collect();
        let done = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        done.flatten().collect::<Vec<_>>()
    });
    // In the order of the images; of several errors the first is told, not the fastest.
    parts.sort_unstable_by_key(|(at, _)| *at);
    let parts: Vec<Vec<f32>> = parts.into_iter().map(|(_, part)| part).collect::<Result<_, _>>()?;
    Ok(Array2::from_shape_vec((n, d), parts.concat())?)
}

/// Says in words how features are made of an output.
fn made(pooling: Pooling) -> String {
    match pooling {
        Pooling::Vector => "as it is".to_owned(),
        Pooling::Mean { places } => format!("averaged over {places} places"),
        Pooling::FirstToken { tokens } => format!("the first of {tokens} tokens"),
    }
}
