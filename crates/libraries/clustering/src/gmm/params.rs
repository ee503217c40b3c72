//! The parameters of a fit, and their checks.

use std::str::FromStr;

use ndarray::{Array1, Array2};

use super::covariance::CovarianceType;
use super::model::GaussianMixture;
use crate::check::{check_assignments, check_centers, check_count, check_k, check_not_negative};
use crate::error::Error;
use crate::search::Search;

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
    /// How each start is improved after it has converged (default not at all).
    pub search: Search,
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
            search: Search::None,
            max_iter: 300,
            tol: 1e-5,
            covariance_type: CovarianceType::Full,
            reg_covar: 1e-6,
            init: Init::KMeans,
            seed: 0,
        }
    }
}

/// Which start is kept, and what a search improves.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Keep {
    /// The start with the highest likelihood.
    #[default]
    Likelihood,
    /// The start with the highest [`Information::weighted`](super::Information::weighted).
    ///
    /// Where clusters are not Gaussian, a mixture with one component that covers several clusters
    /// and others that hold little can be likelier than one component for each cluster. Mutual
    /// information prefers components that are well separated and of similar size. It takes one
    /// more pass over the points after each start.
    ///
    /// Bridle, Heading and MacKay, *Unsupervised classifiers, mutual information and phantom
    /// targets*, NIPS 1991; Krause, Perona and Gomes, *Discriminative clustering by regularized
    /// information maximization*, NIPS 2010.
    Information {
        /// Weight of the conditional entropy H(z|x), at least 0; with 1, the criterion is the
        /// mutual information.
        ///
        /// An embedding shows clusters as clearer than they are, so that a cut through one cluster
        /// costs little information and gains as much as two components of equal size hold. A
        /// weight above 1 makes such a cut dearer. Hu et al., *Learning discrete representations
        /// via information maximizing self-augmented training*, ICML 2017, weigh the two terms, as
        /// well.
        uncertainty_weight: f64,
    },
}

impl Keep {
    /// The start with the highest mutual information of point and component.
    ///
    /// ```
    /// use clustering::gmm::Keep;
    ///
    /// assert_eq!(Keep::MUTUAL_INFORMATION, Keep::Information { uncertainty_weight: 1.0 });
    /// ```
    pub const MUTUAL_INFORMATION: Self = Self::Information { uncertainty_weight: 1.0 };

    /// Returns the name: `likelihood` or `information`.
    ///
    /// ```
    /// # use clustering::gmm::Keep;
    /// assert_eq!(Keep::MUTUAL_INFORMATION.as_str(), "information");
    /// assert_eq!("likelihood".parse(), Ok(Keep::Likelihood));
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Likelihood => "likelihood",
            Self::Information { .. } => "information",
        }
    }

    /// Returns the criterion with this weight of uncertainty, if one is given and it has any.
    ///
    /// ```
    /// # use clustering::gmm::Keep;
    /// let keep = Keep::MUTUAL_INFORMATION.with_uncertainty_weight(Some(10.0));
    /// assert_eq!(keep, Keep::Information { uncertainty_weight: 10.0 });
    /// ```
    #[must_use]
    pub fn with_uncertainty_weight(self, weight: Option<f64>) -> Self {
        match (self, weight) {
            (Self::Information { .. }, Some(uncertainty_weight)) => {
                Self::Information { uncertainty_weight }
            }
            (keep, _) => keep,
        }
    }
}

impl FromStr for Keep {
    type Err = Error;

    /// Parses a name; `information` is the mutual information, of weight 1.
    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "likelihood" => Ok(Self::Likelihood),
            "information" => Ok(Self::MUTUAL_INFORMATION),
            _ => Err(Error::Parameter {
                name: "criterion",
                expected: "to be likelihood or information",
                found: name.to_owned(),
            }),
        }
    }
}

/// Numbers clusters from 0 in the ascending order of their `ids` `(n,)`, and counts them.
///
/// Noise, of id -1, stays -1. [`Init::Assignments`] takes the result.
///
/// ```
/// use clustering::gmm::number_clusters;
/// use ndarray::array;
///
/// assert_eq!(number_clusters(&array![7, -1, 3, 7]), (array![1, -1, 0, 1], 2));
/// ```
pub fn number_clusters(ids: &Array1<i64>) -> (Array1<i32>, usize) {
    let mut known: Vec<i64> = ids.iter().copied().filter(|&id| id != -1).collect();
    known.sort_unstable();
    known.dedup();
    let number = |&id: &i64| known.binary_search(&id).map_or(-1, |at| at as i32);
    (ids.iter().map(number).collect(), known.len())
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
    /// Responsibility 1 for the component of each point, shape `(n,)`, values in `0..k`.
    ///
    /// A point of value -1 has no part in the first M step. There is one start, whatever
    /// [`GmmParams::starts`] says. Each component needs a point.
    Assignments(Array1<i32>),
    /// This mixture, of the same k, d and covariance type, without an M step.
    ///
    /// Fitting goes on where the fit of the model ended: the result is that of a longer fit, but
    /// for rounding. There is one start, whatever [`GmmParams::starts`] says.
    Model(GaussianMixture),
}

impl GmmParams {
    /// Returns how many starts there will be.
    pub(super) fn effective_starts(&self) -> usize {
        match self.init {
            Init::Means(_) | Init::Assignments(_) | Init::Model(_) => 1,
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
        if let Keep::Information { uncertainty_weight } = self.keep {
            check_not_negative("uncertainty_weight", uncertainty_weight)?;
        }
        match &self.init {
            Init::Assignments(assignments) => check_assignments(assignments, (n, self.k)),
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
