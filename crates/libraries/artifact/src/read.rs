//! Reading arrays: lenient at the door, one type behind it.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use ndarray::{Array1, Array2, ArrayD, ArrayView2, Axis};

use crate::elements::Elements;
use crate::error::{Refusal, number};
use crate::format::{Format, START};
use crate::hash::{Hashing, sha256};
use crate::header::told;
use crate::npz::Npz;
use crate::{Error, FileRecord, Result};

/// What is compressed may always become as long as this.
const UNPACKED: u64 = 64 << 20;
/// Beyond it, longer than the file by this factor at most: numbers that were found do not shrink to a hundredth, and what does
/// is there to fill memory.
const MOST_COMPRESSED: u64 = 100;

/// Names by which an array is found in an archive of several.
const POINTS: &[&str] = &["points", "x", "X", "data", "images"];
const IDS: &[&str] = &["assignments", "labels", "ids", "y"];
const WEIGHTS: &[&str] = &["weights", "sample_weight", "w"];

/// Points to be clustered, (n, d), all finite.
#[derive(Debug, Clone, PartialEq)]
pub enum Points {
    /// From `u1` and booleans: each value stands for that many times `scale`, which is 1/255 for images of dtype `u1`, else 1.
    U8 {
        /// As in the file.
        values: Array2<u8>,
        /// What a value of 1 stands for.
        scale: f64,
    },
    /// From `f4` and `f2`.
    F32(Array2<f32>),
    /// From `f8` and integers.
    F64(Array2<f64>),
}

impl Points {
    /// (n, d)
    pub fn dim(&self) -> (usize, usize) {
        match self {
            Self::U8 { values, .. } => values.dim(),
            Self::F32(points) => points.dim(),
            Self::F64(points) => points.dim(),
        }
    }
}

/// Pixels of images, one image a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Pixels {
    /// Grey levels 0..=255, to be divided by 255 where they are used. Of booleans, which stand for 0 and 1, `true` is 255.
    U8(Array2<u8>),
    /// Of any other dtype, integers among them: taken as they are; all finite.
    F32(Array2<f32>),
}

/// Images with their rows flattened.
#[derive(Debug, Clone, PartialEq)]
pub struct Images {
    /// (n, height * width)
    pub pixels: Pixels,
}

impl Images {
    /// (n, pixels per image)
    pub fn dim(&self) -> (usize, usize) {
        match &self.pixels {
            Pixels::U8(pixels) => pixels.dim(),
            Pixels::F32(pixels) => pixels.dim(),
        }
    }
}

/// Points (n, d) of any integer or float dtype; or images (n, height, width), flattened, and to be divided by 255 when
/// `u1`, see [`Points::U8`]. Booleans are 0 and 1 in either.
///
/// # Errors
/// A file that cannot be read or is no such array; no rows or columns; a value that is not finite (the first is named).
pub fn read_points(path: &Path) -> Result<(Points, FileRecord)> {
    let expected = "points: a number array of shape (n, d) or images (n, height, width)";
    let (elements, record) = read_elements(path, expected, POINTS)?;
    let grey_levels = record.shape.len() == 3 && !is_boolean(&record);
    let points = match elements {
        Elements::U8(array) => Points::U8 {
            values: flatten(path, array, expected)?,
            scale: if grey_levels { 1.0 / 255.0 } else { 1.0 },
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

/// Images (n, height, width) or (n, pixels). What a pixel stands for depends on the dtype alone:
///
/// | dtype | pixel |
/// | --- | --- |
/// | boolean | 0 or 1 |
/// | `u1` | a grey level, to be divided by 255 where it is used; see [`Images::scale_warning`] |
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
            Pixels::U8(if is_boolean(&record) {
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

/// Refuses images that would become black as `f4`, or lose digits, because all of their values are
/// too small; `first` is the row of the file that the first of them is.
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

/// Whether the array holds booleans.
pub(crate) fn is_boolean(record: &FileRecord) -> bool {
    record.dtype.as_deref().is_some_and(|dtype| dtype.ends_with("b1"))
}

/// A matrix (rows, columns) of any number dtype as `f64`, all finite: starting centroids, say.
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

/// Numbers of any dtype and shape as `f64` in C order; what they are is `expected`, for the refusal.
///
/// # Errors
/// A file that cannot be read or holds no numbers.
pub fn read_numbers(path: &Path, expected: &str) -> Result<(ArrayD<f64>, FileRecord)> {
    let (elements, record) = read_elements(path, expected, POINTS)?;
    Ok((elements.into_f64(), record))
}

/// Class or cluster ids, one a row: an integer array of shape (n,) or (n, 1), or floats that hold whole numbers.
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

/// Weights of points, one a row: a number array of shape (n,) or (n, 1), as `f64`.
///
/// # Errors
/// A file that cannot be read or is no such array; no rows; a value that is not finite or is negative.
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

/// The whole of a small file that is not an array, with its record.
///
/// # Errors
/// A file that cannot be read.
pub fn read_bytes(path: &Path) -> Result<(Vec<u8>, FileRecord)> {
    let (file, length) = open(path)?;
    read_whole(path, &file, length)
}

/// The whole of a small text file, such as JSON or CSV, as UTF-8 without a byte-order mark, with its record. A file that begins with
/// the mark of UTF-16 is read as that.
///
/// # Errors
/// A file that cannot be read.
pub fn read_text(path: &Path) -> Result<(Vec<u8>, FileRecord)> {
    let (bytes, record) = read_bytes(path)?;
    let wide = |decode: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].as_chunks().0.iter().map(|&pair| decode(pair)).collect();
        String::from_utf16_lossy(&units).into_bytes()
    };
    let text = match bytes.as_slice() {
        [0xef, 0xbb, 0xbf, text @ ..] => text.to_vec(),
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        _ => bytes,
    };
    Ok((text, record))
}

/// The whole of a file that is open and `length` bytes long, with its record.
pub(crate) fn read_whole(
    path: &Path,
    mut file: &File,
    length: u64,
) -> Result<(Vec<u8>, FileRecord)> {
    let mut bytes = Vec::new();
    file.by_ref().take(length).read_to_end(&mut bytes).map_err(|error| Error::read(path, error))?;
    let record = FileRecord {
        path: path.display().to_string(),
        dtype: None,
        shape: Vec::new(),
        bytes: bytes.len() as u64,
        sha256: sha256(&bytes),
    };
    Ok((bytes, record))
}

/// Opens a regular file and says how long it is.
pub(crate) fn open(path: &Path) -> Result<(File, u64)> {
    // Asked before it is opened: opening a pipe waits for whoever writes to it.
    let metadata = std::fs::metadata(path).map_err(|error| Error::read(path, error))?;
    if !metadata.is_file() {
        let found = if metadata.is_dir() { "a folder" } else { "something that is not a file" };
        return Err(Error::content(path, "a file", found, "give the path of a file"));
    }
    let file = File::open(path).map_err(|error| Error::read(path, error))?;
    let length = file.metadata().map_err(|error| Error::read(path, error))?.len();
    Ok((file, length))
}

/// The first bytes of a file, fewer where it has no more.
pub(crate) fn start_of(path: &Path, file: &File) -> Result<Vec<u8>> {
    let mut start = vec![0; START];
    let length = file.read_at(&mut start, 0).map_err(|error| Error::read(path, error))?;
    start.truncate(length);
    Ok(start)
}

/// How long what is compressed in a file of this length may be.
pub(crate) fn most_unpacked(length: u64) -> u64 {
    UNPACKED.max(length.saturating_mul(MOST_COMPRESSED))
}

/// The array in a `.npy` file, in a gzipped one, or in an archive of one array or with one of these names.
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

/// The array in a gzipped `.npy` file of this length.
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
    // Whatever follows the last member is part of the file.
    io::copy(&mut reader, &mut io::sink()).map_err(|error| Error::read(path, error))?;
    let (_, bytes, sha256) = reader.finish();
    let (dtype, shape) = (Some(header.dtype), header.shape);
    Ok((elements, FileRecord { path: path.display().to_string(), dtype, shape, bytes, sha256 }))
}

/// (n, d) as it is, (n, height, width) with its images flattened; row-major either way.
fn flatten<T: Clone>(path: &Path, array: ArrayD<T>, expected: &str) -> Result<Array2<T>> {
    let shape = array.shape().to_vec();
    let dim = rows_and_columns(&shape).ok_or_else(|| shape_error(path, expected, &shape))?;
    array.into_shape_with_order(dim).map_err(|_| shape_error(path, expected, &shape))
}

/// (n, d), neither of them 0, of an array of points or images.
pub(crate) fn rows_and_columns(shape: &[usize]) -> Option<(usize, usize)> {
    let (rows, columns) = match *shape {
        [rows, columns] => (rows, columns),
        [rows, height, width] => (rows, height.checked_mul(width)?),
        _ => return None,
    };
    (rows > 0 && columns > 0).then_some((rows, columns))
}

/// An array of another shape than what was `expected`: (n, d) or (n, height, width), or (n,).
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
