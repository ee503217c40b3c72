//! The training from its beginning, or its checkpoint, to its end.

use std::ops::ControlFlow;
use std::time::Duration;

use anyhow::Context;
use artifact::Images;
use autoencoder::{Architecture, Device, EpochOutcome, TrainParams, Training};
use cli::Progress;

use crate::args::Args;
use crate::dataset::Dataset;
use crate::files::{Files, Interval};
use crate::progress::{losses_csv, print_epoch, show_batch};

/// Shortest time between two writings of the loss curve, which grows with the epochs.
const BETWEEN_LOSSES: Duration = Duration::from_secs(1);
/// Shortest time between two checkpoints, which are three times as large as the weights.
const BETWEEN_CHECKPOINTS: Duration = Duration::from_secs(10);

/// Starts a training, or resumes it from its checkpoint.
///
/// # Errors
/// Fails if a checkpoint exists and neither flag is given, or if it belongs to another training.
pub fn begin(
    set: &Dataset,
    architecture: &Architecture,
    params: &TrainParams,
    device: Device,
    files: &Files,
    args: &Args,
) -> anyhow::Result<Training> {
    let (images, validation) = (set.images.view(), set.validation.map(Images::view));
    let saved = files.checkpoint.exists();
    if saved && !args.resume && !args.discard_checkpoint {
        anyhow::bail!(
            "{}: expected no checkpoint, found one of an interrupted training; \
             continue it with --resume, or start again with --discard-checkpoint",
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

/// Tells whether the error is a loss that is not finite.
///
/// Any other failure (no memory, a full disk) can be mended, so its checkpoint stays useful.
pub fn diverged(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(autoencoder::Error::Diverged { .. }))
}

/// Trains to the end, and writes the loss curve and checkpoints on the way.
///
/// They are written after an epoch, but not so often that short epochs wait for the disk.
///
/// # Errors
/// A loss that is not finite; a file that cannot be written; an interruption by the user.
pub fn run_to_end(
    training: &mut Training,
    set: &Dataset,
    params: &TrainParams,
    files: &Files,
) -> anyhow::Result<()> {
    let fingerprint = set.fingerprint();
    let n = set.images.dim().0;
    let progress = Progress::new("images", n.saturating_mul(params.epochs) as u64);
    let (mut for_losses, mut for_checkpoint) =
        (Interval::new(BETWEEN_LOSSES), Interval::new(BETWEEN_CHECKPOINTS));
    loop {
        let outcome = training.epoch(&mut |batch| {
            show_batch(&progress, params.epochs, &batch);
            if cli::asked_to_stop() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if let EpochOutcome::Done { losses, images_per_second } = &outcome {
            print_epoch(&progress, params.epochs, n, losses, *images_per_second);
        }
        if outcome == EpochOutcome::Finished {
            if files.keep_checkpoint {
                artifact::write_atomic(&files.checkpoint, &training.checkpoint(&fingerprint)?)?;
            }
            return Ok(());
        }
        let stop = cli::asked_to_stop();
        if for_losses.is_over() || stop {
            artifact::write_atomic(&files.losses, losses_csv(training.losses()).as_bytes())?;
        }
        if for_checkpoint.is_over() || stop {
            artifact::write_atomic(&files.checkpoint, &training.checkpoint(&fingerprint)?)?;
        }
        if stop {
            return Err(cli::stopped(format!(
                "stopped after {} of {} epochs, saved in {}; \
                 the same command with --resume goes on",
                training.losses().len(),
                params.epochs,
                files.checkpoint.display()
            )));
        }
    }
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
