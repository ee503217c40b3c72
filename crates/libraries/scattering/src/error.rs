//! Errors of the scattering transform and its features.

/// Why images have no features.
///
/// Every message is one line: what was expected, what was found and what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A parameter, or the shape of the images, is out of its range.
    #[error("expected {expected}, found {found}; {hint}")]
    Parameter {
        /// What was expected.
        expected: String,
        /// What was found.
        found: String,
        /// What to do.
        hint: &'static str,
    },

    /// Images with another number of pixels than the transform is made for.
    #[error(
        "expected images of {height} x {width} pixels, found {found} pixels; give images of that \
         size"
    )]
    Pixels {
        /// Pixels down an image.
        height: usize,
        /// Pixels across an image.
        width: usize,
        /// Pixels of each image found.
        found: usize,
    },

    /// Images with another number of values than those in color that the model is made for.
    #[error(
        "expected images in color of {height} x {width} pixels, found {found} values an image; \
         give images of shape (n, height, width, 3) and that size"
    )]
    ColorPixels {
        /// Pixels down an image.
        height: usize,
        /// Pixels across an image.
        width: usize,
        /// Values of each image found.
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

    /// The transform of an image does not fit into `f32`.
    #[error(
        "expected images whose scattering transform fits into f4, found a larger one of image \
         {row}; scale it down"
    )]
    TooLarge {
        /// Index of the image.
        row: usize,
    },

    /// A pixel that is NaN or infinite.
    #[error(
        "expected finite pixels, found {value} in image {row}, pixel {column}; remove or replace \
         such images"
    )]
    NonFinite {
        /// Index of the image.
        row: usize,
        /// Index of the pixel.
        column: usize,
        /// The value found.
        value: f32,
    },
}

/// [`std::result::Result`] with an [`Error`].
pub type Result<T> = std::result::Result<T, Error>;
