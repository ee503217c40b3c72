//! The fitted model: weights, means and covariances, and what they say about points.

use ndarray::{Array1, Array2, ArrayD};

use super::covariance::{CovarianceType, Covariances};
use super::density::Densities;
use super::evaluate::{self, Scores};
use super::moments::Parameters;
use crate::check::check_matrix;
use crate::points::{Points, Rows};
use crate::{Error, Scalar};

/// A mixture of k Gaussians over d features.
#[derive(Debug, Clone, PartialEq)]
pub struct GaussianMixture {
    weights: Array1<f64>,
    means: Array2<f64>,
    covariances: Covariances,
    densities: Box<Densities>,
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
        let densities = Box::new(Densities::new(&weights, &means, &covariances)?);
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
        self.on_checked(points, |points| evaluate::labels(points, &self.densities).into())
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
        let values = self.on_checked(points, |points| evaluate::probabilities(points, &self.densities))?;
        Ok(Array2::from_shape_vec(shape, values).expect("k values per point"))
    }

    /// Log density of each point, shape `(n,)`, in nats; -1e290 where it is too small for `f64`. The mean of these,
    /// weighted where the points are, is what a fit maximises.
    ///
    /// Errors: as [`GaussianMixture::predict`].
    pub fn score_samples<'a, F: Scalar>(
        &self,
        points: impl Into<Points<'a, F>>,
    ) -> Result<Array1<f64>, Error> {
        self.on_checked(points, |points| evaluate::log_densities(points, &self.densities).into())
    }

    /// Number of free parameters: of the weights, the means and the covariances.
    pub fn n_parameters(&self) -> usize {
        let (k, d) = self.means.dim();
        let symmetric = d * (d + 1) / 2;
        let covariances = match self.covariance_type() {
            CovarianceType::Full => k * symmetric,
            CovarianceType::Tied => symmetric,
            CovarianceType::Diag => k * d,
            CovarianceType::Spherical => k,
        };
        covariances + k * d + k - 1
    }

    /// Assignments and mean log density.
    pub(super) fn assign<F: Scalar>(&self, points: Rows<F>) -> Scores {
        evaluate::scores(points, &self.densities)
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
