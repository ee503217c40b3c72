//! Predictions of a mixture: components, responsibilities and log densities of points.

use ndarray::{Array1, Array2};

use super::centered::Centered;
use super::evaluate::{self, Scores};
use super::model::GaussianMixture;
use crate::error::Error;
use crate::points::{Points, Rows};
use crate::scalar::Scalar;

impl GaussianMixture {
    /// Assigns each point of `points` `(n, d)` to its most probable component.
    ///
    /// Returns indices in `0..k`, shape `(n,)`, the lowest of equally probable components. For the
    /// points of a fit these are the fit's assignments. [`GaussianMixture`] has an example.
    ///
    /// # Errors
    ///
    /// [`Error::Features`] if d is not the model's, [`Error::NonFinite`], and the other errors of
    /// points that cannot be used.
    pub fn predict<'a, F: Scalar>(
        &self,
        points: impl Into<Points<'a, F>>,
    ) -> Result<Array1<i32>, Error> {
        self.on_checked(points, |points| self.labels(points))
    }

    /// Computes the responsibilities: the probability of each component given the point.
    ///
    /// Returns shape `(n, k)`; rows sum to 1. [`GaussianMixture`] has an example.
    ///
    /// # Errors
    ///
    /// Fails as [`GaussianMixture::predict`] does.
    pub fn predict_proba<'a, F: Scalar>(
        &self,
        points: impl Into<Points<'a, F>>,
    ) -> Result<Array2<f64>, Error> {
        let points = points.into();
        let shape = (points.dim().0, self.weights().len());
        let values = self.on_checked(points, |points| {
            evaluate::probabilities(self.center(points), self.densities())
        })?;
        Ok(Array2::from_shape_vec(shape, values).expect("k values per point"))
    }

    /// Computes the log density of each point, shape `(n,)`, in nats.
    ///
    /// Values too small for `f64` are -1e290. A fit maximizes the mean of these values, weighted if
    /// the points are.
    ///
    /// ```
    /// # use clustering::gmm::{CovarianceType, GaussianMixture};
    /// # use ndarray::array;
    /// let (weights, means, variances) = (array![1.0], array![[3.0]], array![1.0].into_dyn());
    /// let model = GaussianMixture::new(weights, means, variances, CovarianceType::Spherical)?;
    /// let log_density = model.score_samples(&array![[3.0]])?[0];
    /// assert!((log_density + 0.5 * std::f64::consts::TAU.ln()).abs() < 1e-12);
    /// # Ok::<(), clustering::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Fails as [`GaussianMixture::predict`] does.
    pub fn score_samples<'a, F: Scalar>(
        &self,
        points: impl Into<Points<'a, F>>,
    ) -> Result<Array1<f64>, Error> {
        self.on_checked(points, |points| {
            evaluate::log_densities(self.center(points), self.densities()).into()
        })
    }

    /// Computes assignments and the mean log density of checked points.
    ///
    /// `labels` are their probable components, if known: see [`super::label_order`].
    pub(super) fn assign<F: Scalar>(&self, points: Rows<F>, labels: Option<&[i32]>) -> Scores {
        evaluate::scores(self.center(points), self.densities(), labels)
    }

    /// Returns the most probable component of each checked point, shape `(n,)`.
    pub(super) fn labels<F: Scalar>(&self, points: Rows<F>) -> Array1<i32> {
        evaluate::labels(self.center(points), self.densities()).into()
    }

    /// Measures `points` from the origin of the densities.
    pub(super) fn center<'a, F: Scalar>(&'a self, points: Rows<'a, F>) -> Centered<'a, F> {
        Centered::new(
            points,
            self.origin().as_slice().expect("a one-dimensional array is contiguous"),
        )
    }

    /// Checks `points` against the model and evaluates them.
    fn on_checked<'a, F: Scalar, T>(
        &self,
        points: impl Into<Points<'a, F>>,
        evaluate: impl FnOnce(Rows<F>) -> T,
    ) -> Result<T, Error> {
        let points = points.into();
        let array = points.in_order();
        let points = Rows::new(&points, &array)?;
        let (expected, found) = (self.means().ncols(), points.d());
        if expected != found {
            return Err(Error::Features { expected, found });
        }
        Ok(evaluate(points))
    }
}
