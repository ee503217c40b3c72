//! `train-ae`: images in, weights and loss curve out.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::Context;
use artifact::{Images, Outputs, read_images};
use autoencoder::{
    Activation, Architecture, Augment, DeviceChoice, EpochLosses, Init, Loss, NetworkKind, Normalize,
    TrainParams, TrainingEvent, device_name,
};
use serde_json::json;
use stage::{Count, List, NotNegative, Progress, Stage};

/// Trains an autoencoder on images and writes its weights (safetensors) and its loss curve (CSV). Labels are
/// never read.
#[derive(argh::FromArgs)]
#[argh(
    help_triggers("-h", "--help"),
    example = "fetch-data --out-dir data\ntrain-ae --images data/train-images.npy --out weights.safetensors --validation data/test-images.npy\nencode --images data/train-images.npy --weights weights.safetensors --out latents.npy"
)]
struct Args {
    /// images to train on: .npy, (n, height, width) or (n, pixels); u1 is divided by 255, floats are taken as they are
    #[argh(option, arg_name = "file")]
    images: PathBuf,
    /// weights to write: .safetensors
    #[argh(option, arg_name = "file")]
    out: PathBuf,
    /// loss curve to write: epoch, train, validation (default losses.csv beside the weights)
    #[argh(option, arg_name = "file")]
    losses: Option<PathBuf>,
    /// images to measure the loss on after each epoch; nothing is learned or chosen from them
    #[argh(option, arg_name = "file")]
    validation: Option<PathBuf>,
    /// dense, or conv for images of shape (n, height, width): convolutions in steps of two pixels (default dense)
    #[argh(option, arg_name = "name", default = "NetworkName::Dense")]
    network: NetworkName,
    /// widths of the encoder's hidden layers, or filters of its convolutions, the decoder mirrors them (default
    /// 1500,1000,500, or 32,64,128 for conv)
    #[argh(option, arg_name = "n,n,...")]
    hidden: Option<List<Count>>,
    /// width of the code (default 10)
    #[argh(option, arg_name = "n", default = "Count(10)")]
    latent: Count,
    /// passes over the images (default 10)
    #[argh(option, arg_name = "n", default = "Count(10)")]
    epochs: Count,
    /// images per step (default 256)
    #[argh(option, arg_name = "n", default = "Count(256)")]
    batch: Count,
    /// learning rate of Adam (default 0.001)
    #[argh(option, arg_name = "x", default = "1e-3")]
    lr: f64,
    /// mse, or bce for pixels in 0..=1 (default mse)
    #[argh(option, arg_name = "name", default = "Loss::Mse")]
    loss: Loss,
    /// between the layers: relu, elu, gelu, tanh or sigmoid (default relu)
    #[argh(option, arg_name = "name", default = "Activation::Relu")]
    activation: Activation,
    /// first weights as keras (Glorot uniform) or pytorch (uniform by fan-in) draws them (default keras)
    #[argh(option, arg_name = "name", default = "Init::Keras")]
    init: Init,
    /// none, or l2: each image is divided by the root of its mean square, so that none is brighter than another; encode does
    /// the same, the weights say so (default none)
    #[argh(option, arg_name = "name", default = "Normalize::None")]
    normalize: Normalize,
    /// train on images made up to so much brighter or darker, a share below 1; the clean image is to come out (default 0)
    #[argh(option, arg_name = "x", default = "NotNegative(0.0)")]
    brightness: NotNegative,
    /// train on images moved by up to so many pixels; the clean image is to come out (default 0)
    #[argh(option, arg_name = "n", default = "0")]
    shift: usize,
    /// train on images enlarged or shrunk by up to this share: 0.2 makes 1.2 times or 1/1.2; the clean image is to come out
    /// (default 0)
    #[argh(option, arg_name = "x", default = "NotNegative(0.0)")]
    scale: NotNegative,
    /// train on images blurred by a Gaussian of a standard deviation of up to so many pixels; the clean image is to come out
    /// (default 0)
    #[argh(option, arg_name = "x", default = "NotNegative(0.0)")]
    blur: NotNegative,
    /// train on images of which this share of the pixels is black; the clean image is to come out (default 0)
    #[argh(option, arg_name = "x", default = "NotNegative(0.0)")]
    noise: NotNegative,
    /// of the first weights, the order of the images and their changes (default 0)
    #[argh(option, arg_name = "n", default = "0")]
    seed: u64,
    /// auto, cpu, cuda or cuda:N; auto takes CUDA where there is one (default auto)
    #[argh(option, arg_name = "name", default = "DeviceChoice::Auto")]
    device: DeviceChoice,
    /// threads on the CPU (default all cores)
    #[argh(option, arg_name = "n")]
    threads: Option<Count>,
}

/// What `--network` may be; the images add their size.
#[derive(Debug, Clone, Copy)]
enum NetworkName {
    Dense,
    Conv,
}

impl FromStr for NetworkName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "dense" => Ok(Self::Dense),
            "conv" => Ok(Self::Conv),
            _ => Err(format!("expected dense, conv, found '{text}'")),
        }
    }
}

impl NetworkName {
    /// The network for images of shape (n, height, width) or, where it is dense, (n, pixels).
    fn kind(self, shape: &[usize]) -> anyhow::Result<NetworkKind> {
        match (self, shape) {
            (Self::Dense, _) => Ok(NetworkKind::Dense),
            (Self::Conv, &[_, height, width]) => Ok(NetworkKind::Conv { height, width }),
            (Self::Conv, _) => anyhow::bail!(
                "--network conv expected images of shape (n, height, width), found shape {shape:?}; reshape them, or use \
                 --network dense"
            ),
        }
    }
}

fn main() -> ExitCode {
    autoencoder::request_reproducible_products();
    stage::main("train-ae", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    if args.out.extension().is_none_or(|extension| extension != "safetensors") {
        return Err(stage::usage(format!(
            "--out {}: weights are written as .safetensors",
            args.out.display()
        )));
    }
    let threads = stage.set_threads(args.threads)?;
    let device = args.device.resolve()?;
    stage.set_device(device_name(device));

    let (images, record) = read_images(&args.images)?;
    let width = if let [_, _, width] = record.shape[..] { Some(width) } else { None };
    let network = args.network.kind(&record.shape).with_context(|| args.images.display().to_string())?;
    let mut inputs = vec![record];
    let validation = args.validation.as_deref().map(read_images).transpose()?;
    let validation = validation.map(|(images, record)| {
        inputs.push(record);
        images
    });
    let losses_path = args.losses.clone().unwrap_or_else(|| args.out.with_file_name("losses.csv"));
    // Training takes minutes: what could not be written at the end is refused now.
    Outputs::check(&args.out)?;
    Outputs::check(&losses_path)?;

    let (n, input) = images.dim();
    let architecture = Architecture {
        input,
        network,
        hidden: args
            .hidden
            .map_or_else(|| network.default_hidden(), |hidden| hidden.0.iter().map(|n| n.0).collect()),
        latent: args.latent.0,
        activation: args.activation,
        loss: args.loss,
        normalize: args.normalize,
    };
    if let (Some(path), Some(record)) = (&args.validation, inputs.get(1)) {
        architecture.check_sides(&record.shape).with_context(|| path.display().to_string())?;
    }
    autoencoder::set_threads(threads.min(architecture.reproducible_threads()));
    let params = TrainParams {
        epochs: args.epochs.0,
        batch: args.batch.0,
        lr: args.lr,
        init: args.init,
        seed: args.seed,
        augment: Augment {
            brightness: args.brightness.0,
            shift: args.shift,
            scale: args.scale.0,
            blur: args.blur.0,
            noise: args.noise.0,
            width,
        },
    };
    stage::print(&layer_table(&architecture))?;
    stage::print(&format!("device: {}\n", device_name(device)))?;

    let progress = Progress::new("images", n.saturating_mul(params.epochs) as u64);
    let trained = autoencoder::train(
        pixels(&images),
        validation.as_ref().map(pixels),
        &architecture,
        &params,
        device,
        &mut |event| show(&progress, params.epochs, n, &event),
    )
    .with_context(|| args.images.display().to_string())?;
    drop(progress);

    let parameters = json!({
        "architecture": { "input": input, "hidden": architecture.hidden, "latent": architecture.latent, "network": architecture.network,
            "activation": architecture.activation, "loss": architecture.loss, "normalize": architecture.normalize },
        "brightness": params.augment.brightness, "shift": params.augment.shift, "noise": params.augment.noise,
        "scale": params.augment.scale, "blur": params.augment.blur,
        "optimizer": "adam", "epochs": params.epochs, "batch": params.batch, "lr": params.lr, "init": params.init, "seed": params.seed,
    });
    let last = trained.losses.last();
    let result = json!({
        "parameters": architecture.parameters(),
        "train_loss": last.map(|losses| losses.train),
        "validation_loss": last.and_then(|losses| losses.validation),
    });
    let mut outputs = Outputs::new();
    outputs.bytes(&args.out, &trained.network.to_safetensors()?)?;
    outputs.bytes(&losses_path, losses_csv(&trained.losses).as_bytes())?;
    stage.finish(outputs, parameters, inputs, result, "")
}

fn pixels(images: &Images) -> autoencoder::Pixels<'_> {
    match &images.pixels {
        artifact::Pixels::U8(pixels) => autoencoder::Pixels::U8(pixels.view()),
        artifact::Pixels::F32(pixels) => autoencoder::Pixels::F32(pixels.view()),
    }
}

/// The layers with their shapes and numbers of parameters.
fn layer_table(architecture: &Architecture) -> String {
    let size = |sides: &[usize]| sides.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ");
    let row = |layer: autoencoder::LayerShape| {
        vec![layer.name.clone(), size(&layer.input), size(&layer.output), layer.parameters().to_string()]
    };
    let total = vec!["all".into(), String::new(), String::new(), architecture.parameters().to_string()];
    let rows = architecture.layers().into_iter().map(row).chain([total]);
    stage::table(&["layer", "in", "out", "parameters"], rows)
}

fn show(progress: &Progress, epochs: usize, n: usize, event: &TrainingEvent) {
    match event {
        TrainingEvent::Batch { epoch, images, loss } => {
            progress.set(*images as u64, &format!("epoch {epoch}/{epochs} loss {loss:.6}"));
        }
        TrainingEvent::Epoch { losses, images_per_second } => {
            let validation =
                losses.validation.map(|loss| format!("  validation {loss:.6}")).unwrap_or_default();
            let images_left = (epochs - losses.epoch) as f64 * n as f64;
            let left = match (images_left / images_per_second).round() {
                0.0 => String::new(),
                seconds => format!("  {seconds:.0} s left"),
            };
            progress.line(&format!(
                "epoch {}/{epochs}  loss {:.6}{validation}  {images_per_second:.0} images/s{left}",
                losses.epoch, losses.train
            ));
        }
    }
}

/// `epoch,train,validation`; the last is empty where there were no validation images.
fn losses_csv(losses: &[EpochLosses]) -> String {
    let mut text = String::from("epoch,train,validation\n");
    for EpochLosses { epoch, train, validation } in losses {
        let validation = validation.map(|loss| loss.to_string()).unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{epoch},{train},{validation}");
    }
    text
}
