//! Where the points lie: their mean, and how far each is from it.

use ndarray::Array1;

use super::distance::squared_distance;
use super::sketch::Sketch;
use crate::parallel::map_chunks;
use crate::points::Rows;
use crate::{Error, Scalar, Work};

/// What seeding, bounds and the tolerance need to know about the points, computed once for all starts.
pub(super) struct Spread<W> {
    /// Mean of the points, all of the same weight, shape `(d,)`, in the unit of models.
    pub(super) mean: Array1<f64>,
    /// Squared distance of each point to the mean, shape `(n,)`, in the square of [`Rows::unit`].
    pub(super) norms: Vec<W>,
    /// The largest of these.
    pub(super) largest_norm: f64,
    /// Length of the longest point, in [`Rows::unit`].
    pub(super) longest: f64,
    /// Mean over the features of their variance (divided by n, as `numpy.var`), in the unit of models.
    pub(super) mean_variance: f64,
    /// Weighted sum over the points of their squared distance to the mean, in the unit of models.
    pub(super) inertia: f64,
    /// Images of the points, where they were asked for.
    pub(super) sketch: Option<Sketch>,
}

impl<W: Work> Spread<W> {
    /// Errors: [`Error::Magnitude`] when squared distances overflow.
    pub(super) fn of<F: Scalar<Work = W>>(points: Rows<F>) -> Result<Self, Error> {
        let (n, d) = (points.n(), points.d());
        let sum = sum(points);
        let centre: Vec<f64> = sum.iter().map(|sum| sum / n as f64 * points.unit()).collect();
        let zero = vec![0.0; d];
        let mut norms = vec![W::ZERO; n];
        let chunks = crate::parallel::chunks(n, 0);
        let parts = crate::parallel::split_mut(&mut norms, &chunks, 1);
        let totals = crate::parallel::map(chunks.iter().cloned().zip(parts), |(rows, norms)| {
            let mut totals = Totals::default();
            for ((i, norm), point) in rows.clone().zip(norms).zip(points.iter(rows)) {
                let value = squared_distance(point, points.unit(), &centre);
                *norm = W::narrow(value);
                totals.add(value, points.weight(i), squared_distance(point, points.unit(), &zero));
            }
            totals
        });
        let mut total = Totals::default();
        totals.iter().for_each(|part| total.merge(part));
        let unit = (points.scale() / points.unit()).powi(2);
        let mean_variance = total.plain * unit / (n * d) as f64;
        if !(mean_variance.is_finite() && (total.weighted * unit).is_finite()) {
            return Err(Error::Magnitude { spread: total.plain * unit });
        }
        Ok(Self {
            mean: sum.iter().map(|sum| sum / n as f64 * points.scale()).collect(),
            norms,
            largest_norm: total.largest,
            longest: total.longest.sqrt(),
            mean_variance,
            inertia: total.weighted * unit,
            sketch: None,
        })
    }
}

#[derive(Default)]
struct Totals {
    plain: f64,
    weighted: f64,
    largest: f64,
    longest: f64,
}

impl Totals {
    fn add(&mut self, norm: f64, weight: f64, length: f64) {
        self.plain += norm;
        self.weighted += weight * norm;
        self.largest = self.largest.max(norm);
        self.longest = self.longest.max(length);
    }

    fn merge(&mut self, other: &Self) {
        self.plain += other.plain;
        self.weighted += other.weighted;
        self.largest = self.largest.max(other.largest);
        self.longest = self.longest.max(other.longest);
    }
}

/// Sum of the points as they were given, shape `(d,)`.
fn sum<F: Scalar>(points: Rows<F>) -> Array1<f64> {
    let d = points.d();
    let sums = map_chunks(points.n(), size_of::<f64>() * d, |rows| {
        let mut sum = Array1::<f64>::zeros(d);
        for point in points.iter(rows) {
            for (sum, &x) in sum.iter_mut().zip(point) {
                let x: f64 = x.into();
                *sum += x;
            }
        }
        sum
    });
    sums.iter().fold(Array1::zeros(d), |total, sum| total + sum)
}
