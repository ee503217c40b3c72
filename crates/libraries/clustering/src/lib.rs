//! k-means and Gaussian mixtures: arrays in, models out.
//!
//! [`kmeans::fit`] partitions points into k clusters around centroids; [`gmm::fit`] finds k
//! Gaussians under which the points are most likely. The library opens no file and prints nothing;
//! progress goes through a callback.
//!
//! # Points and results
//!
//! Points are the rows of an `(n, d)` view of `u8`, `f32` or `f64`, in any memory layout: C order
//! is used in place, any other order is copied once. [`Points`] adds a scale and weights.
//! Assignments are `i32` in `0..k`; centroids and mixture parameters are `f64`.
//!
//! Results depend only on the points, the parameters and the seed. They have the same bytes for any
//! number of rayon threads; run a fit inside [`rayon::ThreadPool::install`] to choose that number.
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
//! # Choosing the number of clusters
//!
//! [`gmm::select_k`] fits a mixture for every k in a range and compares them by the Bayesian
//! information criterion:
//!
//! ```
//! use clustering::gmm::{self, CovarianceType, GmmParams};
//! use ndarray::array;
//!
//! let points = array![[0.0], [1.0], [2.0], [10.0], [11.0], [12.0]];
//! let covariance_type = CovarianceType::Spherical;
//! let params = GmmParams { covariance_type, ..GmmParams::default() };
//! let candidates = gmm::select_k(&points, &params, 1..=2, &mut |_| {})?;
//! let best = gmm::lowest_bic(&candidates).expect("the range is not empty");
//! assert_eq!(best.k, 2);
//! assert_eq!(best.fit.sizes, [3, 3]);
//! # Ok::<(), clustering::Error>(())
//! ```
//!
//! # linfa's traits
//!
//! With the feature `linfa`, which is on by default, parameters and models implement
//! [linfa's traits](https://docs.rs/linfa/latest/linfa/traits): parameters fit a dataset, with its
//! weights if it has any, and a model predicts cluster indices as `usize`. A model's own `predict`
//! returns an error where linfa's would panic. A direct call finds the model's own method first, so
//! call linfa's by its path:
//!
//! ```
//! # #[cfg(feature = "linfa")] {
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
//! let labeled = Predict::predict(&model, dataset);
//! assert_eq!(labeled.targets, clusters);
//! # }
//! # Ok::<(), clustering::Error>(())
//! ```
//!
//! The feature also brings `Algorithm::Linfa`, the k-means of linfa-clustering, as a reference. To
//! leave linfa and everything that it depends on out of your build, turn the default features off:
//!
//! ```toml
//! [dependencies]
//! clustering = { path = "crates/libraries/clustering", default-features = false }
//! ```
//!
//! # Words of the source
//!
//! - A *row* is one point of the array.
//! - A *chunk* is a range of rows that one thread works through; how rows are cut into chunks does
//!   not depend on the number of threads.
//! - A *block* is a part of a chunk that fits the cache (256 rows).
//! - A *SIMD block* is a few points side by side, so that a vector register holds the same feature
//!   of several points. The place of a point in it is a *lane*.

mod check;
mod error;

pub mod gmm;
mod kernel;
pub mod kmeans;
#[cfg(feature = "linfa")]
mod linfa_traits;
mod parallel;
mod points;
mod progress;
mod rng;
mod scalar;

pub use error::Error;
pub use points::Points;
pub use progress::{IterationReport, Progress, StartReport};
pub use scalar::{Scalar, Work};
