//! Scattering features of images: arrays in, arrays out. Nothing is learned from labels, and no network is trained.
//!
//! A [`Scattering`] transform (Mallat, *Group invariant scattering*, 2012; Bruna and Mallat, *Invariant scattering convolution
//! networks*, IEEE TPAMI 2013) passes an image through wavelets of several scales and angles, takes the modulus, does the same
//! to each result, and averages everything over places: what comes out says which edges lie near where, and hardly changes
//! when the image is moved or bent a little. [`Features`] are those values made fit for clustering.
//!
//! ```
//! use ndarray::Array2;
//! use scattering::{Features, Params};
//!
//! let images = Array2::from_shape_fn((20, 64), |(i, j)| ((i * j) % 7) as f32);
//! let (features, points) = Features::fit(images.view(), (8, 8), &Params::default(), &mut |_, _| ())?;
//! assert_eq!(points.nrows(), 20);
//! assert_eq!(features.transform(images.view(), &mut |_, _| ())?, points);
//! # Ok::<(), scattering::Error>(())
//! ```

mod error;
mod features;
mod fourier;
mod transform;
mod wavelets;

pub use error::{Error, Result};
pub use features::{Features, Params};
pub use transform::{Scattering, scales};
