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

/// [`std::result::Result`] with an [`Error`].
pub type Result<T> = std::result::Result<T, Error>;
