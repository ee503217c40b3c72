//! The scale of the training images, compared with that of later images.

use serde::{Deserialize, Serialize};

use crate::{Architecture, Error, Normalize, Pixels, Result};

/// Largest distance of a value from the training range, as a multiple of the length of that range
/// or of its largest absolute value, whichever is greater.
///
/// Standardized pixels of another data set stay well within it; 0..=255 instead of 0..=1 do not.
const FAR: f32 = 4.0;
/// Smallest range of a data set, as a share of the training range.
const NARROW: f32 = 1.0 / 32.0;
/// Largest usual absolute value.
///
/// Larger ones saturate a first layer whose weights were drawn for 0..=1, and make losses huge.
const USUAL: f32 = 5.0;

/// Sides and range of the images that a network was trained on.
///
/// The range is of the values that the network takes (u8 divided by 255), before any normalization.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TrainedOn {
    /// (height, width), if the file of the images had them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sides: Option<[usize; 2]>,
    /// Smallest value.
    pub smallest: f32,
    /// Largest value.
    pub largest: f32,
}

impl TrainedOn {
    /// Measures the range of `images`.
    pub(crate) fn from_images(images: Pixels) -> Self {
        let (smallest, largest) = images.range();
        Self { sides: None, smallest, largest }
    }

    /// Checks that no value is far out of the range of the training images.
    ///
    /// `first` is the row of the first of `images` in the whole file. If the network normalizes
    /// each image, its scale does not matter and all images pass.
    ///
    /// # Errors
    /// [`Error::Scale`].
    ///
    /// # Example
    /// ```
    /// use autoencoder::{Architecture, Pixels, TrainedOn};
    /// use ndarray::Array2;
    ///
    /// let trained_on = TrainedOn { sides: Some([4, 4]), smallest: 0.0, largest: 1.0 };
    /// let architecture = Architecture { input: 16, ..Architecture::default() };
    /// let levels = Array2::from_elem((3, 16), 255.0);
    /// let levels = Pixels::F32(levels.view());
    /// let error = trained_on.check_values(levels, 0, &architecture).unwrap_err();
    /// assert!(error.to_string().contains("from about 0 to 1"));
    /// ```
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

    /// Checks that the range of a data set is not tiny beside the training range.
    ///
    /// The range of the data set is (`least`, `most`). Images that are all of one value pass.
    ///
    /// # Errors
    /// [`Error::SmallScale`].
    ///
    /// # Example
    /// ```
    /// use autoencoder::{Architecture, TrainedOn};
    ///
    /// let trained_on = TrainedOn { sides: Some([4, 4]), smallest: 0.0, largest: 1.0 };
    /// let architecture = Architecture::default();
    /// assert!(trained_on.check_span((0.0, 0.9), &architecture).is_ok());
    /// assert!(trained_on.check_span((0.0, 1.0 / 255.0), &architecture).is_err());
    /// ```
    pub fn check_span(&self, (least, most): (f32, f32), architecture: &Architecture) -> Result<()> {
        let Self { smallest, largest, .. } = *self;
        let narrow = most > least && most - least < NARROW * (largest - smallest);
        if narrow && architecture.normalize == Normalize::None {
            return Err(Error::SmallScale { smallest, largest, least, most });
        }
        Ok(())
    }

    /// Tells whether these images should be brought to another scale before a training.
    ///
    /// # Example
    /// ```
    /// use autoencoder::{Architecture, TrainedOn};
    ///
    /// let trained_on = TrainedOn { sides: None, smallest: 0.0, largest: 255.0 };
    /// assert!(trained_on.is_unusual(&Architecture::default()));
    /// ```
    pub fn is_unusual(&self, architecture: &Architecture) -> bool {
        let most = self.largest.abs().max(self.smallest.abs());
        most > USUAL && architecture.normalize == Normalize::None
    }
}
