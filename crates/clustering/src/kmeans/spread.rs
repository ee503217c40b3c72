//! Where the points lie: their mean, and how far each is from it.

use ndarray::Array1;

use super::distance::squared_distance;
use crate::parallel::map_chunks;
use crate::points::Points;
use crate::{Error, Scalar};

/// What k-means++ and the tolerance need to know about the points, computed once for all starts.
pub(super) struct Spread {
    /// Mean of the points, shape `(d,)`.
    pub(super) mean: Array1<f64>,
    /// Squared distance of each point to the mean, shape `(n,)`.
    pub(super) squared_norms: Vec<f64>,
}

impl Spread {
    /// Errors: [`Error::Magnitude`] when squared distances would overflow in the type of the points.
    pub(super) fn of<F: Scalar>(points: Points<F>) -> Result<Self, Error> {
        let mean = mean(points);
        let centre = mean.to_vec();
        let squared_norms = map_chunks(points.n(), 0, |rows| {
            points.iter(rows).map(|point| squared_distance(point, &centre)).collect::<Vec<_>>()
        });
        let squared_norms = squared_norms.concat();
        // Two points are at most twice as far from one another as from the mean; one factor 4 more leaves
        // room for the terms of a score.
        let spread = squared_norms.iter().copied().fold(0.0, f64::max);
        let largest: f64 = F::max_value().into();
        if spread.is_nan() || spread > largest / 16.0 || mean.iter().any(|value| !value.is_finite()) {
            return Err(Error::Magnitude { float: F::NAME, spread });
        }
        Ok(Self { mean, squared_norms })
    }

    /// Mean over the features of their variance (divided by n, as `numpy.var`).
    pub(super) fn mean_variance(&self) -> f64 {
        let values = self.squared_norms.len() * self.mean.len();
        self.squared_norms.iter().sum::<f64>() / values as f64
    }
}

fn mean<F: Scalar>(points: Points<F>) -> Array1<f64> {
    let d = points.d();
    let sums = map_chunks(points.n(), size_of::<f64>() * d, |rows| {
        let mut sum = Array1::<f64>::zeros(d);
        for point in points.iter(rows) {
            for (sum, &x) in sum.iter_mut().zip(point) {
                *sum += x.into();
            }
        }
        sum
    });
    let mut total = Array1::zeros(d);
    for sum in &sums {
        total += sum;
    }
    total / points.n() as f64
}
