//! The order of the values of an image.

/// Order of the values of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Images of shape (channels, height, width), as PyTorch has them.
    Nchw,
    /// Images of shape (height, width, channels), as TensorFlow has them.
    Nhwc,
}

impl Layout {
    /// Names the order, as on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nchw => "nchw",
            Self::Nhwc => "nhwc",
        }
    }
}
