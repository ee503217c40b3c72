//! What can be wrong with the two arrays.

use crate::MAX_CELLS;

/// Why two arrays cannot be tabulated. Every message is one line that names the place and the cure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The arrays do not describe the same points.
    #[error(
        "{labels} labels but {assignments} assignments: pass one of each per point, both from the same split"
    )]
    Lengths {
        /// Number of labels.
        labels: usize,
        /// Number of assignments.
        assignments: usize,
    },

    /// There is nothing to score.
    #[error("no points to score: pass at least one label and its assignment")]
    Empty,

    /// A label below 0.
    #[error("label {value} at row {row}, expected 0 or more: drop unlabelled points from both arrays first")]
    NegativeLabel {
        /// The first such row, counted from 0.
        row: usize,
        /// The label found there.
        value: i64,
    },

    /// An assignment below -1.
    #[error("assignment {value} at row {row}, expected -1 (noise), 0 or more: write every noise point as -1")]
    BadAssignment {
        /// The first such row, counted from 0.
        row: usize,
        /// The assignment found there.
        value: i64,
    },

    /// More groups than a dense table should hold.
    #[error(
        "{classes} classes x {clusters} clusters exceed {MAX_CELLS} cells: \
         check that both arrays hold group ids, not row numbers or measurements"
    )]
    TooManyCells {
        /// Number of distinct labels.
        classes: usize,
        /// Number of distinct assignments, without noise.
        clusters: usize,
    },
}
