//! Reads arrays of many dtypes and layouts, each as one type.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use ndarray::{Array1, Array2, ArrayD, ArrayView2, Axis};

use crate::elements::Elements;
use crate::error::{Refusal, number};
use crate::file::{most_unpacked, open, start_of};
use crate::format::Format;
use crate::hash::Hashing;
use crate::header::told;
use crate::npz::Npz;
use crate::points::{Images, Pixels, Points};
use crate::record::FileRecord;
use crate::{Error, Result};

/// Names that choose an array in an archive of several.
const POINTS: &[&str] = &["points", "x", "X", "data", "images"];
const IDS: &[&str] = &["assignments", "labels", "ids", "y"];
const WEIGHTS: &[&str] = &["weights", "sample_weight", "w"];

/// Reads points (n, d) of any integer or float dtype, or images (n, height, width), flattened.
///
/// Images of dtype `u1` are to be divided by 255, see [`Points::U8`]. Booleans are 0 and 1 in
/// either.
///
/// # Errors
/// A file that cannot be read or is no such array; no rows or columns; a value that is not finite
/// (the message names the first).
pub fn read_points(path: &Path) -> Result<(Points, FileRecord)> {
    let expected = "points: a number array of shape (n, d) or images (n, height, width)";
    let (elements, record) = read_elements(path, expected, POINTS)?;
    let gray_levels = record.shape.len() == 3 && !record.is_boolean();
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

/// Reads images (n, height, width) or (n, pixels). The dtype decides what a pixel stands for:
///
/// | dtype | pixel |
/// | --- | --- |
/// | boolean | 0 or 1 |
/// | `u1` | a gray level, to be divided by 255 where it is used; see [`Images::scale_warning`] |
/// | other integers, floats | the value as it is, as `f4` |
///
/// # Errors
/// As [`read_points`]; an image of doubles that are all too small for `f4`.
pub fn read_images(path: &Path) -> Result<(Images, FileRecord)> {
    let expected = "images: a number array of shape (n, height, width) or (n, pixels)";
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

/// Checks that no image becomes black or loses digits as `f4` because its values are too small. The
/// first image is row `first` of the file.
pub(crate) fn refuse_vanishing(path: &Path, images: ArrayView2<f64>, first: usize) -> Result<()> {
    for (row, image) in (first..).zip(images.outer_iter()) {
        let largest = image.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        if largest > 0.0 && largest < f64::from(f32::MIN_POSITIVE) {
            let found = format!("an image (row {row}) whose largest value is {largest:e}");
            return Err(Error::content(
                path,
                "images that f4 can hold",
                found,
                "scale the images up",
            ));
        }
    }
    Ok(())
}

/// Reads a matrix (rows, columns) of any number dtype as `f64`, all finite.
///
/// Starting centroids are an example.
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
/// The message of an error says that `expected` was expected.
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

/// Reads the array in an `.npy` file, plain or gzipped, or in an archive, where `names` choose it.
fn read_elements(path: &Path, expected: &str, names: &[&str]) -> Result<(Elements, FileRecord)> {
    let (file, length) = open(path)?;
    match Format::of(&start_of(path, &file)?) {
        Some(Format::Zip) => {
            let (archive, record) = Npz::read(path, &file, length)?;
            let (elements, header) = archive.only_array(names, expected)?;
            Ok((elements, FileRecord { dtype: Some(header.dtype), shape: header.shape, ..record }))
        }
        Some(Format::Gzip) => read_gzipped(path, file, length, expected),
        _ => {
            let mut reader = Hashing::new(BufReader::with_capacity(1 << 20, file));
            let (elements, header) = Elements::read(length, &mut reader)
                .map_err(|refusal| refusal.at(path, expected))?;
            let (_, bytes, sha256) = reader.finish();
            let (dtype, shape) = (Some(header.dtype), header.shape);
            Ok((
                elements,
                FileRecord { path: path.display().to_string(), dtype, shape, bytes, sha256 },
            ))
        }
    }
}

/// Reads the array in a gzipped `.npy` file of `length` bytes.
fn read_gzipped(
    path: &Path,
    file: File,
    length: u64,
    expected: &str,
) -> Result<(Elements, FileRecord)> {
    let mut reader = Hashing::new(BufReader::with_capacity(1 << 20, file));
    let (most, mut array) = (most_unpacked(length), Vec::new());
    let unpacked =
        MultiGzDecoder::new(&mut reader).take(most.saturating_add(1)).read_to_end(&mut array);
    let refusal = match unpacked {
        Err(error) => {
            Some(Refusal::new(format!("a damaged gzip file ({error})"), "write or copy it again"))
        }
        Ok(_) if array.len() as u64 > most => {
            let found = format!("more than {most} bytes in a gzip file that has a hundredth");
            Some(Refusal::new(found, "unpack it with gunzip"))
        }
        Ok(_) => None,
    };
    if let Some(refusal) = refusal {
        return Err(refusal.at(path, expected));
    }
    let (elements, header) = Elements::read(array.len() as u64, &mut array.as_slice())
        .map_err(|refusal| refusal.at(path, &format!("{expected} in a gzip file")))?;
    // The hash covers the whole file, also what follows the last member.
    io::copy(&mut reader, &mut io::sink()).map_err(|error| Error::read(path, error))?;
    let (_, bytes, sha256) = reader.finish();
    let (dtype, shape) = (Some(header.dtype), header.shape);
    Ok((elements, FileRecord { path: path.display().to_string(), dtype, shape, bytes, sha256 }))
}

/// Gives an array (n, d) as it is, and flattens the images of an array (n, height, width).
fn flatten<T: Clone>(path: &Path, array: ArrayD<T>, expected: &str) -> Result<Array2<T>> {
    let shape = array.shape().to_vec();
    let dim = rows_and_columns(&shape).ok_or_else(|| shape_error(path, expected, &shape))?;
    array.into_shape_with_order(dim).map_err(|_| shape_error(path, expected, &shape))
}

/// Gives the shape (n, d) of an array of points or images, if neither is 0.
pub(crate) fn rows_and_columns(shape: &[usize]) -> Option<(usize, usize)> {
    let (rows, columns) = match *shape {
        [rows, columns] => (rows, columns),
        [rows, height, width] => (rows, height.checked_mul(width)?),
        _ => return None,
    };
    (rows > 0 && columns > 0).then_some((rows, columns))
}

/// Makes the error for an array of another shape than `expected`.
pub(crate) fn shape_error(path: &Path, expected: &str, shape: &[usize]) -> Error {
    let found = format!("shape {}", told(shape));
    let cure = match shape {
        [] => "give an array of several values, not a single one",
        [0, ..] => "give at least one row",
        _ if shape.contains(&0) => "give at least one column",
        [_] => "reshape it, a single column is x.reshape(-1, 1)",
        [_, _] => "give one of its columns, such as x[:, 0]",
        _ => "reshape it, with x.reshape(len(x), -1)",
    };
    Error::content(path, expected, found, cure)
}

fn refuse_non_finite<T: Copy + Into<f64>>(path: &Path, matrix: ArrayView2<T>) -> Result<()> {
    for (row, values) in matrix.axis_iter(Axis(0)).enumerate() {
        if let Some(column) = values.iter().position(|&value| !value.into().is_finite()) {
            return Err(not_finite(path, values[column].into(), row, column));
        }
    }
    Ok(())
}

pub(crate) fn not_finite(path: &Path, value: f64, row: usize, column: usize) -> Error {
    let found = format!("{value} in row {row}, column {column}");
    let cure = "remove or replace such rows, with numpy.nan_to_num";
    Error::content(path, "finite numbers", found, cure)
}
