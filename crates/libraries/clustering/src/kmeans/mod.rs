//! k-means: [`fit()`] finds k centroids with a small sum of squared distances to the points.
//!
//! A point belongs to the centroid that is nearest to it. The sum over all points of the squared
//! distance to that centroid is the inertia. Lloyd's algorithm (1982) lowers it in two steps, until
//! no point changes its cluster or the centroids hardly move:
//!
//! - The assignment step finds the nearest centroid of each point.
//! - The update step moves each centroid to the mean of its points. A centroid without points is
//!   moved to the point that is farthest from its own centroid, as in scikit-learn.
//!
//! The result is a local minimum, so the starting centroids matter. [`Init::KMeansPlusPlus`]
//! (Arthur and Vassilvitskii 2007) draws them far apart, and of several starts the one with the
//! lowest inertia is kept. [`Search::SplitMerge`](crate::Search::SplitMerge) goes on from there: it
//! merges two clusters and splits a third, as long as that lowers the inertia.
//!
//! [`Algorithm`] sets how the assignment step avoids distances that cannot matter: by bounds from
//! the triangle inequality (Hamerly, Elkan, Yinyang) and by short codes of long points. All give
//! the same bytes, because what rounding could decide is decided in `f64`. [`MiniBatch`] fits
//! points that arrive in batches, and [`select_k`] compares numbers of clusters.
//!
//! With [`Metric::Cosine`] this is spherical k-means, for points whose direction alone matters.
//! [`KMeans::distances`] gives the distances of points to all centroids.
//!
//! ```
//! use clustering::kmeans::{self, KMeansParams, Progress};
//! use ndarray::array;
//!
//! let points = array![[0.0, 0.0], [0.0, 1.0], [9.0, 0.0], [9.0, 1.0]];
//! let params = KMeansParams { k: 2, starts: 5, ..KMeansParams::default() };
//! let mut starts = 0;
//! let fit = kmeans::fit(&points, &params, &mut |progress| {
//!     if let Progress::Start(report) = progress {
//!         starts += 1;
//!         assert!(report.converged);
//!     }
//! })?;
//! assert_eq!(starts, 5);
//! assert_eq!((fit.inertia, &fit.sizes[..]), (1.0, &[2, 2][..]));
//!
//! let new_points = array![[1.0, 0.5], [7.0, 0.5]];
//! let labels = fit.model.predict(&new_points)?;
//! assert_eq!(labels[0], fit.assignments[0]);
//! assert_eq!(labels[1], fit.assignments[2]);
//! # Ok::<(), clustering::Error>(())
//! ```

// The order of the modules, each built on those before it:
//
// 1. Measures. `frame` sets the origin and the unit, from which everything measures. `distance`
//    computes squared distances in f64. `unit_length` scales points and centroids for the `metric`
//    cosine, after which the rest measures as ever. `centers` prepares centroids for scores,
//    `score_block` computes the scores of a block of points, if they have many features by
//    `tile_scores`, `lowest` keeps the two lowest of each point, and `exact_centers` decides in
//    f64 where scores are too coarse.
// 2. Codes of points. `components` finds the directions of a projection, `point_codes` computes the
//    codes, `codes` stores them, `code_error` bounds their rounding, `projection` holds all of it,
//    and `code_scores` turns them into bounds on distances. `point_stats` computes what a fit knows
//    of its points: frame, mean, lengths, projection.
// 3. Starting centroids. `kmeans_plus_plus` draws them with the distances of `candidates`
//    (`candidate_distances`); `starting_centroids` chooses between it and other ways.
// 4. Assignment. `assign` computes every distance. `bounds` does so only for the active points,
//    those whose nearest centroid may have changed: it moves the bounds of a `bounded_chunk` for
//    the groups of `centroid_groups`, rounded by `outward_rounding`, and compares active points by
//    `assign_exact` or, where they have codes, by `prune`, which measures the `survivors` of codes.
// 5. Update. `cluster_sums` follows the points that move, and `relocate_empty` makes centroids of
//    the sums.
// 6. A start. `lloyd` alternates 4 and 5 (`linfa` does so with the steps of linfa-clustering) under
//    the rule of `start`. `bound_choice` chooses its bounds by the `algorithm`, `adaptive_bounds`
//    keeps those that save more than they cost, `engine` runs it, and `split_merge` improves what
//    has converged.
// 7. Entry points. `fit` runs all starts with its `params` and gives a `report` and a `model`.
//    `select` compares numbers of clusters with the `silhouette`. `minibatch` uses 1, 3 and 5.
//    `distances` measures points against the centroids of a model.

mod adaptive_bounds;
mod algorithm;
mod assign;
mod assign_exact;
mod bound_choice;
mod bounded_chunk;
mod bounds;
mod candidate_distances;
mod candidates;
mod centers;
mod centroid_groups;
mod cluster_sums;
mod code_error;
mod code_scores;
mod codes;
mod components;
mod distances;
mod engine;
mod exact_centers;
mod fit;
mod frame;
mod kmeans_plus_plus;
#[cfg(feature = "linfa")]
mod linfa;
mod lloyd;
mod lowest;
mod metric;
mod minibatch;
mod model;
mod outward_rounding;
mod params;
mod point_codes;
mod point_stats;
mod projection;
mod prune;
mod relocate_empty;
mod report;
mod score_block;
mod select;
mod silhouette;
mod split_merge;
mod start;
mod starting_centroids;
mod survivors;
mod tile_scores;
mod unit_length;

pub use self::algorithm::Algorithm;
pub use self::fit::fit;
pub(crate) use self::fit::fit_typed;
pub use self::metric::Metric;
pub use self::minibatch::{BatchReport, MiniBatch, MiniBatchParams, RandomRows};
pub use self::model::KMeans;
pub use self::params::{Init, KMeansParams};
pub use self::report::{
    IterationDetails, IterationReport, KMeansFit, Progress, StartDetails, StartReport,
};
pub use self::select::{Candidate, Selection, elbow, select_k};
pub use self::silhouette::silhouette;
