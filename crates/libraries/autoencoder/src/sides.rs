//! The sides and channels of images, compared with those that a network takes.

use crate::architecture::check_image;
use crate::{Channels, Network, Result};

impl Network {
    /// Checks that images of `shape` have the sides and channels of the training images.
    ///
    /// `shape` is (n, height, width), or (n, height, width, 3) in color. Images of shape
    /// (n, values) pass, since their sides are unknown, and so do all where the weights do not
    /// tell the sides.
    ///
    /// # Errors
    /// [`Error::ImageSides`](crate::Error::ImageSides);
    /// [`Error::ImageChannels`](crate::Error::ImageChannels).
    ///
    /// # Example
    /// ```
    /// use autoencoder::{Architecture, Channels, Device, Init, Network, NetworkKind};
    ///
    /// let network = NetworkKind::Conv { height: 4, width: 6, channels: Channels::Rgb };
    /// let architecture =
    ///     Architecture { input: 72, network, hidden: vec![8], ..Architecture::default() };
    /// let network = Network::new(&architecture, Init::Keras, 0, Device::Cpu)?;
    /// assert!(network.check_sides(&[100, 4, 6, 3]).is_ok());
    /// assert!(network.check_sides(&[100, 6, 4, 3]).is_err());
    /// let error = network.check_sides(&[100, 4, 6]).unwrap_err();
    /// assert!(error.to_string().starts_with("expected images in color"));
    /// # Ok::<(), autoencoder::Error>(())
    /// ```
    pub fn check_sides(&self, shape: &[usize]) -> Result<()> {
        self.architecture.check_sides(shape)?;
        let Some([height, width]) = self.trained_on.and_then(|images| images.sides) else {
            return Ok(());
        };
        let pixels = height.saturating_mul(width);
        let in_color = self.architecture.input == pixels.saturating_mul(Channels::Rgb.count());
        let channels = if in_color { Channels::Rgb } else { Channels::Gray };
        check_image([height, width], channels, shape)
    }
}
