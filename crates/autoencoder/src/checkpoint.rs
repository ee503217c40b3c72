//! The state of a training as a safetensors file: what is needed to go on as if nothing had happened.
//!
//! The weights have the names they have in a weights file, so that a checkpoint can be encoded with. Beside them stand what
//! the optimiser remembers, the losses of an epoch that has begun, and the weights of the best epoch; everything else is in
//! the metadata. The order of the images follows from the seed and the number of epochs.

use std::collections::HashMap;

use rand_xoshiro::Xoshiro256PlusPlus;
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tch::Device;

use crate::training::{Best, Running, Training};
use crate::weights::{self, OwnedTensor};
use crate::{Architecture, EpochLosses, Error, Network, Pixels, Result, Schedule, TrainParams};

const METADATA: &str = "training";
const FIRST: &str = "adam.first";
const SECOND: &str = "adam.second";
const RUNNING: &str = "epoch.losses";
const BEST: &str = "best.values";

/// What no tensor holds.
#[derive(Serialize, Deserialize)]
struct State {
    /// What the caller says of the images.
    data: String,
    images: usize,
    params: TrainParams,
    steps: u64,
    /// Images seen in an epoch that has begun.
    seen: Option<usize>,
    augmenter: Xoshiro256PlusPlus,
    losses: Vec<EpochLosses>,
    /// Its epoch and its loss.
    best: Option<(usize, f64)>,
}

impl Training {
    /// The state of this training, as the bytes of a safetensors file. `data` says which images it is of, their hash for example.
    ///
    /// # Errors
    /// No memory.
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
            tensors.push(OwnedTensor { name: name.to_owned(), shape, bytes: weights::bytes(tensor)? });
        }
        weights::serialize(
            &tensors,
            HashMap::from([(METADATA.to_owned(), to_json(&state)?), self.network.metadata()?]),
        )
    }

    /// A training as [`Training::new`] begins it, where [`Training::checkpoint`] left it. More or fewer epochs than it was begun
    /// with are allowed where the learning rate does not depend on their number.
    ///
    /// # Errors
    /// As [`Training::new`]; bytes that are no checkpoint, or one of another training.
    pub fn resume<'a>(
        checkpoint: &[u8],
        data: &str,
        images: Pixels<'a>,
        validation: Option<Pixels<'a>>,
        architecture: &Architecture,
        params: &TrainParams,
        device: Device,
    ) -> Result<Self> {
        let file = SafeTensors::deserialize(checkpoint).map_err(no_checkpoint)?;
        let (_, header) = SafeTensors::read_metadata(checkpoint).map_err(no_checkpoint)?;
        let metadata = header.metadata().as_ref().and_then(|entries| entries.get(METADATA));
        let text = metadata.ok_or_else(|| Error::NoCheckpoint { found: "weights alone".into() })?;
        let state: State = serde_json::from_str(text).map_err(no_checkpoint)?;
        let saved = Network::from_safetensors(checkpoint, device)?;
        refuse_another(&saved, &state, architecture, params, data, images.dim().0)?;

        let mut training = Self::new(images, validation, architecture, params, device)?;
        for (layer, saved) in training.network.layers.iter_mut().zip(&saved.layers) {
            layer.weight.f_copy_(&saved.weight)?;
            layer.bias.f_copy_(&saved.bias)?;
        }
        let length = training.parameters.values.numel();
        let tensor = |name, length| weights::tensor(&file, name, &[length], device);
        training.adam.first = tensor(FIRST, length)?;
        training.adam.second = tensor(SECOND, length)?;
        training.adam.steps = state.steps;
        training.augmenter.rng = state.augmenter;
        if let Some(seen) = state.seen {
            let losses = tensor(RUNNING, training.n())?;
            training.running = Some(Running::begun(losses, seen.min(training.n())));
        }
        if let Some((epoch, loss)) = state.best.filter(|_| params.looks_for_the_best()) {
            training.best = Some(Best { epoch, loss, values: tensor(BEST, length)? });
        }
        training.skip_epochs(state.losses.len(), training.running.is_some());
        training.losses = state.losses;
        Ok(training)
    }

    /// Losses of the epochs that are done.
    pub fn losses(&self) -> &[EpochLosses] {
        &self.losses
    }

    /// The network as it is now.
    pub fn network(&self) -> &Network {
        &self.network
    }
}

/// Refuses the state of a training of something else, or in another way.
fn refuse_another(
    saved: &Network,
    state: &State,
    architecture: &Architecture,
    params: &TrainParams,
    data: &str,
    images: usize,
) -> Result<()> {
    let differ = |expected: String, found: String| Err(Error::Checkpoint { expected, found });
    if saved.architecture() != architecture {
        let describe = |of: &Architecture| format!("{of:?}");
        return differ(describe(architecture), describe(saved.architecture()));
    }
    if (state.images, state.data.as_str()) != (images, data) {
        return differ("these images and this version".into(), "others".into());
    }
    let as_value = |params: &TrainParams| serde_json::to_value(params).map_err(no_checkpoint);
    let (wanted, found) = (as_value(params)?, as_value(&state.params)?);
    for (name, wanted) in wanted.as_object().into_iter().flatten() {
        let free = matches!(name.as_str(), "keep" | "patience")
            || name == "epochs" && params.schedule == Schedule::Constant;
        let found = &found[name];
        if !free && wanted != found {
            let with = |value: &Value| format!("{} {value}", name.replace('_', "-"));
            return differ(with(wanted), with(found));
        }
    }
    Ok(())
}

fn to_json(state: &State) -> Result<String> {
    serde_json::to_string(state).map_err(no_checkpoint)
}

fn no_checkpoint(error: impl std::fmt::Display) -> Error {
    Error::NoCheckpoint { found: format!("something else ({error})") }
}
