//! A symmetric autoencoder, dense or convolutional: network, training, and weights.
//!
//! Hinton and Salakhutdinov, *Reducing the dimensionality of data with neural networks*, Science
//! 313 (2006): an encoder compresses an image to a few latent values (the code), a decoder
//! reconstructs the image from them, and both are trained on the reconstruction error alone. The
//! code and the output are linear; the layers between them have an activation.
//!
//! This is the only library of the workspace that links libtorch.
//!
//! # Example
//! ```no_run
//! use autoencoder::{Architecture, Device, Pixels, TrainParams, encode, train};
//! use ndarray::Array2;
//!
//! # fn main() -> Result<(), autoencoder::Error> {
//! let images = Array2::<u8>::zeros((1000, 784));
//! let pixels = Pixels::U8(images.view());
//! let architecture = Architecture { input: 784, ..Architecture::default() };
//! let params = TrainParams::default();
//! let trained = train(pixels, None, &architecture, &params, Device::Cpu, &mut |_| {})?;
//! let latents = encode(&trained.network, pixels, &mut |_| {})?; // (1000, 10)
//! # Ok(())
//! # }
//! ```
//!
//! # Modules
//! - The network: `architecture` (its shape), `options` (its named settings), `layers`, `network`
//!   (the tensors and the forward pass), `pixels` and `scale` (images and their range).
//! - The training: `config` (parameters), `trainer` (the loop), `events` (progress), `loss`,
//!   `backward` (gradients), `flat_params`, `adam` and `cuda` (the optimizer), `openmp`,
//!   `schedule`, `augment` and `transforms` (changed images), `best`.
//! - Files: `weights` (safetensors) and `checkpoint` (the state of a training).
//! - Use: `encode`, `device`. Measurement: `roofline`.

mod adam;
mod architecture;
mod augment;
mod backward;
mod best;
mod checkpoint;
mod config;
mod cuda;
mod device;
mod encode;
mod error;
mod events;
mod flat_params;
mod layers;
mod loss;
mod network;
mod openmp;
mod options;
mod pixels;
mod roofline;
mod scale;
mod schedule;
mod trainer;
mod transforms;
mod weights;

pub use architecture::{Architecture, NetworkKind};
pub use augment::Augment;
pub use config::TrainParams;
pub use device::{DeviceChoice, device_name, set_matmul_precision, set_threads};
pub use encode::{decode, denormalize, encode};
pub use error::{Error, Result};
pub use events::{Batch, EpochLosses, EpochOutcome, TrainingEvent};
pub use layers::{LayerKind, LayerShape};
pub use network::Network;
pub use options::{Activation, Init, Keep, Loss, Normalize, Precision, Schedule};
pub use pixels::Pixels;
pub use roofline::Roofline;
pub use scale::TrainedOn;
pub use tch::Device;
pub use trainer::{Trained, Training, train};
pub use weights::Assumed;
