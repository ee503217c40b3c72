//! Points measured from an origin among them, so that points far from zero lose no digits.

use ndarray::Array1;

use crate::parallel::map_chunks;
use crate::points::Rows;
use crate::scalar::Scalar;

/// Most points in the sample whose median is the origin.
const SAMPLE: usize = 255;

/// Points scaled to the unit of models and measured from an origin.
#[derive(Clone, Copy)]
pub(super) struct Centered<'a, F> {
    rows: Rows<'a, F>,
    /// Shape `(d,)`.
    origin: &'a [f64],
}

impl<'a, F: Scalar> Centered<'a, F> {
    /// Measures `rows` from `origin` `(d,)`.
    pub(super) fn new(rows: Rows<'a, F>, origin: &'a [f64]) -> Self {
        Self { rows, origin }
    }

    /// Returns the points as they were given.
    pub(super) fn rows(self) -> Rows<'a, F> {
        self.rows
    }

    /// Returns the origin, shape `(d,)`.
    pub(super) fn origin(self) -> &'a [f64] {
        self.origin
    }

    /// Returns the number of points.
    pub(super) fn n(self) -> usize {
        self.rows.n()
    }

    /// Returns the number of features.
    pub(super) fn d(self) -> usize {
        self.rows.d()
    }

    /// Iterates over the centered values of point `i`.
    #[inline(always)]
    pub(super) fn values(self, i: usize) -> impl Iterator<Item = f64> {
        let scale = self.rows.scale();
        self.rows.row(i).iter().zip(self.origin).map(move |(&x, origin)| x.into() * scale - origin)
    }
}

/// Chooses an origin for `points`, shape `(d,)`.
///
/// In each feature it is the median of a sample, or 0 if a difference from the median would be
/// rounded. Differences are rounded only if zero is as close to the points as they are to one
/// another, and then no precision is lost by measuring from zero. For bytes it is always 0.
///
/// If all points are moved by the same distance without rounding, the origin moves by as much and
/// the differences from it stay the same, so that a fit is the same to the last bit.
pub(super) fn origin<F: Scalar>(points: Rows<F>) -> Array1<f64> {
    let (n, d, scale) = (points.n(), points.d(), points.scale());
    if F::BYTES {
        return Array1::zeros(d);
    }
    let count = n.min(SAMPLE);
    let sample: Vec<&[F]> = (0..count)
        .map(|at| points.row((at as u128 * n as u128 / count as u128) as usize))
        .collect();
    let mut column = vec![0.0; count];
    let mut origin = Array1::from_shape_fn(d, |i| {
        column.iter_mut().zip(&sample).for_each(|(value, row)| *value = row[i].into() * scale);
        *column.select_nth_unstable_by(count / 2, f64::total_cmp).1
    });
    let exact = map_chunks(n, 0, |rows| {
        let mut exact = vec![true; d];
        for row in points.iter(rows) {
            for ((exact, &x), &origin) in exact.iter_mut().zip(row).zip(&origin) {
                *exact &= difference_is_exact(x.into() * scale, origin);
            }
        }
        exact
    });
    for exact in exact {
        origin
            .iter_mut()
            .zip(exact)
            .filter(|(_, exact)| !exact)
            .for_each(|(origin, _)| *origin = 0.0);
    }
    origin
}

/// Returns whether `a - b` is exact, by Knuth's two-sum, which computes the rounding error.
fn difference_is_exact(a: f64, b: f64) -> bool {
    let difference = a - b;
    let b_seen = a - difference;
    let a_seen = difference + b_seen;
    (b_seen - b) + (a - a_seen) == 0.0
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;
    use crate::points::Points;

    fn origin_of(array: &Array2<f64>) -> Array1<f64> {
        let points = Points::from(array);
        let array = points.in_order();
        origin(Rows::new(&points, &array).expect("finite points"))
    }

    #[test]
    fn an_origin_moves_with_the_points() {
        let points = Array2::from_shape_fn((1000, 3), |(i, j)| ((i * (j + 3)) % 97) as f64 / 8.0);
        let first = origin_of(&points);
        assert!(first.iter().all(|x| *x > 2.0 && *x < 10.0), "{first}");
        for distance in [-3.0, 1e8, -35_184_372_088_832.0] {
            assert_eq!(origin_of(&(&points + distance)), &first + distance);
        }
    }

    #[test]
    fn an_origin_takes_no_digits() {
        // In the first column a difference from the median would be rounded.
        let points = array![[1e-9, 1.0], [1e8, 2.0], [1e8, 3.0]];
        assert_eq!(origin_of(&points), array![0.0, 2.0]);
    }
}
