//! k-means and Gaussian mixtures: arrays in, models out.
//!
//! Points are rows: an `(n, d)` view of `u8`, `f32` or `f64`, in any memory layout (C order is used in place, any
//! other is copied once), with a scale and weights if there are any ([`Points`]). Assignments are `i32` in `0..k`,
//! centroids and mixture parameters `f64`. The library opens no file and prints nothing; progress goes through a
//! callback.
//!
//! Everything is a function of the points, the parameters and the seed: the result has the same bytes for any
//! number of rayon threads (see `parallel.rs`). Run inside [`rayon::ThreadPool::install`] to choose that
//! number.
//!
//! ```
//! use clustering::kmeans::{self, KMeansParams};
//! use ndarray::array;
//!
//! let points = array![[0.0, 0.0], [0.0, 1.0], [9.0, 0.0], [9.0, 1.0]];
//! let params = KMeansParams { k: 2, ..KMeansParams::default() };
//! let fit = kmeans::fit(&points, &params, &mut |_| {})?;
//! assert_eq!(fit.inertia, 1.0);
//! assert_eq!(fit.assignments, fit.model.predict(&points)?);
//! # Ok::<(), clustering::Error>(())
//! ```

mod check;
mod error;

pub mod gmm;
mod kernel;
pub mod kmeans;
mod parallel;
mod points;
mod rng;
mod scalar;
mod simd;

pub use error::Error;
pub use points::Points;
pub use scalar::{Scalar, Work};
