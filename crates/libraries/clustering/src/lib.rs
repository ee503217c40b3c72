//! Clusters points by k-means or by Gaussian mixtures: arrays in, models out.
//!
//! Both methods describe n points by k clusters, without labels:
//!
//! - k-means ([`kmeans::fit()`]) finds k centroids with a small sum of squared distances to the
//!   points. Each point belongs to the nearest centroid. It suits compact clusters of similar size,
//!   and it is fast: the module [`kmeans`] tells how it avoids most distances.
//! - A Gaussian mixture ([`gmm::fit()`]) finds k Gaussians under which the points are most likely,
//!   by expectation maximization. Clusters may differ in size, shape and direction, and a point has
//!   a probability for each of them. The module [`gmm`] gives the equations.
//!
//! The library opens no file and prints nothing. It takes array views and a struct of parameters,
//! returns owned arrays, and reports its [`Progress`] through a callback.
//!
//! # Points and results
//!
//! Points are the rows of an `(n, d)` view of `u8`, `f32` or `f64`, in any memory layout: C order
//! is used in place, any other order is copied once. [`Points`] adds a scale and weights.
//! Assignments are `i32` in `0..k`; centroids and mixture parameters are `f64`.
//!
//! Results depend only on the points, the parameters and the seed. They have the same bytes for any
//! number of rayon threads; run a fit inside [`rayon::ThreadPool::install`] to choose that number.
//! Both methods are tested against scikit-learn.
//!
//! # A walk through the iris flowers
//!
//! The data of Fisher (1936) are the lengths and widths of the sepals and petals of 150 iris
//! flowers, in cm. They are 50 flowers of each of three species, in this order. Three clusters by
//! k-means, the best of ten starts:
//!
//! ```
//! # fn iris() -> ndarray::Array2<f64> {
//! #     let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/iris.npy");
//! #     ndarray_npy::read_npy(path).expect("a file of this crate")
//! # }
//! use clustering::kmeans::{self, KMeansParams};
//!
//! let points = iris();
//! assert_eq!(points.dim(), (150, 4));
//! let params = KMeansParams { k: 3, ..KMeansParams::default() };
//! let fit = kmeans::fit(&points, &params, &mut |_| {})?;
//! assert!(fit.converged);
//! assert!((fit.inertia - 78.8514).abs() < 1e-4);
//!
//! let mut sizes = fit.sizes.clone();
//! sizes.sort_unstable();
//! assert_eq!(sizes, [38, 50, 62]);
//! # Ok::<(), clustering::Error>(())
//! ```
//!
//! One cluster is the first species. The two others overlap and are not compact. A mixture with
//! full covariances follows their shapes, and puts only five flowers into the component of another
//! species:
//!
//! ```
//! # fn iris() -> ndarray::Array2<f64> {
//! #     let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/iris.npy");
//! #     ndarray_npy::read_npy(path).expect("a file of this crate")
//! # }
//! use clustering::gmm::{self, GmmParams};
//!
//! let points = iris();
//! let params = GmmParams { k: 3, ..GmmParams::default() };
//! let fit = gmm::fit(&points, &params, &mut |_| {})?;
//! let mut sizes = fit.sizes.clone();
//! sizes.sort_unstable();
//! assert_eq!(sizes, [45, 50, 55]);
//!
//! // Nearly every flower belongs to one component with a probability above 0.9.
//! let responsibilities = fit.model.predict_proba(&points)?;
//! let clear = |row: &ndarray::ArrayView1<f64>| row.iter().any(|&p| p > 0.9);
//! assert_eq!(responsibilities.outer_iter().filter(clear).count(), 147);
//! # Ok::<(), clustering::Error>(())
//! ```
//!
//! Without knowing the species, how many clusters are there? [`gmm::select_k`] fits a mixture for
//! every k of a range, and [`gmm::lowest_bic`] compares them by the Bayesian information criterion.
//! [`kmeans::select_k`] compares silhouettes. Both see two: the first species, and the two that
//! overlap.
//!
//! ```
//! # fn iris() -> ndarray::Array2<f64> {
//! #     let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/iris.npy");
//! #     ndarray_npy::read_npy(path).expect("a file of this crate")
//! # }
//! use clustering::gmm::{self, GmmParams};
//! use clustering::kmeans::{self, KMeansParams};
//!
//! let points = iris();
//! let candidates = gmm::select_k(&points, &GmmParams::default(), 1..=5, &mut |_| {})?;
//! let best = gmm::lowest_bic(&candidates).expect("the range is not empty");
//! assert_eq!(best.k, 2);
//!
//! let selection = kmeans::select_k(&points, &KMeansParams::default(), 1..=5, &mut |_| {})?;
//! assert_eq!(selection.silhouette, Some(2));
//! # Ok::<(), clustering::Error>(())
//! ```
//!
//! `examples/choose_k.rs` and `examples/find_outliers.rs` go further.
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

#![deny(missing_docs)]

mod check;
mod error;

pub mod gmm;
mod kernel;
pub mod kmeans;
#[cfg(feature = "linfa")]
mod linfa_traits;
mod matrix_products;
mod parallel;
mod points;
mod progress;
mod rng;
mod scalar;
mod search;

pub use error::Error;
pub use points::Points;
pub use progress::{Candidate, CandidateReport, IterationReport, Progress, StartReport};
pub use scalar::{Scalar, Work};
pub use search::Search;
