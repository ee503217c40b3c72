//! The error type of this crate.

/// The reason why points, parameters or a model were refused, or why a fit failed.
///
/// Every message is one line: what was expected, what was found and, if there is one, the remedy.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Fewer points than clusters.
    #[error("expected at least k = {k} points, found {n}: give more points or lower k")]
    TooFewPoints {
        /// Number of points found.
        n: usize,
        /// Number of clusters asked for.
        k: usize,
    },

    /// Fewer points of positive weight than clusters.
    #[error(
        "expected at least k = {k} points of positive weight, found {n}: give more of them a \
         weight or lower k"
    )]
    TooFewWeighted {
        /// Number of points whose weight is not 0.
        n: usize,
        /// Number of clusters asked for.
        k: usize,
    },

    /// Points or a model without rows or columns.
    #[error("expected {what} with at least one row and one column, found shape {shape:?}")]
    Empty {
        /// Name of the array.
        what: &'static str,
        /// Shape of the array.
        shape: Vec<usize>,
    },

    /// A value that is NaN or infinite.
    #[error(
        "expected finite {what}, found {value} in row {row}, column {column}: remove or replace \
         that value"
    )]
    NonFinite {
        /// Name of the array.
        what: &'static str,
        /// First row with such a value.
        row: usize,
        /// First such column of this row.
        column: usize,
        /// The value found.
        value: f64,
    },

    /// A point or centroid without a direction, which the cosine needs.
    #[error(
        "expected {what} with a direction, found zeros alone in row {row}: remove that row or use \
         the metric euclidean"
    )]
    NoDirection {
        /// Name of the array.
        what: &'static str,
        /// First row of zeros, counted from 0.
        row: usize,
    },

    /// Values so large that sums of their squared distances overflow.
    #[error(
        "expected points whose squared distances fit in f64, found a sum of them of {spread:e}: \
         scale the points down"
    )]
    Magnitude {
        /// Sum of the squared distances of the points from the mean.
        spread: f64,
    },

    /// A parameter out of its range.
    #[error("expected {name} {expected}, found {found}")]
    Parameter {
        /// Name of the parameter.
        name: &'static str,
        /// Range of the parameter.
        expected: &'static str,
        /// Value of the parameter.
        found: String,
    },

    /// An array of another shape than the parameters or other arrays need.
    #[error("expected {what} of shape {expected:?}, found {found:?}")]
    Shape {
        /// Name of the array.
        what: &'static str,
        /// The shape it should have.
        expected: Vec<usize>,
        /// The shape it has.
        found: Vec<usize>,
    },

    /// Points with another number of features than the model was fitted on.
    #[error("expected points with {expected} features, as the model was fitted on, found {found}")]
    Features {
        /// Features of the model.
        expected: usize,
        /// Features of the points.
        found: usize,
    },

    /// Weights of points that are negative, not finite or all 0.
    #[error("expected weights that are finite, not negative and not all 0, found {found}")]
    SampleWeights {
        /// The weight or sum that was refused.
        found: String,
    },

    /// Starting assignments that name no cluster, or leave one empty.
    #[error("expected starting assignments to each of 0 to k - 1 (k = {k}), or -1, found {found}")]
    Assignments {
        /// Number of clusters asked for.
        k: usize,
        /// The value that was refused, or the cluster without a point.
        found: String,
    },

    /// Mixture weights that are not positive or do not sum to 1.
    #[error("expected positive mixture weights that sum to 1, found {found}")]
    Weights {
        /// The weight or sum that was refused.
        found: String,
    },

    /// A starting model with another type of covariances than the parameters.
    #[error(
        "expected a starting model with {expected} covariances, found {found}: give one, or ask \
         for {found}"
    )]
    CovarianceType {
        /// Type that the parameters ask for.
        expected: &'static str,
        /// Type of the model.
        found: &'static str,
    },

    /// A covariance that is not positive definite, in a fit.
    #[error(
        "expected symmetric positive definite covariances, found that {covariance} is not: raise \
         reg_covar, lower k or scale the points"
    )]
    NotPositiveDefinite {
        /// Which covariance it is: that of a component, or the shared one.
        covariance: String,
    },

    /// A covariance that is not symmetric and positive definite, in a given model.
    #[error(
        "expected a model with symmetric positive definite covariances, found that {covariance} \
         is not: write the model again, or give another"
    )]
    ModelCovariance {
        /// Which covariance it is: that of a component, or the shared one.
        covariance: String,
    },

    /// An error of linfa, the reference engine.
    #[cfg(feature = "linfa")]
    #[error("expected linfa's k-means to run, found: {0}; use the default engine")]
    Linfa(String),
}
