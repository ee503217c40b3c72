//! Gaussian mixtures: an `.npz` archive with the names and shapes of scikit-learn.
//!
//! | array | dtype, shape | meaning |
//! | --- | --- | --- |
//! | `format_version` | i8 () | 1; scikit-learn's names need none |
//! | `weights` | f8 (k,) | weights of the components |
//! | `means` | f8 (k, d) | their means |
//! | `covariances` | f8, depends on the type | their covariances |
//! | `covariance_type` | text () | `full`, `tied`, `diag` or `spherical` |
//! | `origin`, `offsets` | f8 (d,), (k, d) | their sums are the means |
//!
//! One number has too few digits for a mean far from zero, which is what `origin` and `offsets` are
//! for. A file may lack both, but not one of the two.

use std::path::Path;

use anyhow::{Context, bail};
use artifact::{FileRecord, Npz, Outputs, Text};
use clustering::gmm::{CovarianceType, Covariances, GaussianMixture};
use ndarray::{Array1, Array2, Ix1, Ix2, arr0};

use crate::fields::{VERSION, read_version};

/// Version of the format that [`write`] writes.
const FORMAT_VERSION: i64 = 1;

/// Adds a mixture to `outputs`.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use artifact::{Outputs, Provenance};
/// use clustering::gmm::{CovarianceType, GaussianMixture};
/// use ndarray::array;
///
/// let path = folder.path().join("model.npz");
/// let variances = array![[1.0]].into_dyn();
/// let model =
///     GaussianMixture::new(array![1.0], array![[0.0]], variances, CovarianceType::Diag)?;
/// let mut outputs = Outputs::new();
/// model_io::gmm::write(&mut outputs, &path, &model)?;
/// outputs.commit(Provenance::default())?;
/// assert!(path.exists());
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
/// The file cannot be written.
pub fn write(outputs: &mut Outputs, path: &Path, model: &GaussianMixture) -> artifact::Result<()> {
    outputs.npz(path, |archive| {
        archive.add_array(VERSION, &arr0(FORMAT_VERSION))?;
        archive.add_array("weights", model.weights())?;
        archive.add_array("means", model.means())?;
        archive.add_array("origin", model.origin())?;
        archive.add_array("offsets", model.offsets())?;
        match model.covariances() {
            Covariances::Full(matrices) => archive.add_array("covariances", matrices)?,
            Covariances::Tied(matrix) => archive.add_array("covariances", matrix)?,
            Covariances::Diag(variances) => archive.add_array("covariances", variances)?,
            Covariances::Spherical(variances) => archive.add_array("covariances", variances)?,
        }
        let covariance_type = Text::from(model.covariance_type().as_str());
        archive.add_array("covariance_type", &arr0(covariance_type))
    })
}

/// Reads a mixture, and the record of its file.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("model.npz");
/// # let mut outputs = artifact::Outputs::new();
/// # use ndarray::{arr0, array};
/// # outputs.npz(&path, |npz| {
/// #     npz.add_array("weights", &array![1.0])?;
/// #     npz.add_array("means", &array![[0.0]])?;
/// #     npz.add_array("covariances", &array![[1.0]])?;
/// #     npz.add_array("covariance_type", &arr0(artifact::Text::from("diag")))
/// # })?;
/// # outputs.commit(artifact::Provenance::default())?;
/// // numpy.savez("model.npz", weights=model.weights_, means=model.means_,
/// //             covariances=model.covariances_, covariance_type="diag")
/// let (model, _) = model_io::gmm::read(&path)?;
/// assert_eq!(model.means(), array![[0.0]]);
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
/// A file that cannot be read; arrays of other shapes, or that are not a mixture.
pub fn read(path: &Path) -> anyhow::Result<(GaussianMixture, FileRecord)> {
    let (mut archive, record) = Npz::open(path)?;
    read_version(&mut archive, path, FORMAT_VERSION)?;
    let about = || path.display().to_string();
    let covariance_type: CovarianceType =
        archive.text("covariance_type")?.parse().with_context(about)?;
    let (weights, means) =
        vector_and_matrix(&mut archive, path, ["weights", "means"], ["(k,)", "(k, d)"], "")?;
    let covariances = archive.array("covariances")?;
    let mut mixture =
        GaussianMixture::new(weights, means, covariances, covariance_type).with_context(about)?;
    if archive.contains("origin") || archive.contains("offsets") {
        let hint = "; leave both out where the means are enough";
        let (origin, offsets) =
            vector_and_matrix(&mut archive, path, ["origin", "offsets"], ["(d,)", "(k, d)"], hint)?;
        mixture = mixture.with_offsets(origin, offsets).with_context(about)?;
    }
    Ok((mixture, record))
}

/// Reads the two arrays `names`, of which the first has one dimension and the second two.
///
/// The error names the `shapes` that were expected, and ends with `hint`.
fn vector_and_matrix(
    archive: &mut Npz,
    path: &Path,
    names: [&str; 2],
    shapes: [&str; 2],
    hint: &str,
) -> anyhow::Result<(Array1<f64>, Array2<f64>)> {
    let (vector, matrix) = (archive.array(names[0])?, archive.array(names[1])?);
    let found = [vector.shape().to_vec(), matrix.shape().to_vec()];
    match (vector.into_dimensionality::<Ix1>(), matrix.into_dimensionality::<Ix2>()) {
        (Ok(vector), Ok(matrix)) => Ok((vector, matrix)),
        _ => bail!(
            "{}: expected {} of shape {} and {} of shape {}, found {:?} and {:?}{hint}",
            path.display(),
            names[0],
            shapes[0],
            names[1],
            shapes[1],
            found[0],
            found[1]
        ),
    }
}
