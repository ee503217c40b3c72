//! Nearest neighbors: an `.npz` archive.
//!
//! | array | dtype, shape | meaning |
//! | --- | --- | --- |
//! | `format_version` | i8 () | 1 |
//! | `indices` | i4 (n, k) | rows of the neighbors, nearest first; -1 where there are fewer |
//! | `distances` | f4 (n, k) | distances to them; infinite where there are fewer |
//! | `metric` | text () | `euclidean` or `cosine` |
//!
//! `indices` and `distances` are what umap-learn's `precomputed_knn` and faiss give, too. A file of
//! theirs need have no other array.

use std::path::Path;

use anyhow::{Context, ensure};
use artifact::{FileRecord, Npz, Outputs, Text};
use ndarray::{Array2, ArrayD, Ix2, arr0};
use umap::{Metric, NO_NEIGHBOR, Neighbors};

use crate::fields::{self, VERSION};
use crate::umap::{metric_name, metric_of_name};

/// Version of the format that [`write`] writes.
const FORMAT_VERSION: i64 = 1;

/// Adds neighbors by `metric` to `outputs`.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use artifact::{Outputs, Provenance};
/// use ndarray::array;
/// use umap::{Metric, distinct_neighbors};
///
/// let path = folder.path().join("neighbors.npz");
/// let points = array![[0.0], [1.0], [3.0]];
/// let neighbors = distinct_neighbors(points.view(), 2, Metric::Euclidean, &mut |_| ())?;
/// let mut outputs = Outputs::new();
/// model_io::neighbors::write(&mut outputs, &path, &neighbors, Metric::Euclidean)?;
/// outputs.commit(Provenance::default())?;
/// assert_eq!(model_io::neighbors::read(&path, Metric::Euclidean)?.0, neighbors);
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
/// The file cannot be written.
pub fn write(
    outputs: &mut Outputs,
    path: &Path,
    neighbors: &Neighbors,
    metric: Metric,
) -> artifact::Result<()> {
    // A point has an index below 2^31, because that many points do not fit into memory.
    let indices = neighbors.indices.mapv(|index| i32::try_from(index).unwrap_or(-1));
    outputs.npz(path, |archive| {
        archive.add_array(VERSION, &arr0(FORMAT_VERSION))?;
        archive.add_array("indices", &indices)?;
        archive.add_array("distances", &neighbors.distances)?;
        archive.add_array("metric", &arr0(Text::from(metric_name(metric))))
    })
}

/// Reads the metric of neighbors; `None` if the file does not say, as those of other programs.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("neighbors.npz");
/// # let points = ndarray::array![[0.0, 1.0], [1.0, 1.0], [3.0, 1.0]];
/// # let metric = umap::Metric::Cosine;
/// # let neighbors = umap::distinct_neighbors(points.view(), 2, metric, &mut |_| ())?;
/// # let mut outputs = artifact::Outputs::new();
/// # model_io::neighbors::write(&mut outputs, &path, &neighbors, metric)?;
/// # outputs.commit(artifact::Provenance::default())?;
/// assert_eq!(model_io::neighbors::metric(&path)?, Some(umap::Metric::Cosine));
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
/// A file that cannot be read, or names another metric.
pub fn metric(path: &Path) -> anyhow::Result<Option<Metric>> {
    let (mut archive, _) = Npz::open(path)?;
    let name = archive.contains("metric").then(|| archive.text("metric")).transpose()?;
    let found = name.map(|name| metric_of_name(&name)).transpose();
    found.with_context(|| path.display().to_string())
}

/// Reads neighbors by `metric`, and the record of the file.
///
/// [`write()`] has an example.
///
/// # Errors
/// A file that cannot be read, holds no neighbors, or those by another metric.
pub fn read(path: &Path, metric: Metric) -> anyhow::Result<(Neighbors, FileRecord)> {
    let (mut archive, record) = Npz::open(path)?;
    fields::read_version(&mut archive, path, FORMAT_VERSION)?;
    let (indices, distances) = (archive.array("indices")?, archive.array("distances")?);
    let name = archive.contains("metric").then(|| archive.text("metric")).transpose()?;
    let neighbors = (|| {
        if let Some(name) = name {
            let found = metric_of_name(&name)?;
            ensure!(
                found == metric,
                "expected neighbors by metric {}, found {name}; find them by the same metric",
                metric_name(metric)
            );
        }
        let indices = matrix("indices", indices)?;
        if let Some(index) = indices.iter().find(|index| !is_index(**index)) {
            anyhow::bail!("expected whole indices of at least 0, or -1 for none, found {index}");
        }
        let indices = indices.mapv(|index| if index < 0.0 { NO_NEIGHBOR } else { index as u32 });
        let distances = matrix("distances", distances)?.mapv(|distance| distance as f32);
        anyhow::Ok(Neighbors { indices, distances })
    })();
    Ok((neighbors.with_context(|| path.display().to_string())?, record))
}

/// Whether a number is the index of a point, or -1.
fn is_index(number: f64) -> bool {
    number.fract() == 0.0 && (-1.0..f64::from(NO_NEIGHBOR)).contains(&number)
}

/// Converts `array` to a matrix.
fn matrix(name: &str, array: ArrayD<f64>) -> anyhow::Result<Array2<f64>> {
    let shape = array.shape().to_vec();
    array
        .into_dimensionality::<Ix2>()
        .with_context(|| format!("expected {name} of shape (n, k), found {shape:?}"))
}
