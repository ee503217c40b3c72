//! Reads the layers of an autoencoder from its weights file.

use std::path::Path;

use anyhow::{Context, bail};
use artifact::{FileRecord, read_bytes};
use model_io::weights::Layers;

/// Reads a weights file of `train-ae`, or any with tensors called `encoder.N.weight`.
///
/// # Errors
/// Fails if the file cannot be read or has no such tensors.
pub fn read_layers(path: &Path) -> anyhow::Result<(Layers, FileRecord)> {
    let (bytes, record) = read_bytes(path)?;
    let expected = || {
        format!(
            "{}: expected the weights of an autoencoder, as train-ae writes them",
            path.display()
        )
    };
    let layers = Layers::read(&bytes).with_context(expected)?;
    if layers.layers.is_empty() {
        bail!("{}, found no tensor called encoder.0.weight", expected());
    }
    Ok((layers, record))
}
