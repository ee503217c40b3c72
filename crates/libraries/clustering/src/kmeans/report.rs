//! Reports of a fit of k-means, and its result.

use ndarray::Array1;

use super::model::KMeans;
use crate::progress;

/// Progress of a fit of k-means.
pub type Progress = progress::Progress<IterationDetails, StartDetails>;

/// Report of an iteration of k-means.
pub type IterationReport = progress::IterationReport<IterationDetails>;

/// Report of a start of k-means.
pub type StartReport = progress::StartReport<StartDetails>;

/// Measurements of an iteration of k-means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IterationDetails {
    /// Sum of squared distances of the points to the centroids at the end of the iteration, under
    /// its assignments.
    pub inertia: f64,
    /// Points whose cluster changed in this iteration; all in the first one.
    pub moved: usize,
    /// Computed distances between points and centroids.
    pub distances: u64,
}

/// Measurements of a start of k-means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StartDetails {
    /// Sum of squared distances of the points to their centroids.
    pub inertia: f64,
    /// Moves of the [`Search`](crate::Search) that were kept.
    pub rounds: usize,
}

/// Result of a fit: the best start.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeansFit {
    /// The centroids.
    pub model: KMeans,
    /// Cluster of each point, shape `(n,)`: equal to `model.predict` of the same points.
    pub assignments: Array1<i32>,
    /// Sum over the points of the weighted squared distance to the centroid of their cluster, from
    /// differences in f64. With [`Metric::Cosine`](super::Metric::Cosine) points and centroids have
    /// unit length, and the squared distance is 2 (1 - cosine): the mean cosine of n points is
    /// 1 - inertia / (2 n).
    pub inertia: f64,
    /// Number of iterations of this start, those of moves that were kept included.
    pub iterations: usize,
    /// Whether this start converged. Not converging is a result, not an error.
    pub converged: bool,
    /// Moves of the [`Search`](crate::Search) that were kept.
    pub rounds: usize,
    /// Points in each cluster, shape `(k,)`. A cluster is empty only if there are fewer than k
    /// distinct points, or if `max_iter` ended the start.
    pub sizes: Vec<usize>,
    /// Index of this start, from 0; the lowest of equally good starts.
    pub start: usize,
    /// Distances between points and centroids computed by all starts, for seeding, iterations and
    /// final assignments; 0 for `Algorithm::Linfa`, which does not count them.
    pub distances: u64,
}
