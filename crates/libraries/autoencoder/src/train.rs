//! How to train, what is told on the way, and all of it in one call.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use tch::Device;

use crate::training::{Reached, Training};
use crate::{Architecture, Augment, Error, Init, Keep, Network, Pixels, Precision, Result, Schedule};

/// Adam's first steps multiply it by ten, which still has to be an f32.
const MAX_LR: f64 = 1e30;

/// How to train. Adam (Kingma and Ba 2015) with its usual decay rates 0.9 and 0.999.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainParams {
    /// Passes over the images. Default 10.
    pub epochs: usize,
    /// Images per step. Default 256.
    pub batch: usize,
    /// Learning rate, the highest where it changes. Default 0.001.
    pub lr: f64,
    /// How the learning rate changes from step to step. Default not at all.
    pub schedule: Schedule,
    /// What each step takes off all values, as a share of them and of the learning rate (AdamW: Loshchilov and Hutter,
    /// *Decoupled weight decay regularization*, ICLR 2019). Default 0.
    pub weight_decay: f64,
    /// Greatest length of the gradient of all values together; longer ones are shrunk to it. Default any.
    pub clip: Option<f64>,
    /// Which weights are kept: the last, or those after the epoch with the smallest loss on the validation images. Default
    /// the last.
    pub keep: Keep,
    /// Epochs without a smaller loss on the validation images after which training ends. Default none.
    pub patience: Option<usize>,
    /// What products are computed in. Default f32.
    pub precision: Precision,
    /// How the first weights are drawn. Default Keras's way.
    pub init: Init,
    /// Of the first weights and of the order of the images. Default 0.
    pub seed: u64,
    /// How images are changed on their way in, while what is to come out stays. Default not at all.
    pub augment: Augment,
}

impl Default for TrainParams {
    fn default() -> Self {
        Self {
            epochs: 10,
            batch: 256,
            lr: 1e-3,
            schedule: Schedule::Constant,
            weight_decay: 0.0,
            clip: None,
            keep: Keep::Last,
            patience: None,
            precision: Precision::F32,
            init: Init::Keras,
            seed: 0,
            augment: Augment::default(),
        }
    }
}

impl TrainParams {
    /// Whether the best epoch has to be remembered.
    pub(crate) fn looks_for_the_best(&self) -> bool {
        self.keep == Keep::Best || self.patience.is_some()
    }

    /// Refuses what makes no sense, by itself, on `device`, or without validation images.
    pub(crate) fn validate(&self, device: Device, has_validation: bool) -> Result<()> {
        let wrong = |name, expected, found: String| Err(Error::Parameter { name, expected, found });
        for (name, count) in
            [("epochs", Some(self.epochs)), ("batch", Some(self.batch)), ("patience", self.patience)]
        {
            if count == Some(0) {
                return wrong(name, "at least 1", "0".into());
            }
        }
        self.augment.validate()?;
        if !(self.lr > 0.0 && self.lr <= MAX_LR) {
            return wrong("lr", "a number above 0 and at most 1e30", self.lr.to_string());
        }
        if !(self.weight_decay >= 0.0 && self.weight_decay * self.lr < 1.0) {
            return wrong(
                "weight-decay",
                "a number of 0 or more, below 1 / lr",
                self.weight_decay.to_string(),
            );
        }
        if let Some(clip) = self.clip.filter(|clip| !(*clip > 0.0 && *clip <= MAX_LR)) {
            return wrong("clip", "a number above 0 and at most 1e30", clip.to_string());
        }
        if !has_validation {
            for (name, wanted) in [("patience", self.patience.is_some()), ("keep", self.keep == Keep::Best)] {
                if wanted {
                    return wrong(
                        name,
                        "left out where there are no validation images to judge by",
                        "it".into(),
                    );
                }
            }
        }
        if self.precision == Precision::Tf32 && device == Device::Cpu {
            return wrong("precision", "f32 or bf16 on the CPU", "tf32".into());
        }
        Ok(())
    }
}

/// What [`train`] tells while it runs.
#[derive(Debug, Clone, PartialEq)]
pub enum TrainingEvent {
    /// Some batches are done.
    Batch(Batch),
    /// An epoch is done.
    Epoch {
        /// Its losses.
        losses: EpochLosses,
        /// Images trained on per second, validation left out.
        images_per_second: f64,
    },
}

/// How far a training is within an epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Counted from 1.
    pub epoch: usize,
    /// Images seen in all epochs so far.
    pub images: usize,
    /// Mean loss of this epoch so far, where it was looked at.
    pub loss: Option<f64>,
}

/// One line of the loss curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochLosses {
    /// Counted from 1.
    pub epoch: usize,
    /// Mean over the images of the epoch, each in its batch before that one's step.
    pub train: f64,
    /// On the validation images after the epoch.
    pub validation: Option<f64>,
}

/// A trained network and how it got there.
#[derive(Debug)]
pub struct Trained {
    /// The network after the epoch that was kept.
    pub network: Network,
    /// One entry an epoch.
    pub losses: Vec<EpochLosses>,
    /// The epoch that the weights are of, counted from 1.
    pub epoch: usize,
}

/// Trains an autoencoder on `images` (n, input), from beginning to end. On the CPU the same seed gives the same bytes, whatever
/// the number of threads. [`Training`] is for those who want to stop and go on.
///
/// # Errors
/// Images of another size than the architecture's input; parameters that make no sense; a loss that is not finite; no memory.
pub fn train<'a>(
    images: Pixels<'a>,
    validation: Option<Pixels<'a>>,
    architecture: &Architecture,
    params: &TrainParams,
    device: Device,
    on_event: &mut dyn FnMut(TrainingEvent),
) -> Result<Trained> {
    let mut training = Training::new(images, validation, architecture, params, device)?;
    loop {
        let reached = training.epoch(&mut |batch| {
            on_event(TrainingEvent::Batch(batch));
            ControlFlow::Continue(())
        })?;
        match reached {
            Reached::Epoch { losses, images_per_second } => {
                on_event(TrainingEvent::Epoch { losses, images_per_second });
            }
            Reached::Stopped => {}
            Reached::End => return training.finish(),
        }
    }
}
