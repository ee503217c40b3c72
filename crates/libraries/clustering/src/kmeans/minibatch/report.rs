//! Report of a batch.

/// Report of a batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatchReport {
    /// Number of the batch, from 1.
    pub batch: usize,
    /// Weighted mean over the batch of the squared distance to the nearest centroid before the
    /// update.
    pub inertia: f64,
    /// Exponentially weighted mean of the inertia over the batches so far, without the first.
    pub smoothed: f64,
    /// Number of centroids that were moved to a point of the batch.
    pub reassigned: usize,
    /// Whether the smoothed inertia has stopped falling. More batches are not needed, but may be
    /// given.
    pub converged: bool,
}
