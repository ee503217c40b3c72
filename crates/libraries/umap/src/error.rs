//! Errors of embeddings.

/// Why there is no embedding.
///
/// Every message is one line: what was expected, what was found and what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A parameter, or the shape of the points, is out of its range.
    #[error("expected {expected}, found {found}; {hint}")]
    Parameter {
        /// What was expected.
        expected: String,
        /// What was found.
        found: String,
        /// What to do.
        hint: &'static str,
    },

    /// Points with another number of features than those of the model.
    #[error(
        "expected points of {expected} features, as the model's, found {found}; give points of \
         the same kind as those that were embedded"
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
        /// What was expected.
        expected: String,
        /// What was found.
        found: String,
    },

    /// The squared distance of a point from those it is compared with overflows `f32`.
    #[error(
        "expected points within {far:e} times the extent of the model's points, found row {row} \
         farther away; remove it, or scale it as those that were embedded",
        far = FAR
    )]
    TooFar {
        /// Row of the point.
        row: usize,
    },

    /// Differences between points are lost when they become `f32`.
    #[error(
        "expected points that differ by more than {share:e} of what they extend over, found {lost} \
         of {n} rows that single precision does not tell from their neighbors; remove far \
         outliers, or center each group of rows",
        share = f32::EPSILON
    )]
    Unresolved {
        /// Rows that cannot be told from their neighbors.
        lost: usize,
        /// Number of rows.
        n: usize,
    },

    /// A coordinate of the embedding is not finite. Another seed may help.
    #[error("expected finite places, found row {row} at {value}")]
    Diverged {
        /// Row of the point.
        row: usize,
        /// The value found.
        value: f32,
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
        value: f32,
    },
}

/// Distance, in extents of the other points, up to which no squared distance overflows.
const FAR: f32 = 1e6;

/// [`std::result::Result`] with an [`Error`].
pub type Result<T> = std::result::Result<T, Error>;
