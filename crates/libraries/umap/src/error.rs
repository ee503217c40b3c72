//! Errors of embeddings.

/// Why there is no embedding.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum Error {
    /// A parameter makes no sense for the points.
    #[error("expected {expected}, found {found}; {cure}")]
    Parameter {
        /// What was expected.
        expected: String,
        /// What was found.
        found: String,
        /// What to do.
        cure: &'static str,
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
    /// A coordinate of the embedding is not finite.
    #[error(
        "expected finite places, found row {row} at {value}; ask for another --seed, and report \
         this"
    )]
    Diverged {
        /// Row of the point.
        row: usize,
        /// The value.
        value: f32,
    },
    /// A value is not finite.
    #[error(
        "expected finite values, found {value} in row {row}, column {column}; remove or replace \
         such rows"
    )]
    NotFinite {
        /// The value.
        value: f32,
        /// Row of the value.
        row: usize,
        /// Column of the value.
        column: usize,
    },
}

/// Distance, in extents of the other points, up to which no squared distance overflows.
const FAR: f32 = 1e6;

impl Error {
    /// Reports another number of features than the model's.
    pub(crate) fn features(expected: usize, found: usize) -> Self {
        Self::Parameter {
            expected: format!("points of {expected} features, as the model's"),
            found: found.to_string(),
            cure: "give points of the same kind as those that were embedded",
        }
    }
}

/// [`std::result::Result`] with an [`Error`].
pub type Result<T> = std::result::Result<T, Error>;
