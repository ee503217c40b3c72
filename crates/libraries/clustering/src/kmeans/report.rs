//! Progress reports and the result of a fit.

use ndarray::Array1;

use super::model::KMeans;

/// Progress of a fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Progress {
    /// An iteration has ended.
    Iteration(IterationReport),
    /// A start has ended.
    Start(StartReport),
}

/// Report of an iteration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IterationReport {
    /// Number of the start, from 0.
    pub start: usize,
    /// Number of starts.
    pub starts: usize,
    /// Number of the iteration in this start, from 1.
    pub iteration: usize,
    /// Sum of squared distances of the points to the centroids at the end of the iteration, under
    /// its assignments.
    pub inertia: f64,
    /// Points whose cluster changed in this iteration; all in the first one.
    pub moved: usize,
    /// Computed distances between points and centroids.
    pub distances: u64,
}

/// Report of a start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StartReport {
    /// Number of the start, from 0.
    pub start: usize,
    /// Number of starts.
    pub starts: usize,
    /// Sum of squared distances of the points to their centroids.
    pub inertia: f64,
    /// Number of iterations.
    pub iterations: usize,
    /// Whether the start converged before `max_iter` ended it.
    pub converged: bool,
}

/// Result of a fit: the best start.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeansFit {
    /// The centroids.
    pub model: KMeans,
    /// Cluster of each point, shape `(n,)`: equal to `model.predict` of the same points.
    pub assignments: Array1<i32>,
    /// Sum over the points of the weighted squared distance to the centroid of their cluster, from
    /// differences in f64.
    pub inertia: f64,
    /// Number of iterations of this start.
    pub iterations: usize,
    /// Whether this start converged. Not converging is a result, not an error.
    pub converged: bool,
    /// Points in each cluster, shape `(k,)`. A cluster is empty only if there are fewer than k
    /// distinct points, or if `max_iter` ended the start.
    pub sizes: Vec<usize>,
    /// Number of the best start, from 0; the first one of equally good starts.
    pub start: usize,
    /// Distances between points and centroids computed by all starts, for seeding, iterations and
    /// final assignments; 0 for `Algorithm::Linfa`, which does not count them.
    pub distances: u64,
}

impl KMeansFit {
    /// Returns the report of the start.
    pub(super) fn report(&self, starts: usize) -> StartReport {
        let Self { start, inertia, iterations, converged, .. } = *self;
        StartReport { start, starts, inertia, iterations, converged }
    }
}
