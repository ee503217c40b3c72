//! One start of a fit: when it ends and how it ended.

use ndarray::Array2;

/// Rule by which a start ends, in the units of the points.
#[derive(Debug, Clone, Copy)]
pub(super) struct StopRule {
    /// Most iterations.
    pub(super) max_iter: usize,
    /// Largest squared Frobenius norm of a move of the centroids that counts as none.
    pub(super) tolerance: f64,
}

/// Result of a start.
pub(super) struct Run {
    /// The centroids `(k, d)` as differences from the origin, in the values of points.
    pub(super) differences: Array2<f64>,
    /// The centroids `(k, d)`, in the unit of models.
    pub(super) model: Array2<f64>,
    /// Index of the nearest centroid of each point, shape `(n,)`.
    pub(super) labels: Vec<u32>,
    /// Number of iterations.
    pub(super) iterations: usize,
    /// Whether the start converged before `max_iter` ended it.
    pub(super) converged: bool,
    /// Computed distances between points and centroids.
    pub(super) distances: u64,
}
