//! What cannot be embedded.

/// Why there is no embedding.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum Error {
    /// A parameter makes no sense for the points.
    #[error("expected {expected}, found {found}; {cure}")]
    Parameter {
        /// What would do.
        expected: String,
        /// What was given.
        found: String,
        /// What to do.
        cure: &'static str,
    },
    /// A point is so far from those it is compared with that the square of the distance is no `f32`.
    #[error(
        "expected points within {far:e} times the extent of the model's points, found row {row} farther away; remove it, \
         or scale it as those that were embedded",
        far = FAR
    )]
    TooFar {
        /// Where it is.
        row: usize,
    },
    /// Differences between points are lost when they become `f32`.
    #[error(
        "expected points that differ by more than {share:e} of what they extend over, found {lost} of {n} rows that \
         single precision does not tell from their neighbors; remove far outliers, or center each group of rows",
        share = f32::EPSILON
    )]
    Unresolved {
        /// Rows that cannot be told from their neighbors.
        lost: usize,
        /// Number of rows.
        n: usize,
    },
    /// An embedding that is no number.
    #[error(
        "expected finite places, found row {row} at {value}; ask for another --seed, and report this"
    )]
    Diverged {
        /// Its row.
        row: usize,
        /// What it is.
        value: f32,
    },
    /// A value is no number.
    #[error(
        "expected finite values, found {value} in row {row}, column {column}; remove or replace such rows"
    )]
    NotFinite {
        /// What it is.
        value: f32,
        /// Where it is.
        row: usize,
        /// Where it is.
        column: usize,
    },
}

/// How far points can be from others, in extents of these, at least.
const FAR: f32 = 1e6;

impl Error {
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
