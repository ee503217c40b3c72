//! Where the points lie: their mean, and how far each is from where all are measured from.

use std::sync::Arc;

use ndarray::Array2;

use super::distance::{squared_distance, squared_length};
use super::frame::{Frame, median};
use super::sketch::Sketch;
use crate::parallel::map_chunks;
use crate::points::Rows;
use crate::{Error, Scalar, Work};

/// What seeding, bounds and the tolerance need to know about the points, computed once for all starts.
pub(super) struct Spread<W> {
    /// Where the points are measured from.
    pub(super) frame: Arc<Frame<W>>,
    /// Mean of the points, all of the same weight, less the origin, shape `(d,)`, in the values of points.
    pub(super) mean: Vec<f64>,
    /// Squared distance of each point to the origin, shape `(n,)`, in the square of [`Frame::unit`].
    pub(super) norms: Vec<W>,
    /// Distance of the farthest point from the origin, in [`Frame::unit`].
    pub(super) longest: f64,
    /// Distance of the farthest point from the mean, in [`Frame::unit`].
    pub(super) radius: f64,
    /// Mean over the features of their variance (divided by n, as `numpy.var`), in the unit of models.
    pub(super) mean_variance: f64,
    /// Weighted sum over the points of their squared distance to the mean, in the unit of models.
    pub(super) inertia: f64,
    /// Images of the points, where they were asked for.
    pub(super) sketch: Option<Sketch>,
}

impl<W: Work> Spread<W> {
    /// Of `points` and, where a fit begins with these, of centroids `(k, d)` in the unit of models.
    ///
    /// Errors: [`Error::Magnitude`] when squared distances overflow.
    pub(super) fn of<F: Scalar<Work = W>>(
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
        let centre: Vec<f64> = mean.iter().map(|mean| mean * unit).collect();
        let mut norms = vec![W::ZERO; n];
        let chunks = crate::parallel::chunks(n, 0);
        let parts = crate::parallel::split_mut(&mut norms, &chunks, 1);
        let totals = crate::parallel::map(chunks.iter().cloned().zip(parts), |(rows, norms)| {
            let mut totals = Totals::default();
            for ((i, norm), point) in rows.clone().zip(norms).zip(points.iter(rows)) {
                let length = squared_length(point, origin, unit);
                *norm = W::narrow(length);
                totals.add(squared_distance(point, origin, unit, &centre), points.weight(i), length);
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
            sketch: None,
            frame: Arc::new(frame),
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

/// Mean of the differences of the points from `origin`, shape `(d,)`, and the largest of them.
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
