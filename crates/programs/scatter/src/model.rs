//! The model as an archive of NumPy arrays.

use std::path::Path;

use anyhow::{Context, ensure};
use artifact::{FileRecord, Npz, Outputs};
use ndarray::{Array1, ArrayD, Dimension, Ix1, Ix2, arr1};
use pca::Principal;
use scattering::Features;

/// `deviations` (paths,), `mean` (values,) and `directions` (dims, values), and `settings` (4,): height, width, scales, angles.
/// All f8.
pub fn write(outputs: &mut Outputs, path: &Path, features: &Features) -> artifact::Result<()> {
    let (height, width) = features.size;
    let settings = arr1(&[height, width, features.scales, features.angles].map(|x| x as f64));
    outputs.npz(path, |archive| {
        archive.add_array("deviations", &features.deviations)?;
        archive.add_array("mean", &features.principal.mean)?;
        archive.add_array("directions", &features.principal.directions)?;
        archive.add_array("settings", &settings)
    })
}

pub fn read(path: &Path) -> anyhow::Result<(Features, FileRecord)> {
    let (mut archive, record) = Npz::open(path)?;
    let mut array = |name: &str| archive.array(name);
    let (deviations, mean, directions) = (array("deviations")?, array("mean")?, array("directions")?);
    let settings = array("settings")?;
    let features = (|| {
        let settings: Array1<f64> = shaped::<Ix1>("settings", settings)?;
        ensure!(
            settings.len() == 4 && settings.iter().all(|x| (0.0..65_536.0).contains(x) && x.fract() == 0.0),
            "expected settings of four whole numbers, found {settings}"
        );
        let setting = |at: usize| settings[at] as usize;
        let principal = Principal {
            mean: shaped::<Ix1>("mean", mean)?,
            directions: shaped::<Ix2>("directions", directions)?,
        };
        let deviations = shaped::<Ix1>("deviations", deviations)?;
        Ok(Features::new((setting(0), setting(1)), setting(2), setting(3), deviations, principal)?)
    })();
    Ok((features.with_context(|| format!("{}: write it with scatter --model", path.display()))?, record))
}

fn shaped<D: Dimension>(name: &str, array: ArrayD<f64>) -> anyhow::Result<ndarray::Array<f64, D>> {
    let shape = array.shape().to_vec();
    let wanted = D::NDIM.unwrap_or_default();
    array
        .into_dimensionality()
        .with_context(|| format!("expected {name} of {wanted} dimensions, found {shape:?}"))
}
