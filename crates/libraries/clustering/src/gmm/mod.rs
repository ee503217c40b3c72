//! Gaussian mixtures: [`fit`] finds k Gaussians under which the points are most likely.
//!
//! A mixture says that a point x has the density `sum_c w_c N(x; m_c, S_c)`, with weights w that
//! sum to 1, means m and covariances S. Expectation maximization (Dempster, Laird and Rubin 1977)
//! repeats two steps until the likelihood hardly changes:
//!
//! - The E step computes the responsibilities: the probability of each component given the point.
//! - The M step computes weights, means and covariances from sums over the points that are weighted
//!   by the responsibilities, the sufficient statistics.
//!
//! Both steps take place in one pass over the points. [`CovarianceType`] sets how many free
//! parameters the covariances have, [`Init`] where EM begins, and [`Keep`] which of several starts
//! is kept. [`Search::SplitMerge`](crate::Search::SplitMerge) goes on from a start that has
//! converged. [`select_k`] compares numbers of components by an information criterion.
//!
//! ```
//! use clustering::gmm::{self, CovarianceType, GmmParams};
//! use ndarray::array;
//!
//! let points = array![[0.0, 0.0], [0.2, 0.1], [0.1, 0.3], [9.0, 5.0], [9.1, 5.2], [9.3, 5.1]];
//! let covariance_type = CovarianceType::Spherical;
//! let params = GmmParams { k: 2, covariance_type, ..GmmParams::default() };
//! let fit = gmm::fit(&points, &params, &mut |_| {})?;
//! assert!(fit.converged);
//! assert_eq!(fit.sizes, [3, 3]);
//!
//! let responsibilities = fit.model.predict_proba(&points)?;
//! assert!(responsibilities.row(0).iter().any(|&p| p > 0.999));
//! # Ok::<(), clustering::Error>(())
//! ```

// The order of the modules, each built on those before it:
//
// 1. Points. `centered` chooses the origin that points are measured from. `simd_block` lays a few
//    points side by side, and `simd_math` computes `exp` and `ln` of them.
// 2. Covariances. `covariance` knows the four types, `cholesky` factors their inverses, and
//    `packed_triangular` multiplies points with a factor.
// 3. E step. `density` computes the log densities of all components, and `responsibilities` turns
//    them into probabilities.
// 4. M step, in the same pass over the points. `sufficient_stats` collects the sums, for which
//    `weighted_outer` and `gram` add up outer products; `m_step` makes parameters of the sums.
// 5. Model. `model` holds the parameters with their densities; `evaluate` and `predict` ask it
//    about points, and `information` scores it.
// 6. A start. `init` begins it, with k-means where asked, and `em` alternates 3 and 4.
//    `finish` makes a result of the mixture, and `split_merge` improves it.
// 7. Entry points. `fit` runs all starts with its `params` and gives a `report`; `select` compares
//    numbers of components.

mod centered;
mod cholesky;
mod covariance;
mod covariance_choice;
mod density;
mod em;
mod evaluate;
mod finish;
mod fit;
mod gram;
mod information;
mod init;
mod label_order;
mod m_step;
mod model;
mod packed_triangular;
mod params;
mod predict;
mod report;
mod responsibilities;
mod select;
mod simd_block;
mod simd_math;
mod split_merge;
mod sufficient_stats;
mod weighted_outer;

pub use self::covariance::{CovarianceType, Covariances};
pub use self::covariance_choice::CovarianceChoice;
pub use self::fit::fit;
pub use self::information::Information;
pub use self::model::GaussianMixture;
pub use self::params::{GmmParams, Init, Keep, number_clusters};
pub use self::report::{
    GmmFit, IterationDetails, IterationReport, Progress, StartDetails, StartReport,
};
pub use self::select::{Candidate, lowest_bic, select_k};
