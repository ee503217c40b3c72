//! What all formats share: the version of a file, and fields of one value.

use std::ops::RangeInclusive;
use std::path::Path;

use anyhow::{Context, ensure};
use artifact::Npz;
use ndarray::ArrayD;

/// Name of the array that holds the version of a format.
pub(crate) const VERSION: &str = "format_version";

/// Reads the version of a model, whose format here has the version `known`.
///
/// Gives 0 for a file without `format_version`: other programs write those, and so did this
/// project before 0.1.0.
///
/// # Errors
/// A version that is no whole number from 1, or a newer one.
pub(crate) fn read_version(archive: &mut Npz, path: &Path, known: i64) -> anyhow::Result<i64> {
    if !archive.contains(VERSION) {
        return Ok(0);
    }
    let array = archive.array(VERSION)?;
    let version = whole(VERSION, &array, 1..=i64::from(i32::MAX))
        .with_context(|| format!("{}: write the model again", path.display()))?;
    ensure!(
        version <= known,
        "{}: expected a model of {VERSION} {known} or older, found {version}; read it with the \
         release that wrote it or a later one, or write the model again with this one",
        path.display()
    );
    Ok(version)
}

/// Converts an array of one element to its number.
///
/// # Errors
/// Another number of elements; a number that is not finite.
#[cfg(feature = "umap")]
pub(crate) fn number(name: &str, array: &ArrayD<f64>) -> anyhow::Result<f64> {
    let value = array.first().copied().filter(|value| array.len() == 1 && value.is_finite());
    value.with_context(|| {
        format!("expected {name} to be one finite number, found {}", describe(array))
    })
}

/// Converts an array of one element to its whole number, which must be in `range`.
///
/// # Errors
/// Another number of elements; a fraction, or a number out of `range`.
pub(crate) fn whole(
    name: &str,
    array: &ArrayD<f64>,
    range: RangeInclusive<i64>,
) -> anyhow::Result<i64> {
    let value = array.first().filter(|_| array.len() == 1);
    value.and_then(|&value| as_whole(value, &range)).with_context(|| {
        let (least, most) = range.into_inner();
        let found = describe(array);
        format!("expected {name} to be one whole number from {least} to {most}, found {found}")
    })
}

/// Converts `value` to an integer if it is a whole number in `range`.
pub(crate) fn as_whole(value: f64, range: &RangeInclusive<i64>) -> Option<i64> {
    let inside =
        value.fract() == 0.0 && (*range.start() as f64..=*range.end() as f64).contains(&value);
    inside.then_some(value as i64)
}

/// Describes an array for a message: its only value, or its shape.
fn describe(array: &ArrayD<f64>) -> String {
    match array.first() {
        Some(value) if array.len() == 1 => value.to_string(),
        _ => format!("an array of shape {:?}", array.shape()),
    }
}
