//! Log densities of all components on a block of points: the heart of the E step.

use std::ops::Range;

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::cholesky::Factors;
use super::covariance::Covariances;
use crate::points::Rows;
use crate::{Error, Scalar};

/// What is needed to evaluate `ln weight + ln N(x; mean, covariance)` for every component.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Densities {
    /// Shape `(k, d)`.
    means: Array2<f64>,
    factors: Factors,
    /// `ln weight + ln det U - d/2 ln 2 pi`, shape `(k,)`.
    constants: Array1<f64>,
}

/// Reused from block to block.
#[derive(Default)]
pub(super) struct Scratch {
    /// Points minus one component's mean, shape `(rows, d)`.
    pub(super) differences: Array2<f64>,
    /// The same, whitened by that component's factor or weighted by its responsibilities.
    pub(super) products: Array2<f64>,
}

impl Densities {
    /// Errors: [`Error::NotPositiveDefinite`].
    pub(super) fn new(
        weights: &Array1<f64>,
        means: &Array2<f64>,
        covariances: &Covariances,
    ) -> Result<Self, Error> {
        let (k, d) = means.dim();
        let factors = covariances.factors((k, d))?;
        let normaliser = 0.5 * d as f64 * std::f64::consts::TAU.ln();
        let constant = |(c, weight): (usize, &f64)| weight.ln() + factors.log_determinant(c) - normaliser;
        let constants = weights.iter().enumerate().map(constant).collect();
        Ok(Self { means: means.clone(), factors, constants })
    }

    /// Writes the weighted log densities of `block` `(rows, d)` to `log_joint` `(rows, k)`.
    pub(super) fn evaluate(
        &self,
        block: ArrayView2<f64>,
        scratch: &mut Scratch,
        log_joint: &mut Array2<f64>,
    ) {
        let k = self.means.nrows();
        resize(log_joint, (block.nrows(), k));
        resize(&mut scratch.products, block.dim());
        for c in 0..k {
            subtract(block, &self.means, c, &mut scratch.differences);
            self.whiten(c, scratch);
            let constant = self.constants[c];
            let column = log_joint.column_mut(c);
            for (value, row) in column.into_iter().zip(scratch.products.axis_iter(Axis(0))) {
                *value = constant - 0.5 * row.dot(&row);
            }
        }
    }

    fn whiten(&self, c: usize, scratch: &mut Scratch) {
        let Scratch { differences, products: whitened } = scratch;
        match &self.factors {
            Factors::Own(factors) => general_mat_mul(1.0, differences, &factors[c], 0.0, whitened),
            Factors::Shared(factor) => general_mat_mul(1.0, differences, factor, 0.0, whitened),
            Factors::Diagonal(rows) => {
                whitened.assign(differences);
                *whitened *= &rows.row(c);
            }
        }
    }
}

/// Writes `block` minus mean `c` of `means` to `differences`.
pub(super) fn subtract(block: ArrayView2<f64>, means: &Array2<f64>, c: usize, differences: &mut Array2<f64>) {
    resize(differences, block.dim());
    differences.assign(&block);
    *differences -= &means.row(c);
}

/// Makes room for `shape`; the values are unspecified.
pub(super) fn resize(array: &mut Array2<f64>, shape: (usize, usize)) {
    if array.dim() != shape {
        *array = Array2::zeros(shape);
    }
}

/// The points of `rows` in f64, in the unit of models, in `block`.
pub(super) fn widen<F: Scalar>(points: Rows<F>, rows: Range<usize>, block: &mut Array2<f64>) {
    resize(block, (rows.len(), points.d()));
    for (mut to, point) in block.outer_iter_mut().zip(points.iter(rows)) {
        for (to, &x) in to.iter_mut().zip(point) {
            let x: f64 = x.into();
            *to = x * points.scale();
        }
    }
}

/// `ln sum exp` of the values, without overflow.
pub(super) fn log_sum_exp(values: &[f64]) -> f64 {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !largest.is_finite() {
        return largest;
    }
    largest + values.iter().map(|value| (value - largest).exp()).sum::<f64>().ln()
}
