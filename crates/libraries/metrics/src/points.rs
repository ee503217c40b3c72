//! Checks, scales and distances of points, shared by the scores without labels.

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
                return Err(Error::NotFinite { row, column });
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

/// Returns the squared Euclidean distance.
///
/// Sums in eight independent lanes, so that the compiler can use wide registers.
#[inline(always)]
pub(crate) fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    let (a, a_tail) = a.as_chunks::<8>();
    let (b, b_tail) = b.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += (a - b) * (a - b);
        }
    }
    let tail = a_tail.iter().zip(b_tail).map(|(a, b)| (a - b) * (a - b));
    lanes.iter().sum::<f64>() + tail.sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squared_distance_uses_every_feature() {
        for d in 1..20 {
            let a: Vec<f64> = (0..d).map(f64::from).collect();
            let b: Vec<f64> = (0..d).map(|i| f64::from(i) - 2.0).collect();
            assert_eq!(squared_distance(&a, &b), 4.0 * f64::from(d));
        }
    }
}
