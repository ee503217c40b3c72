//! The shape of the network.

use serde::{Deserialize, Serialize};

use crate::{Activation, Error, LayerShape, Loss, Normalize, Result, layers};

/// A symmetric autoencoder: `input - hidden... - latent - ...hidden - input`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Architecture {
    /// Pixels per image.
    pub input: usize,
    /// Of what kind the layers are.
    pub network: NetworkKind,
    /// Widths of the encoder's hidden layers, or numbers of filters of its convolutions; the decoder mirrors them.
    pub hidden: Vec<usize>,
    /// Width of the code.
    pub latent: usize,
    /// Between all layers, but not on the code and not on the output.
    pub activation: Activation,
    /// Mean squared error, or binary cross-entropy; with the latter the output goes through a sigmoid.
    pub loss: Loss,
    /// What is done to each image before the network sees it, in training and in encoding.
    pub normalize: Normalize,
}

impl Default for Architecture {
    /// The network of the report, 784-1500-1000-500-10 and back, with ReLU and mean squared error.
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

/// Of what kind the layers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NetworkKind {
    /// All are dense; an image is a row of pixels.
    #[default]
    Dense,
    /// Convolutions and a dense layer to the code, then their mirror: Guo, Liu, Zhu and Yin, *Deep clustering with
    /// convolutional autoencoders*, ICONIP 2017, save that any height and width will do.
    Conv {
        /// Rows of an image.
        height: usize,
        /// Pixels in a row of an image.
        width: usize,
    },
}

impl NetworkKind {
    /// What the experiments have between pixels and code: widths for a dense network, those of the report; numbers of
    /// filters for a convolutional one, those of Guo et al.
    pub fn default_hidden(self) -> Vec<usize> {
        match self {
            Self::Dense => vec![1500, 1000, 500],
            Self::Conv { .. } => vec![32, 64, 128],
        }
    }
}

impl Architecture {
    /// The layers from pixels to code and back.
    pub fn layers(&self) -> Vec<LayerShape> {
        match self.network {
            NetworkKind::Dense => {
                let hidden = self.hidden.iter().copied();
                let widths: Vec<usize> =
                    std::iter::once(self.input).chain(hidden).chain([self.latent]).collect();
                layers::dense(&widths)
            }
            NetworkKind::Conv { height, width } => {
                layers::convolutional([height, width], &self.hidden, self.latent)
            }
        }
    }

    /// Refuses images of `shape` (n, height, width) that have other sides than a convolutional network takes. Rows of pixels
    /// pass: they say nothing of sides.
    ///
    /// # Errors
    /// [`Error::ImageSides`]
    pub fn check_sides(&self, shape: &[usize]) -> Result<()> {
        match (self.network, shape) {
            (NetworkKind::Conv { height, width }, &[_, rows, columns])
                if (rows, columns) != (height, width) =>
            {
                Err(Error::ImageSides { expected: [height, width], found: [rows, columns] })
            }
            _ => Ok(()),
        }
    }

    /// Refuses images of another number of pixels than the network takes.
    ///
    /// # Errors
    /// [`Error::ImageSize`].
    pub fn check_size(&self, found: usize) -> Result<()> {
        if found == self.input {
            Ok(())
        } else {
            Err(Error::ImageSize { expected: self.input, found })
        }
    }

    /// Number of layers of the encoder, which is half of all.
    pub fn encoder_depth(&self) -> usize {
        self.hidden.len() + 1
    }

    /// Number of trained values: 6,368,794 for the default, as in the report.
    pub fn parameters(&self) -> usize {
        self.layers().iter().map(LayerShape::parameters).sum()
    }

    /// Most threads whose number leaves no trace in the weights.
    ///
    /// A thread that gets fewer than about a dozen columns of a product makes MKL take another kernel, which rounds
    /// differently, strict mode or not (seen on AMD processors with AVX-512: weight gradients of 10 x 32 from 3 threads
    /// on, of 32 x 64 from 6 on). Networks that narrow gain nothing from more threads anyway.
    ///
    /// Convolutions get one. oneDNN, which does them, divides the sums over the images of a batch that are the gradients of
    /// the weights among the threads where filters are too few to go round (seen with 32 filters from 3 threads on, with
    /// 8 from 2 on), and has no mode that keeps the order. Without oneDNN they take two to three times as long.
    pub fn reproducible_threads(&self) -> usize {
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

    /// Refuses layers without width, and more parameters than any machine this runs on could train.
    pub(crate) fn validate(&self) -> Result<()> {
        let widths: Vec<usize> =
            [self.input, self.latent].into_iter().chain(self.hidden.iter().copied()).collect();
        let wrong = |expected, found: usize| {
            Err(Error::Parameter {
                name: "the width of a layer",
                expected,
                found: found.to_string(),
            })
        };
        if let NetworkKind::Conv { height, width } = self.network {
            if height.checked_mul(width) != Some(self.input) {
                let (expected, found) =
                    ("those of the input, height times width", format!("{height} x {width}"));
                return Err(Error::Parameter {
                    name: "the pixels that are convolved",
                    expected,
                    found,
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
                    name: "the loss of normalised images",
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

/// Keeps the number of parameters of a layer far from overflow.
const MAX_WIDTH: usize = 1_000_000;
/// 16 GB with their gradients and what Adam remembers.
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
        let network = NetworkKind::Conv { height: 28, width: 28 };
        assert_eq!(Architecture { network, ..Architecture::default() }.reproducible_threads(), 1);
    }
}
