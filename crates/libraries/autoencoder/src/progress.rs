//! Progress of a training, the losses of an epoch, and the reason why a call returned.

use serde::{Deserialize, Serialize};

/// Progress that [`train`](crate::train) reports while it runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// A batch is done.
    Batch(Batch),
    /// An epoch is done.
    Epoch {
        /// The losses of the epoch.
        losses: EpochLosses,
        /// Images trained on per second, without the time of the validation.
        images_per_second: f64,
    },
}

/// Progress of a training within an epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// Images seen in all epochs so far.
    pub images: usize,
    /// Mean loss of this epoch so far, if it was computed.
    ///
    /// On the CPU it is computed every ten batches, on other devices at the end of the epoch.
    pub loss: Option<f64>,
}

/// The losses of one epoch: one line of the loss curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochLosses {
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// Mean loss over the training images, each computed before the step of its batch.
    pub train: f64,
    /// Mean loss over the validation images after the epoch, if there are any.
    pub validation: Option<f64>,
}

/// The reason why [`Training::epoch`](crate::Training::epoch) returned.
#[derive(Debug, Clone, PartialEq)]
pub enum EpochOutcome {
    /// The epoch is done.
    Done {
        /// The losses of the epoch.
        losses: EpochLosses,
        /// Images trained on per second since the call, without the time of the validation.
        images_per_second: f64,
    },
    /// The caller stopped the training within the epoch.
    Stopped,
    /// No epoch was left to run: all are done, or patience has run out.
    Finished,
}
