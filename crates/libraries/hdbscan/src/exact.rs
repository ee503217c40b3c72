//! Distances of points as they were given, in `f64`.

use kernels::squared_distance;
use ndarray::ArrayView2;
use rayon::prelude::*;
use umap::Metric;

use crate::space::{inverse_length, scaled};
use crate::value::Value;

/// Points in C order, and what cosine distances need of them.
pub(crate) struct Exact<'a, T> {
    points: ArrayView2<'a, T>,
    /// Inverse lengths of the points, if the metric is cosine.
    inverses: Vec<[f64; 2]>,
    metric: Metric,
}

impl<'a, T: Value> Exact<'a, T> {
    /// Prepares points `(n, d)` in C order.
    pub(crate) fn of(points: ArrayView2<'a, T>, metric: Metric) -> Self {
        let inverse = |i: usize| {
            let values: Vec<f64> = points.row(i).iter().map(|&x| x.into()).collect();
            inverse_length(&values)
        };
        let inverses = match metric {
            Metric::Euclidean => Vec::new(),
            Metric::Cosine => (0..points.nrows()).into_par_iter().map(inverse).collect(),
        };
        Self { points, inverses, metric }
    }

    /// Number of points.
    pub(crate) fn len(&self) -> usize {
        self.points.nrows()
    }

    /// Whether a point is all zeros and the metric compares directions.
    pub(crate) fn has_no_direction(&self, point: usize) -> bool {
        self.inverses.get(point) == Some(&[0.0; 2])
    }

    /// Whether the distance of two points is lost to the rounding of single precision.
    pub(crate) fn coincide(&self, a: usize, b: usize) -> bool {
        let largest = |row: usize| {
            let values = self.points.row(row).into_iter().map(|&x| x.into());
            values.fold(0.0_f64, |most, x: f64| most.max(x.abs()))
        };
        let unit = if self.metric == Metric::Cosine { 1.0 } else { largest(a).max(largest(b)) };
        self.distance(a, b) <= unit * f64::from(f32::EPSILON) * self.points.ncols() as f64
    }

    /// Computes the distance of two points.
    pub(crate) fn distance(&self, a: usize, b: usize) -> f64 {
        let d = self.points.ncols();
        let values = self.points.to_slice().unwrap_or_default();
        let (x, y) = (&values[a * d..][..d], &values[b * d..][..d]);
        match self.metric {
            Metric::Euclidean => squared_distance(x, y).sqrt(),
            Metric::Cosine => match (self.inverses[a], self.inverses[b]) {
                // Zeros have no direction.
                ([0.0, 0.0], [0.0, 0.0]) => 0.0,
                ([0.0, 0.0], _) | (_, [0.0, 0.0]) => 1.0,
                (p, q) => {
                    let difference = |(&x, &y): (&T, &T)| scaled(x.into(), p) - scaled(y.into(), q);
                    0.5 * x.iter().zip(y).map(|pair| difference(pair).powi(2)).sum::<f64>()
                }
            },
        }
    }
}
