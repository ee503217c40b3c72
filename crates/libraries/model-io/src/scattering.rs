//! Scattering features: an `.npz` archive, all arrays f8.
//!
//! The arrays are `deviations` (paths,), `mean` (values,), `directions` (dims, values), and
//! `settings` (4,): height and width of the images, number of scales, number of angles.

use std::path::Path;

use anyhow::{Context, ensure};
use artifact::{FileRecord, Npz, Outputs};
use ndarray::{Array1, ArrayD, Dimension, Ix1, Ix2, arr1};
use pca::Pca;
use scattering::Features;

/// Settings are below this, more than any image has pixels on a side.
const SETTINGS_END: f64 = 65_536.0;

/// Adds the model of `features` to `outputs`.
///
/// # Errors
/// The file cannot be written.
pub fn write(outputs: &mut Outputs, path: &Path, features: &Features) -> artifact::Result<()> {
    let (height, width) = features.size();
    let settings = arr1(&[height, width, features.scales(), features.angles()].map(|x| x as f64));
    outputs.npz(path, |archive| {
        archive.add_array("deviations", features.deviations())?;
        archive.add_array("mean", features.pca().mean())?;
        archive.add_array("directions", features.pca().components())?;
        archive.add_array("settings", &settings)
    })
}

/// Reads a model, and the record of its file.
///
/// # Errors
/// A file that cannot be read, or that `encode-scattering --model` did not write.
pub fn read(path: &Path) -> anyhow::Result<(Features, FileRecord)> {
    let (mut archive, record) = Npz::open(path)?;
    let mut array = |name: &str| archive.array(name);
    let (deviations, mean) = (array("deviations")?, array("mean")?);
    let (directions, settings) = (array("directions")?, array("settings")?);
    let features = (|| {
        let settings: Array1<f64> = shaped::<Ix1>("settings", settings)?;
        let valid = |x: &f64| (0.0..SETTINGS_END).contains(x) && x.fract() == 0.0;
        ensure!(
            settings.len() == 4 && settings.iter().all(valid),
            "expected settings of four whole numbers, found {settings}"
        );
        let setting = |at: usize| settings[at] as usize;
        let pca = Pca::from_parts(
            shaped::<Ix1>("mean", mean)?,
            shaped::<Ix2>("directions", directions)?,
        )?;
        let deviations = shaped::<Ix1>("deviations", deviations)?;
        let size = (setting(0), setting(1));
        Ok(Features::new(size, setting(2), setting(3), deviations, pca)?)
    })();
    let about = || format!("{}: write it with encode-scattering --model", path.display());
    Ok((features.with_context(about)?, record))
}

/// Gives `array` the number of dimensions of `D`.
fn shaped<D: Dimension>(name: &str, array: ArrayD<f64>) -> anyhow::Result<ndarray::Array<f64, D>> {
    let shape = array.shape().to_vec();
    let expected = D::NDIM.unwrap_or_default();
    array
        .into_dimensionality()
        .with_context(|| format!("expected {name} of {expected} dimensions, found {shape:?}"))
}
