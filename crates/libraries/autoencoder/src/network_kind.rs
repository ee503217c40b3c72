//! The kind of a network's layers, and what a convolutional one knows of its images.

use serde::{Deserialize, Serialize};

use crate::Channels;

/// Kind of the layers of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NetworkKind {
    /// Dense layers; an image is a vector of values.
    #[default]
    Dense,
    /// Convolutions and a dense layer to the code, then their mirror.
    ///
    /// Guo, Liu, Zhu and Yin, *Deep clustering with convolutional autoencoders*, ICONIP 2017, but
    /// for images of any height and width, gray or in color.
    Conv {
        /// Height of an image in pixels.
        height: usize,
        /// Width of an image in pixels.
        width: usize,
        /// Values of a pixel, which the first convolution takes as its channels.
        ///
        /// Files name them only where they are not gray, so those of gray images are as they were
        /// before there was color.
        #[serde(default, skip_serializing_if = "Channels::is_gray")]
        channels: Channels,
    },
}

impl NetworkKind {
    /// Returns the default hidden layers.
    ///
    /// For a dense network these are widths; for a convolutional one numbers of filters, those of
    /// Guo et al.
    ///
    /// # Example
    /// ```
    /// use autoencoder::NetworkKind;
    ///
    /// assert_eq!(NetworkKind::Dense.default_hidden(), [1500, 1000, 500]);
    /// ```
    pub fn default_hidden(self) -> Vec<usize> {
        match self {
            Self::Dense => vec![1500, 1000, 500],
            Self::Conv { .. } => vec![32, 64, 128],
        }
    }

    /// Returns the channels that the first layer tells apart; a dense layer tells none.
    pub(crate) fn channels(self) -> Channels {
        match self {
            Self::Dense => Channels::Gray,
            Self::Conv { channels, .. } => channels,
        }
    }
}
