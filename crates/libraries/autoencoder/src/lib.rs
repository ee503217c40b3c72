//! A symmetric autoencoder, dense or convolutional: its network, its training loop and its weights. The only library that links libtorch.
//!
//! Hinton and Salakhutdinov, *Reducing the dimensionality of data with neural networks*, Science 313 (2006): an encoder
//! compresses an image to a few latent values, a decoder reconstructs it, and both are trained on the reconstruction
//! error alone. The code and the output are linear, the layers between them have an activation.
//!
//! ```no_run
//! use autoencoder::{Architecture, Device, Pixels, TrainParams, encode, train};
//! use ndarray::Array2;
//!
//! # fn main() -> Result<(), autoencoder::Error> {
//! let images = Array2::<u8>::zeros((1000, 784));
//! let architecture = Architecture { input: 784, ..Architecture::default() };
//! let params = TrainParams::default();
//! let trained = train(Pixels::U8(images.view()), None, &architecture, &params, Device::Cpu, &mut |_| {})?;
//! let latents = encode(&trained.network, Pixels::U8(images.view()), &mut |_| {})?; // (1000, 10)
//! # Ok(())
//! # }
//! ```

mod adam;
mod architecture;
mod augment;
mod checkpoint;
mod cuda;
mod device;
mod encode;
mod error;
mod geometry;
mod gradient;
mod layers;
mod network;
mod parameters;
mod pixels;
mod products;
mod scale;
mod schedule;
mod threads;
mod train;
mod training;
mod weights;

pub use architecture::{
    Activation, Architecture, Init, Keep, Loss, NetworkKind, Normalize, Precision, Schedule,
};
pub use augment::Augment;
pub use device::{DeviceChoice, device_name, request_products, set_threads};
pub use encode::{decode, encode, in_scale_of};
pub use error::Error;
pub use layers::{LayerKind, LayerShape};
pub use network::Network;
pub use pixels::Pixels;
pub use products::Products;
pub use scale::TrainedOn;
pub use tch::Device;
pub use train::{Batch, EpochLosses, TrainParams, Trained, TrainingEvent, train};
pub use training::{Reached, Training};
pub use weights::Assumed;

/// Result of this library.
pub type Result<T> = std::result::Result<T, Error>;
