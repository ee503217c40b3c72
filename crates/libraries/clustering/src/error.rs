//! The one error of this crate.

/// Why points, parameters or a model were refused, or why a fit could not go on.
///
/// Every message is one line: what was expected, what was found and, where there is one, the cure.
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
        "expected at least k = {k} points of positive weight, found {n}: give more of them a weight \
         or lower k"
    )]
    TooFewWeighted {
        /// Number of points whose weight is not 0.
        n: usize,
        /// Number of clusters asked for.
        k: usize,
    },

    /// Points (or a model) without a single feature.
    #[error("expected {what} with at least one row and one column, found shape {shape:?}")]
    Empty {
        /// The array.
        what: &'static str,
        /// Its shape.
        shape: Vec<usize>,
    },

    /// NaN or infinity where numbers are needed.
    #[error(
        "expected finite {what}, found {value} in row {row}, column {column}: remove or replace that value"
    )]
    NonFinite {
        /// The array.
        what: &'static str,
        /// First row with such a value.
        row: usize,
        /// First such column in that row.
        column: usize,
        /// The value itself.
        value: f64,
    },

    /// Values so large that their squared distances overflow.
    #[error(
        "expected points whose squared distances fit in f64, found a sum of them of {spread:e}: scale the \
         points down"
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
        /// Its range.
        expected: &'static str,
        /// The value given.
        found: String,
    },

    /// An array whose shape does not fit the rest.
    #[error("expected {what} of shape {expected:?}, found {found:?}")]
    Shape {
        /// The array.
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

    /// Weights of points that cannot be used.
    #[error("expected weights that are finite, not negative and not all 0, found {found}")]
    SampleWeights {
        /// The offending weight or sum.
        found: String,
    },

    /// Mixture weights that are no probabilities.
    #[error("expected positive mixture weights that sum to 1, found {found}")]
    Weights {
        /// The offending weight or sum.
        found: String,
    },

    /// A starting model with other covariances than asked for.
    #[error(
        "expected a starting model with {expected} covariances, found {found}: give one, or ask for {found}"
    )]
    CovarianceType {
        /// The kind asked for.
        expected: &'static str,
        /// The kind of the model.
        found: &'static str,
    },

    /// A covariance that no Gaussian can have.
    #[error(
        "expected symmetric positive definite covariances, found that {covariance} is not: raise reg_covar \
         (--reg-covar), lower k or scale the points"
    )]
    NotPositiveDefinite {
        /// Which covariance: a component's, or the one that all share.
        covariance: String,
    },

    /// A model that was given has a covariance that no Gaussian can have.
    #[error(
        "expected a model with symmetric positive definite covariances, found that {covariance} is not: write \
         the model again, or give another"
    )]
    ModelCovariance {
        /// Which covariance: a component's, or the one that all share.
        covariance: String,
    },

    /// The reference engine refused.
    #[error("expected linfa's k-means to run, found: {0}; use the default engine")]
    Linfa(String),
}
