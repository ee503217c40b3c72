//! A mixture as a file: .npz, with the names and shapes of scikit-learn.

use std::path::Path;

use anyhow::{Context, bail};
use artifact::{FileRecord, Npz, Outputs, Text};
use clustering::gmm::{CovarianceType, Covariances, GaussianMixture};
use ndarray::{Ix1, Ix2, arr0};

pub fn write_model(outputs: &mut Outputs, path: &Path, model: &GaussianMixture) -> artifact::Result<()> {
    outputs.npz(path, |archive| {
        archive.add_array("weights", model.weights())?;
        archive.add_array("means", model.means())?;
        match model.covariances() {
            Covariances::Full(matrices) => archive.add_array("covariances", matrices)?,
            Covariances::Tied(matrix) => archive.add_array("covariances", matrix)?,
            Covariances::Diag(variances) => archive.add_array("covariances", variances)?,
            Covariances::Spherical(variances) => archive.add_array("covariances", variances)?,
        }
        archive.add_array("covariance_type", &arr0(Text::from(model.covariance_type().as_str())))
    })
}

pub fn read_model(path: &Path) -> anyhow::Result<(GaussianMixture, FileRecord)> {
    let (mut archive, record) = Npz::open(path)?;
    let covariance_type: CovarianceType =
        archive.text("covariance_type")?.parse().with_context(|| path.display().to_string())?;
    let (weights, means) = (archive.array("weights")?, archive.array("means")?);
    let shapes = (weights.shape().to_vec(), means.shape().to_vec());
    let (Ok(weights), Ok(means)) = (weights.into_dimensionality::<Ix1>(), means.into_dimensionality::<Ix2>())
    else {
        bail!(
            "{}: expected weights of shape (k,) and means of shape (k, d), found {:?} and {:?}",
            path.display(),
            shapes.0,
            shapes.1
        );
    };
    let mixture = GaussianMixture::new(weights, means, archive.array("covariances")?, covariance_type)
        .with_context(|| path.display().to_string())?;
    Ok((mixture, record))
}
