//! Reads points, images, ids and weights, whatever their dtype and layout.

use std::path::Path;

use ndarray::{Array1, Array2, ArrayD};

use crate::elements::Elements;
use crate::error::number;
use crate::layout::{flatten, refuse_non_finite, refuse_vanishing, shape_error};
use crate::points::{Images, Pixels, Points};
use crate::record::FileRecord;
use crate::source::read_elements;
use crate::{Error, Result};

/// Names that choose an array in an archive of several.
const POINTS: &[&str] = &["points", "x", "X", "data", "images"];
const IDS: &[&str] = &["assignments", "labels", "ids", "y"];
const WEIGHTS: &[&str] = &["weights", "sample_weight", "w"];

/// Description of arrays of images, for messages.
pub(crate) const IMAGES_EXPECTED: &str = "images: a number array of shape (n, height, width), \
    (n, height, width, 3) or (n, pixels)";

/// Reads points (n, d) of any integer or float dtype, or flattened images.
///
/// Images are (n, height, width), or (n, height, width, 3) in color.
///
/// Images of dtype `u1` are to be divided by 255, see [`Points::U8`]. Booleans are 0 and 1 in
/// either.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("points.npy");
/// # ndarray_npy::write_npy(&path, &ndarray::array![[[0_u8, 255]], [[51, 0]]])?;
/// let (points, record) = artifact::read_points(&path)?;
/// assert_eq!((points.dim(), record.shape), ((2, 2), vec![2, 1, 2]));
/// assert!(matches!(points, artifact::Points::U8 { scale, .. } if scale == 1.0 / 255.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A file that cannot be read or is no such array; no rows or columns; a value that is not finite
/// (the message names the first).
pub fn read_points(path: &Path) -> Result<(Points, FileRecord)> {
    let expected = "points: a number array of shape (n, d), or images (n, height, width) or \
                    (n, height, width, 3)";
    let (elements, record) = read_elements(path, expected, POINTS)?;
    let gray_levels = record.shape.len() > 2 && !record.is_boolean();
    let points = match elements {
        Elements::U8(array) => Points::U8 {
            values: flatten(path, array, expected)?,
            scale: if gray_levels { 1.0 / 255.0 } else { 1.0 },
        },
        Elements::I64(array) => {
            Points::F64(flatten(path, array, expected)?.mapv(|value| value as f64))
        }
        Elements::F32(array) => Points::F32(flatten(path, array, expected)?),
        Elements::F64(array) => Points::F64(flatten(path, array, expected)?),
    };
    match &points {
        Points::U8 { .. } => {}
        Points::F32(points) => refuse_non_finite(path, points.view())?,
        Points::F64(points) => refuse_non_finite(path, points.view())?,
    }
    Ok((points, record))
}

/// Reads images (n, height, width), (n, height, width, 3) or (n, pixels), flattened.
///
/// The dtype decides what a value stands for:
///
/// | dtype | value of a pixel |
/// | --- | --- |
/// | boolean | 0 or 1 |
/// | `u1` | a level, to be divided by 255 where it is used; see [`Images::scale_warning`] |
/// | other integers, floats | the value as it is, as `f4` |
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("points.npy");
/// # ndarray_npy::write_npy(&path, &ndarray::array![[[0_u8, 255]], [[51, 0]]])?;
/// let (images, _) = artifact::read_images(&path)?;
/// assert_eq!(images.pixels, artifact::Pixels::U8(ndarray::array![[0, 255], [51, 0]]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Fails as [`read_points`] does, or if the largest value of an image of `f8` is below the smallest
/// normal `f4`.
pub fn read_images(path: &Path) -> Result<(Images, FileRecord)> {
    let expected = IMAGES_EXPECTED;
    let (elements, record) = read_elements(path, expected, POINTS)?;
    let pixels = match elements {
        Elements::U8(array) => {
            let levels = flatten(path, array, expected)?;
            Pixels::U8(if record.is_boolean() {
                levels.mapv_into(|level| 255 * level)
            } else {
                levels
            })
        }
        Elements::I64(array) => {
            Pixels::F32(flatten(path, array, expected)?.mapv(|value| value as f32))
        }
        Elements::F32(array) => Pixels::F32(flatten(path, array, expected)?),
        Elements::F64(array) => {
            let values = flatten(path, array, expected)?;
            refuse_vanishing(path, values.view(), 0)?;
            Pixels::F32(values.mapv(|value| value as f32))
        }
    };
    if let Pixels::F32(pixels) = &pixels {
        refuse_non_finite(path, pixels.view())?;
    }
    Ok((Images { pixels }, record))
}

/// Reads a matrix (rows, columns) of any number dtype as `f64`, all finite.
///
/// Starting centroids are an example.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("start.npy");
/// # ndarray_npy::write_npy(&path, &ndarray::array![[0_i32, 1], [2, 3]])?;
/// let (matrix, _) = artifact::read_matrix(&path)?;
/// assert_eq!(matrix, ndarray::array![[0.0, 1.0], [2.0, 3.0]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`read_points`].
pub fn read_matrix(path: &Path) -> Result<(Array2<f64>, FileRecord)> {
    let (points, record) = read_points(path)?;
    let matrix = match points {
        Points::U8 { values, scale } => values.mapv(|value| f64::from(value) * scale),
        Points::F32(points) => points.mapv(f64::from),
        Points::F64(points) => points,
    };
    Ok((matrix, record))
}

/// Reads numbers of any dtype and shape as `f64` in C order.
///
/// `expected` describes the array in error messages.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("certainty.npy");
/// # ndarray_npy::write_npy(&path, &ndarray::array![0.5_f32, 1.0])?;
/// let (numbers, _) = artifact::read_numbers(&path, "numbers: one for each point")?;
/// assert_eq!(numbers, ndarray::array![0.5, 1.0].into_dyn());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A file that cannot be read or holds no numbers.
pub fn read_numbers(path: &Path, expected: &str) -> Result<(ArrayD<f64>, FileRecord)> {
    let (elements, record) = read_elements(path, expected, POINTS)?;
    Ok((elements.into_f64(), record))
}

/// Reads class or cluster ids, one a row.
///
/// The array is of integers, or of floats that hold whole numbers, of shape (n,) or (n, 1).
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("ids.npy");
/// # ndarray_npy::write_npy(&path, &ndarray::array![2.0_f32, 0.0, -1.0])?;
/// assert_eq!(artifact::read_ids(&path)?.0, ndarray::array![2, 0, -1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A file that cannot be read or is no such array; no rows; a fraction.
pub fn read_ids(path: &Path) -> Result<(Array1<i64>, FileRecord)> {
    let expected = "ids: an integer array of shape (n,)";
    let (elements, record) = read_elements(path, expected, IDS)?;
    let one_column = matches!(record.shape.as_slice(), [n] | [n, 1] if *n > 0);
    if !one_column {
        return Err(shape_error(path, expected, &record.shape));
    }
    let whole = |(row, value): (usize, f64)| {
        let fits = value.fract() == 0.0 && value.abs() < 9.0e15;
        fits.then_some(value as i64).ok_or_else(|| {
            let found = format!("{} in row {row}", number(value));
            Error::content(path, expected, found, "give whole numbers")
        })
    };
    let ids: Array1<i64> = match elements {
        Elements::U8(array) => array.iter().map(|&id| i64::from(id)).collect(),
        Elements::I64(array) => array.iter().copied().collect(),
        Elements::F32(array) => {
            array.iter().map(|&id| f64::from(id)).enumerate().map(whole).collect::<Result<_>>()?
        }
        Elements::F64(array) => {
            array.iter().copied().enumerate().map(whole).collect::<Result<_>>()?
        }
    };
    Ok((ids, record))
}

/// Reads weights of points, one a row: numbers of shape (n,) or (n, 1), as `f64`.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("weights.npy");
/// # ndarray_npy::write_npy(&path, &ndarray::array![1_u8, 0, 3])?;
/// assert_eq!(artifact::read_weights(&path)?.0, ndarray::array![1.0, 0.0, 3.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A file that cannot be read or is no such array; no rows; a value that is negative or not finite.
pub fn read_weights(path: &Path) -> Result<(Array1<f64>, FileRecord)> {
    let expected = "weights: a number array of shape (n,), at least 0";
    let (elements, record) = read_elements(path, expected, WEIGHTS)?;
    let one_column = matches!(record.shape.as_slice(), [n] | [n, 1] if *n > 0);
    if !one_column {
        return Err(shape_error(path, expected, &record.shape));
    }
    let weights: Array1<f64> = match elements {
        Elements::U8(array) => array.iter().map(|&weight| f64::from(weight)).collect(),
        Elements::I64(array) => array.iter().map(|&weight| weight as f64).collect(),
        Elements::F32(array) => array.iter().map(|&weight| f64::from(weight)).collect(),
        Elements::F64(array) => array.iter().copied().collect(),
    };
    match weights.iter().enumerate().find(|(_, weight)| !(weight.is_finite() && **weight >= 0.0)) {
        None => Ok((weights, record)),
        Some((row, weight)) => {
            let found = format!("{} in row {row}", number(*weight));
            Err(Error::content(
                path,
                expected,
                found,
                "replace that value, with 0 to leave the point out",
            ))
        }
    }
}
