//! k-means clustering.
//!
//! [`fit()`] finds k centroids that minimize the sum of squared distances of the points to their
//! nearest centroid. [`MiniBatch`] does so for points that arrive in batches.

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
mod exact_centers;
mod fit;
mod frame;
mod kmeans_plus_plus;
#[cfg(feature = "linfa")]
mod linfa;
mod lloyd;
mod lowest;
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
mod start;
mod starting_centroids;

pub use self::algorithm::Algorithm;
pub use self::fit::fit;
pub(crate) use self::fit::fit_typed;
pub use self::minibatch::{BatchReport, MiniBatch, MiniBatchParams, RandomRows};
pub use self::model::KMeans;
pub use self::params::{Init, KMeansParams};
pub use self::report::{
    IterationDetails, IterationReport, KMeansFit, Progress, StartDetails, StartReport,
};
pub use self::select::{Candidate, Selection, elbow, select_k};
pub use self::silhouette::silhouette;
