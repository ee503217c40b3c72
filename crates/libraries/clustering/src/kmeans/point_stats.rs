//! Statistics of the points: their mean, their spread and their lengths.

use std::sync::Arc;

use kernels::{centered_squared_distance, centered_squared_length};
use ndarray::Array2;

use super::code_error::Extent;
use super::frame::{Frame, median};
use super::projection::Projection;
use crate::parallel::map_chunks;
use crate::points::Rows;
use crate::{Error, Scalar, Work};

/// Statistics that seeding, bounds and the tolerance need, computed once for all starts.
pub(super) struct PointStats<W> {
    /// The origin and unit of the points.
    pub(super) frame: Arc<Frame<W>>,
    /// Unweighted mean of the points less the origin, shape `(d,)`, in the values of points.
    pub(super) mean: Vec<f64>,
    /// Squared length of each point from the origin, shape `(n,)`, in the square of
    /// [`Frame::unit`].
    pub(super) norms: Vec<W>,
    /// Distance of the farthest point from the origin, in [`Frame::unit`].
    pub(super) longest: f64,
    /// Distance of the farthest point from the mean, in [`Frame::unit`].
    pub(super) radius: f64,
    /// Mean over the features of the variance (divided by n, as `numpy.var`), in the unit of
    /// models.
    pub(super) mean_variance: f64,
    /// Weighted sum of the squared distances of the points to the mean, in the unit of models.
    pub(super) inertia: f64,
    /// Codes of the points, if they were computed.
    pub(super) projection: Option<Projection>,
}

impl<W: Work> PointStats<W> {
    /// Computes the statistics of `points`.
    ///
    /// `given` are the starting centroids `(k, d)` in the unit of models, if there are any: the
    /// unit has to fit them, too.
    ///
    /// # Errors
    ///
    /// [`Error::Magnitude`] if squared distances overflow.
    pub(super) fn compute<F: Scalar<Work = W>>(
        points: Rows<F>,
        given: Option<&Array2<f64>>,
    ) -> Result<Self, Error> {
        let (n, d) = (points.n(), points.d());
        let origin = median(points);
        let (mean, mut largest) = mean(points, &origin);
        if let Some(centroids) = given {
            let differences = centroids.rows().into_iter().flat_map(|centroid| {
                let difference = |(c, s): (&f64, &f64)| (c / points.scale() - s).abs();
                centroid.into_iter().zip(&origin).map(difference).collect::<Vec<_>>()
            });
            largest = differences.fold(largest, f64::max);
        }
        if !largest.is_finite() {
            return Err(Error::Magnitude { spread: f64::INFINITY });
        }
        let frame = Frame::new(origin, largest);
        let (origin, unit) = (frame.origin(), frame.unit());
        let center: Vec<f64> = mean.iter().map(|mean| mean * unit).collect();
        let mut norms = vec![W::ZERO; n];
        let chunks = crate::parallel::chunks(n, 0);
        let parts = crate::parallel::split_mut(&mut norms, &chunks, 1);
        let totals = crate::parallel::map(chunks.iter().cloned().zip(parts), |(rows, norms)| {
            let mut totals = Totals::default();
            for ((i, norm), point) in rows.clone().zip(norms).zip(points.iter(rows)) {
                let length = centered_squared_length(point, origin, unit);
                *norm = W::narrow(length);
                totals.add(
                    centered_squared_distance(point, origin, unit, &center),
                    points.weight(i),
                    length,
                );
            }
            totals
        });
        let mut total = Totals::default();
        totals.iter().for_each(|part| total.merge(part));
        let squared_unit = (points.scale() / unit).powi(2);
        let mean_variance = total.plain * squared_unit / (n * d) as f64;
        if !(mean_variance.is_finite() && (total.weighted * squared_unit).is_finite()) {
            return Err(Error::Magnitude { spread: total.plain * squared_unit });
        }
        Ok(Self {
            mean,
            norms,
            longest: total.longest.sqrt(),
            radius: total.largest.sqrt(),
            mean_variance,
            inertia: total.weighted * squared_unit,
            projection: None,
            frame: Arc::new(frame),
        })
    }

    /// Computes the codes of `points`, which these statistics are of. Points that are too short get
    /// none.
    pub(super) fn add_projection<F: Scalar<Work = W>>(&mut self, points: Rows<F>) {
        let extent = Extent { radius: self.radius, longest: self.longest };
        self.projection = Projection::fit(points, &self.frame, &self.mean, extent);
    }
}

/// Sums and maxima over a run of points.
#[derive(Default)]
struct Totals {
    /// Sum of the squared distances to the mean.
    plain: f64,
    /// The same sum, weighted.
    weighted: f64,
    /// Largest squared distance to the mean.
    largest: f64,
    /// Largest squared length.
    longest: f64,
}

impl Totals {
    /// Adds a point by its squared distance to the mean, weight and squared length.
    fn add(&mut self, norm: f64, weight: f64, length: f64) {
        self.plain += norm;
        self.weighted += weight * norm;
        self.largest = self.largest.max(norm);
        self.longest = self.longest.max(length);
    }

    /// Adds the totals of another run.
    fn merge(&mut self, other: &Self) {
        self.plain += other.plain;
        self.weighted += other.weighted;
        self.largest = self.largest.max(other.largest);
        self.longest = self.longest.max(other.longest);
    }
}

/// Returns the mean of the differences of the points from `origin`, shape `(d,)`, and the largest
/// difference.
fn mean<F: Scalar>(points: Rows<F>, origin: &[f64]) -> (Vec<f64>, f64) {
    let d = points.d();
    let parts = map_chunks(points.n(), 2 * size_of::<f64>() * d, |rows| {
        let (mut sum, mut largest) = (vec![0.0; d], vec![0.0; d]);
        for point in points.iter(rows) {
            let to = sum.iter_mut().zip(&mut largest);
            for ((sum, largest), (&x, s)) in to.zip(point.iter().zip(origin)) {
                let x: f64 = x.into();
                let difference = x - s;
                *sum += difference;
                if !F::BYTES {
                    let size = difference.abs();
                    *largest = if size > *largest { size } else { *largest };
                }
            }
        }
        (sum, largest)
    });
    let (mut mean, mut largest) = (vec![0.0; d], if F::BYTES { 255.0 } else { 0.0 });
    for (sum, of_part) in parts {
        mean.iter_mut().zip(sum).for_each(|(mean, sum)| *mean += sum);
        largest = of_part.into_iter().fold(largest, f64::max);
    }
    mean.iter_mut().for_each(|mean| *mean /= points.n() as f64);
    (mean, largest)
}
