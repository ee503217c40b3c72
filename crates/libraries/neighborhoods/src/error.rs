//! Errors of neighbors that do not belong to their points.

/// Why neighbors cannot be used.
///
/// Every message is one line: what was expected, what was found and what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("expected {expected}, found {found}; {hint}")]
pub struct Error {
    /// The value expected, in words.
    pub expected: String,
    /// The value found, in words.
    pub found: String,
    /// The remedy, an imperative.
    pub hint: &'static str,
}

/// [`std::result::Result`] with an [`Error`].
pub type Result<T> = std::result::Result<T, Error>;
