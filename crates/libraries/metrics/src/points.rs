//! Checks and scales of points, shared by the scores without labels.

use ndarray::{ArrayView1, ArrayView2};

use crate::Error;
use crate::ids::check_assignments;

/// Checks that there are `n` assignments, all in range.
pub(crate) fn check_points(n: usize, assignments: ArrayView1<i64>) -> Result<(), Error> {
    if assignments.len() != n {
        return Err(Error::Points { points: n, assignments: assignments.len() });
    }
    check_assignments(assignments)
}

/// Returns the largest absolute value of `rows` of `points`.
///
/// # Errors
///
/// Fails on a value that is not finite.
pub(crate) fn max_abs<T: Copy + Into<f64>>(
    points: ArrayView2<T>,
    rows: &[usize],
) -> Result<f64, Error> {
    let mut largest = 0.0_f64;
    for &row in rows {
        for (column, &value) in points.row(row).iter().enumerate() {
            let value: f64 = value.into();
            if !value.is_finite() {
                return Err(Error::NonFinite { row, column });
            }
            largest = largest.max(value.abs());
        }
    }
    Ok(largest)
}

/// Returns a power of two that keeps squared differences within the range of `f64`.
///
/// Returns 1 if `largest` has a usual size.
pub(crate) fn scale(largest: f64) -> f64 {
    if largest == 0.0 || (1e-100..1e100).contains(&largest) {
        return 1.0;
    }
    // Both this number and its inverse have an exponent in this range.
    (-largest.log2().floor().clamp(-1000.0, 1000.0)).exp2()
}
