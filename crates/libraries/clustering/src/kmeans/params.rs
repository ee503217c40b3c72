//! Parameters of a fit.

use std::borrow::Cow;

use ndarray::Array2;

use super::algorithm::Algorithm;
use super::kmeans_plus_plus;
use super::metric::Metric;
use super::unit_length::unit_centroids;
use crate::check::{check_centers, check_count, check_k, check_not_negative};
use crate::{Error, Search};

/// Parameters of [`fit`](super::fit()), which checks them against the points.
///
/// ```
/// use clustering::kmeans::{Init, KMeansParams};
///
/// let params = KMeansParams { k: 20, init: Init::Random, ..KMeansParams::default() };
/// assert_eq!((params.starts, params.max_iter, params.tol), (10, 350, 1e-10));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct KMeansParams {
    /// Number of clusters (default 10).
    pub k: usize,
    /// Measure that points are compared by (default Euclidean distances).
    pub metric: Metric,
    /// Number of starts, of which the one with the lowest inertia is kept (default 10).
    pub starts: usize,
    /// Most iterations of one start (default 350).
    pub max_iter: usize,
    /// A start has converged when the squared Frobenius norm of the move of the centroids is at
    /// most `tol` times the mean variance of the features (default 1e-10), as in scikit-learn, or
    /// when no assignment changes.
    pub tol: f64,
    /// Starting centroids (default k-means++).
    pub init: Init,
    /// How each start is improved after it has converged (default not at all).
    pub search: Search,
    /// Seed of every random choice (default 0).
    pub seed: u64,
    /// Algorithm of the assignment step (default [`Algorithm::Auto`]).
    pub algorithm: Algorithm,
}

impl Default for KMeansParams {
    fn default() -> Self {
        Self {
            k: 10,
            metric: Metric::Euclidean,
            starts: 10,
            max_iter: 350,
            tol: 1e-10,
            init: Init::KMeansPlusPlus,
            search: Search::None,
            seed: 0,
            algorithm: Algorithm::Auto,
        }
    }
}

/// Method that chooses the starting centroids.
#[derive(Debug, Clone, PartialEq)]
pub enum Init {
    /// Greedy k-means++ with `2 + ln k` candidates per centroid, as in scikit-learn (Arthur and
    /// Vassilvitskii 2007).
    KMeansPlusPlus,
    /// k different points.
    Random,
    /// These centroids, shape `(k, d)`. There is one start then, whatever `starts` says.
    Centroids(Array2<f64>),
}

impl KMeansParams {
    /// Returns the number of starts.
    pub(super) fn starts(&self) -> usize {
        match self.init {
            Init::Centroids(_) => 1,
            Init::KMeansPlusPlus | Init::Random => self.starts,
        }
    }

    /// Tells whether codes of the points save more than they cost, which is about what the
    /// distances to fifty centroids do. Codes change no result.
    pub(super) fn worth_projecting(&self) -> bool {
        /// Distances per point that cost as much as its code.
        const CODE_COST: usize = 50;
        /// Iterations in which many points still need distances, about half of them on average.
        const EARLY_ITERATIONS: usize = 10;
        let distances = match self.init {
            Init::KMeansPlusPlus => self.starts * self.k * (kmeans_plus_plus::trials(self.k) + 1),
            Init::Random | Init::Centroids(_) if self.algorithm == Algorithm::Auto => {
                self.starts() * self.k * self.max_iter.min(EARLY_ITERATIONS) / 2
            }
            Init::Random | Init::Centroids(_) => 0,
        };
        distances >= CODE_COST
    }

    /// Returns the parameters with given centroids as the metric compares them.
    ///
    /// # Errors
    ///
    /// [`Error::NoDirection`] for given centroids that cannot be scaled to unit length.
    pub(super) fn compared(&self) -> Result<Cow<'_, Self>, Error> {
        match (self.metric, &self.init) {
            (Metric::Cosine, Init::Centroids(centroids)) => {
                let centroids = unit_centroids(centroids.clone(), "starting centroids")?;
                Ok(Cow::Owned(Self { init: Init::Centroids(centroids), ..self.clone() }))
            }
            _ => Ok(Cow::Borrowed(self)),
        }
    }

    /// Checks the parameters for `n` points of `d` features.
    pub(super) fn check(&self, (n, d): (usize, usize)) -> Result<(), Error> {
        check_k(n, self.k)?;
        check_count("starts", self.starts)?;
        check_count("max_iter", self.max_iter)?;
        check_not_negative("tol", self.tol)?;
        #[cfg(feature = "linfa")]
        if self.algorithm == Algorithm::Linfa && self.metric == Metric::Cosine {
            return Err(Error::Linfa("the metric cosine, which it does not know".into()));
        }
        match &self.init {
            Init::Centroids(centroids) => {
                check_centers("starting centroids", centroids.view(), (self.k, d))
            }
            Init::KMeansPlusPlus | Init::Random => Ok(()),
        }
    }
}
