//! The parameters of a training, and their checks.

use serde::{Deserialize, Serialize};
use tch::Device;

use crate::{Augment, Error, Init, Keep, Precision, Result, Schedule};

/// Largest learning rate: ten times as much, in Adam's first steps, is still an f32.
const MAX_PARAMETER: f64 = 1e30;

/// Parameters of a training with Adam.
///
/// Kingma and Ba, *Adam: a method for stochastic optimization*, ICLR 2015, with the decay rates 0.9
/// and 0.999.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainParams {
    /// Passes over the images. Default 10.
    pub epochs: usize,
    /// Images per step. Default 256.
    pub batch: usize,
    /// Learning rate; where the schedule changes it, the highest. Default 0.001.
    pub lr: f64,
    /// How the learning rate changes from step to step. Default constant.
    pub schedule: Schedule,
    /// Weight decay: each step multiplies all values by `1 - lr * weight_decay`. Default 0.
    ///
    /// AdamW: Loshchilov and Hutter, *Decoupled weight decay regularization*, ICLR 2019.
    pub weight_decay: f64,
    /// Largest Euclidean norm of the gradient of all values. Default no limit.
    ///
    /// A longer gradient is scaled down to it.
    pub clip: Option<f64>,
    /// Which weights are kept: those of the last or the best epoch. Default the last.
    pub keep: Keep,
    /// Training ends after so many epochs without a smaller validation loss. Default never.
    pub patience: Option<usize>,
    /// The type that matrix products are computed in. Default f32.
    pub precision: Precision,
    /// How the initial weights are drawn. Default as Keras draws them.
    pub init: Init,
    /// Seed of the initial weights, the order of the images and their augmentation. Default 0.
    pub seed: u64,
    /// How input images are changed; the target remains the unchanged image. Default not at all.
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
    /// Tells whether the weights of the best epoch have to be remembered.
    pub(crate) fn tracks_best_epoch(&self) -> bool {
        self.keep == Keep::Best || self.patience.is_some()
    }

    /// Checks every parameter, also against the device and the presence of validation images.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first parameter that is out of range.
    pub(crate) fn validate(&self, device: Device, has_validation: bool) -> Result<()> {
        let wrong = |name, expected, found: String| Err(Error::Parameter { name, expected, found });
        for (name, count) in [
            ("epochs", Some(self.epochs)),
            ("batch", Some(self.batch)),
            ("patience", self.patience),
        ] {
            if count == Some(0) {
                return wrong(name, "at least 1", "0".into());
            }
        }
        self.augment.validate()?;
        if !(self.lr > 0.0 && self.lr <= MAX_PARAMETER) {
            return wrong("lr", "a number above 0 and at most 1e30", self.lr.to_string());
        }
        if !(self.weight_decay >= 0.0 && self.weight_decay * self.lr < 1.0) {
            return wrong(
                "weight-decay",
                "a number of 0 or more, below 1 / lr",
                self.weight_decay.to_string(),
            );
        }
        if let Some(clip) = self.clip.filter(|clip| !(*clip > 0.0 && *clip <= MAX_PARAMETER)) {
            return wrong("clip", "a number above 0 and at most 1e30", clip.to_string());
        }
        if !has_validation {
            const ABSENT: &str = "left out where there are no validation images";
            if let Some(patience) = self.patience {
                return wrong("patience", ABSENT, patience.to_string());
            }
            if self.keep == Keep::Best {
                return wrong("keep", ABSENT, self.keep.to_string());
            }
        }
        if self.precision == Precision::Tf32 && device == Device::Cpu {
            return wrong("precision", "f32 or bf16 on the CPU", "tf32".into());
        }
        Ok(())
    }
}
