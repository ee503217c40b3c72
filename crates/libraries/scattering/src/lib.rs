//! Scattering features of images: arrays in, arrays out, nothing trained.
//!
//! A [`Scattering`] transform (Mallat, *Group invariant scattering*, 2012; Bruna and Mallat,
//! *Invariant scattering convolution networks*, IEEE TPAMI 2013) convolves an image with wavelets
//! of several scales and angles and takes the modulus, does the same to each result, and averages
//! everything over windows. The values tell which edges lie near which place, and hardly change
//! when the image is moved or bent a little. [`Features`] standardizes them for clustering.
//!
//! ```
//! use ndarray::Array2;
//! use scattering::{Features, Params};
//!
//! let images = Array2::from_shape_fn((20, 64), |(i, j)| ((i * j) % 7) as f32);
//! let params = Params::default();
//! let (features, points) = Features::fit(images.view(), (8, 8), &params, &mut |_, _| ())?;
//! assert_eq!(points.nrows(), 20);
//! assert_eq!(features.transform(images.view(), &mut |_, _| ())?, points);
//! # Ok::<(), scattering::Error>(())
//! ```

mod error;
mod features;
mod fourier;
mod level;
mod shape;
mod transform;
mod wavelets;

pub use error::{Error, Result};
pub use features::{Features, Params};
pub use shape::scales;
pub use transform::Scattering;
