//! Shapes of points and images, and checks of their values.

use std::path::Path;

use ndarray::{Array2, ArrayD, ArrayView2, Axis};

use crate::header::shape_text;
use crate::image_shape::{image_hint, is_single_picture};
use crate::{Error, Result};

/// Gives an array (n, d) as it is, and flattens the images of other arrays.
///
/// These are gray images (n, height, width), or images in color (n, height, width, 3), of which
/// the three values of a pixel stay side by side.
pub(crate) fn flatten<T: Clone>(
    path: &Path,
    array: ArrayD<T>,
    expected: &str,
) -> Result<Array2<T>> {
    let shape = array.shape().to_vec();
    let dim = rows_and_columns(&shape).ok_or_else(|| shape_error(path, expected, &shape))?;
    array.into_shape_with_order(dim).map_err(|_| shape_error(path, expected, &shape))
}

/// Gives the shape (n, d) of an array of points or images, if neither is 0.
pub(crate) fn rows_and_columns(shape: &[usize]) -> Option<(usize, usize)> {
    let (rows, columns) = match *shape {
        [rows, columns] => (rows, columns),
        _ if is_single_picture(shape) => return None,
        [rows, height, width] => (rows, height.checked_mul(width)?),
        [rows, height, width, 3] => (rows, height.checked_mul(width)?.checked_mul(3)?),
        _ => return None,
    };
    (rows > 0 && columns > 0).then_some((rows, columns))
}

/// Makes the error for an array of another shape than `expected`.
pub(crate) fn shape_error(path: &Path, expected: &str, shape: &[usize]) -> Error {
    let found = format!("shape {}", shape_text(shape));
    let hint = match shape {
        [] => "give an array of several values, not a single one",
        [0, ..] => "give at least one row",
        _ if shape.contains(&0) => "give at least one column",
        [_] => "reshape it, a single column is x.reshape(-1, 1)",
        [_, _] => "give one of its columns, such as x[:, 0]",
        _ => image_hint(shape).unwrap_or("reshape it, with x.reshape(len(x), -1)"),
    };
    Error::content(path, expected, found, hint)
}

/// Checks that all values are finite.
pub(crate) fn refuse_non_finite<T: Copy + Into<f64>>(
    path: &Path,
    matrix: ArrayView2<T>,
) -> Result<()> {
    for (row, values) in matrix.axis_iter(Axis(0)).enumerate() {
        if let Some(column) = values.iter().position(|&value| !value.into().is_finite()) {
            return Err(not_finite(path, values[column].into(), row, column));
        }
    }
    Ok(())
}

/// Makes the error for a value that is not finite.
pub(crate) fn not_finite(path: &Path, value: f64, row: usize, column: usize) -> Error {
    let found = format!("{value} in row {row}, column {column}");
    let hint = "remove or replace such rows, with numpy.nan_to_num";
    Error::content(path, "finite numbers", found, hint)
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
