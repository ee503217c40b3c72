//! Checks of parameters and arrays that k-means and mixtures share.

use ndarray::{Array, Array1, ArrayView2, Dimension};

use crate::error::Error;

/// Refuses a number of clusters k that n points cannot have.
///
/// # Errors
///
/// [`Error::Parameter`] unless k is in `1..=i32::MAX`, [`Error::TooFewPoints`] if n is below k.
pub(crate) fn check_k(n: usize, k: usize) -> Result<(), Error> {
    if k == 0 || i32::try_from(k).is_err() {
        return Err(Error::Parameter {
            name: "k",
            expected: "between 1 and 2147483647",
            found: k.to_string(),
        });
    }
    if n < k {
        return Err(Error::TooFewPoints { n, k });
    }
    Ok(())
}

/// Refuses a count of 0.
pub(crate) fn check_count(name: &'static str, value: usize) -> Result<(), Error> {
    if value == 0 {
        return Err(Error::Parameter { name, expected: "of at least 1", found: "0".into() });
    }
    Ok(())
}

/// Refuses a parameter that is negative or not finite.
pub(crate) fn check_not_negative(name: &'static str, value: f64) -> Result<(), Error> {
    if !(value.is_finite() && value >= 0.0) {
        return Err(Error::Parameter {
            name,
            expected: "finite and at least 0",
            found: value.to_string(),
        });
    }
    Ok(())
}

/// Refuses a matrix of parameters (centroids, means) that is empty or not finite.
pub(crate) fn check_matrix(what: &'static str, matrix: ArrayView2<f64>) -> Result<(), Error> {
    if matrix.is_empty() {
        return Err(Error::Empty { what, shape: matrix.shape().to_vec() });
    }
    match matrix.indexed_iter().find(|(_, value)| !value.is_finite()) {
        None => Ok(()),
        Some(((row, column), &value)) => Err(Error::NonFinite { what, row, column, value }),
    }
}

/// Refuses starting centers (centroids, means) that are not finite or not of `shape` `(k, d)`.
pub(crate) fn check_centers(
    what: &'static str,
    matrix: ArrayView2<f64>,
    shape: (usize, usize),
) -> Result<(), Error> {
    if matrix.dim() != shape {
        return Err(Error::Shape {
            what,
            expected: vec![shape.0, shape.1],
            found: matrix.shape().to_vec(),
        });
    }
    check_matrix(what, matrix)
}

/// Refuses assignments that are not `(n,)`, not in `-1..k`, or leave one of k clusters empty.
pub(crate) fn check_assignments(
    assignments: &Array1<i32>,
    (n, k): (usize, usize),
) -> Result<(), Error> {
    if assignments.len() != n {
        return Err(Error::Shape {
            what: "starting assignments",
            expected: vec![n],
            found: vec![assignments.len()],
        });
    }
    let mut sizes = vec![0_usize; k];
    for (row, &id) in assignments.iter().enumerate() {
        if id == -1 {
            continue;
        }
        let Some(size) = usize::try_from(id).ok().and_then(|id| sizes.get_mut(id)) else {
            return Err(Error::Assignments { k, found: format!("{id} in row {row}") });
        };
        *size += 1;
    }
    match sizes.iter().position(|&size| size == 0) {
        Some(empty) => Err(Error::Assignments { k, found: format!("no point in {empty}") }),
        None => Ok(()),
    }
}

/// Returns the array in C order, copied only if it is in another order.
///
/// Models keep their arrays in C order, because their rows are read as slices.
pub(crate) fn in_order<D: Dimension>(array: Array<f64, D>) -> Array<f64, D> {
    if array.is_standard_layout() { array } else { array.as_standard_layout().into_owned() }
}
