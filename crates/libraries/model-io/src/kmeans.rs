//! Centroids of k-means: an `.npz` archive.
//!
//! | array | dtype, shape | meaning |
//! | --- | --- | --- |
//! | `format_version` | i8 () | 1, or 2 with a metric; a file of other programs needs none |
//! | `centroids` | f8 (k, d) | the centroids |
//! | `metric` | text () | `cosine`, or `euclidean` as in a file without it |
//!
//! Files of Euclidean distances are written without a metric, as they always were. Those of the
//! cosine have a version of their own, so that no older release takes their centroids for others.

use std::path::Path;

use anyhow::Context;
use artifact::{FileRecord, Npz, Outputs, Text};
use clustering::kmeans::{KMeans, Metric};
use ndarray::{Ix2, arr0};

use crate::fields::{VERSION, read_version};

/// Version of the format of Euclidean distances.
const EUCLIDEAN_VERSION: i64 = 1;

/// Version of the format with a metric.
const METRIC_VERSION: i64 = 2;

/// Adds a model to `outputs`.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use artifact::{Outputs, Provenance};
/// use clustering::kmeans::KMeans;
/// use ndarray::array;
///
/// let path = folder.path().join("model.npz");
/// let model = KMeans::new(array![[0.0, 1.0], [2.0, 3.0]])?;
/// let mut outputs = Outputs::new();
/// model_io::kmeans::write(&mut outputs, &path, &model)?;
/// outputs.commit(Provenance::default())?;
/// assert!(path.exists());
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
/// The file cannot be written.
pub fn write(outputs: &mut Outputs, path: &Path, model: &KMeans) -> artifact::Result<()> {
    outputs.npz(path, |archive| {
        let metric = model.metric();
        let version = match metric {
            Metric::Euclidean => EUCLIDEAN_VERSION,
            Metric::Cosine => METRIC_VERSION,
        };
        archive.add_array(VERSION, &arr0(version))?;
        archive.add_array("centroids", model.centroids())?;
        if metric == Metric::Cosine {
            archive.add_array("metric", &arr0(Text::from(metric.to_string().as_str())))?;
        }
        Ok(())
    })
}

/// Reads a model, and the record of its file.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("model.npz");
/// # let mut outputs = artifact::Outputs::new();
/// # use ndarray::array;
/// # outputs.npz(&path, |npz| {
/// #     npz.add_array("centroids", &array![[0.0, 1.0], [2.0, 3.0]])
/// # })?;
/// # outputs.commit(artifact::Provenance::default())?;
/// // numpy.savez("model.npz", centroids=[[0, 1], [2, 3]])
/// let (model, record) = model_io::kmeans::read(&path)?;
/// assert_eq!(model.centroids().dim(), (2, 2));
/// assert_eq!(record.path, path.display().to_string());
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
/// A file that cannot be read; centroids of another shape, or that are not finite; an unknown
/// metric; centroids of zeros alone with the metric cosine.
pub fn read(path: &Path) -> anyhow::Result<(KMeans, FileRecord)> {
    let (mut archive, record) = Npz::open(path)?;
    read_version(&mut archive, path, METRIC_VERSION)?;
    let centroids = archive.array("centroids")?;
    let shape = centroids.shape().to_vec();
    let expected =
        || format!("{}: expected centroids of shape (k, d), found {shape:?}", path.display());
    let centroids = centroids.into_dimensionality::<Ix2>().with_context(expected)?;
    let about = || path.display().to_string();
    let metric = if archive.contains("metric") {
        archive.text("metric")?.parse().with_context(about)?
    } else {
        Metric::Euclidean
    };
    let model = KMeans::with_metric(centroids, metric).with_context(about)?;
    Ok((model, record))
}
