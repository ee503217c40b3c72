//! Scattering features: an `.npz` archive.
//!
//! | array | dtype, shape | meaning |
//! | --- | --- | --- |
//! | `format_version` | i8 () | 1 for gray images, 2 for images in color |
//! | `height`, `width` | i8 () | sides of the images |
//! | `channels` | i8 () | 3 for images in color; models of gray images have no such array |
//! | `scales`, `angles` | i8 () | numbers of scales and angles of the wavelets |
//! | `deviations` | f8 (paths,) | what each path is divided by; in color paths of all planes |
//! | `mean` | f8 (values,) | mean of the scaled features |
//! | `components` | f8 (dims, values) | principal components that are kept |
//!
//! Files of before 0.1.0 have no `format_version`, called the components `directions`, and had one
//! array `settings` (4,) of height, width, scales and angles. Such files are read, too.

use std::ops::RangeInclusive;
use std::path::Path;

use anyhow::{Context, bail};
use artifact::{FileRecord, Npz, Outputs};
use ndarray::{Array1, ArrayD, Dimension, Ix1, Ix2, arr0};
use pca::Pca;
use scattering::{Channels, Features};

use crate::fields::{VERSION, as_whole, read_version, whole};

/// Version of the format for gray images, which programs of before color read, too.
const GRAY_VERSION: i64 = 1;

/// Newest version of the format, that of models in color.
const FORMAT_VERSION: i64 = 2;

/// The fields of one value, in the order of `settings` in files of before 0.1.0.
const SETTINGS: [&str; 4] = ["height", "width", "scales", "angles"];

/// The field of images in color.
const CHANNELS: &str = "channels";

/// Values of the settings, more than any image has pixels on a side.
const RANGE: RangeInclusive<i64> = 0..=65_535;

/// Adds the model of `features` to `outputs`.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use artifact::{Outputs, Provenance};
/// use ndarray::Array2;
/// use scattering::Params;
///
/// let path = folder.path().join("model.npz");
/// let images = Array2::from_shape_fn((4, 256), |(i, j)| ((i * 31 + j * 7) % 19) as f32);
/// let params = Params { dims: 2, ..Params::default() };
/// let features = scattering::fit(images.view(), (16, 16), &params, &mut |_| ())?.model;
/// let mut outputs = Outputs::new();
/// model_io::scattering::write(&mut outputs, &path, &features)?;
/// outputs.commit(Provenance::default())?;
/// assert!(path.exists());
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
/// The file cannot be written.
pub fn write(outputs: &mut Outputs, path: &Path, features: &Features) -> artifact::Result<()> {
    let (height, width) = features.size();
    outputs.npz(path, |archive| {
        let channels = features.channels();
        match channels {
            Channels::Gray => archive.add_array(VERSION, &arr0(GRAY_VERSION))?,
            Channels::Rgb => {
                archive.add_array(VERSION, &arr0(FORMAT_VERSION))?;
                archive.add_array(CHANNELS, &arr0(channels.count() as i64))?;
            }
        }
        for (name, value) in
            SETTINGS.iter().zip([height, width, features.scales(), features.angles()])
        {
            archive.add_array(*name, &arr0(value as i64))?;
        }
        archive.add_array("deviations", features.deviations())?;
        archive.add_array("mean", features.pca().mean())?;
        archive.add_array("components", features.pca().components())
    })
}

/// Reads a model, and the record of its file.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # use artifact::{Outputs, Provenance};
/// # use ndarray::Array2;
/// # use scattering::Params;
/// # let path = folder.path().join("model.npz");
/// # let images = Array2::from_shape_fn((4, 256), |(i, j)| ((i * 31 + j * 7) % 19) as f32);
/// # let params = Params { dims: 2, ..Params::default() };
/// # let features = scattering::fit(images.view(), (16, 16), &params, &mut |_| ())?.model;
/// # let mut outputs = Outputs::new();
/// # model_io::scattering::write(&mut outputs, &path, &features)?;
/// # outputs.commit(Provenance::default())?;
/// let (found, _) = model_io::scattering::read(&path)?;
/// assert_eq!(found.deviations(), features.deviations());
/// assert_eq!(found.pca().components(), features.pca().components());
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
/// A file that cannot be read, or that `encode-scattering --model` did not write.
pub fn read(path: &Path) -> anyhow::Result<(Features, FileRecord)> {
    let (mut archive, record) = Npz::open(path)?;
    let version = read_version(&mut archive, path, FORMAT_VERSION)?;
    let positional = version == 0 && archive.contains("settings");
    let components = if positional { "directions" } else { "components" };
    let (deviations, mean) = (archive.array("deviations")?, archive.array("mean")?);
    let component_rows = archive.array(components)?;
    let names: &[&str] = if positional { &["settings"] } else { &SETTINGS };
    let settings =
        names.iter().map(|name| archive.array(name)).collect::<artifact::Result<Vec<_>>>()?;
    let channels = match archive.contains(CHANNELS) {
        true => Some(archive.array(CHANNELS)?),
        false => None,
    };
    let features = (|| {
        let channels = match channels.map(|array| whole(CHANNELS, &array, RANGE)).transpose()? {
            None | Some(1) => Channels::Gray,
            Some(3) => Channels::Rgb,
            Some(found) => bail!("expected 1 or 3 channels, found {found}"),
        };
        let [height, width, scales, angles] = if positional {
            positional_settings(&settings[0])?
        } else {
            named_settings(&settings)?
        };
        let pca = Pca::from_parts(
            shaped::<Ix1>("mean", mean)?,
            shaped::<Ix2>(components, component_rows)?,
        )?;
        let deviations = shaped::<Ix1>("deviations", deviations)?;
        anyhow::Ok(Features::new((height, width), channels, scales, angles, deviations, pca)?)
    })();
    let about = || format!("{}: write it with encode-scattering --model", path.display());
    Ok((features.with_context(about)?, record))
}

/// Converts the fields of one value.
fn named_settings(arrays: &[ArrayD<f64>]) -> anyhow::Result<[usize; 4]> {
    let mut settings = [0; 4];
    for ((setting, name), array) in settings.iter_mut().zip(SETTINGS).zip(arrays) {
        *setting = whole(name, array, RANGE)? as usize;
    }
    Ok(settings)
}

/// Converts the array `settings` of files of before 0.1.0.
fn positional_settings(array: &ArrayD<f64>) -> anyhow::Result<[usize; 4]> {
    let found: Array1<f64> = shaped::<Ix1>("settings", array.clone())?;
    let settings: Option<Vec<usize>> =
        found.iter().map(|&x| Some(as_whole(x, &RANGE)? as usize)).collect();
    settings
        .and_then(|settings| settings.try_into().ok())
        .with_context(|| format!("expected settings of four whole numbers, found {found}"))
}

/// Gives `array` the number of dimensions of `D`.
fn shaped<D: Dimension>(name: &str, array: ArrayD<f64>) -> anyhow::Result<ndarray::Array<f64, D>> {
    let shape = array.shape().to_vec();
    let expected = D::NDIM.unwrap_or_default();
    array
        .into_dimensionality()
        .with_context(|| format!("expected {name} of {expected} dimensions, found {shape:?}"))
}
