//! The sums that the M step needs, collected in the pass that computes the responsibilities.

use std::ops::Range;

use ndarray::{Array1, Array2, ArrayView2, Axis, s};

use super::covariance::{CovarianceType, Covariances};
use super::density::{Scratch, resize, subtract, widen};
use super::scatter::Scatter;
use crate::Scalar;
use crate::parallel::{blocks, map_chunks};
use crate::points::Rows;

/// Sums over the points x with responsibilities r, around reference means m.
///
/// scikit-learn first forms the new means and then goes through the points again for the covariances. Around
/// the means of the iteration before, which are near, one pass gives the same: see [`Scatter::covariances`].
pub(super) struct Moments {
    /// `sum r`, shape `(k,)`.
    weights: Array1<f64>,
    /// `sum r (x - m)`, shape `(k, d)`.
    shifts: Array2<f64>,
    scatter: Scatter,
    /// Sum over the points of what `fill` returned.
    pub(super) log_likelihood: f64,
}

/// Weights `(k,)`, means `(k, d)` and covariances that follow from moments.
pub(super) struct Parameters {
    pub(super) weights: Array1<f64>,
    pub(super) means: Array2<f64>,
    pub(super) covariances: Covariances,
}

impl Moments {
    /// The moments of all points around `means` `(k, d)`.
    ///
    /// `fill` gets the rows of a block and its points `(rows, d)`, writes their responsibilities `(rows, k)`
    /// and returns their log-likelihood.
    pub(super) fn of<F: Scalar>(
        points: Rows<F>,
        means: &Array2<f64>,
        kind: CovarianceType,
        fill: impl Fn(Range<usize>, ArrayView2<f64>, &mut Scratch, &mut Array2<f64>) -> f64 + Sync,
    ) -> Self {
        let bytes = Scatter::bytes(means.dim(), kind) + size_of::<f64>() * means.len();
        let partials = map_chunks(points.n(), bytes, |rows| {
            let mut partial = Self::zeros(means.dim(), kind);
            let mut scratch = Scratch::default();
            let (mut block, mut responsibilities) = Default::default();
            for rows in blocks(rows) {
                widen(points, rows.clone(), &mut block);
                resize(&mut responsibilities, (rows.len(), means.nrows()));
                partial.log_likelihood += fill(rows, block.view(), &mut scratch, &mut responsibilities);
                partial.add_block(&block, means, &responsibilities, &mut scratch);
            }
            partial
        });
        let mut total = Self::zeros(means.dim(), kind);
        partials.iter().for_each(|partial| total.merge(partial));
        total
    }

    fn zeros((k, d): (usize, usize), kind: CovarianceType) -> Self {
        Self {
            weights: Array1::zeros(k),
            shifts: Array2::zeros((k, d)),
            scatter: Scatter::zeros((k, d), kind),
            log_likelihood: 0.0,
        }
    }

    fn add_block(
        &mut self,
        block: &Array2<f64>,
        means: &Array2<f64>,
        responsibilities: &Array2<f64>,
        scratch: &mut Scratch,
    ) {
        let Scratch { differences, products: weighted } = scratch;
        self.weights += &responsibilities.sum_axis(Axis(0));
        for c in 0..means.nrows() {
            subtract(block.view(), means, c, differences);
            resize(weighted, block.dim());
            weighted.assign(differences);
            *weighted *= &responsibilities.slice(s![.., c..=c]);
            let mut shift = self.shifts.row_mut(c);
            shift += &weighted.sum_axis(Axis(0));
            self.scatter.add_block(c, differences, weighted);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.weights += &other.weights;
        self.shifts += &other.shifts;
        self.log_likelihood += other.log_likelihood;
        self.scatter.merge(&other.scatter);
    }

    /// The M step: parameters from moments around `means`.
    ///
    /// As scikit-learn, a component's weight is raised by 10 machine epsilons, so one that lost all its
    /// points divides by no zero: it keeps its mean, with `reg_covar` for a variance.
    pub(super) fn parameters(self, means: &Array2<f64>, kind: CovarianceType, reg_covar: f64) -> Parameters {
        let weights = self.weights + 10.0 * f64::EPSILON;
        let steps = &self.shifts / &weights.view().insert_axis(Axis(1));
        let covariances = self.scatter.covariances(&weights, &steps, kind, reg_covar);
        Parameters { weights: &weights / weights.sum(), means: means + &steps, covariances }
    }
}
