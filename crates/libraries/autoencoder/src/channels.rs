//! The channels of images: gray, or red, green and blue.

use std::fmt::{self, Display};

use serde::{Deserialize, Serialize};

/// Meaning of the values of a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channels {
    /// One value: brightness.
    #[default]
    Gray,
    /// Three values side by side: red, green and blue.
    Rgb,
}

impl Channels {
    /// Returns the number of values of a pixel.
    ///
    /// # Example
    /// ```
    /// assert_eq!(autoencoder::Channels::Rgb.count(), 3);
    /// ```
    pub fn count(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::Rgb => 3,
        }
    }

    /// Tells whether images have one value per pixel.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(crate) fn is_gray(&self) -> bool {
        *self == Self::Gray
    }
}

impl Display for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gray => "gray images",
            Self::Rgb => "images in color",
        })
    }
}
