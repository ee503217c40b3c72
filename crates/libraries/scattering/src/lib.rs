//! Scattering features of images: arrays in, arrays out, nothing trained.
//!
//! # The algorithm
//!
//! A scattering transform (Mallat, *Group invariant scattering*, Communications on Pure and Applied
//! Mathematics 65, 2012; Bruna and Mallat, *Invariant scattering convolution networks*, IEEE TPAMI
//! 35, 2013) is a convolutional network of two layers whose filters are not learned. With an image
//! x, wavelets ψ of J scales and L angles, and a Gaussian window φ of `2^J` pixels, its values are
//!
//! | order | value | number of paths |
//! | --- | --- | --- |
//! | 0 | `x * φ` | 1 |
//! | 1 | <code>\|x * ψ<sub>1</sub>\| * φ</code> | `J L` |
//! | 2 | <code>\|\|x * ψ<sub>1</sub>\| * ψ<sub>2</sub>\| * φ</code> | `L² J (J - 1) / 2` |
//!
//! Here `*` is convolution, and in order 2 the second wavelet is coarser than the first. A *path*
//! is a choice of wavelets. A wavelet answers to edges of its scale and angle; the modulus forgets
//! where exactly they lie; the window averages over a neighborhood, of which one value remains
//! every `2^J` pixels. So the values tell which edges lie near which place, and hardly change when
//! the image is moved or bent a little. Order 2 brings back what the average of order 1 loses: how
//! edges follow one another.
//!
//! [`Scattering`] is the transform itself, with Kymatio's Morlet wavelets (Andreux et al.,
//! *Kymatio: scattering transforms in Python*, JMLR 21, 2020). Convolutions are products of
//! spectra, and each plane keeps only as many values as its frequencies need.
//!
//! [`Features`] makes points for clustering of the values, in three steps that [`fit()`] learns
//! without labels: each path is divided by its standard deviation, so that fine edges count as much
//! as large areas; each image by its length, so that brightness does not count; and of all values
//! the scores of the first principal components are kept ([`pca`]).
//!
//! # Color
//!
//! Images in color ([`Channels::Rgb`]) are taken apart into three planes: luminance Y, and the
//! differences Cb and Cr of blue and red to it, as in ITU-R BT.601. Each is transformed as a gray
//! image is. Three rules weigh them, none of which was chosen by labels:
//!
//! - Each path of luminance is divided by its standard deviation, as that of gray images.
//! - Each path of chroma is divided by its own deviation times the root of 2. Chroma of photographs
//!   varies far less than luminance; so neither drowns the other, and both planes together weigh as
//!   much as luminance.
//! - The deviation of a path of chroma is taken for at least a tenth of that of the same path of
//!   luminance. Where there is next to no color, as in gray photographs that were stored in color,
//!   what little there is would otherwise become as large as anything: it is noise of the levels
//!   and of compression.
//!
//! All three planes of an image are divided by one length. Images whose channels are all equal have
//! no chroma; their features are those of gray images.
//!
//! # A walk through an example
//!
//! Two kinds of stripes, horizontal and vertical ones, each begin anywhere. As pixels an image is
//! far from most of its own kind, since stripes that are moved do not overlap:
//!
//! ```
//! use ndarray::{Array2, ArrayView2};
//! use scattering::{Params, fit, scales};
//!
//! // 40 images of 16 x 16 pixels, horizontal and vertical stripes by turns.
//! let images = Array2::from_shape_fn((40, 256), |(i, pixel)| {
//!     let (y, x) = (pixel / 16, pixel % 16);
//!     let across = if i % 2 == 0 { y } else { x };
//!     if (across + i / 2) % 6 < 3 { 1.0 } else { 0.0 }
//! });
//! /// Share of the points whose nearest other point is of the same kind, copies left out.
//! fn kept(points: ArrayView2<f32>) -> f64 {
//!     let squared = |i: usize, j: usize| -> f32 {
//!         (&points.row(i) - &points.row(j)).iter().map(|x| x * x).sum()
//!     };
//!     let like = (0..40).filter(|&i| {
//!         // Stripes that begin six pixels later are the same.
//!         let others = (0..40).filter(|j| i % 12 != j % 12);
//!         let nearest = others.min_by(|&a, &b| squared(i, a).total_cmp(&squared(i, b)));
//!         nearest.is_some_and(|j| i % 2 == j % 2)
//!     });
//!     like.count() as f64 / 40.0
//! }
//!
//! // 16 x 16 pixels leave three places along a side after two scales.
//! assert_eq!(scales(16, 16), 2);
//! let mut images_done = 0;
//! let params = Params { dims: 20, ..Params::default() };
//! let fitted = fit(images.view(), (16, 16), &params, &mut |progress| {
//!     images_done = progress.done;
//! })?;
//! assert_eq!(fitted.points.dim(), (40, 20));
//! assert_eq!(kept(fitted.points.view()), 1.0);
//!
//! // New images get the features that they would have had among the others.
//! let again = fitted.model.transform(images.view(), &mut |_| ())?;
//! assert_eq!(again, fitted.points);
//! # assert!(images_done > 0);
//! # Ok::<(), scattering::Error>(())
//! ```
//!
//! Features are for points of any clustering; UMAP brings their clusters apart first.

#![deny(missing_docs)]

mod block;
mod color;
mod error;
mod features;
mod fit;
mod fourier;
mod level;
mod params;
mod points;
mod progress;
mod sample;
mod shape;
mod transform;
mod transformer;
mod wavelets;

pub use color::Channels;
pub use error::{Error, Result};
pub use features::Features;
pub use fit::{FeaturesFit, Fitting, fit};
pub use params::Params;
pub use progress::Progress;
pub use shape::scales;
pub use transform::Scattering;
pub use transformer::Transformer;
