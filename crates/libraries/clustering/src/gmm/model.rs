//! The fitted model: weights, means and covariances, and what they say about points.

use ndarray::{Array1, Array2, ArrayD, ArrayView1, Axis};

use super::centered::Centered;
use super::covariance::{CovarianceType, Covariances};
use super::density::Densities;
use super::evaluate::{self, Scores};
use super::moments::Parameters;
use crate::check::{check_centres, check_matrix, in_order};
use crate::points::{Points, Rows};
use crate::{Error, Scalar};

/// A mixture of k Gaussians over d features.
#[derive(Debug, Clone, PartialEq)]
pub struct GaussianMixture {
    weights: Array1<f64>,
    /// `origin + offsets`, rounded.
    means: Array2<f64>,
    covariances: Covariances,
    measured: Box<Measured>,
}

/// Densities of points that are measured from an origin.
#[derive(Debug, Clone, PartialEq)]
struct Measured {
    /// Shape `(d,)`: see [`super::centered`].
    origin: Array1<f64>,
    /// Their means are those of the mixture, from the origin.
    densities: Densities,
}

impl GaussianMixture {
    /// A mixture from its arrays, for example from a file: `weights` `(k,)`, `means` `(k, d)`, and
    /// `covariances` of the shape that their type has ([`CovarianceType::shape`]).
    ///
    /// Errors: [`Error::Empty`], [`Error::NonFinite`], [`Error::Shape`], [`Error::Weights`] unless the
    /// weights are positive and sum to 1 within 1e-6, [`Error::ModelCovariance`].
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
        let origin = vec![0.0; means.ncols()];
        Self::from_parameters(Parameters::given(in_order(weights), in_order(means), covariances), &origin)
            .map_err(of_a_model)
    }

    /// The same mixture, with its means in more digits than `f64` has far from zero: as `offsets`
    /// `(k, d)` from `origin` `(d,)`, as [`GaussianMixture::origin`] and
    /// [`GaussianMixture::offsets`] of a fit give them.
    ///
    /// A mixture whose means are not their sums, up to rounding, stays as it is: whoever changed
    /// the means meant them.
    ///
    /// Errors: [`Error::Shape`], [`Error::NonFinite`].
    pub fn with_offsets(self, origin: Array1<f64>, offsets: Array2<f64>) -> Result<Self, Error> {
        let (k, d) = self.means.dim();
        if origin.len() != d {
            let (expected, found) = (vec![d], vec![origin.len()]);
            return Err(Error::Shape { what: "origin", expected, found });
        }
        check_centres("offsets", offsets.view(), (k, d))?;
        check_matrix("origin", origin.view().insert_axis(Axis(0)))?;
        if &offsets + &origin != self.means {
            return Ok(self);
        }
        let Self { weights, covariances, .. } = self;
        Self::from_parameters(Parameters::given(weights, in_order(offsets), covariances), &origin.to_vec())
            .map_err(of_a_model)
    }

    /// A mixture from the M step, whose means are measured from `origin` `(d,)`. Errors:
    /// [`Error::NotPositiveDefinite`].
    pub(super) fn from_parameters(parameters: Parameters, origin: &[f64]) -> Result<Self, Error> {
        let Parameters { weights, means: offsets, covariances, .. } = parameters;
        let densities = Densities::new(&weights, &offsets, &covariances)?;
        let origin = Array1::from(origin.to_vec());
        let means = offsets + &origin;
        Ok(Self { weights, means, covariances, measured: Box::new(Measured { origin, densities }) })
    }

    /// The same mixture, measured from another origin.
    pub(super) fn measured_from(&self, origin: &[f64]) -> Result<Self, Error> {
        let origin = ArrayView1::from(origin);
        if self.origin() == origin {
            return Ok(self.clone());
        }
        let offsets = self.offsets() + &(self.origin() - &origin);
        let densities = Densities::new(&self.weights, &offsets, &self.covariances)?;
        let measured = Box::new(Measured { origin: origin.to_owned(), densities });
        Ok(Self { measured, ..self.clone() })
    }

    /// Share of each component, shape `(k,)`.
    pub fn weights(&self) -> &Array1<f64> {
        &self.weights
    }

    /// Means, shape `(k, d)`.
    pub fn means(&self) -> &Array2<f64> {
        &self.means
    }

    /// What a fit measured its points from, shape `(d,)`: 0, or amid points that are far from zero.
    pub fn origin(&self) -> &Array1<f64> {
        &self.measured.origin
    }

    /// Means measured from the origin, shape `(k, d)`: `means` are `origin + offsets`, rounded.
    pub fn offsets(&self) -> &Array2<f64> {
        self.measured.densities.means()
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
        &self.measured.densities
    }

    /// Assigns each point of `points` `(n, d)` to its most probable component: shape `(n,)`, values in
    /// `0..k`, the lowest index on ties. On the points of a fit this gives the fit's assignments.
    ///
    /// Errors: [`Error::Features`] when d is not the model's, [`Error::NonFinite`].
    pub fn predict<'a, F: Scalar>(&self, points: impl Into<Points<'a, F>>) -> Result<Array1<i32>, Error> {
        self.on_checked(points, |points| self.labels(points))
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
        let values =
            self.on_checked(points, |points| evaluate::probabilities(self.center(points), self.densities()))?;
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
        self.on_checked(points, |points| {
            evaluate::log_densities(self.center(points), self.densities()).into()
        })
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
        evaluate::scores(self.center(points), self.densities())
    }

    /// The most probable component of each point, shape `(n,)`.
    pub(super) fn labels<F: Scalar>(&self, points: Rows<F>) -> Array1<i32> {
        evaluate::labels(self.center(points), self.densities()).into()
    }

    /// `points`, measured as the densities are.
    pub(super) fn center<'a, F: Scalar>(&'a self, points: Rows<'a, F>) -> Centered<'a, F> {
        Centered::new(points, self.origin().as_slice().expect("a row in C order"))
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

/// What the M step would say of a covariance, said of one in a model that was given.
fn of_a_model(error: Error) -> Error {
    match error {
        Error::NotPositiveDefinite { covariance } => Error::ModelCovariance { covariance },
        other => other,
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
