//! Centroids of k-means: an `.npz` archive with `centroids` (k, d).

use std::path::Path;

use anyhow::Context;
use artifact::{FileRecord, Npz, Outputs};
use clustering::kmeans::KMeans;
use ndarray::Ix2;

/// Adds a model to `outputs`.
///
/// # Errors
/// The file cannot be written.
pub fn write(outputs: &mut Outputs, path: &Path, model: &KMeans) -> artifact::Result<()> {
    outputs.npz(path, |archive| archive.add_array("centroids", model.centroids()))
}

/// Reads a model, and the record of its file.
///
/// # Errors
/// A file that cannot be read; centroids of another shape, or that are not finite.
pub fn read(path: &Path) -> anyhow::Result<(KMeans, FileRecord)> {
    let (mut archive, record) = Npz::open(path)?;
    let centroids = archive.array("centroids")?;
    let shape = centroids.shape().to_vec();
    let expected =
        || format!("{}: expected centroids of shape (k, d), found {shape:?}", path.display());
    let centroids = centroids.into_dimensionality::<Ix2>().with_context(expected)?;
    let model = KMeans::new(centroids).with_context(|| path.display().to_string())?;
    Ok((model, record))
}
