//! Errors of clusterings.

/// Why there is no clustering.
///
/// Every message is one line: what was expected, what was found and what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A parameter, the shape of the points or their neighbors are out of range.
    #[error("expected {expected}, found {found}; {hint}")]
    Parameter {
        /// The value expected, in words.
        expected: String,
        /// The value found, in words.
        found: String,
        /// The remedy, an imperative.
        hint: &'static str,
    },

    /// A value that is NaN or infinite.
    #[error(
        "expected finite values, found {value} in row {row}, column {column}; remove or replace \
         such rows"
    )]
    NonFinite {
        /// Row of the value.
        row: usize,
        /// Column of the value.
        column: usize,
        /// The value found.
        value: f64,
    },

    /// Points with another number of features than those of the model.
    #[error(
        "expected points of {expected} features, as the model's, found {found}; give points of \
         the same kind as those that were clustered"
    )]
    Features {
        /// Features of the model.
        expected: usize,
        /// Features of the points.
        found: usize,
    },

    /// Parts of a model that do not fit one another, or with a value out of range.
    #[error("expected {expected}, found {found}; give another model")]
    Model {
        /// The value expected, in words.
        expected: String,
        /// The value found, in words.
        found: String,
    },

    /// The search for neighbors failed.
    #[error(transparent)]
    Neighbors(#[from] umap::Error),
}

/// [`std::result::Result`] with an [`Error`].
pub type Result<T> = std::result::Result<T, Error>;
