//! The parameters of a fit, and their checks.

use ndarray::Array2;

use super::covariance::CovarianceType;
use super::model::GaussianMixture;
use crate::check::{check_centers, check_count, check_k, check_not_negative};
use crate::error::Error;

/// Parameters of [`fit`](super::fit()), which checks them against the points.
///
/// ```
/// use clustering::gmm::{CovarianceType, GmmParams};
///
/// let covariance_type = CovarianceType::Diag;
/// let params = GmmParams { k: 20, covariance_type, ..GmmParams::default() };
/// assert_eq!((params.starts, params.max_iter, params.tol), (1, 300, 1e-5));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct GmmParams {
    /// Number of components (default 10).
    pub k: usize,
    /// Number of independent starts, of which one is kept (default 1).
    pub starts: usize,
    /// Which of the starts is kept (default the likeliest).
    pub keep: Keep,
    /// Most iterations of one start (default 300).
    pub max_iter: usize,
    /// Change of the mean log-likelihood per point, in nats, below which a start has converged
    /// (default 1e-5).
    pub tol: f64,
    /// How many free parameters the covariances have (default full).
    pub covariance_type: CovarianceType,
    /// Added to every variance, in squared units of the points, so that no covariance collapses
    /// (default 1e-6).
    pub reg_covar: f64,
    /// Where a start begins (default k-means).
    pub init: Init,
    /// Seed of every random choice (default 0).
    pub seed: u64,
}

impl Default for GmmParams {
    fn default() -> Self {
        Self {
            k: 10,
            starts: 1,
            keep: Keep::Likelihood,
            max_iter: 300,
            tol: 1e-5,
            covariance_type: CovarianceType::Full,
            reg_covar: 1e-6,
            init: Init::KMeans,
            seed: 0,
        }
    }
}

/// Which start is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keep {
    /// The start with the highest likelihood.
    #[default]
    Likelihood,
    /// The start with the highest mutual information between point and component.
    ///
    /// Where clusters are not Gaussian, a mixture with one component that covers several clusters
    /// and others that hold little can be likelier than one component for each cluster. Mutual
    /// information prefers components that are well separated and of similar size. It takes
    /// `n * k` `f64` of memory after each start.
    ///
    /// Bridle, Heading and MacKay, *Unsupervised classifiers, mutual information and phantom
    /// targets*, NIPS 1991; Krause, Perona and Gomes, *Discriminative clustering by regularized
    /// information maximization*, NIPS 2010.
    Information,
}

/// Where a start begins: with the M step on these responsibilities, or with a model.
#[derive(Debug, Clone, PartialEq)]
pub enum Init {
    /// Responsibility 1 for the cluster of the point in one start of k-means.
    KMeans,
    /// Random responsibilities, whose expectation is the same for every component.
    Random,
    /// Responsibility 1 for the nearest of these means, shape `(k, d)`.
    ///
    /// There is one start, whatever [`GmmParams::starts`] says.
    Means(Array2<f64>),
    /// This mixture, of the same k, d and covariance type, without an M step.
    ///
    /// Fitting goes on where the fit of the model ended. There is one start, whatever
    /// [`GmmParams::starts`] says.
    Model(GaussianMixture),
}

impl GmmParams {
    /// Returns how many starts there will be.
    pub(super) fn effective_starts(&self) -> usize {
        match self.init {
            Init::Means(_) | Init::Model(_) => 1,
            Init::KMeans | Init::Random => self.starts,
        }
    }

    /// Refuses parameters that cannot be used for n points of d features.
    pub(super) fn check(&self, (n, d): (usize, usize)) -> Result<(), Error> {
        check_k(n, self.k)?;
        check_count("starts", self.starts)?;
        check_count("max_iter", self.max_iter)?;
        check_not_negative("tol", self.tol)?;
        check_not_negative("reg_covar", self.reg_covar)?;
        match &self.init {
            Init::Means(means) => check_centers("starting means", means.view(), (self.k, d)),
            Init::Model(model) => self.check_model(model, d),
            Init::KMeans | Init::Random => Ok(()),
        }
    }

    /// Refuses a starting model of another shape or covariance type.
    fn check_model(&self, model: &GaussianMixture, d: usize) -> Result<(), Error> {
        check_centers("means of the starting model", model.means().view(), (self.k, d))?;
        let (expected, found) = (self.covariance_type, model.covariance_type());
        if expected != found {
            let (expected, found) = (expected.as_str(), found.as_str());
            return Err(Error::CovarianceType { expected, found });
        }
        Ok(())
    }
}
