//! Errors of the arrays given.

/// Why arrays cannot be scored.
///
/// Every message is one line: what was expected, what was found and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The arrays do not describe the same points.
    #[error(
        "{labels} labels but {assignments} assignments: pass one of each per point, both from the \
         same split"
    )]
    Lengths {
        /// Number of labels.
        labels: usize,
        /// Number of assignments.
        assignments: usize,
    },

    /// The points and the assignments are not of the same rows.
    #[error(
        "expected {assignments} points, as many as assignments, found {points}; give the points \
         that were clustered"
    )]
    Points {
        /// Number of points.
        points: usize,
        /// Number of assignments.
        assignments: usize,
    },

    /// A feature of a point is NaN or infinite.
    #[error(
        "expected finite points, found NaN or infinity at row {row}, column {column}; replace or \
         drop such rows first"
    )]
    NonFinite {
        /// The first such row, counted from 0.
        row: usize,
        /// Its first such column.
        column: usize,
    },

    /// There is nothing to score.
    #[error("no points to score: pass at least one label and its assignment")]
    Empty,

    /// A label is below 0.
    #[error(
        "label {value} at row {row}, expected 0 or more: drop unlabeled points from both arrays \
         first"
    )]
    NegativeLabel {
        /// The first such row, counted from 0.
        row: usize,
        /// The label found there.
        value: i64,
    },

    /// An assignment is below -1.
    #[error(
        "assignment {value} at row {row}, expected -1 (noise), 0 or more: write every noise point \
         as -1"
    )]
    BadAssignment {
        /// The first such row, counted from 0.
        row: usize,
        /// The assignment found there.
        value: i64,
    },

    /// There are too many points to number with 32 bits.
    #[error("expected fewer than 4294967295 points, found {found}: score them in parts")]
    TooManyPoints {
        /// Number of points.
        found: usize,
    },
}
