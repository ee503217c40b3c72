//! The architecture of a network: its layers, checks of image sizes, and limits.

use serde::Serialize;

use crate::{
    Activation, Channels, Error, LayerShape, Loss, NetworkKind, Normalize, Result, layers,
};

/// A symmetric autoencoder: `input - hidden... - latent - ...hidden - input`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Architecture {
    /// Values per image: its pixels, or in color three times as many.
    pub input: usize,
    /// Kind of the layers: dense or convolutional.
    pub network: NetworkKind,
    /// Widths of the encoder's hidden layers, or numbers of filters of its convolutions.
    ///
    /// The decoder mirrors them.
    pub hidden: Vec<usize>,
    /// Width of the code.
    pub latent: usize,
    /// Activation between all layers, but not on the code and not on the output.
    pub activation: Activation,
    /// Loss of the training; for binary cross-entropy the output goes through a sigmoid.
    pub loss: Loss,
    /// Normalization of each image before the network, in training and in encoding.
    pub normalize: Normalize,
}

impl Default for Architecture {
    /// Returns the network 784-1500-1000-500-10 and back, with ReLU and mean squared error.
    fn default() -> Self {
        Self {
            input: 784,
            network: NetworkKind::Dense,
            hidden: NetworkKind::Dense.default_hidden(),
            latent: 10,
            activation: Activation::Relu,
            loss: Loss::Mse,
            normalize: Normalize::None,
        }
    }
}

impl Architecture {
    /// Lists the layers from pixels to code and back.
    ///
    /// # Example
    /// ```
    /// use autoencoder::Architecture;
    ///
    /// let architecture =
    ///     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
    /// let layers = architecture.layers();
    /// let names: Vec<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
    /// assert_eq!(names, ["encoder.0", "encoder.2", "decoder.0", "decoder.2"]);
    /// ```
    pub fn layers(&self) -> Vec<LayerShape> {
        match self.network {
            NetworkKind::Dense => {
                let hidden = self.hidden.iter().copied();
                let widths: Vec<usize> =
                    std::iter::once(self.input).chain(hidden).chain([self.latent]).collect();
                layers::dense(&widths)
            }
            NetworkKind::Conv { height, width, channels } => {
                let image = [channels.count(), height, width];
                layers::convolutional(image, &self.hidden, self.latent)
            }
        }
    }

    /// Checks that images of `shape` have the sides and channels that convolutions take.
    ///
    /// `shape` is (n, height, width), or (n, height, width, 3) in color. Images of shape
    /// (n, values) pass, since their sides are unknown, and a dense network takes any.
    ///
    /// # Errors
    /// [`Error::ImageSides`]; [`Error::ImageChannels`].
    ///
    /// # Example
    /// ```
    /// use autoencoder::{Architecture, Channels, NetworkKind};
    ///
    /// let network = NetworkKind::Conv { height: 4, width: 6, channels: Channels::Gray };
    /// let architecture = Architecture { input: 24, network, ..Architecture::default() };
    /// assert!(architecture.check_sides(&[100, 4, 6]).is_ok());
    /// assert!(architecture.check_sides(&[100, 24]).is_ok());
    /// assert!(architecture.check_sides(&[100, 6, 4]).is_err());
    /// assert!(architecture.check_sides(&[100, 2, 4, 3]).is_err(), "24 values, but other sides");
    /// assert!(architecture.check_sides(&[100, 4, 6, 3]).is_err(), "in color");
    /// ```
    pub fn check_sides(&self, shape: &[usize]) -> Result<()> {
        match self.network {
            NetworkKind::Dense => Ok(()),
            NetworkKind::Conv { height, width, channels } => {
                check_image([height, width], channels, shape)
            }
        }
    }

    /// Checks that images of `found` pixels have the size that the network takes.
    ///
    /// # Errors
    /// [`Error::ImageSize`].
    ///
    /// # Example
    /// ```
    /// use autoencoder::Architecture;
    ///
    /// let architecture = Architecture::default();
    /// assert!(architecture.check_size(28 * 28).is_ok());
    /// let error = architecture.check_size(32 * 32).unwrap_err();
    /// assert!(error.to_string().starts_with("expected images of 784 pixels"));
    /// ```
    pub fn check_size(&self, found: usize) -> Result<()> {
        if found == self.input {
            Ok(())
        } else {
            Err(Error::ImageSize { expected: self.input, found })
        }
    }

    /// Counts the layers of the encoder, half of all layers.
    ///
    /// # Example
    /// ```
    /// use autoencoder::Architecture;
    ///
    /// // 784 - 1500 - 1000 - 500 - 10
    /// assert_eq!(Architecture::default().encoder_depth(), 4);
    /// ```
    pub fn encoder_depth(&self) -> usize {
        self.hidden.len() + 1
    }

    /// Counts the trained values: 6,368,794 for the default.
    ///
    /// # Example
    /// ```
    /// use autoencoder::Architecture;
    ///
    /// let architecture =
    ///     Architecture { input: 16, hidden: vec![8], latent: 2, ..Architecture::default() };
    /// // Weights and biases of 16 - 8 - 2 and of 2 - 8 - 16.
    /// assert_eq!(architecture.parameters(), (128 + 8) + (16 + 2) + (16 + 8) + (128 + 16));
    /// ```
    pub fn parameters(&self) -> usize {
        self.layers().iter().map(LayerShape::parameters).sum()
    }

    /// Returns the largest number of threads that does not change the trained weights.
    ///
    /// Dense networks: given a thread fewer than about a dozen columns of a product, MKL takes
    /// another kernel, which rounds differently, strict mode or not (seen on AMD processors with
    /// AVX-512: weight gradients of 10 x 32 from 3 threads on, of 32 x 64 from 6 on). More threads
    /// would not make such narrow networks faster.
    ///
    /// Convolutional networks: 1. oneDNN divides the sums over the images of a batch, which are the
    /// gradients of the weights, among the threads if there are few filters (seen with 32 filters
    /// from 3 threads on, with 8 from 2 on), and has no mode that keeps their order. Without oneDNN
    /// convolutions take two to three times as long.
    ///
    /// # Example
    /// ```
    /// use autoencoder::Architecture;
    ///
    /// assert_eq!(Architecture::default().reproducible_threads(), 31);
    /// let narrow = Architecture { hidden: vec![64, 32], ..Architecture::default() };
    /// assert_eq!(narrow.reproducible_threads(), 2);
    /// ```
    pub fn reproducible_threads(&self) -> usize {
        // Somewhat more than the dozen columns below which MKL changes its kernel.
        const COLUMNS_PER_THREAD: usize = 16;
        if self.network != NetworkKind::Dense {
            return 1;
        }
        let columns = self
            .layers()
            .iter()
            .map(|layer| layer.input[0].max(layer.output[0]))
            .min()
            .unwrap_or(1);
        (columns / COLUMNS_PER_THREAD).max(1)
    }

    /// Checks the width of each layer and the number of parameters.
    ///
    /// # Errors
    /// [`Error::Parameter`].
    ///
    /// # Example
    /// ```
    /// use autoencoder::Architecture;
    ///
    /// assert!(Architecture::default().validate().is_ok());
    /// assert!(Architecture { latent: 0, ..Architecture::default() }.validate().is_err());
    /// ```
    pub fn validate(&self) -> Result<()> {
        let widths: Vec<usize> =
            [self.input, self.latent].into_iter().chain(self.hidden.iter().copied()).collect();
        let wrong = |expected, found: usize| {
            Err(Error::Parameter {
                name: "the width of a layer",
                expected,
                found: found.to_string(),
            })
        };
        if let NetworkKind::Conv { height, width, channels } = self.network {
            let values =
                height.checked_mul(width).and_then(|pixels| pixels.checked_mul(channels.count()));
            if values != Some(self.input) {
                return Err(Error::Parameter {
                    name: "the values that are convolved",
                    expected: "those of the input, height times width times channels",
                    found: format!("{height} x {width} x {}", channels.count()),
                });
            }
            if self.hidden.is_empty() {
                let (name, expected) = ("the number of convolutions", "at least 1");
                return Err(Error::Parameter { name, expected, found: "0".into() });
            }
        }
        match (widths.iter().min(), widths.iter().max()) {
            (Some(0), _) => wrong("at least 1", 0),
            (_, Some(&widest)) if widest > MAX_WIDTH => wrong("at most 1000000", widest),
            _ if self.loss == Loss::Bce && self.normalize != Normalize::None => {
                Err(Error::Parameter {
                    name: "the loss of normalized images",
                    expected: "mse, since their pixels are no longer in 0..=1",
                    found: "bce".into(),
                })
            }
            _ if self.parameters() > MAX_PARAMETERS => Err(Error::Parameter {
                name: "the number of parameters",
                expected: "at most 1000000000",
                found: self.parameters().to_string(),
            }),
            _ => Ok(()),
        }
    }
}

/// Checks that images of `shape` have these sides, (height, width), and channels.
///
/// Images of shape (n, values) pass.
pub(crate) fn check_image(expected: [usize; 2], channels: Channels, shape: &[usize]) -> Result<()> {
    let (found, found_channels) = match *shape {
        [_, height, width] => ([height, width], Channels::Gray),
        [_, height, width, _] => ([height, width], Channels::Rgb),
        _ => return Ok(()),
    };
    if expected != found {
        Err(Error::ImageSides { expected, found })
    } else if channels != found_channels {
        Err(Error::ImageChannels { expected: channels, found: found_channels })
    } else {
        Ok(())
    }
}

/// Largest width of a layer: keeps its number of parameters far from overflow.
const MAX_WIDTH: usize = 1_000_000;
/// Largest number of parameters: 16 GB with their gradients and the two means of Adam.
const MAX_PARAMETERS: usize = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    /// REFERENCE: the layer table of the report.
    #[test]
    fn the_default_has_the_parameters_of_the_report() {
        let counts: Vec<usize> =
            Architecture::default().layers().iter().map(LayerShape::parameters).collect();
        assert_eq!(
            counts,
            [1_177_500, 1_501_000, 500_500, 5_010, 5_500, 501_000, 1_501_500, 1_176_784]
        );
        assert_eq!(Architecture::default().parameters(), 6_368_794);
    }

    #[test]
    fn narrow_layers_are_computed_by_few_threads() {
        let threads = |hidden: &[usize]| {
            Architecture { hidden: hidden.to_vec(), ..Architecture::default() }
                .reproducible_threads()
        };
        assert_eq!([threads(&[1500, 1000, 500]), threads(&[64, 32]), threads(&[])], [31, 2, 49]);
        let narrow = Architecture { input: 4, hidden: vec![3], ..Architecture::default() };
        assert_eq!(narrow.reproducible_threads(), 1);
        let network = NetworkKind::Conv { height: 28, width: 28, channels: Channels::Gray };
        assert_eq!(Architecture { network, ..Architecture::default() }.reproducible_threads(), 1);
    }
}
