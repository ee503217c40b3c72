//! Copies of some points: those of positive weight, which alone take part in a fit, or others.

use ndarray::Array1;

use super::rows::{Rows, are_not_all_one};
use crate::error::Error;
use crate::scalar::Scalar;

/// Copies of some points.
pub(crate) struct Subset<F> {
    /// Shape `(m, d)`.
    values: Vec<F>,
    /// Shape `(m,)`, or empty if all weights are 1.
    weights: Vec<f64>,
    d: usize,
    scale: f64,
}

impl<F: Scalar> Subset<F> {
    /// Returns the copies as rows.
    pub(crate) fn rows(&self) -> Rows<'_, F> {
        let Self { values, weights, d, scale } = self;
        let weights = Some(&weights[..]).filter(|weights| are_not_all_one(weights));
        Rows { values, n: values.len() / d, d: *d, scale: *scale, weights }
    }
}

/// Copies of the points of positive weight of some [`Rows`], with their indices.
pub(crate) struct Weighted<F> {
    subset: Subset<F>,
    /// Indices of the points of positive weight, ascending.
    kept: Vec<usize>,
    /// Indices of the points of weight 0, ascending.
    left_out: Vec<usize>,
}

impl<F: Scalar> Rows<'_, F> {
    /// Copies the points of positive weight, or returns `None` if no weight is 0.
    ///
    /// A fit of the copy gives the same bytes as a fit of points that never included those of
    /// weight 0: they take part in no mean, unit, random draw or chunk of a sum.
    ///
    /// # Errors
    ///
    /// [`Error::TooFewWeighted`] if fewer than `k` points have positive weight.
    pub(crate) fn of_positive_weight(self, k: usize) -> Result<Option<Weighted<F>>, Error> {
        let Some(weights) = self.weights.filter(|weights| weights.contains(&0.0)) else {
            return Ok(None);
        };
        let (kept, left_out): (Vec<usize>, Vec<usize>) =
            (0..self.n).partition(|&i| weights[i] > 0.0);
        if kept.len() < k {
            return Err(Error::TooFewWeighted { n: kept.len(), k });
        }
        let subset = self.subset(&kept);
        Ok(Some(Weighted { subset, kept, left_out }))
    }

    /// Copies the points with indices `at`, with their weights.
    pub(crate) fn subset(self, at: &[usize]) -> Subset<F> {
        let weights =
            self.weights.map_or_else(Vec::new, |weights| at.iter().map(|&i| weights[i]).collect());
        Subset { values: self.gather(at), weights, d: self.d, scale: self.scale }
    }

    /// Copies the values of the points with indices `at`: shape `(at.len(), d)`.
    fn gather(self, at: &[usize]) -> Vec<F> {
        at.iter().flat_map(|&i| self.row(i)).copied().collect()
    }
}

impl<F: Scalar> Weighted<F> {
    /// Returns the points of positive weight as rows.
    pub(crate) fn rows(&self) -> Rows<'_, F> {
        self.subset.rows()
    }

    /// Selects the values of points of positive weight from `values` `(n,)` of all points.
    pub(crate) fn select(&self, values: &Array1<i32>) -> Array1<i32> {
        self.kept.iter().map(|&i| values[i]).collect()
    }

    /// Merges the labels of all points: `labels` `(kept,)`, and those `assign` gives to the rest.
    pub(crate) fn merge(
        &self,
        all: Rows<F>,
        labels: &Array1<i32>,
        assign: impl FnOnce(Rows<F>) -> Array1<i32>,
    ) -> Array1<i32> {
        let values = all.gather(&self.left_out);
        let (n, weights) = (self.left_out.len(), None);
        let others = assign(Rows { values: &values, n, weights, ..all });
        let mut merged = Array1::zeros(all.n);
        for (&i, &label) in self.kept.iter().zip(labels).chain(self.left_out.iter().zip(&others)) {
            merged[i] = label;
        }
        merged
    }
}
