//! A symmetric autoencoder, dense or convolutional: network, training, and weights.
//!
//! An autoencoder (Hinton and Salakhutdinov, *Reducing the dimensionality of data with neural
//! networks*, Science 313, 2006) is two networks. The encoder compresses an image to a few latent
//! values, its code (or latents), and the decoder reconstructs the image from the code. Both are
//! trained together on the reconstruction error alone, without labels. Similar images tend to get
//! similar codes, which can then be clustered.
//!
//! This is the only library of the workspace that links libtorch.
//!
//! # Network
//!
//! [`Architecture`] describes the network. A dense one takes an image as a vector of pixels: layers
//! `y = W x + b` of falling width lead to the code, and layers of the same widths in reverse lead
//! back. The default is 784-1500-1000-500-10 and its mirror. A convolutional one
//! ([`NetworkKind::Conv`]) halves height and width with every layer, and a dense layer leads to the
//! code. An [`Activation`] stands between the layers; the code and the output are linear.
//!
//! Images in color have red, green and blue of each pixel side by side, before and after either
//! network. A dense one takes them as three values; a convolutional one takes them apart, as three
//! channels of its first layer, and puts those of its last layer together again.
//!
//! # Loss
//!
//! [`Loss`] is a mean over all pixels of all images of a batch: of the squared difference, or, for
//! pixels in 0..=1, of the binary cross-entropy, whose output goes through a sigmoid. With
//! [`Augment`] the input images are changed at random while the target stays the clean image: a
//! denoising autoencoder (Vincent et al., *Extracting and composing robust features with denoising
//! autoencoders*, ICML 2008).
//!
//! # Optimizer
//!
//! Training goes through the images in random order, a batch at a time, and takes a step of Adam
//! for each (Kingma and Ba, *Adam: a method for stochastic optimization*, ICLR 2015). With the
//! gradient `g` of the loss, a step `t` computes for each weight `w`
//!
//! ```text
//! m = 0.9 m + 0.1 g                    running mean of the gradient
//! v = 0.999 v + 0.001 g²               running mean of its square
//! w = (1 - lr · weight_decay) w - lr · m / (1 - 0.9^t) / (√(v / (1 - 0.999^t)) + 1e-8)
//! ```
//!
//! The weight decay is decoupled from the gradient (AdamW: Loshchilov and Hutter, *Decoupled weight
//! decay regularization*, ICLR 2019). [`TrainParams`] names the rest: the [`Schedule`] of the
//! learning rate `lr`, the clipping of gradients, early stopping by validation images, the
//! [`Precision`] of matrix products.
//!
//! # Walk-through
//!
//! Images are the rows of a view, gray levels of `u8` or values of `f32` ([`Pixels`]). [`train`]
//! returns a [`Network`] with its loss curve, [`encode`] gives the codes, [`decode`] the
//! reconstructions:
//!
//! ```
//! use autoencoder::{Architecture, Device, Pixels, TrainParams, decode, encode, train};
//! use ndarray::Array2;
//!
//! // 64 images of 4 x 4 pixels.
//! let images = Array2::from_shape_fn((64, 16), |(i, pixel)| (i % 7 * pixel) as u8);
//! let pixels = Pixels::U8(images.view());
//! let architecture =
//!     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
//! let params = TrainParams { epochs: 1, batch: 16, ..TrainParams::default() };
//!
//! let trained = train(pixels, None, &architecture, &params, Device::Cpu, &mut |_| {})?;
//! assert_eq!(trained.losses.len(), 1);
//! let codes = encode(&trained.network, pixels, &mut |_| {})?;
//! assert_eq!(codes.dim(), (64, 2));
//! let reconstructions = decode(&trained.network, codes.view(), &mut |_| {})?;
//! assert_eq!(reconstructions.dim(), images.dim());
//! # Ok::<(), autoencoder::Error>(())
//! ```
//!
//! Weights are bytes of a safetensors file, which PyTorch opens; reading and writing files is left
//! to the caller:
//!
//! ```
//! use autoencoder::{Architecture, Device, Init, Network};
//!
//! let architecture =
//!     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
//! let network = Network::new(&architecture, Init::Keras, 0, Device::Cpu)?;
//! let bytes = network.to_safetensors()?;
//! let same = Network::from_safetensors(&bytes, Device::Cpu)?;
//! assert_eq!(same.architecture(), network.architecture());
//! # Ok::<(), autoencoder::Error>(())
//! ```
//!
//! [`Training`] takes the place of [`train`] where a training has to stop and continue: it runs
//! epoch by epoch, can break off after any batch, and turns its state into bytes and back.
//!
//! # Results and callbacks
//!
//! On the CPU the same images, parameters and seed give the same bytes, for any number of threads
//! up to [`Architecture::reproducible_threads`], if [`set_matmul_precision`] was called first.
//! Networks, gradients and steps are tested against PyTorch.
//!
//! Callbacks come last and are called `on_progress`, as in the other libraries of the workspace.
//! [`train`] takes more before them than `fit(points, &params, &mut on_progress)` there: a network
//! has an architecture and a device apart from its parameters, and there may be validation images.
//! [`Training::epoch`] has a callback of another kind, `on_batch`, whose result can stop the
//! training.
//!
//! # Modules
//! - The network: `architecture` (its shape), `network_kind` (dense or convolutional), `options`
//!   (its named settings), `layers`, `network` (the tensors and the forward pass), `pixels`,
//!   `channels`, `sides` and `scale` (images, gray or in color, their shape and their range).
//! - The training: `config` (parameters), `trainer` (the loop), `progress`, `loss`, `backward`
//!   (gradients), `clip`, `flat_params`, `adam` and `cuda` (the optimizer), `openmp`, `schedule`,
//!   `augment`, `augmenter` and `transforms` (changed images), `best`.
//! - Files: `weights` (safetensors) and `checkpoint` (the state of a training).
//! - Use: `encode`, `device`. Measurement: `roofline`.

#![deny(missing_docs)]

mod adam;
mod architecture;
mod augment;
mod augmenter;
mod backward;
mod best;
mod channels;
mod checkpoint;
mod clip;
mod config;
mod cuda;
mod device;
mod encode;
mod error;
mod flat_params;
mod layers;
mod loss;
mod network;
mod network_kind;
mod openmp;
mod options;
mod pixels;
mod progress;
mod roofline;
mod scale;
mod schedule;
mod sides;
mod trainer;
mod transforms;
mod weights;

pub use architecture::Architecture;
pub use augment::Augment;
pub use channels::Channels;
pub use config::TrainParams;
pub use device::{DeviceChoice, device_name, set_matmul_precision, set_threads};
pub use encode::{decode, denormalize, encode};
pub use error::{Error, Result};
pub use layers::{LayerKind, LayerShape};
pub use network::Network;
pub use network_kind::NetworkKind;
pub use options::{Activation, Init, Keep, Loss, Normalize, Precision, Schedule};
pub use pixels::Pixels;
pub use progress::{Batch, EpochLosses, EpochOutcome, Progress};
pub use roofline::Roofline;
pub use scale::TrainedOn;
pub use tch::Device;
pub use trainer::{Trained, Training, train};
pub use weights::Assumed;
