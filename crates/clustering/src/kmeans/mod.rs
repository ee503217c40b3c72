//! k-means: [`fit`] finds k centroids that leave the smallest sum of squared distances.

mod distance;
mod init;
mod linfa;
mod lloyd;
mod model;
mod spread;
mod tally;
mod update;

use ndarray::{Array1, Array2, ArrayView2};

pub use self::model::KMeans;
use self::spread::Spread;
use crate::check::{check_centres, check_count, check_k, check_not_negative};
use crate::points::{Points, sizes};
use crate::{Error, Scalar};

/// Most centroids that one pass over the points compares; more starts than fit are run in several batches.
const BATCH_CENTROIDS: usize = 128;

/// How to fit k-means. The defaults are the project's calibration run.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeansParams {
    /// Number of clusters (default 10).
    pub k: usize,
    /// Number of starts; the one with the lowest inertia is kept (default 10).
    pub starts: usize,
    /// Most iterations of one start (default 350).
    pub max_iter: usize,
    /// A start has converged when the squared Frobenius norm of the centroids' move is at most `tol` times
    /// the mean variance of the features (default 1e-10), or when no assignment changes. As scikit-learn's
    /// `tol`.
    pub tol: f64,
    /// Where a start begins (default k-means++).
    pub init: Init,
    /// Seed of every random choice (default 0).
    pub seed: u64,
    /// What does the work (default [`Algorithm::Lloyd`]).
    pub algorithm: Algorithm,
}

impl Default for KMeansParams {
    fn default() -> Self {
        Self {
            k: 10,
            starts: 10,
            max_iter: 350,
            tol: 1e-10,
            init: Init::KMeansPlusPlus,
            seed: 0,
            algorithm: Algorithm::Lloyd,
        }
    }
}

/// Where a start begins.
#[derive(Debug, Clone, PartialEq)]
pub enum Init {
    /// Greedy k-means++ with `2 + ln k` trials per centroid, as scikit-learn (Arthur and Vassilvitskii 2007).
    KMeansPlusPlus,
    /// k distinct rows of the points.
    Random,
    /// These centroids, shape `(k, d)`; there is one start, whatever `starts` says.
    Centroids(Array2<f64>),
}

/// What does the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// Our own: Lloyd's algorithm by matrix products, all starts in step.
    Lloyd,
    /// The reference: linfa-clustering's assignment and update, much slower. It stops by `tol` alone and
    /// computes in the type of the points. An empty cluster keeps its centroid.
    Linfa,
}

/// One start has ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StartReport {
    /// Which start, from 0. Starts run in step, so a quick one is reported before an earlier slow one.
    pub start: usize,
    /// How many there are.
    pub starts: usize,
    /// Sum of squared distances of the points to their centroids.
    pub inertia: f64,
    /// Iterations it took.
    pub iterations: usize,
    /// Whether it ended before `max_iter` made it.
    pub converged: bool,
}

/// The best start.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeansFit {
    /// The centroids.
    pub model: KMeans,
    /// Cluster of each point, shape `(n,)`: what `model.predict` says of the same points.
    pub assignments: Array1<i32>,
    /// Sum over the points of the squared distance to the centroid of their cluster, by differences in f64.
    pub inertia: f64,
    /// Iterations of this start.
    pub iterations: usize,
    /// Whether this start converged. Not converging is a result, not an error.
    pub converged: bool,
    /// Points in each cluster, shape `(k,)`. A cluster is empty only where distinct points are fewer than k,
    /// or where a start was cut short.
    pub sizes: Vec<usize>,
    /// Which start this is, from 0; the first of equally good ones.
    pub start: usize,
}

/// When a start ends, in the units of the points.
#[derive(Debug, Clone, Copy)]
struct StopRule {
    max_iter: usize,
    /// Largest squared Frobenius norm of a move that counts as none.
    tolerance: f64,
}

/// Where a start ended.
struct Run {
    centroids: Array2<f64>,
    iterations: usize,
    converged: bool,
}

/// Fits k-means to `points`, shape `(n, d)`. `on_start` is called once for every start that ends.
///
/// The result has the same bytes for any number of threads. Memory beyond the points: one `i32` per point and
/// start, and at most about 128 MB of sums, or one copy of them if that is more. Fewer distinct points than k
/// leave clusters empty, with the centroid of the largest cluster.
///
/// Tested against scikit-learn 1.9 `KMeans`: from the same centroids the same assignments, iterations, and
/// centroids to 1e-9; from its own k-means++ the inertia of scikit-learn's best of ten starts to 0.1 %.
///
/// Errors: [`Error::TooFewPoints`], [`Error::Empty`], [`Error::NonFinite`] (points or given centroids),
/// [`Error::Magnitude`], [`Error::Parameter`], [`Error::Shape`] (given centroids), [`Error::Linfa`].
pub fn fit<F: Scalar>(
    points: ArrayView2<F>,
    params: &KMeansParams,
    on_start: &mut dyn FnMut(&StartReport),
) -> Result<KMeansFit, Error> {
    params.check(points.dim())?;
    let array = points.as_standard_layout();
    let points = Points::new(&array)?;
    let spread = Spread::of(points)?;
    let rule = StopRule { max_iter: params.max_iter, tolerance: params.tol * spread.mean_variance() };
    let starts = params.starts();
    let batch = (BATCH_CENTROIDS / params.k).max(1);

    let mut best: Option<KMeansFit> = None;
    for first in (0..starts).step_by(batch) {
        let initial = init::starting_centroids(points, &spread, params, first..starts.min(first + batch));
        let mut on_stop = |index: usize, run: Run| {
            let fit = finish(points, run, first + index);
            on_start(&fit.report(starts));
            if best.as_ref().is_none_or(|best| fit.beats(best)) {
                best = Some(fit);
            }
        };
        match params.algorithm {
            Algorithm::Lloyd => lloyd::run(points, initial, rule, &mut on_stop),
            Algorithm::Linfa => linfa::run(points, initial, rule, &mut on_stop)?,
        }
    }
    Ok(best.expect("there is at least one start, and every start ends"))
}

/// Assignments, inertia and sizes that belong to the final centroids.
fn finish<F: Scalar>(points: Points<F>, run: Run, start: usize) -> KMeansFit {
    let Run { centroids, iterations, converged } = run;
    let k = centroids.nrows();
    let model = KMeans::from_finite(centroids);
    let assignments = model.assign(points);
    let inertia = model.sum_of_squares(points, &assignments);
    let sizes = sizes(assignments.view(), k);
    KMeansFit { model, assignments, inertia, iterations, converged, sizes, start }
}

impl KMeansFit {
    fn report(&self, starts: usize) -> StartReport {
        let Self { start, inertia, iterations, converged, .. } = *self;
        StartReport { start, starts, inertia, iterations, converged }
    }

    fn beats(&self, other: &Self) -> bool {
        self.inertia.total_cmp(&other.inertia).then(self.start.cmp(&other.start)).is_lt()
    }
}

impl KMeansParams {
    fn starts(&self) -> usize {
        match self.init {
            Init::Centroids(_) => 1,
            Init::KMeansPlusPlus | Init::Random => self.starts,
        }
    }

    fn check(&self, (n, d): (usize, usize)) -> Result<(), Error> {
        check_k(n, self.k)?;
        check_count("starts", self.starts)?;
        check_count("max_iter", self.max_iter)?;
        check_not_negative("tol", self.tol)?;
        match &self.init {
            Init::Centroids(centroids) => check_centres("starting centroids", centroids.view(), (self.k, d)),
            Init::KMeansPlusPlus | Init::Random => Ok(()),
        }
    }
}
