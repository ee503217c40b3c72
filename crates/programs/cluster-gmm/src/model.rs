//! A mixture as a file: .npz, with the names and shapes of scikit-learn.
//!
//! Beside these it holds `origin` (d,) and `offsets` (k, d): the means, in more digits than fit
//! into one number far from zero. A file need not have them.

use std::path::Path;

use anyhow::{Context, bail};
use artifact::{FileRecord, Npz, Outputs, Text};
use clustering::gmm::{CovarianceType, Covariances, GaussianMixture};
use ndarray::{Ix1, Ix2, arr0};

pub fn write_model(outputs: &mut Outputs, path: &Path, model: &GaussianMixture) -> artifact::Result<()> {
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
    let mut mixture = GaussianMixture::new(weights, means, archive.array("covariances")?, covariance_type)
        .with_context(|| path.display().to_string())?;
    if archive.contains("origin") && archive.contains("offsets") {
        let (origin, offsets) = (archive.array("origin")?, archive.array("offsets")?);
        let shapes = (origin.shape().to_vec(), offsets.shape().to_vec());
        let (Ok(origin), Ok(offsets)) =
            (origin.into_dimensionality::<Ix1>(), offsets.into_dimensionality::<Ix2>())
        else {
            bail!(
                "{}: expected origin of shape (d,) and offsets of shape (k, d), found {:?} and {:?}; leave both out \
                 where the means are enough",
                path.display(),
                shapes.0,
                shapes.1
            );
        };
        mixture = mixture.with_offsets(origin, offsets).with_context(|| path.display().to_string())?;
    }
    Ok((mixture, record))
}
