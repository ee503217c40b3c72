//! Gaussian mixtures: an `.npz` archive with the names and shapes of scikit-learn.
//!
//! The arrays are `weights` (k,), `means` (k, d), `covariances` (whose shape depends on their
//! type) and the text `covariance_type`. Two more hold the means in more digits than one number
//! has far from zero: `origin` (d,) and `offsets` (k, d), whose sums are the means. A file need not
//! have these two.

use std::path::Path;

use anyhow::{Context, bail};
use artifact::{FileRecord, Npz, Outputs, Text};
use clustering::gmm::{CovarianceType, Covariances, GaussianMixture};
use ndarray::{Array1, Array2, Ix1, Ix2, arr0};

/// Adds a mixture to `outputs`.
///
/// # Errors
/// The file cannot be written.
pub fn write(outputs: &mut Outputs, path: &Path, model: &GaussianMixture) -> artifact::Result<()> {
    outputs.npz(path, |archive| {
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
/// # Errors
/// A file that cannot be read; arrays of other shapes, or that are not a mixture.
pub fn read(path: &Path) -> anyhow::Result<(GaussianMixture, FileRecord)> {
    let (mut archive, record) = Npz::open(path)?;
    let about = || path.display().to_string();
    let covariance_type: CovarianceType =
        archive.text("covariance_type")?.parse().with_context(about)?;
    let (weights, means) =
        vector_and_matrix(&mut archive, path, ["weights", "means"], ["(k,)", "(k, d)"], "")?;
    let covariances = archive.array("covariances")?;
    let mut mixture =
        GaussianMixture::new(weights, means, covariances, covariance_type).with_context(about)?;
    if archive.contains("origin") && archive.contains("offsets") {
        let cure = "; leave both out where the means are enough";
        let (origin, offsets) =
            vector_and_matrix(&mut archive, path, ["origin", "offsets"], ["(d,)", "(k, d)"], cure)?;
        mixture = mixture.with_offsets(origin, offsets).with_context(about)?;
    }
    Ok((mixture, record))
}

/// Reads the two arrays `names`, of which the first has one dimension and the second two.
///
/// The error names the `shapes` that were expected, and ends with `cure`.
fn vector_and_matrix(
    archive: &mut Npz,
    path: &Path,
    names: [&str; 2],
    shapes: [&str; 2],
    cure: &str,
) -> anyhow::Result<(Array1<f64>, Array2<f64>)> {
    let (vector, matrix) = (archive.array(names[0])?, archive.array(names[1])?);
    let found = [vector.shape().to_vec(), matrix.shape().to_vec()];
    match (vector.into_dimensionality::<Ix1>(), matrix.into_dimensionality::<Ix2>()) {
        (Ok(vector), Ok(matrix)) => Ok((vector, matrix)),
        _ => bail!(
            "{}: expected {} of shape {} and {} of shape {}, found {:?} and {:?}{cure}",
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
