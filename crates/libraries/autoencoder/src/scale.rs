//! The scale and shape of the images a network was trained on, compared with those it is given later.

use serde::{Deserialize, Serialize};

use crate::{Architecture, Error, Normalize, Pixels, Result};

/// Values further out than this many times the range of the training images are of another scale.
/// Standardized pixels of another set stay well within it; 0..=255 for 0..=1 do not.
const FAR: f32 = 4.0;
/// So is a whole set of images whose values take up no more than this share of that range.
const NARROW: f32 = 1.0 / 32.0;
/// Larger values than this make a first layer that was drawn for 0..=1 saturate, and losses huge.
const USUAL: f32 = 5.0;

/// The images that a network was trained on: their sides, where the file had them, and their smallest
/// and largest value, as the network sees it (grey levels of u8 divided by 255) before it is normalized.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TrainedOn {
    /// (height, width)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sides: Option<[usize; 2]>,
    /// Smallest value.
    pub smallest: f32,
    /// Largest value.
    pub largest: f32,
}

impl TrainedOn {
    /// Describes `images`.
    pub(crate) fn from_images(images: Pixels) -> Self {
        let (smallest, largest) = images.range();
        Self { sides: None, smallest, largest }
    }

    /// Refuses images of shape (n, height, width) whose sides are others; (n, pixels) have none.
    ///
    /// # Errors
    /// [`Error::ImageSides`].
    pub fn check_sides(&self, shape: &[usize]) -> Result<()> {
        match (self.sides, shape) {
            (Some(expected), &[_, height, width]) if expected != [height, width] => {
                Err(Error::ImageSides { expected, found: [height, width] })
            }
            _ => Ok(()),
        }
    }

    /// Refuses images with a value far out of the range of those of the training. `first` is the number
    /// of the first of them. Where the network normalizes each image, its scale does not matter.
    ///
    /// # Errors
    /// [`Error::Scale`].
    pub fn check_values(
        &self,
        images: Pixels,
        first: usize,
        architecture: &Architecture,
    ) -> Result<()> {
        let Self { smallest, largest, .. } = *self;
        if architecture.normalize != Normalize::None {
            return Ok(());
        }
        let margin = FAR * (largest - smallest).max(largest.abs()).max(smallest.abs());
        let (least, most) = images.range();
        if least >= smallest - margin && most <= largest + margin {
            return Ok(());
        }
        let (row, found) = images.first_outside(smallest - margin, largest + margin);
        Err(Error::Scale { smallest, largest, found, row: first + row })
    }

    /// Refuses a whole set of images, whose values reach from `least` to `most`, if that is next to
    /// nothing of the range of the training: they are of a smaller scale. Blank images are let through.
    ///
    /// # Errors
    /// [`Error::SmallScale`].
    pub fn check_span(&self, (least, most): (f32, f32), architecture: &Architecture) -> Result<()> {
        let Self { smallest, largest, .. } = *self;
        let narrow = most > least && most - least < NARROW * (largest - smallest);
        if narrow && architecture.normalize == Normalize::None {
            return Err(Error::SmallScale { smallest, largest, least, most });
        }
        Ok(())
    }

    /// Whether a network that is about to be trained should rather have these images in another scale.
    pub fn is_unusual(&self, architecture: &Architecture) -> bool {
        let most = self.largest.abs().max(self.smallest.abs());
        most > USUAL && architecture.normalize == Normalize::None
    }
}
