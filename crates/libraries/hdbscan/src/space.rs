//! The distinct rows of points, on which the tree grows.

use std::cmp::Ordering;

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;
use umap::{Frame, Metric};

use crate::error::{Error, Result};
use crate::value::Value;

/// Lengths whose squares `f64` holds with all digits.
const PLAIN_LENGTHS: std::ops::RangeInclusive<f64> = 1e-140..=1e140;

/// Distinct rows whose Euclidean distances are those of a metric, up to a factor or half a square.
///
/// Copies of a point are one row. They are as near to all others as the point, so the minimum
/// spanning tree has an edge from the point to each copy, as long as its core distance.
pub(crate) struct Space {
    /// Shape `(m, width)`, in the order of the first point of each row.
    pub(crate) rows: Array2<f32>,
    /// The row of each of the n points.
    pub(crate) row_of: Vec<u32>,
    /// The first point of each row.
    pub(crate) firsts: Vec<u32>,
    /// The number of points of each row.
    pub(crate) counts: Vec<u32>,
}

impl Space {
    /// Collects the distinct rows of `mapped` points `(n, width)`.
    pub(crate) fn of(mapped: Array2<f32>) -> Self {
        // Distances are computed from slices of rows.
        let mapped = if mapped.is_standard_layout() {
            mapped
        } else {
            mapped.as_standard_layout().into_owned()
        };
        let first = first_equal(mapped.view());
        let (mut row_of, mut firsts, mut counts) = (Vec::new(), Vec::new(), Vec::new());
        for (i, &first) in first.iter().enumerate() {
            let row = if first as usize == i {
                firsts.push(i as u32);
                counts.push(0);
                firsts.len() as u32 - 1
            } else {
                row_of[first as usize]
            };
            counts[row as usize] += 1;
            row_of.push(row);
        }
        let rows = if firsts.len() == row_of.len() {
            mapped
        } else {
            let firsts: Vec<usize> = firsts.iter().map(|&first| first as usize).collect();
            mapped.select(Axis(0), &firsts)
        };
        Self { rows, row_of, firsts, counts }
    }

    /// Number of distinct rows.
    pub(crate) fn len(&self) -> usize {
        self.firsts.len()
    }
}

/// Checks that all values are finite.
///
/// # Errors
/// [`Error::NonFinite`] for the first value that is not.
pub(crate) fn check_finite<T: Value>(points: ArrayView2<T>) -> Result<()> {
    let mut values = points.indexed_iter().map(|(at, &value)| (at, value.into()));
    match values.find(|(_, value): &(_, f64)| !value.is_finite()) {
        Some(((row, column), value)) => Err(Error::NonFinite { row, column, value }),
        None => Ok(()),
    }
}

/// Maps finite points `(n, d)` so that Euclidean distances order them as `metric` does.
///
/// Returns them with the frame that they are in.
///
/// # Errors
/// Points that no frame holds.
pub(crate) fn map<T: Value>(points: ArrayView2<T>, metric: Metric) -> Result<(Array2<f32>, Frame)> {
    match metric {
        Metric::Euclidean => T::narrow(points),
        Metric::Cosine => Ok((unit_rows(points), Frame::identity(points.ncols(), Metric::Cosine))),
    }
}

/// Scales points to length 1, and appends a column in which zeros are 1 and all others 0.
///
/// So zeros, which have no direction, are at a right angle to all other points.
pub(crate) fn unit_rows<T: Value>(points: ArrayView2<T>) -> Array2<f32> {
    let (n, d) = points.dim();
    let mut unit = Array2::zeros((n, d + 1));
    unit.axis_iter_mut(Axis(0)).into_par_iter().zip(points.axis_iter(Axis(0))).for_each(
        |(mut to, point)| {
            let values: Vec<f64> = point.iter().map(|&x| x.into()).collect();
            let inverse = inverse_length(&values);
            let length = values.iter().map(|x| x * x).sum::<f64>().sqrt();
            // As umap divides, so that the same points are equal.
            let plain = PLAIN_LENGTHS.contains(&length);
            let unit = |x: f64| if plain { x / length } else { scaled(x, inverse) };
            to.iter_mut().zip(&values).for_each(|(to, &x)| *to = unit(x) as f32 + 0.0);
            to[d] = if inverse == [0.0; 2] { 1.0 } else { 0.0 };
        },
    );
    unit
}

/// Computes the inverse of the length of a vector as two factors; zeros for a vector of zeros.
///
/// The first factor brings the largest value to 1, so that no square overflows.
pub(crate) fn inverse_length(values: &[f64]) -> [f64; 2] {
    let largest = values.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    // Smaller ones have no inverse.
    if largest < f64::MIN_POSITIVE {
        return [0.0; 2];
    }
    let length = values.iter().map(|x| (x / largest).powi(2)).sum::<f64>().sqrt();
    [1.0 / largest, 1.0 / length]
}

/// Multiplies a value by both factors of [`inverse_length`].
pub(crate) fn scaled(x: f64, inverse: [f64; 2]) -> f64 {
    x * inverse[0] * inverse[1]
}

/// Finds for each row the first row that is equal to it; 0 and -0 are equal.
fn first_equal(points: ArrayView2<f32>) -> Vec<u32> {
    let order = |a: &u32, b: &u32| {
        let (a_row, b_row) = (points.row(*a as usize), points.row(*b as usize));
        let differing = a_row.iter().zip(b_row).find(|(a, b)| a != b);
        differing.map_or(Ordering::Equal, |(a, b)| a.total_cmp(b))
    };
    let mut sorted: Vec<u32> = (0..points.nrows() as u32).collect();
    sorted.par_sort_unstable_by(|a, b| order(a, b).then(a.cmp(b)));
    let mut first = vec![0; sorted.len()];
    for same in sorted.chunk_by(|a, b| order(a, b) == Ordering::Equal) {
        same.iter().for_each(|&i| first[i as usize] = same[0]);
    }
    first
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn equal_rows_are_one() {
        let space = Space::of(array![[1.0, 0.0], [2.0, 1.0], [1.0, -0.0], [2.0, 1.0], [0.0, 0.0]]);
        assert_eq!(space.row_of, [0, 1, 0, 1, 2]);
        assert_eq!((space.firsts, space.counts), (vec![0, 1, 4], vec![2, 2, 1]));
        assert_eq!(space.rows, array![[1.0, 0.0], [2.0, 1.0], [0.0, 0.0]]);
    }

    #[test]
    fn zeros_are_at_a_right_angle_to_all_others() {
        let unit = unit_rows(array![[3e200, 4e200], [0.0, 0.0], [-1e-200, 0.0]].view());
        assert_eq!(unit, array![[0.6, 0.8, 0.0], [0.0, 0.0, 1.0], [-1.0, 0.0, 0.0]]);
    }
}
