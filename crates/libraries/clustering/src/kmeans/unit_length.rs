//! Points and centroids of unit length, for spherical k-means.

use kernels::Float;
use kernels::centered_squared_length;
use ndarray::{Array2, ArrayView1};

use crate::check::in_order;
use crate::parallel::{map, pieces, split_mut};
use crate::points::Rows;
use crate::{Error, Scalar, Work};

/// Largest error of a squared length of 1 that rounding may have made, for any number of features.
const UNIT_ERROR: f64 = 1e-9;

/// Roundings of a coordinate by which the mean of unit vectors may differ from zero by chance.
const CHANCE: f64 = 4.0;

/// Scales each point to unit length: the values `(n, d)`, in the type of distances.
///
/// A point depends on no other, so a new one is scaled as those of a fit were.
///
/// # Errors
///
/// [`Error::NoDirection`] with the first point of zeros alone.
pub(super) fn unit_rows<F: Scalar>(points: Rows<F>) -> Result<Vec<F::Work>, Error> {
    let (n, d) = (points.n(), points.d());
    let mut values = vec![F::Work::ZERO; n * d];
    let chunks = pieces(n, d);
    let parts = split_mut(&mut values, &chunks, d);
    let scale = |(rows, part): (std::ops::Range<usize>, &mut [F::Work])| {
        let zero = vec![0.0; d];
        for ((row, point), to) in rows.clone().zip(points.iter(rows)).zip(part.chunks_exact_mut(d))
        {
            let Some((unit, length)) = length(point, &zero) else {
                return Err(Error::NoDirection { what: "points", row });
            };
            for (to, &x) in to.iter_mut().zip(point) {
                *to = F::Work::narrow(x.into() * unit / length);
            }
        }
        Ok(())
    };
    map(chunks.iter().cloned().zip(parts), scale).into_iter().collect::<Result<(), Error>>()?;
    Ok(values)
}

/// Scales each of `centroids` `(k, d)` to unit length, in C order.
///
/// Points that have unit length but for rounding stay as they are, so that a model that is read is
/// the one that was written.
///
/// # Errors
///
/// [`Error::NoDirection`] with the first row of zeros alone; `what` names the centroids.
pub(super) fn unit_centroids(
    centroids: Array2<f64>,
    what: &'static str,
) -> Result<Array2<f64>, Error> {
    let mut centroids = in_order(centroids);
    let zero = vec![0.0; centroids.ncols()];
    for (row, mut centroid) in centroids.outer_iter_mut().enumerate() {
        let found = centroid.as_slice().and_then(|values| length(values, &zero));
        let Some((unit, length)) = found else {
            return Err(Error::NoDirection { what, row });
        };
        if unit != 1.0 || (length * length - 1.0).abs() > UNIT_ERROR {
            centroid.mapv_inplace(|value| value * unit / length);
        }
    }
    Ok(centroids)
}

/// Returns the length of a vector in a unit that keeps its square in range, and that unit.
///
/// The unit is a power of two, 1 for vectors of usual length. `None` for zeros alone.
fn length<F: Scalar>(vector: &[F], zero: &[f64]) -> Option<(f64, f64)> {
    /// Squares in this range keep all their digits.
    const SAFE_SQUARES: std::ops::Range<f64> = 1e-200..1e200;
    let square = centered_squared_length(vector, zero, 1.0);
    if SAFE_SQUARES.contains(&square) {
        return Some((1.0, square.sqrt()));
    }
    let largest = vector.iter().map(|&x| x.into().abs()).fold(0.0, f64::max);
    if largest == 0.0 {
        return None;
    }
    let unit = (-largest.log2().floor().clamp(-1000.0, 1000.0)).exp2();
    Some((unit, centered_squared_length(vector, zero, unit).sqrt()))
}

/// Scales the means of clusters to unit length: `(k, d)`, as differences from `origin` `(d,)`.
///
/// A mean of zero but for rounding, as of points that lie opposite one another, has no direction.
/// Its centroid stays where it was, at that row of `before` `(k, d)`: no direction is better. W is
/// the type of the points.
pub(super) fn directions<W: Work>(
    means: &Array2<f64>,
    origin: &[f64],
    before: &Array2<f64>,
) -> Array2<f64> {
    let mut moved = means.clone();
    for (mut row, before) in moved.outer_iter_mut().zip(before.outer_iter()) {
        let mean: Vec<f64> = row.iter().zip(origin).map(|(difference, s)| difference + s).collect();
        let length = mean.iter().map(|value| value * value).sum::<f64>().sqrt();
        if length <= CHANCE * W::ROUNDING {
            row.assign(&before);
        } else {
            for (to, (value, s)) in row.iter_mut().zip(mean.iter().zip(origin)) {
                *to = value / length - s;
            }
        }
    }
    moved
}

/// Computes what the inertia grows by if centroids are moved from the means of their clusters.
///
/// `means` and `centroids` have shape `(k, d)`, `weights` are those of the clusters, `(k,)`.
pub(super) fn growth(means: &Array2<f64>, centroids: &Array2<f64>, weights: &[f64]) -> f64 {
    let square = |(mean, centroid): (ArrayView1<f64>, ArrayView1<f64>)| {
        mean.iter().zip(centroid).map(|(a, b)| (a - b) * (a - b)).sum::<f64>()
    };
    let squares = means.outer_iter().zip(centroids.outer_iter()).map(square);
    squares.zip(weights).map(|(square, weight)| weight * square).sum()
}
