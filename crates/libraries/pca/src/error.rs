//! Errors of models that are made from their parts.

/// Why parts make no model.
///
/// Every message is one line: what was expected, what was found and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Components of another number of features than the mean.
    #[error(
        "expected components of {expected} features, as many as the mean, found {found}; give the \
         mean and the components of one model"
    )]
    Features {
        /// Features of the mean.
        expected: usize,
        /// Features of the components.
        found: usize,
    },

    /// A parameter out of its range, or points that do not suit it or the model.
    #[error("expected {expected}, found {found}; {hint}")]
    Parameter {
        /// The value expected, in words.
        expected: String,
        /// The value found, in words.
        found: String,
        /// The remedy, an imperative.
        hint: &'static str,
    },
}

/// [`std::result::Result`] with an [`Error`].
pub type Result<T> = std::result::Result<T, Error>;
