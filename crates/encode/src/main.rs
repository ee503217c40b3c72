//! `encode`: images and weights in, latents out.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use artifact::{Outputs, Pixels, read_bytes, read_images};
use autoencoder::{DeviceChoice, Network, device_name};
use serde_json::json;
use stage::{Count, Progress, Stage};

/// Compresses images to latents with trained weights. The shape of the network comes from the weights file; row i of
/// the latents belongs to image i.
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
    /// auto, cpu, cuda or cuda:N; auto takes CUDA where there is one (default auto)
    #[argh(option, arg_name = "name", default = "DeviceChoice::Auto")]
    device: DeviceChoice,
    /// threads on the CPU (default all cores)
    #[argh(option, arg_name = "n")]
    threads: Option<Count>,
}

fn main() -> ExitCode {
    autoencoder::request_reproducible_products();
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
    let (images, images_record) = read_images(&args.images)?;
    let architecture = network.architecture();
    architecture.check_sides(&images_record.shape).with_context(|| args.images.display().to_string())?;
    let pixels = match &images.pixels {
        Pixels::U8(pixels) => autoencoder::Pixels::U8(pixels.view()),
        Pixels::F32(pixels) => autoencoder::Pixels::F32(pixels.view()),
    };

    let progress = Progress::new("images", images.dim().0 as u64);
    let latents = autoencoder::encode(&network, pixels, &mut |done| progress.set(done as u64, ""))
        .with_context(|| args.images.display().to_string())?;
    drop(progress);

    let (n, latent) = latents.dim();
    let mut outputs = Outputs::new();
    outputs.npy(&args.out, &latents)?;
    if let Some(path) = &args.decode {
        let progress = Progress::new("images", n as u64);
        let mut decoded =
            autoencoder::decode(&network, latents.view(), &mut |done| progress.set(done as u64, "decoded"))
                .with_context(|| args.weights.display().to_string())?;
        autoencoder::in_scale_of(pixels, &network, &mut decoded);
        let shape = images_record.shape.as_slice();
        outputs.npy(path, &decoded.into_shape_with_order(shape)?)?;
    }
    let result = json!({ "images": n, "latent": latent });
    let text = format!("{n} images of {} pixels to {latent} latents\n", architecture.input);
    stage.finish(outputs, json!({}), vec![weights_record, images_record], result, &text)
}
