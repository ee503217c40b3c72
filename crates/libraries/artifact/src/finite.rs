//! Checks that values are finite before a program writes them.

use std::path::Path;

use ndarray::ArrayView2;

use crate::{Error, Result};

/// Checks that all points `(n, d)` are finite, before they are written.
///
/// Row i was computed from row i of the file `input`, which the error names; `what` says what the
/// values are, in the plural, such as `features`.
///
/// ```
/// use std::path::Path;
///
/// use ndarray::array;
///
/// let path = Path::new("images.npy");
/// assert!(artifact::check_finite(path, "features", array![[0.0, 1.0]].view()).is_ok());
/// let error = artifact::check_finite(path, "features", array![[0.0], [f32::NAN]].view());
/// assert_eq!(
///     error.unwrap_err().to_string(),
///     "images.npy: expected rows with finite features, found NaN in column 0 of those of row 1; \
///      scale that row nearer to 1, or remove it"
/// );
/// ```
///
/// # Errors
/// The first value that is not finite.
pub fn check_finite<T: Copy + Into<f64>>(
    input: &Path,
    what: &str,
    points: ArrayView2<T>,
) -> Result<()> {
    check_finite_block(input, what, points, 0)
}

/// Checks a block of points as [`check_finite`] does; the first is row `first` of the file.
///
/// ```
/// use std::path::Path;
///
/// use ndarray::array;
///
/// let block = array![[0.0], [f32::NAN]];
/// let error = artifact::check_finite_block(Path::new("x.npy"), "features", block.view(), 10);
/// assert!(error.unwrap_err().to_string().contains("of row 11"));
/// ```
///
/// # Errors
/// The first value that is not finite.
pub fn check_finite_block<T: Copy + Into<f64>>(
    input: &Path,
    what: &str,
    points: ArrayView2<T>,
    first: usize,
) -> Result<()> {
    let values = points.indexed_iter().map(|(at, &value)| (at, value.into()));
    match values.into_iter().find(|(_, value): &(_, f64)| !value.is_finite()) {
        None => Ok(()),
        Some(((row, column), value)) => Err(Error::content(
            input,
            format!("rows with finite {what}"),
            format!("{value} in column {column} of those of row {}", first + row),
            "scale that row nearer to 1, or remove it",
        )),
    }
}
