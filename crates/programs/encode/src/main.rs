//! `encode`: compresses images to latents with trained weights.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use artifact::{ImageFile, Outputs, check_finite, read_bytes};
use autoencoder::{
    Activation, Architecture, Assumed, DeviceChoice, Loss, Network, Pixels, device_name,
};
use cli::{Count, Progress, Stage};
use ndarray::ArrayView2;
use serde_json::json;

/// Compresses images to latents with trained weights. The shape of the network comes from the
/// weights file; row i of the latents belongs to image i. Images are read in blocks, so memory does
/// not grow with their number.
#[derive(argh::FromArgs, argh::ArgsInfo)]
#[argh(
    help_triggers("-h", "--help"),
    example = "train-ae --images data/train-images.npy --out weights.safetensors\n\
        encode --images data/train-images.npy --weights weights.safetensors --out latents.npy\n\
        encode --images data/test-images.npy --weights weights.safetensors \
        --out test.npy --decode reconstructions.npy\n\
        cluster-gmm --points latents.npy --out assignments.npy"
)]
struct Args {
    /// images: .npy, (n, height, width), (n, height, width, 3) in color, or (n, pixels), of the
    /// shape and scale that the network was trained on; u1 is divided by 255, booleans are 0 and 1,
    /// other numbers are taken as they are
    #[argh(option, arg_name = "file")]
    images: PathBuf,
    /// weights of train-ae, or of any PyTorch module with two Sequentials of the same layers,
    /// encoder and decoder
    #[argh(option, arg_name = "file")]
    weights: PathBuf,
    /// latents to write: .npy, f4, (n, latent)
    #[argh(option, arg_name = "file")]
    out: PathBuf,
    /// reconstructions to write too: .npy, f4, in the shape of the images
    #[argh(option, arg_name = "file")]
    decode: Option<PathBuf>,
    /// activation between the layers, if the weights do not record it: relu, elu, gelu, tanh or
    /// sigmoid (default relu)
    #[argh(option, arg_name = "name")]
    activation: Option<Activation>,
    /// loss of the training, if the weights do not record it: mse, whose output is linear, or bce,
    /// whose output goes through a sigmoid (default mse)
    #[argh(option, arg_name = "name")]
    loss: Option<Loss>,
    /// auto, cpu, cuda or cuda:N; auto takes CUDA if there is a device; only the CPU gives the same
    /// bytes from the same seed (default auto)
    #[argh(option, arg_name = "name", default = "DeviceChoice::Auto")]
    device: DeviceChoice,
    /// number of threads on the CPU (default all cores)
    #[argh(option, arg_name = "n")]
    threads: Option<Count>,
}

/// Number of images that are in memory at once.
const ROWS: usize = 4000;

fn main() -> ExitCode {
    autoencoder::set_matmul_precision(false);
    cli::main("encode", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    autoencoder::set_threads(stage.set_threads(args.threads)?);
    let device = args.device.resolve()?;
    stage.set_device(device_name(device));

    cli::Files::new()
        .reads("--images", [&args.images])
        .reads("--weights", [&args.weights])
        .writes("--out", [&args.out])
        .writes("--decode", &args.decode)
        .check()?;
    let (weights, weights_record) = read_bytes(&args.weights)?;
    let assume = Assumed { activation: args.activation, loss: args.loss };
    let network = Network::from_safetensors_assuming(&weights, device, assume)
        .with_context(|| args.weights.display().to_string())?;
    let images = ImageFile::open(&args.images)?;
    let in_images = || args.images.display().to_string();
    let shape = images.shape().to_vec();
    let architecture = network.architecture();
    network.check_sides(&shape).with_context(in_images)?;
    if network.is_assumed() {
        note_assumptions(architecture, &args);
    }

    let (n, latent) = (images.dim().0, architecture.latent);
    let mut outputs = Outputs::new();
    // Outputs begin with the first block, so that refused images leave not even a folder.
    let mut begun = None;
    let progress = Progress::new("images", n as u64);
    let (mut blocks, mut start) = (images.blocks(ROWS), 0);
    let mut seen = (f32::INFINITY, f32::NEG_INFINITY);
    let mut ranges = LatentRanges::new(latent);
    for some in blocks.by_ref() {
        let some = some?;
        let pixels: Pixels = some.view();
        let (least, most) = pixels.range();
        seen = (seen.0.min(least), seen.1.max(most));
        if let Some(trained_on) = network.trained_on() {
            trained_on.check_values(pixels, start, architecture).with_context(in_images)?;
        }
        let codes = autoencoder::encode(&network, pixels, &mut |done| {
            progress.set((start + done) as u64, "");
        })
        .map_err(|error| error.in_block(start))
        .with_context(in_images)?;
        let made = args.decode.is_some().then(|| -> anyhow::Result<_> {
            let mut made = autoencoder::decode(&network, codes.view(), &mut |_| {})
                .map_err(|error| error.in_block(start))
                .with_context(|| args.weights.display().to_string())?;
            autoencoder::denormalize(pixels, &network, &mut made);
            check_finite(&args.images, "reconstructions", made.view())?;
            Ok(made)
        });
        let made = made.transpose()?;
        let (latents, decoded) = match &mut begun {
            Some(writers) => writers,
            None => {
                let latents = outputs.begin_blocks(&args.out, &[n, latent])?;
                let decoded = args.decode.as_deref().map(|path| outputs.begin_blocks(path, &shape));
                begun.insert((latents, decoded.transpose()?))
            }
        };
        latents.write(codes.view())?;
        ranges.add(codes.view());
        if let (Some(decoded), Some(made)) = (decoded, made) {
            decoded.write(made.view())?;
        }
        start += some.dim().0;
    }
    drop(progress);
    if let Some(trained_on) = network.trained_on() {
        trained_on.check_span(seen, architecture).with_context(in_images)?;
    }
    for text in ranges.constant(n).into_iter().chain(blocks.scale_warning()) {
        cli::warn(&text);
    }
    if let Some((latents, decoded)) = begun {
        outputs.blocks(latents)?;
        decoded.map(|decoded| outputs.blocks(decoded)).transpose()?;
    }

    let result = json!({ "images": n, "latent": latent });
    let size = match shape[..] {
        [_, height, width, 3] => format!("{} pixels in color", height * width),
        _ => format!("{} pixels", architecture.input),
    };
    let text = format!("{n} images of {size} to {latent} latents\n");
    let inputs = std::iter::once(weights_record).chain(blocks.record().cloned()).collect();
    stage.finish(outputs, json!({}), inputs, result, &text)
}

/// Notes the settings that were assumed for weights without metadata.
fn note_assumptions(architecture: &Architecture, args: &Args) {
    let output = if architecture.loss == Loss::Bce { "through a sigmoid" } else { "linear" };
    cli::note(&format!(
        "{}: found no metadata, assuming --activation {} and --loss {} \
         (the output is {output})",
        args.weights.display(),
        architecture.activation,
        architecture.loss
    ));
}

/// The range of each latent over all images.
struct LatentRanges {
    /// (smallest, largest) of each latent, (latent).
    ranges: Vec<(f32, f32)>,
}

impl LatentRanges {
    fn new(latent: usize) -> Self {
        Self { ranges: vec![(f32::INFINITY, f32::NEG_INFINITY); latent] }
    }

    /// Extends the ranges by latents (rows, latent).
    fn add(&mut self, codes: ArrayView2<f32>) {
        for row in codes.rows() {
            for ((least, most), &x) in self.ranges.iter_mut().zip(row) {
                (*least, *most) = (x.min(*least), x.max(*most));
            }
        }
    }

    /// Returns a warning if there are latents that are the same for all of `n` images.
    fn constant(&self, n: usize) -> Option<String> {
        let same = |&(least, most): &(f32, f32)| most - least <= 1e-6 * most.abs().max(least.abs());
        let constant: Vec<String> = (0..self.ranges.len())
            .filter(|&i| same(&self.ranges[i]))
            .map(|i| i.to_string())
            .collect();
        match constant.len() {
            0 => None,
            _ if n < 2 => None,
            all if all == self.ranges.len() => Some(
                "all images have the same latents, so nothing can be clustered: \
                 the network has died, or the images are not what it was trained on; \
                 train again with a lower --lr, or check the images"
                    .to_owned(),
            ),
            _ => Some(format!("latents that are the same for all images: {}", constant.join(", "))),
        }
    }
}
