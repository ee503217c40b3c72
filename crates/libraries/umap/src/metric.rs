//! Distances between points.

/// Distances between points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Metric {
    /// Length of the difference.
    #[default]
    Euclidean,
    /// One less the cosine of the angle between points.
    Cosine,
}
