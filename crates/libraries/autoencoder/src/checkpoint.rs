//! Checkpoints: the state of a training as a safetensors file, from which it can continue.
//!
//! The weights have the names that they have in a weights file, so `encode` reads a checkpoint too.
//! Further tensors are the means of Adam, the losses of an epoch that has begun, and the weights of
//! the best epoch. The rest is in the metadata, in the one entry that weights files have too. The
//! order of the images is not stored: it follows from the seed and the number of epochs.

use model_io::weights::{NamedTensor, Tensors};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tch::Device;

use crate::best::BestEpoch;
use crate::loss::RunningLoss;
use crate::weights;
use crate::{
    Architecture, EpochLosses, Error, Network, Pixels, Result, Schedule, TrainParams, Training,
};

const FIRST: &str = "adam.first";
const SECOND: &str = "adam.second";
const RUNNING: &str = "epoch.losses";
const BEST: &str = "best.values";

/// The part of the state that is in the metadata, as JSON.
#[derive(Serialize, Deserialize)]
struct State {
    /// Identifies the images; given by the caller.
    data: String,
    images: usize,
    params: TrainParams,
    steps: u64,
    /// Images seen in an epoch that has begun.
    seen: Option<usize>,
    augmenter: Xoshiro256PlusPlus,
    losses: Vec<EpochLosses>,
    /// Epoch and validation loss of the best epoch.
    best: Option<(usize, f64)>,
}

impl Training {
    /// Writes the state of the training as the bytes of a safetensors file.
    ///
    /// `data` identifies the images, for example by their hash.
    ///
    /// # Errors
    /// Fails only if memory runs out.
    ///
    /// # Example
    /// ```
    /// # use autoencoder::{Architecture, Device, Pixels, TrainParams, Training};
    /// # use ndarray::Array2;
    /// # let images = Array2::from_shape_fn((64, 16), |(i, pixel)| (i % 7 * pixel) as u8);
    /// # let images = Pixels::U8(images.view());
    /// # let architecture =
    /// #     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
    /// # let params = TrainParams { epochs: 2, batch: 16, ..TrainParams::default() };
    /// # let training = Training::new(images, None, &architecture, &params, Device::Cpu)?;
    /// let bytes = training.checkpoint("hash of the images")?;
    /// assert_eq!(bytes, training.checkpoint("hash of the images")?);
    /// # Ok::<(), autoencoder::Error>(())
    /// ```
    pub fn checkpoint(&self, data: &str) -> Result<Vec<u8>> {
        let state = State {
            data: data.to_owned(),
            images: self.n(),
            params: self.params.clone(),
            steps: self.adam.steps,
            seen: self.running.as_ref().map(|running| running.seen),
            augmenter: self.augmenter.rng.clone(),
            losses: self.losses.clone(),
            best: self.best.as_ref().map(|best| (best.epoch, best.loss)),
        };
        let mut tensors = self.network.tensors()?;
        let more = [(FIRST, Some(&self.adam.first)), (SECOND, Some(&self.adam.second))];
        let running = (RUNNING, self.running.as_ref().map(|running| &running.losses));
        let best = (BEST, self.best.as_ref().map(|best| &best.values));
        for (name, tensor) in more.into_iter().chain([running, best]) {
            let Some(tensor) = tensor else { continue };
            let shape = vec![tensor.numel()];
            tensors.push(NamedTensor {
                name: name.to_owned(),
                shape,
                values: weights::to_values(tensor)?,
            });
        }
        let mut metadata = self.network.metadata();
        metadata.training = Some(serde_json::to_string(&state).map_err(invalid)?);
        weights::serialize(&tensors, &metadata)
    }

    /// Prepares a training that continues from the bytes of [`Training::checkpoint`].
    ///
    /// The other arguments are those of [`Training::new`]. The number of epochs may differ from
    /// that of the checkpoint if the learning rate does not depend on it.
    ///
    /// # Errors
    /// As [`Training::new`]; [`Error::InvalidCheckpoint`] if the bytes are no checkpoint;
    /// [`Error::CheckpointMismatch`] if it is one of another training.
    ///
    /// # Example
    /// ```
    /// # use autoencoder::{Architecture, Device, Pixels, TrainParams, Training};
    /// # use ndarray::Array2;
    /// # let images = Array2::from_shape_fn((64, 16), |(i, pixel)| (i % 7 * pixel) as u8);
    /// # let images = Pixels::U8(images.view());
    /// # let architecture =
    /// #     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
    /// # let params = TrainParams { epochs: 2, batch: 16, ..TrainParams::default() };
    /// # let mut training = Training::new(images, None, &architecture, &params, Device::Cpu)?;
    /// use std::ops::ControlFlow;
    ///
    /// // Breaks off after the first batch, and continues from the bytes.
    /// training.epoch(&mut |_| ControlFlow::Break(()))?;
    /// let bytes = training.checkpoint("hash")?;
    /// let (device, name) = (Device::Cpu, "hash");
    /// let mut resumed =
    ///     Training::resume(&bytes, name, images, None, &architecture, &params, device)?;
    /// for training in [&mut training, &mut resumed] {
    ///     training.epoch(&mut |_| ControlFlow::Continue(()))?;
    /// }
    /// assert_eq!(resumed.losses(), training.losses());
    /// # Ok::<(), autoencoder::Error>(())
    /// ```
    pub fn resume<'a>(
        checkpoint: &[u8],
        data: &str,
        images: Pixels<'a>,
        validation: Option<Pixels<'a>>,
        architecture: &Architecture,
        params: &TrainParams,
        device: Device,
    ) -> Result<Self> {
        let file = Tensors::read(checkpoint)
            .map_err(|error| Error::InvalidCheckpoint { found: error.to_string() })?;
        let text = weights::read_metadata(&file)?.and_then(|metadata| metadata.training);
        let text =
            text.ok_or_else(|| Error::InvalidCheckpoint { found: "weights alone".into() })?;
        let state: State = serde_json::from_str(&text).map_err(invalid)?;
        let saved = Network::from_safetensors(checkpoint, device)?;
        check_same_training(&saved, &state, architecture, params, data, images.dim().0)?;

        let mut training = Self::new(images, validation, architecture, params, device)?;
        for (layer, saved) in training.network.layers.iter_mut().zip(&saved.layers) {
            layer.weight.f_copy_(&saved.weight)?;
            layer.bias.f_copy_(&saved.bias)?;
        }
        let length = training.parameters.values.numel();
        let tensor = |name, length| weights::read_tensor(&file, name, &[length], device);
        training.adam.first = tensor(FIRST, length)?;
        training.adam.second = tensor(SECOND, length)?;
        training.adam.steps = state.steps;
        training.augmenter.rng = state.augmenter;
        if let Some(seen) = state.seen {
            let losses = tensor(RUNNING, training.n())?;
            training.running = Some(RunningLoss::resume(losses, seen.min(training.n())));
        }
        if let Some((epoch, loss)) = state.best.filter(|_| params.tracks_best_epoch()) {
            training.best = Some(BestEpoch { epoch, loss, values: tensor(BEST, length)? });
        }
        training.skip_epochs(state.losses.len(), training.running.is_some());
        training.losses = state.losses;
        Ok(training)
    }
}

/// Checks that the state is of a training with the same network, images and parameters.
fn check_same_training(
    saved: &Network,
    state: &State,
    architecture: &Architecture,
    params: &TrainParams,
    data: &str,
    images: usize,
) -> Result<()> {
    let mismatch =
        |expected: String, found: String| Err(Error::CheckpointMismatch { expected, found });
    if let Some((wanted, found)) =
        first_difference(&to_value(architecture)?, &to_value(saved.architecture())?, &[])
    {
        return mismatch(wanted, found);
    }
    if (state.images, state.data.as_str()) != (images, data) {
        return mismatch("these images and this version".into(), "others".into());
    }
    // Parameters that may differ, within the limits that are checked below.
    let free: &[&str] = match params.schedule {
        Schedule::Constant => &["keep", "patience", "epochs"],
        _ => &["keep", "patience"],
    };
    if let Some((wanted, found)) =
        first_difference(&to_value(params)?, &to_value(&state.params)?, free)
    {
        return mismatch(wanted, found);
    }
    let begun = state.losses.len() + usize::from(state.seen.is_some());
    if begun > params.epochs {
        let found = if state.seen.is_some() { "begun" } else { "done" };
        return mismatch(format!("at most {} epochs", params.epochs), format!("{begun} {found}"));
    }
    if params.tracks_best_epoch() && !state.params.tracks_best_epoch() && begun > 0 {
        return mismatch(
            "the weights of its best epoch".into(),
            "the last ones alone (keep last)".into(),
        );
    }
    Ok(())
}

/// Finds the first entry that differs, and returns `name value` of both objects.
///
/// Entries named in `free` may differ.
fn first_difference(wanted: &Value, found: &Value, free: &[&str]) -> Option<(String, String)> {
    let names = wanted.as_object()?.iter().filter(|(name, _)| !free.contains(&name.as_str()));
    names.into_iter().find_map(|(name, wanted)| {
        let found = &found[name];
        if wanted == found {
            return None;
        }
        let with = |value: &Value| format!("{} {}", name.replace('_', "-"), plain(value));
        first_difference(wanted, found, &[]).or_else(|| Some((with(wanted), with(found))))
    })
}

/// Formats a value as on a command line.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(","),
        Value::Object(entries) => {
            let entry = |(name, value): (&String, &Value)| format!("{name} {}", plain(value));
            entries.iter().map(entry).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}

fn to_value(what: &impl Serialize) -> Result<Value> {
    serde_json::to_value(what).map_err(invalid)
}

fn invalid(error: impl std::fmt::Display) -> Error {
    Error::InvalidCheckpoint { found: format!("something else ({error})") }
}
