//! The fitted model: weights, means and covariances.

use ndarray::{Array1, Array2, ArrayD, ArrayView1, Axis};

use super::covariance::{CovarianceType, Covariances};
use super::density::Densities;
use super::m_step::Parameters;
use crate::check::{check_centers, check_matrix, in_order};
use crate::error::Error;

/// A mixture of k Gaussians over d features.
///
/// ```
/// use clustering::gmm::{CovarianceType, GaussianMixture};
/// use ndarray::array;
///
/// let (weights, means) = (array![0.5, 0.5], array![[0.0, 0.0], [4.0, 0.0]]);
/// let variances = array![1.0, 1.0].into_dyn();
/// let model = GaussianMixture::new(weights, means, variances, CovarianceType::Spherical)?;
///
/// let points = array![[0.5, 0.0], [2.0, 1.0], [3.5, 0.0]];
/// assert_eq!(model.predict(&points)?, array![0, 0, 1]);
/// assert_eq!(model.predict_proba(&points)?.row(1), array![0.5, 0.5]);
/// // Two variances, four coordinates of means, and one weight: the weights sum to 1.
/// assert_eq!(model.n_parameters(), 2 + 4 + 1);
/// assert_eq!(model.weights(), &array![0.5, 0.5]);
/// assert_eq!(model.means().row(1), array![4.0, 0.0]);
/// assert_eq!(model.covariance_type(), CovarianceType::Spherical);
/// assert_eq!(model.covariances().view(), array![1.0, 1.0].into_dyn());
/// # Ok::<(), clustering::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct GaussianMixture {
    weights: Array1<f64>,
    /// The rounded sums of origin and offsets, shape `(k, d)`.
    means: Array2<f64>,
    covariances: Covariances,
    centered: Box<CenteredDensities>,
}

/// The densities of points that are measured from an origin.
#[derive(Debug, Clone, PartialEq)]
struct CenteredDensities {
    /// The origin, shape `(d,)`: see [`super::centered`].
    origin: Array1<f64>,
    /// Densities whose means are the offsets of the mixture's means from the origin.
    densities: Densities,
}

impl GaussianMixture {
    /// Builds a mixture from its arrays, for example those of a file.
    ///
    /// The shapes are `weights` `(k,)`, `means` `(k, d)`, and for `covariances` the
    /// [`CovarianceType::shape`] of their type. [`GaussianMixture`] has an example.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`], [`Error::NonFinite`], [`Error::Shape`], [`Error::Weights`] unless the
    /// weights are positive and sum to 1 within 1e-6, and [`Error::ModelCovariance`].
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
        Self::from_parameters(
            Parameters::given(in_order(weights), in_order(means), covariances),
            &origin,
        )
        .map_err(model_error)
    }

    /// Restores the means in full precision, as `offsets` `(k, d)` from `origin` `(d,)`.
    ///
    /// Far from zero, sums of origin and offset have fewer digits than the offset. A fit gives both
    /// as [`GaussianMixture::origin`] and [`GaussianMixture::offsets`]. If the means of the mixture
    /// are not the rounded sums, somebody has changed them since, and the mixture stays as it is.
    ///
    /// ```
    /// # use clustering::gmm::{CovarianceType, GaussianMixture};
    /// # use ndarray::array;
    /// let (origin, offsets) = (array![1e9], array![[1e-9], [2.0]]);
    /// let (weights, variances) = (array![0.5, 0.5], array![1.0, 1.0].into_dyn());
    /// let means = &offsets + &origin;
    /// let model = GaussianMixture::new(weights, means, variances, CovarianceType::Spherical)?;
    /// let model = model.with_offsets(origin, offsets.clone())?;
    /// assert_eq!(model.offsets(), &offsets);
    /// assert_eq!(model.origin(), &array![1e9]);
    /// # Ok::<(), clustering::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Shape`], [`Error::NonFinite`] and [`Error::ModelCovariance`].
    pub fn with_offsets(self, origin: Array1<f64>, offsets: Array2<f64>) -> Result<Self, Error> {
        let (k, d) = self.means.dim();
        if origin.len() != d {
            let (expected, found) = (vec![d], vec![origin.len()]);
            return Err(Error::Shape { what: "origin", expected, found });
        }
        check_centers("offsets", offsets.view(), (k, d))?;
        check_matrix("origin", origin.view().insert_axis(Axis(0)))?;
        if &offsets + &origin != self.means {
            return Ok(self);
        }
        let Self { weights, covariances, .. } = self;
        Self::from_parameters(
            Parameters::given(weights, in_order(offsets), covariances),
            &origin.to_vec(),
        )
        .map_err(model_error)
    }

    /// Builds a mixture from parameters whose means are measured from `origin` `(d,)`.
    ///
    /// # Errors
    ///
    /// [`Error::NotPositiveDefinite`].
    pub(super) fn from_parameters(parameters: Parameters, origin: &[f64]) -> Result<Self, Error> {
        let Parameters { weights, means: offsets, covariances, .. } = parameters;
        let densities = Densities::new(&weights, &offsets, &covariances)?;
        let origin = Array1::from(origin.to_vec());
        let means = offsets + &origin;
        Ok(Self {
            weights,
            means,
            covariances,
            centered: Box::new(CenteredDensities { origin, densities }),
        })
    }

    /// Returns the same mixture, measured from another origin `(d,)`.
    pub(super) fn with_origin(&self, origin: &[f64]) -> Result<Self, Error> {
        let origin = ArrayView1::from(origin);
        if self.origin() == origin {
            return Ok(self.clone());
        }
        let offsets = self.offsets() + &(self.origin() - &origin);
        let densities = Densities::new(&self.weights, &offsets, &self.covariances)?;
        let centered = Box::new(CenteredDensities { origin: origin.to_owned(), densities });
        Ok(Self { centered, ..self.clone() })
    }

    /// Returns the mixture of the components `of` alone, with weights that sum to 1 again.
    ///
    /// # Errors
    ///
    /// [`Error::NotPositiveDefinite`].
    pub(super) fn select(&self, of: &[usize]) -> Result<Self, Error> {
        let weights = self.weights.select(Axis(0), of);
        let weights = &weights / weights.sum();
        let offsets = self.offsets().select(Axis(0), of);
        let origin = self.origin().to_vec();
        let covariances = self.covariances.select(of);
        Self::from_parameters(Parameters::given(weights, offsets, covariances), &origin)
    }

    /// Returns the weight of each component, shape `(k,)`.
    ///
    /// [`GaussianMixture`] has an example.
    pub fn weights(&self) -> &Array1<f64> {
        &self.weights
    }

    /// Returns the means, shape `(k, d)`.
    ///
    /// [`GaussianMixture`] has an example.
    pub fn means(&self) -> &Array2<f64> {
        &self.means
    }

    /// Returns the origin that means are measured from, shape `(d,)`.
    ///
    /// In each feature a fit chooses a value among the points, or 0 if that is more precise.
    /// [`GaussianMixture::with_offsets`] has an example.
    pub fn origin(&self) -> &Array1<f64> {
        &self.centered.origin
    }

    /// Returns the means measured from the origin, shape `(k, d)`.
    ///
    /// [`GaussianMixture::means`] are the rounded sums `origin + offsets`.
    /// [`GaussianMixture::with_offsets`] has an example.
    pub fn offsets(&self) -> &Array2<f64> {
        self.centered.densities.means()
    }

    /// Returns the covariances, in the shape of their type.
    ///
    /// [`GaussianMixture`] has an example.
    pub fn covariances(&self) -> &Covariances {
        &self.covariances
    }

    /// Returns the type of the covariances.
    ///
    /// [`GaussianMixture`] has an example.
    pub fn covariance_type(&self) -> CovarianceType {
        self.covariances.kind()
    }

    /// Returns the densities of points that are measured from the origin.
    pub(super) fn densities(&self) -> &Densities {
        &self.centered.densities
    }

    /// Counts the free parameters of the weights, the means and the covariances.
    ///
    /// [`GaussianMixture`] has an example.
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
}

/// Turns the error for a covariance of the M step into that for a covariance of a given model.
fn model_error(error: Error) -> Error {
    match error {
        Error::NotPositiveDefinite { covariance } => Error::ModelCovariance { covariance },
        other => other,
    }
}

/// Refuses weights that are not positive or do not sum to 1.
fn check_weights(weights: &Array1<f64>) -> Result<(), Error> {
    /// Largest deviation of the sum: files and other programs round weights.
    const TOLERANCE: f64 = 1e-6;
    for (c, &weight) in weights.iter().enumerate() {
        if weight.is_nan() || weight <= 0.0 {
            return Err(Error::Weights { found: format!("{weight} for component {c}") });
        }
    }
    let sum = weights.sum();
    if (sum - 1.0).abs() > TOLERANCE {
        return Err(Error::Weights { found: format!("a sum of {sum}") });
    }
    Ok(())
}
