//! The kind of network that `--network` names, for images of some shape.

use std::str::FromStr;

use autoencoder::{Channels, NetworkKind};

/// A value of `--network`; the images add their sides and channels.
#[derive(Debug, Clone, Copy)]
pub enum NetworkName {
    Dense,
    Conv,
}

impl FromStr for NetworkName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "dense" => Ok(Self::Dense),
            "conv" => Ok(Self::Conv),
            _ => Err(format!("expected dense, conv, found '{text}'")),
        }
    }
}

impl NetworkName {
    /// Returns the kind of network for images of this shape.
    ///
    /// # Errors
    /// Convolutions for images of shape (n, pixels).
    pub fn kind(self, shape: &[usize]) -> anyhow::Result<NetworkKind> {
        match (self, shape) {
            (Self::Dense, _) => Ok(NetworkKind::Dense),
            (Self::Conv, &[_, height, width] | &[_, height, width, 3]) => {
                Ok(NetworkKind::Conv { height, width, channels: channels(shape) })
            }
            (Self::Conv, _) => anyhow::bail!(
                "--network conv expected images of shape (n, height, width), \
                 or (n, height, width, 3) in color, \
                 found shape {shape:?}; reshape them, or use --network dense"
            ),
        }
    }
}

/// Returns the channels of images of this shape; rows of pixels have one.
pub fn channels(shape: &[usize]) -> Channels {
    if let [_, _, _, 3] = shape { Channels::Rgb } else { Channels::Gray }
}
