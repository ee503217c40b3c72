//! Parameters of a fit by batches.

use crate::Error;
use crate::check::check_count;
use crate::kmeans::algorithm::Algorithm;
use crate::kmeans::metric::Metric;
use crate::kmeans::params::{Init, KMeansParams};

/// Parameters of a fit by batches, for [`MiniBatch`](super::MiniBatch).
///
/// The defaults are those of `MiniBatchKMeans` of scikit-learn.
#[derive(Debug, Clone, PartialEq)]
pub struct MiniBatchParams {
    /// Number of clusters (default 10).
    pub k: usize,
    /// Measure that points are compared by (default Euclidean distances).
    pub metric: Metric,
    /// Points in a batch (default 1024), far fewer than all. Batches of all points lower the
    /// inertia ever more slowly and do not converge.
    pub batch: usize,
    /// Number of sets of starting centroids, of which the one with the lowest inertia on the first
    /// sample is kept (default 3).
    pub starts: usize,
    /// Most passes over the data, counted in points: see [`MiniBatchParams::most_batches`] (default
    /// 100).
    pub max_iter: usize,
    /// Batches in a row without a lower smoothed inertia after which the fit has converged (default
    /// 10).
    pub max_no_improvement: usize,
    /// Share of the largest weight of a centroid below which a centroid is moved to a point of the
    /// batch (default 0.01). At most 1; with 0 no centroid is moved.
    pub reassignment_ratio: f64,
    /// Starting centroids (default k-means++).
    pub init: Init,
    /// Seed of every random choice (default 0).
    pub seed: u64,
}

impl Default for MiniBatchParams {
    fn default() -> Self {
        Self {
            k: 10,
            metric: Metric::Euclidean,
            batch: 1024,
            starts: 3,
            max_iter: 100,
            max_no_improvement: 10,
            reassignment_ratio: 0.01,
            init: Init::KMeansPlusPlus,
            seed: 0,
        }
    }
}

impl MiniBatchParams {
    /// Returns the number of points in the first sample for n points.
    ///
    /// It is three batches, at least three points for each cluster, and at most n.
    ///
    /// ```
    /// use clustering::kmeans::MiniBatchParams;
    ///
    /// let params = MiniBatchParams { k: 10, batch: 100, ..MiniBatchParams::default() };
    /// assert_eq!(params.sample_size(5_000), 300);
    /// assert_eq!(params.sample_size(200), 200);
    /// ```
    pub fn sample_size(&self, n: usize) -> usize {
        self.batch.max(self.k).saturating_mul(3).min(n)
    }

    /// Returns the number of batches in `max_iter` passes over n points, at least 1.
    ///
    /// ```
    /// use clustering::kmeans::MiniBatchParams;
    ///
    /// let params = MiniBatchParams { batch: 100, max_iter: 2, ..MiniBatchParams::default() };
    /// assert_eq!(params.most_batches(5_000), 100);
    /// ```
    pub fn most_batches(&self, n: usize) -> usize {
        let points = self.max_iter as u128 * n as u128;
        let batches = points / self.batch.clamp(1, n.max(1)) as u128;
        usize::try_from(batches).unwrap_or(usize::MAX).max(1)
    }

    /// Checks the parameters for `n` points.
    pub(super) fn check(&self, n: usize) -> Result<(), Error> {
        for (name, count) in [
            ("n", n),
            ("batch", self.batch),
            ("starts", self.starts),
            ("max_iter", self.max_iter),
            ("max_no_improvement", self.max_no_improvement),
        ] {
            check_count(name, count)?;
        }
        let ratio = self.reassignment_ratio;
        if !(0.0..=1.0).contains(&ratio) {
            let found = ratio.to_string();
            return Err(Error::Parameter {
                name: "reassignment_ratio",
                expected: "between 0 and 1",
                found,
            });
        }
        Ok(())
    }

    /// Returns the parameters of a fit with the same starting centroids.
    pub(super) fn kmeans_params(&self) -> KMeansParams {
        let Self { k, metric, starts, ref init, seed, .. } = *self;
        let algorithm = Algorithm::Lloyd;
        let init = init.clone();
        KMeansParams { k, metric, starts, init, seed, algorithm, ..KMeansParams::default() }
    }
}
