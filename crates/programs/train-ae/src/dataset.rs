//! The images of a training and of its validation.

use std::path::Path;

use anyhow::Context;
use artifact::{FileRecord, Images, read_images};
use autoencoder::{Architecture, Training};

/// The images of a training, and the records of their files.
pub struct Dataset<'a> {
    /// Images to train on.
    pub images: &'a Images,
    /// Images to measure the validation loss on.
    pub validation: Option<&'a Images>,
    /// Records of the files: the images, then the validation images.
    pub inputs: &'a [FileRecord],
}

impl Dataset<'_> {
    /// Identifies the version of the program and the images, by their hashes.
    ///
    /// A checkpoint can only be resumed with the same fingerprint.
    pub fn fingerprint(&self) -> String {
        let hashes = self.inputs.iter().map(|record| record.sha256.as_str());
        [env!("CARGO_PKG_VERSION")].into_iter().chain(hashes).collect::<Vec<_>>().join(" ")
    }
}

/// Reads validation images, which must have the size that the network takes.
///
/// # Errors
/// A file that cannot be read; images of another size.
pub fn read_validation(
    path: &Path,
    architecture: &Architecture,
) -> anyhow::Result<(Images, FileRecord)> {
    let (images, record) = read_images(path)?;
    let expected = architecture
        .check_sides(&record.shape)
        .and_then(|()| architecture.check_size(images.dim().1));
    expected.with_context(|| path.display().to_string())?;
    Ok((images, record))
}

/// Warns of training images with an unusual scale, and checks the scale of the validation images.
///
/// # Errors
/// Validation images of another scale than the training images.
pub fn check_scale(training: &Training, set: &Dataset) -> anyhow::Result<()> {
    let network = training.network();
    let (architecture, Some(trained_on)) = (network.architecture(), network.trained_on()) else {
        return Ok(());
    };
    if trained_on.is_unusual(architecture) {
        cli::warn(&format!(
            "{}: values from {} to {} are taken as they are (u1 alone is divided by 255); \
             a network learns best from about 0 to 1: divide them, or use --normalize l2",
            set.inputs[0].path, trained_on.smallest, trained_on.largest
        ));
    }
    if let Some(validation) = set.validation.map(Images::view) {
        let values = trained_on.check_values(validation, 0, architecture);
        let same = values.and_then(|()| trained_on.check_span(validation.range(), architecture));
        same.with_context(|| set.inputs[1].path.clone())?;
    }
    Ok(())
}
