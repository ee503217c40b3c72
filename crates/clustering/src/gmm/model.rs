//! The fitted model: weights, means and covariances, and what they say about points.

use ndarray::{Array1, Array2, ArrayD};

use super::covariance::{CovarianceType, Covariances};
use super::density::{Densities, Scratch, log_sum_exp, widen};
use super::moments::Parameters;
use crate::check::check_matrix;
use crate::parallel::{blocks, map_chunks};
use crate::points::{Points, Rows};
use crate::{Error, Scalar};

/// A mixture of k Gaussians over d features.
#[derive(Debug, Clone, PartialEq)]
pub struct GaussianMixture {
    weights: Array1<f64>,
    means: Array2<f64>,
    covariances: Covariances,
    densities: Densities,
}

impl GaussianMixture {
    /// A mixture from its arrays, for example from a file: `weights` `(k,)`, `means` `(k, d)`, and
    /// `covariances` of the shape that their type has ([`CovarianceType::shape`]).
    ///
    /// Errors: [`Error::Empty`], [`Error::NonFinite`], [`Error::Shape`], [`Error::Weights`] unless the
    /// weights are positive and sum to 1 within 1e-6, [`Error::NotPositiveDefinite`].
    pub fn new(
        weights: Array1<f64>,
        means: Array2<f64>,
        covariances: ArrayD<f64>,
        covariance_type: CovarianceType,
    ) -> Result<Self, Error> {
        check_matrix("means", means.view())?;
        if weights.len() != means.nrows() {
            let (expected, found) = (vec![means.nrows()], vec![weights.len()]);
            return Err(Error::Shape { what: "weights", expected, found });
        }
        check_weights(&weights)?;
        let covariances = Covariances::from_array(covariance_type, covariances, means.dim())?;
        Self::from_parameters(Parameters { weights, means, covariances })
    }

    /// A mixture from the M step. Errors: [`Error::NotPositiveDefinite`].
    pub(super) fn from_parameters(parameters: Parameters) -> Result<Self, Error> {
        let Parameters { weights, means, covariances } = parameters;
        let densities = Densities::new(&weights, &means, &covariances)?;
        Ok(Self { weights, means, covariances, densities })
    }

    /// Share of each component, shape `(k,)`.
    pub fn weights(&self) -> &Array1<f64> {
        &self.weights
    }

    /// Means, shape `(k, d)`.
    pub fn means(&self) -> &Array2<f64> {
        &self.means
    }

    /// Covariances, in the shape of their type.
    pub fn covariances(&self) -> &Covariances {
        &self.covariances
    }

    /// The kind of the covariances.
    pub fn covariance_type(&self) -> CovarianceType {
        self.covariances.kind()
    }

    pub(super) fn densities(&self) -> &Densities {
        &self.densities
    }

    /// Assigns each point of `points` `(n, d)` to its most probable component: shape `(n,)`, values in
    /// `0..k`, the lowest index on ties. On the points of a fit this gives the fit's assignments.
    ///
    /// Errors: [`Error::Features`] when d is not the model's, [`Error::NonFinite`].
    pub fn predict<'a, F: Scalar>(&self, points: impl Into<Points<'a, F>>) -> Result<Array1<i32>, Error> {
        self.on_checked(points, |points| self.assign(points).0)
    }

    /// Probability of each component given the point, shape `(n, k)`; rows sum to 1.
    ///
    /// Errors: as [`GaussianMixture::predict`].
    pub fn predict_proba<'a, F: Scalar>(
        &self,
        points: impl Into<Points<'a, F>>,
    ) -> Result<Array2<f64>, Error> {
        let points = points.into();
        let shape = (points.dim().0, self.weights.len());
        let values = self.on_checked(points, |points| {
            self.map_points(points, |log_joint, out| {
                let total = log_sum_exp(log_joint);
                out.extend(log_joint.iter().map(|value| (value - total).exp()));
            })
        })?;
        Ok(Array2::from_shape_vec(shape, values).expect("k values per point"))
    }

    /// Log density of each point, shape `(n,)`, in nats. The mean of these is what a fit maximises.
    ///
    /// Errors: as [`GaussianMixture::predict`].
    pub fn score_samples<'a, F: Scalar>(
        &self,
        points: impl Into<Points<'a, F>>,
    ) -> Result<Array1<f64>, Error> {
        let scores = self.on_checked(points, |points| {
            self.map_points(points, |log_joint, out| out.push(log_sum_exp(log_joint)))
        })?;
        Ok(scores.into())
    }

    /// Assignments `(n,)` and the mean log density.
    pub(super) fn assign<F: Scalar>(&self, points: Rows<F>) -> (Array1<i32>, f64) {
        let pairs = self.map_points(points, |log_joint, out| {
            out.push((highest(log_joint) as i32, log_sum_exp(log_joint)));
        });
        let log_likelihood = pairs.iter().map(|(_, score)| score).sum::<f64>() / pairs.len() as f64;
        (pairs.into_iter().map(|(label, _)| label).collect(), log_likelihood)
    }

    fn on_checked<'a, F: Scalar, T>(
        &self,
        points: impl Into<Points<'a, F>>,
        evaluate: impl FnOnce(Rows<F>) -> T,
    ) -> Result<T, Error> {
        let points = points.into();
        let array = points.in_order();
        let points = Rows::new(&points, &array)?;
        let (expected, found) = (self.means.ncols(), points.d());
        if expected != found {
            return Err(Error::Features { expected, found });
        }
        Ok(evaluate(points))
    }

    /// Calls `append` with the weighted log densities `(k,)` of every point; what it appends comes back in
    /// the order of the points.
    fn map_points<F: Scalar, T: Send + Clone>(
        &self,
        points: Rows<F>,
        append: impl Fn(&[f64], &mut Vec<T>) + Sync,
    ) -> Vec<T> {
        let chunks = map_chunks(points.n(), 0, |rows| {
            let mut scratch = Scratch::default();
            let (mut block, mut log_joint) = Default::default();
            let mut out = Vec::with_capacity(rows.len());
            for rows in blocks(rows) {
                widen(points, rows, &mut block);
                self.densities.evaluate(block.view(), &mut scratch, &mut log_joint);
                for row in log_joint.rows() {
                    append(row.to_slice().expect("log_joint is in C order"), &mut out);
                }
            }
            out
        });
        chunks.concat()
    }
}

/// Index of the highest value; the lowest index wins ties.
fn highest(values: &[f64]) -> usize {
    let mut best = 0;
    for (i, &value) in values.iter().enumerate() {
        if value > values[best] {
            best = i;
        }
    }
    best
}

fn check_weights(weights: &Array1<f64>) -> Result<(), Error> {
    const SLACK: f64 = 1e-6;
    for (c, &weight) in weights.iter().enumerate() {
        if weight.is_nan() || weight <= 0.0 {
            return Err(Error::Weights { found: format!("{weight} for component {c}") });
        }
    }
    let sum = weights.sum();
    if (sum - 1.0).abs() > SLACK {
        return Err(Error::Weights { found: format!("a sum of {sum}") });
    }
    Ok(())
}
