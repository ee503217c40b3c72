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
//!
//! Both are models in the sense of [`linfa::traits`] too: parameters fit a dataset, with its weights if it has any, and
//! give the model of the best start; a model predicts cluster indices as `usize`. A model's own `predict`, which returns
//! an error where linfa's would panic, comes first on a direct call, so linfa's is called by its path:
//!
//! ```
//! use clustering::kmeans::{KMeans, KMeansParams};
//! use linfa::DatasetBase;
//! use linfa::traits::{Fit, Predict};
//! use ndarray::{Array1, array};
//!
//! let dataset = DatasetBase::from(array![[0.0, 0.0], [0.0, 1.0], [9.0, 0.0], [9.0, 1.0]]);
//! let params = KMeansParams { k: 2, ..KMeansParams::default() };
//! let model: KMeans = params.fit(&dataset)?;
//!
//! let clusters: Array1<usize> = Predict::predict(&model, &dataset);
//! assert_eq!(clusters[0], clusters[1]);
//! assert_ne!(clusters[0], clusters[2]);
//!
//! let labelled = Predict::predict(&model, dataset);
//! assert_eq!(labelled.targets, clusters);
//! # Ok::<(), clustering::Error>(())
//! ```

mod check;
mod error;

pub mod gmm;
mod kernel;
pub mod kmeans;
mod linfa_traits;
mod parallel;
mod points;
mod rng;
mod scalar;
mod simd;

pub use error::Error;
pub use points::Points;
pub use scalar::{Scalar, Work};
