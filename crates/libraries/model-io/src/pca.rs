//! Principal components of `encode-pca`: an `.npz` archive.
//!
//! | array | dtype, shape | meaning |
//! | --- | --- | --- |
//! | `format_version` | i8 () | 1 |
//! | `mean` | f8 (d,) | mean of the points, over `scale` if there is one |
//! | `components` | f8 (dims, d) | principal components, by falling variance |
//! | `explained_variance` | f8 (dims,) | variance along each component |
//! | `total_variance` | f8 () | sum of the variances of all features |
//! | `whiten` | i8 () | 1 if scores are divided by their standard deviation, else 0 |
//! | `scale` | f8 (d,) | divisor of each feature; there is none unless points are standardized |
//!
//! A file of another program needs `mean` and `components` alone, which scikit-learn's `PCA` has as
//! `mean_` and `components_`; and `explained_variance`, if `whiten` is 1.

use std::path::Path;

use anyhow::{Context, ensure};
use artifact::{FileRecord, Npz, Outputs};
use ndarray::{Array, ArrayD, Dimension, Ix1, Ix2, arr0};
use pca::{Encoder, Pca};

use crate::fields::{VERSION, read_version, whole};

/// Version of the format that [`write`] writes.
const FORMAT_VERSION: i64 = 1;

/// Adds the model of `encoder` to `outputs`.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use artifact::{Outputs, Provenance};
/// use ndarray::array;
/// use pca::{Encoder, Params};
///
/// let path = folder.path().join("model.npz");
/// let points = array![[0.0, 1.0], [2.0, 5.0], [3.0, 7.0]];
/// let encoder = Encoder::fit(points.view(), &Params { whiten: true, ..Params::default() })?;
/// let mut outputs = Outputs::new();
/// model_io::pca::write(&mut outputs, &path, &encoder)?;
/// outputs.commit(Provenance::default())?;
/// let (found, _) = model_io::pca::read(&path)?;
/// assert_eq!(found.transform(points.view())?, encoder.transform(points.view())?);
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
/// The file cannot be written.
pub fn write(outputs: &mut Outputs, path: &Path, encoder: &Encoder) -> artifact::Result<()> {
    outputs.npz(path, |archive| {
        archive.add_array(VERSION, &arr0(FORMAT_VERSION))?;
        archive.add_array("mean", encoder.mean())?;
        archive.add_array("components", encoder.components())?;
        archive.add_array("explained_variance", encoder.explained_variance())?;
        archive.add_array("total_variance", &arr0(encoder.total_variance()))?;
        archive.add_array("whiten", &arr0(i64::from(encoder.whiten())))?;
        match encoder.scale() {
            Some(scale) => archive.add_array("scale", scale),
            None => Ok(()),
        }
    })
}

/// Reads a model, and the record of its file.
///
/// [`write()`] has an example.
///
/// # Errors
/// A file that cannot be read, or holds no such model.
pub fn read(path: &Path) -> anyhow::Result<(Encoder, FileRecord)> {
    let (mut archive, record) = Npz::open(path)?;
    read_version(&mut archive, path, FORMAT_VERSION)?;
    let (mean, components) = (archive.array("mean")?, archive.array("components")?);
    let mut optional = |name: &str| -> artifact::Result<Option<ArrayD<f64>>> {
        if archive.contains(name) { archive.array(name).map(Some) } else { Ok(None) }
    };
    let (whiten, variances) = (optional("whiten")?, optional("explained_variance")?);
    let (total, scale) = (optional("total_variance")?, optional("scale")?);
    let encoder = (|| {
        let whiten = whiten.map_or(Ok(0), |array| whole("whiten", &array, 0..=1))? == 1;
        let mean = finite::<Ix1>("mean", mean)?;
        let components = finite::<Ix2>("components", components)?;
        ensure!(
            variances.is_some() || !whiten,
            "expected explained_variance, which whitening divides by, found none"
        );
        let variances = match variances {
            Some(array) => finite::<Ix1>("explained_variance", array)?,
            None => Array::zeros(components.nrows()),
        };
        // The share of the variance is told when the model is fitted, and needed no more.
        let total = match total {
            Some(array) => *finite::<Ix1>("total_variance", array.flatten().to_owned().into_dyn())?
                .first()
                .context("expected total_variance to be one number, found none")?,
            None => variances.sum(),
        };
        let scale = scale.map(|array| finite::<Ix1>("scale", array)).transpose()?;
        let pca = Pca::from_parts(mean, components)?;
        anyhow::Ok(Encoder::from_parts(pca, scale, variances, total, whiten)?)
    })();
    let about = || format!("{}: write it with encode-pca --model", path.display());
    Ok((encoder.with_context(about)?, record))
}

/// Gives `array` the number of dimensions of `D`, and refuses values that are not finite.
fn finite<D: Dimension>(name: &str, array: ArrayD<f64>) -> anyhow::Result<Array<f64, D>> {
    let shape = array.shape().to_vec();
    let expected = D::NDIM.unwrap_or_default();
    if let Some(wrong) = array.iter().find(|x| !x.is_finite()) {
        anyhow::bail!("expected finite values in {name}, found {wrong}");
    }
    array
        .into_dimensionality()
        .with_context(|| format!("expected {name} of {expected} dimensions, found {shape:?}"))
}
