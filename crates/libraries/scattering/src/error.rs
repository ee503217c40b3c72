//! What cannot be scattered.

/// Why there are no features.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum Error {
    /// A parameter, or the shape of the images, makes no sense.
    #[error("expected {expected}, found {found}; {cure}")]
    Parameter {
        /// What would do.
        expected: String,
        /// What was given.
        found: String,
        /// What to do.
        cure: &'static str,
    },
    /// The transform of an image does not fit into `f32`.
    #[error(
        "expected images whose scattering transform fits into f4, found a larger one of image {row}; scale it down"
    )]
    TooLarge {
        /// Which image.
        row: usize,
    },
    /// A pixel is no number.
    #[error(
        "expected finite pixels, found {value} in image {row}, pixel {column}; remove or replace such images"
    )]
    NotFinite {
        /// What it is.
        value: f32,
        /// Which image.
        row: usize,
        /// Which pixel.
        column: usize,
    },
}

/// [`std::result::Result`] with an [`Error`].
pub type Result<T> = std::result::Result<T, Error>;
