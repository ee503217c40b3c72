//! `train-ae`: images in, weights and loss curve out.

use std::fmt::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use artifact::{FileRecord, Images, Outputs, read_images};
use autoencoder::{
    Architecture, Batch, Device, EpochLosses, EpochOutcome, Precision, TrainParams, Training,
    device_name,
};
use cli::{Progress, Stage};
use serde_json::{Value, json};

use crate::args::Args;

mod args;
mod bench;

/// Least time between two writings of what grows with the epochs, and of all that is needed to go on.
const BETWEEN_LOSSES: Duration = Duration::from_secs(1);
const BETWEEN_CHECKPOINTS: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    // libtorch wants to know before it starts, which is before the arguments are parsed.
    let words: Vec<String> = std::env::args().collect();
    let named = Precision::Tf32.to_string();
    let tf32 = words.windows(2).any(|pair| pair[0] == "--precision" && pair[1] == named)
        || words.contains(&format!("--precision={named}"));
    autoencoder::set_matmul_precision(tf32);
    cli::main("train-ae", run)
}

fn run(args: Args, stage: &mut Stage) -> anyhow::Result<()> {
    args.check()?;
    let files = args.bench.is_none().then(|| Files::of(&args)).transpose()?;
    let threads = stage.set_threads(args.threads)?;
    let device = args.device.resolve()?;
    stage.set_device(device_name(device));

    let (images, record) = read_images(&args.images)?;
    images.scale_warning(&record).iter().for_each(|text| cli::warn(text));
    let context = || args.images.display().to_string();
    let architecture = args.architecture(&record.shape).with_context(context)?;
    let params = args.params(&record.shape);
    autoencoder::set_threads(threads.min(architecture.reproducible_threads()));
    let parameters = parameters(&architecture, &params);
    let Some(files) = files else {
        let steps = args.bench.map_or(1, |steps| steps.0);
        let steps = [args.warm_up(), steps];
        return bench::run(
            pixels(&images),
            &architecture,
            &params,
            device,
            steps,
            stage,
            parameters,
        )
        .with_context(context);
    };
    let mut inputs = vec![record];
    let validation =
        args.validation.as_deref().map(|path| read_validation(path, &architecture)).transpose()?;
    let validation = validation.map(|(images, record)| {
        inputs.push(record);
        images
    });
    cli::print(&layer_table(&architecture))?;
    cli::print(&format!("device: {}\n", device_name(device)))?;

    let set = Set { images: &images, validation: validation.as_ref(), inputs: &inputs };
    let mut training = begin(&set, &architecture, &params, device, &files, &args)?;
    if let &[_, height, width] = &set.inputs[0].shape[..] {
        training.set_sides([height, width]);
    }
    check_scale(&training, &set)?;
    cli::stop_when_asked();
    see_through(&mut training, &set, &params, &files).map_err(|error| {
        if diverged(&error) && files.forgets_checkpoint() {
            cli::warn(&format!(
                "{} is removed: going on from it would run away again",
                files.checkpoint.display()
            ));
            files.forget_checkpoint();
        }
        if error.is::<autoencoder::Error>() { error.context(context()) } else { error }
    })?;
    let trained = training.finish().with_context(context)?;

    let kept = trained.losses.iter().find(|losses| losses.epoch == trained.epoch);
    let result = json!({
        "parameters": architecture.parameters(),
        "epoch": trained.epoch,
        "train_loss": kept.map(|losses| losses.train),
        "validation_loss": kept.and_then(|losses| losses.validation),
    });
    let mut outputs = Outputs::new();
    outputs.bytes(&files.weights, &trained.network.to_safetensors()?)?;
    outputs.bytes(&files.losses, losses_csv(&trained.losses).as_bytes())?;
    if trained.losses.len() < params.epochs || trained.epoch < trained.losses.len() {
        cli::note(&format!("epochs {}, weights of epoch {}", trained.losses.len(), trained.epoch));
    }
    if let Some(bytes) = cli::peak_memory() {
        cli::note(&format!("memory: {:.1} GB at most", bytes as f64 / 1e9));
    }
    stage.finish(outputs, parameters, inputs, result, "")?;
    files.forget_checkpoint();
    Ok(())
}

/// What is written.
struct Files {
    weights: PathBuf,
    losses: PathBuf,
    checkpoint: PathBuf,
    /// Whether it was asked for by name.
    keep_checkpoint: bool,
}

impl Files {
    fn of(args: &Args) -> anyhow::Result<Self> {
        let Some(weights) = args.out.clone() else {
            return Err(cli::usage("--out is missing: where the weights go"));
        };
        let beside = |name| weights.with_file_name(name);
        let files = Self {
            losses: args.losses.clone().unwrap_or_else(|| beside("losses.csv")),
            checkpoint: args.checkpoint.clone().unwrap_or_else(|| beside("checkpoint.safetensors")),
            keep_checkpoint: args.checkpoint.is_some(),
            weights,
        };
        for (flag, path) in [("--out", &files.weights), ("--checkpoint", &files.checkpoint)] {
            if path.extension().is_none_or(|extension| extension != "safetensors") {
                return Err(cli::usage(format!(
                    "{flag} {}: it is written as .safetensors",
                    path.display()
                )));
            }
        }
        if files.checkpoint == files.weights {
            return Err(cli::usage(format!(
                "--checkpoint {}: the weights have that name; give it another",
                files.checkpoint.display()
            )));
        }
        // Training takes minutes: what could not be written at the end is refused now.
        cli::Files::new()
            .reads("--images", [&args.images])
            .reads("--validation", &args.validation)
            .writes("--out", [&files.weights])
            .writes("--losses", [&files.losses])
            .writes("--checkpoint", [&files.checkpoint])
            .check()?;
        Ok(files)
    }

    /// Whether there is a checkpoint that is not wanted once the training has ended.
    fn forgets_checkpoint(&self) -> bool {
        !self.keep_checkpoint && self.checkpoint.exists()
    }

    /// Removes the checkpoint, unless it was asked for by name. One that cannot be removed does no harm.
    fn forget_checkpoint(&self) {
        if !self.keep_checkpoint {
            let _ = std::fs::remove_file(&self.checkpoint);
        }
    }
}

/// Something that is done now and then.
struct Interval {
    shortest: Duration,
    last: Instant,
}

impl Interval {
    fn of(shortest: Duration) -> Self {
        Self { shortest, last: Instant::now() }
    }

    /// Whether it is time.
    fn is_over(&mut self) -> bool {
        let over = self.last.elapsed() >= self.shortest;
        if over {
            self.last = Instant::now();
        }
        over
    }
}

/// What is read.
struct Set<'a> {
    images: &'a Images,
    validation: Option<&'a Images>,
    inputs: &'a [FileRecord],
}

impl Set<'_> {
    /// Says which images these are, and who trains on them: a checkpoint of others is of no use.
    fn fingerprint(&self) -> String {
        let hashes = self.inputs.iter().map(|record| record.sha256.as_str());
        [env!("CARGO_PKG_VERSION")].into_iter().chain(hashes).collect::<Vec<_>>().join(" ")
    }
}

fn read_validation(
    path: &Path,
    architecture: &Architecture,
) -> anyhow::Result<(Images, FileRecord)> {
    let (images, record) = read_images(path)?;
    let expected = architecture
        .check_sides(&record.shape)
        .and_then(|()| architecture.check_size(images.dim().1));
    expected.with_context(|| path.display().to_string())?;
    Ok((images, record))
}

/// A training from its beginning, or from its checkpoint.
fn begin(
    set: &Set,
    architecture: &Architecture,
    params: &TrainParams,
    device: Device,
    files: &Files,
    args: &Args,
) -> anyhow::Result<Training> {
    let (images, validation) = (pixels(set.images), set.validation.map(pixels));
    let saved = files.checkpoint.exists();
    if saved && !args.resume && !args.discard_checkpoint {
        anyhow::bail!(
            "{}: expected no training that was broken off, found its checkpoint; go on with --resume, \
             or begin anew with --discard-checkpoint",
            files.checkpoint.display()
        );
    }
    if saved && args.resume {
        let path = files.checkpoint.display();
        let bytes = std::fs::read(&files.checkpoint).with_context(|| path.to_string())?;
        let training = Training::resume(
            &bytes,
            &set.fingerprint(),
            images,
            validation,
            architecture,
            params,
            device,
        )
        .with_context(|| path.to_string())?;
        let epochs = training.losses().len();
        cli::note(&format!("going on after {epochs} of {} epochs, from {path}", params.epochs));
        return Ok(training);
    }
    if args.resume {
        cli::note(&format!("no {}: beginning with the first epoch", files.checkpoint.display()));
    }
    Training::new(images, validation, architecture, params, device)
        .with_context(|| set.inputs[0].path.clone())
}

/// Warns of training images that are better brought to another scale, and refuses validation images of
/// another scale than theirs.
fn check_scale(training: &Training, set: &Set) -> anyhow::Result<()> {
    let network = training.network();
    let (architecture, Some(trained_on)) = (network.architecture(), network.trained_on()) else {
        return Ok(());
    };
    if trained_on.is_unusual(architecture) {
        cli::warn(&format!(
            "{}: values from {} to {} are taken as they are (u1 alone is divided by 255); a network learns best \
             from about 0 to 1: divide them, or use --normalize l2",
            set.inputs[0].path, trained_on.smallest, trained_on.largest
        ));
    }
    if let Some(validation) = set.validation.map(pixels) {
        let values = trained_on.check_values(validation, 0, architecture);
        let same = values.and_then(|()| trained_on.check_span(validation.range(), architecture));
        same.with_context(|| set.inputs[1].path.clone())?;
    }
    Ok(())
}

/// Whether the loss has become infinite or no number. Any other failure (no memory, a full disk) can be
/// mended, and leaves the checkpoint to go on from.
fn diverged(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(autoencoder::Error::Diverged { .. }))
}

/// Trains to the end. After an epoch the loss curve and the checkpoint are written, but not so often that short epochs wait for
/// the disk.
fn see_through(
    training: &mut Training,
    set: &Set,
    params: &TrainParams,
    files: &Files,
) -> anyhow::Result<()> {
    let fingerprint = set.fingerprint();
    let n = set.images.dim().0;
    let progress = Progress::new("images", n.saturating_mul(params.epochs) as u64);
    let (mut for_losses, mut for_checkpoint) =
        (Interval::of(BETWEEN_LOSSES), Interval::of(BETWEEN_CHECKPOINTS));
    loop {
        let outcome = training.epoch(&mut |batch| {
            show(&progress, params.epochs, &batch);
            if cli::asked_to_stop() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if let EpochOutcome::Done { losses, images_per_second } = &outcome {
            tell(&progress, params.epochs, n, losses, *images_per_second);
        }
        if outcome == EpochOutcome::Finished {
            if files.keep_checkpoint {
                artifact::replace(&files.checkpoint, &training.checkpoint(&fingerprint)?)?;
            }
            return Ok(());
        }
        let stop = cli::asked_to_stop();
        if for_losses.is_over() || stop {
            artifact::replace(&files.losses, losses_csv(training.losses()).as_bytes())?;
        }
        if for_checkpoint.is_over() || stop {
            artifact::replace(&files.checkpoint, &training.checkpoint(&fingerprint)?)?;
        }
        if stop {
            return Err(cli::stopped(format!(
                "stopped after {} of {} epochs, saved in {}; the same command with --resume goes on",
                training.losses().len(),
                params.epochs,
                files.checkpoint.display()
            )));
        }
    }
}

/// For the provenance.
fn parameters(architecture: &Architecture, params: &TrainParams) -> Value {
    let TrainParams { augment, .. } = params;
    json!({
        "architecture": { "input": architecture.input, "hidden": architecture.hidden, "latent": architecture.latent,
            "network": architecture.network, "activation": architecture.activation, "loss": architecture.loss,
            "normalize": architecture.normalize },
        "brightness": augment.brightness, "shift": augment.shift, "noise": augment.noise,
        "scale": augment.scale, "blur": augment.blur,
        "optimizer": "adam", "epochs": params.epochs, "batch": params.batch, "lr": params.lr, "schedule": params.schedule,
        "weight_decay": params.weight_decay, "clip": params.clip, "patience": params.patience, "keep": params.keep,
        "precision": params.precision, "init": params.init, "seed": params.seed,
    })
}

fn pixels(images: &Images) -> autoencoder::Pixels<'_> {
    match &images.pixels {
        artifact::Pixels::U8(pixels) => autoencoder::Pixels::U8(pixels.view()),
        artifact::Pixels::F32(pixels) => autoencoder::Pixels::F32(pixels.view()),
    }
}

/// The layers with their shapes and numbers of parameters.
fn layer_table(architecture: &Architecture) -> String {
    let size =
        |sides: &[usize]| sides.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ");
    let row = |layer: autoencoder::LayerShape| {
        vec![
            layer.name.clone(),
            size(&layer.input),
            size(&layer.output),
            layer.parameters().to_string(),
        ]
    };
    let total =
        vec!["all".into(), String::new(), String::new(), architecture.parameters().to_string()];
    let rows = architecture.layers().into_iter().map(row).chain([total]);
    cli::table(&["layer", "in", "out", "parameters"], rows)
}

/// Moves the bar.
fn show(progress: &Progress, epochs: usize, batch: &Batch) {
    let loss = batch.loss.map(|loss| format!(" loss {loss:.6}"));
    match loss {
        Some(loss) => {
            progress.set(batch.images as u64, &format!("epoch {}/{epochs}{loss}", batch.epoch))
        }
        None => progress.advance(batch.images as u64),
    }
}

/// A line for an epoch that is done.
fn tell(
    progress: &Progress,
    epochs: usize,
    n: usize,
    losses: &EpochLosses,
    images_per_second: f64,
) {
    let validation =
        losses.validation.map(|loss| format!("  validation {loss:.6}")).unwrap_or_default();
    let images_left = epochs.saturating_sub(losses.epoch) as f64 * n as f64;
    let left = match (images_left / images_per_second).round() {
        0.0 => String::new(),
        seconds => format!("  {seconds:.0} s left"),
    };
    progress.line(&format!(
        "epoch {}/{epochs}  loss {:.6}{validation}  {images_per_second:.0} images/s{left}",
        losses.epoch, losses.train
    ));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_loss_that_ran_away_takes_the_checkpoint_with_it() {
        let ran_away = autoencoder::Error::Diverged { loss: f64::NAN, epoch: 155, lr: 1e-3 };
        assert!(diverged(&ran_away.into()));
        let no_memory = autoencoder::Error::Cuda { call: "cuMemAlloc", status: 2 };
        assert!(!diverged(&no_memory.into()));
        assert!(!diverged(&std::io::Error::from(std::io::ErrorKind::StorageFull).into()));
    }
}
