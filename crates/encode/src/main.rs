//! `encode`: images and weights in, latents out.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use artifact::{ImageFile, Images, Outputs, Pixels, read_bytes};
use autoencoder::{DeviceChoice, Network, device_name};
use serde_json::json;
use stage::{Count, Progress, Stage};

/// Compresses images to latents with trained weights. The shape of the network comes from the weights file; row i of
/// the latents belongs to image i. However many images there are, few are in memory at once.
#[derive(argh::FromArgs)]
#[argh(
    help_triggers("-h", "--help"),
    example = "train-ae --images data/train-images.npy --out weights.safetensors\nencode --images data/train-images.npy --weights weights.safetensors --out latents.npy\nencode --images data/test-images.npy --weights weights.safetensors --out test.npy --decode reconstructions.npy\ncluster-gmm --points latents.npy --out assignments.npy"
)]
struct Args {
    /// images: .npy, (n, height, width) or (n, pixels); u1 is divided by 255, floats are taken as they are
    #[argh(option, arg_name = "file")]
    images: PathBuf,
    /// weights of train-ae, or of any PyTorch module with two Sequentials of the same layers, encoder and decoder
    #[argh(option, arg_name = "file")]
    weights: PathBuf,
    /// latents to write: .npy, f4, (n, latent)
    #[argh(option, arg_name = "file")]
    out: PathBuf,
    /// what the decoder makes of them to write as well: .npy, f4, of the images' shape
    #[argh(option, arg_name = "file")]
    decode: Option<PathBuf>,
    /// auto, cpu, cuda or cuda:N; auto takes CUDA where there is one, which does not promise the same bytes from the same seed (default auto)
    #[argh(option, arg_name = "name", default = "DeviceChoice::Auto")]
    device: DeviceChoice,
    /// threads on the CPU (default all cores)
    #[argh(option, arg_name = "n")]
    threads: Option<Count>,
}

/// Images that are in memory at once.
const ROWS: usize = 4000;

fn main() -> ExitCode {
    autoencoder::request_products(false);
    stage::main("encode", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    autoencoder::set_threads(stage.set_threads(args.threads)?);
    let device = args.device.resolve()?;
    stage.set_device(device_name(device));

    Outputs::check(&args.out)?;
    args.decode.as_deref().map(Outputs::check).transpose()?;
    let (weights, weights_record) = read_bytes(&args.weights)?;
    let network =
        Network::from_safetensors(&weights, device).with_context(|| args.weights.display().to_string())?;
    let images = ImageFile::open(&args.images)?;
    let in_images = || args.images.display().to_string();
    let shape = images.shape().to_vec();
    let architecture = network.architecture();
    architecture.check_sides(&shape).with_context(in_images)?;

    let (n, latent) = (images.dim().0, architecture.latent);
    let mut outputs = Outputs::new();
    // Begun with the first block, so that what is refused leaves not even a folder.
    let mut begun = None;
    let progress = Progress::new("images", n as u64);
    let (mut blocks, mut start) = (images.blocks(ROWS), 0);
    for some in blocks.by_ref() {
        let some = some?;
        let codes = autoencoder::encode(&network, pixels(&some), &mut |done| {
            progress.set((start + done) as u64, "");
        })
        .map_err(|error| error.in_block(start))
        .with_context(in_images)?;
        let made = args.decode.is_some().then(|| -> anyhow::Result<_> {
            let mut made = autoencoder::decode(&network, codes.view(), &mut |_| {})
                .map_err(|error| error.in_block(start))
                .with_context(|| args.weights.display().to_string())?;
            autoencoder::in_scale_of(pixels(&some), &network, &mut made);
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
        if let (Some(decoded), Some(made)) = (decoded, made) {
            decoded.write(made.view())?;
        }
        start += some.dim().0;
    }
    drop(progress);
    if let Some((latents, decoded)) = begun {
        outputs.blocks(latents)?;
        decoded.map(|decoded| outputs.blocks(decoded)).transpose()?;
    }

    let result = json!({ "images": n, "latent": latent });
    let text = format!("{n} images of {} pixels to {latent} latents\n", architecture.input);
    let inputs = std::iter::once(weights_record).chain(blocks.record().cloned()).collect();
    stage.finish(outputs, json!({}), inputs, result, &text)
}

fn pixels(images: &Images) -> autoencoder::Pixels<'_> {
    match &images.pixels {
        Pixels::U8(pixels) => autoencoder::Pixels::U8(pixels.view()),
        Pixels::F32(pixels) => autoencoder::Pixels::F32(pixels.view()),
    }
}
