//! Errors of the scattering transform and its features.

/// Why images have no features.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum Error {
    /// A parameter, or the shape of the images, makes no sense.
    #[error("expected {expected}, found {found}; {cure}")]
    Parameter {
        /// What was expected.
        expected: String,
        /// What was found.
        found: String,
        /// What to do.
        cure: &'static str,
    },
    /// The transform of an image does not fit into `f32`.
    #[error(
        "expected images whose scattering transform fits into f4, found a larger one of image \
         {row}; scale it down"
    )]
    TooLarge {
        /// Index of the image.
        row: usize,
    },
    /// A pixel is not finite.
    #[error(
        "expected finite pixels, found {value} in image {row}, pixel {column}; remove or replace \
         such images"
    )]
    NotFinite {
        /// Its value.
        value: f32,
        /// Index of the image.
        row: usize,
        /// Index of the pixel.
        column: usize,
    },
}

/// [`std::result::Result`] with an [`Error`].
pub type Result<T> = std::result::Result<T, Error>;
