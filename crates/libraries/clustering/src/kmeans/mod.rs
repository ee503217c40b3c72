//! k-means: [`fit`] finds k centroids that leave the smallest sum of squared distances; [`MiniBatch`] does so for points
//! that come a batch at a time.

mod algorithm;
mod assign;
mod bounds;
mod centres;
mod compare;
mod directions;
mod distance;
mod exact;
mod frame;
mod groups;
mod init;
mod linfa;
mod lloyd;
mod minibatch;
mod model;
mod seeding;
mod select;
mod sift;
mod silhouette;
mod sketch;
mod spread;
mod sums;
mod targets;
mod update;

use ndarray::{Array1, Array2};

pub use self::algorithm::Algorithm;
pub use self::minibatch::{BatchReport, MiniBatch, MiniBatchParams, RandomRows};
pub use self::model::KMeans;
use self::model::sum_of_squares;
pub use self::select::{Candidate, Selection, elbow, select_k};
pub use self::silhouette::silhouette;
use self::sketch::Sketch;
use self::spread::Spread;
use crate::check::{check_centres, check_count, check_k, check_not_negative};
use crate::points::{Points, Rows, sizes};
use crate::{Error, Scalar};

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
    /// What does the work (default [`Algorithm::Auto`]).
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
            algorithm: Algorithm::Auto,
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

/// What a fit tells while it runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Progress {
    /// One iteration is done.
    Iteration(IterationReport),
    /// One start has ended.
    Start(StartReport),
}

/// One iteration is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IterationReport {
    /// Which start, from 0.
    pub start: usize,
    /// How many starts there are.
    pub starts: usize,
    /// Which iteration of this start, from 1.
    pub iteration: usize,
    /// Sum of squared distances of the points to the centroids that this iteration ends with, under its assignments.
    pub inertia: f64,
    /// Points whose cluster this iteration changed; in the first, all.
    pub moved: usize,
    /// Distances between points and centroids that were computed for it.
    pub distances: u64,
}

/// One start has ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StartReport {
    /// Which start, from 0.
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
    /// Distances between points and centroids that all starts computed, for seeding, iterations and final assignments;
    /// of the engines of others unknown, and 0.
    pub distances: u64,
}

/// Inertias whose relative difference is smaller are compared as they are measured from the origin, which does
/// not round them as the place does where the points lie: starts often end with the same clusters.
const EQUALLY_GOOD: f64 = 1e-6;

/// When a start ends, in the units of the points.
#[derive(Debug, Clone, Copy)]
struct StopRule {
    max_iter: usize,
    /// Largest squared Frobenius norm of a move that counts as none.
    tolerance: f64,
}

/// What an engine says of one iteration.
struct Iteration {
    iteration: usize,
    inertia: f64,
    moved: usize,
    distances: u64,
}

/// Where a start ended.
struct Run {
    /// The centroids `(k, d)` by their differences from the origin, in the values of points.
    differences: Array2<f64>,
    /// The centroids `(k, d)`, in the unit of models.
    model: Array2<f64>,
    /// The nearest of these, shape `(n,)`.
    labels: Vec<u32>,
    iterations: usize,
    converged: bool,
    distances: u64,
}

/// Fits k-means to `points`, `(n, d)`. `on_progress` is called after every iteration and every start.
///
/// The result has the same bytes for any number of threads, and whichever [`Algorithm`] of ours does the work. Memory
/// beyond the points: about 20 bytes per point, what the algorithm's bounds take ([`Algorithm`]), 32 k d bytes for sums and
/// centroids, a few MB, and where there are enough features short images of the points, at most a sixth of them
/// (k-means++ and [`Algorithm::Auto`] ask these which distances they need).
///
/// Tested against scikit-learn 1.9 `KMeans`: from the same centroids the same assignments, iterations, and
/// centroids to 1e-9; from its own k-means++ the inertia of scikit-learn's best of ten starts to 0.1 %.
///
/// Points are measured from a median of theirs, so they may lie far from 0: those that a constant is added
/// to, where that is exact, have the same assignments, and centroids that differ by it. Which centroid is
/// nearest is decided in f64 wherever f32 is too coarse; equal distances go to the lowest index.
///
/// A point of weight 0 is left out, and assigned to the nearest centroid in the end: all else has the
/// bytes that it has without that point. The others are copied for it.
///
/// Errors: [`Error::TooFewPoints`], [`Error::TooFewWeighted`], [`Error::Empty`], [`Error::NonFinite`]
/// (points or given centroids), [`Error::SampleWeights`], [`Error::Magnitude`], [`Error::Parameter`],
/// [`Error::Shape`] (given centroids, weights), [`Error::Linfa`].
pub fn fit<'a, F: Scalar>(
    points: impl Into<Points<'a, F>>,
    params: &KMeansParams,
    on_progress: &mut dyn FnMut(&Progress),
) -> Result<KMeansFit, Error> {
    let points = points.into();
    params.check(points.dim())?;
    let array = points.in_order();
    F::fit_kmeans(Rows::new(&points, &array)?, params, on_progress)
}

/// [`fit`] on checked points. Called through [`Scalar`], which compiles it once.
pub(crate) fn fit_rows<F: Scalar>(
    points: Rows<F>,
    params: &KMeansParams,
    on_progress: &mut dyn FnMut(&Progress),
) -> Result<KMeansFit, Error> {
    if let Some(weighted) = points.of_positive_weight(params.k)? {
        let fit = fit_rows(weighted.rows(points), params, on_progress)?;
        let assignments = weighted.merge(points, &fit.assignments, |others| fit.model.assign(others));
        let sizes = sizes(&assignments, params.k);
        return Ok(KMeansFit { assignments, sizes, ..fit });
    }
    let given = match &params.init {
        Init::Centroids(centroids) => Some(centroids),
        Init::KMeansPlusPlus | Init::Random => None,
    };
    let mut spread = Spread::of(points, given)?;
    if params.sketches() {
        spread.sketch = Sketch::of(points, &spread);
    }
    let rule = StopRule { max_iter: params.max_iter, tolerance: params.tol * spread.mean_variance };
    let starts = params.starts();
    let mut best: Option<(KMeansFit, Array2<f64>)> = None;
    let mut distances = 0;
    for start in 0..starts {
        let (centroids, seeding) = init::starting_centroids(points, &spread, params, start);
        let mut on_iteration = |report: &Iteration| {
            let Iteration { iteration, inertia, moved, distances } = *report;
            let report = IterationReport { start, starts, iteration, inertia, moved, distances };
            on_progress(&Progress::Iteration(report));
        };
        let run = match params.algorithm {
            Algorithm::Linfa => linfa::run(points, &spread, centroids, rule)?,
            ours => {
                let bounds = ours.bounds(points, &spread, &centroids, params.seed);
                lloyd::run(points, &spread, centroids, bounds, rule, &mut on_iteration)
            }
        };
        distances += seeding + run.distances;
        let (fit, differences) = finish(points, run, start);
        on_progress(&Progress::Start(fit.report(starts)));
        let better = |(best, of_best): &(KMeansFit, Array2<f64>)| {
            if (fit.inertia - best.inertia).abs() > EQUALLY_GOOD * best.inertia {
                return fit.inertia < best.inertia;
            }
            let from_origin = |fit: &KMeansFit, differences| {
                sum_of_squares(points, spread.frame.origin(), differences, &fit.assignments)
            };
            from_origin(&fit, &differences) < from_origin(best, of_best)
        };
        if best.as_ref().is_none_or(better) {
            best = Some((fit, differences));
        }
    }
    let (best, _) = best.expect("there is at least one start, and every start ends");
    Ok(KMeansFit { distances, ..best })
}

/// Assignments, inertia and sizes that belong to the final centroids; and these by their differences from
/// the origin.
fn finish<F: Scalar>(points: Rows<F>, run: Run, start: usize) -> (KMeansFit, Array2<f64>) {
    let Run { differences, model, labels, iterations, converged, distances } = run;
    let k = model.nrows();
    let model = KMeans::from_finite(model);
    let assignments: Array1<i32> = labels.into_iter().map(|label| label as i32).collect();
    let inertia = model.sum_of_squares(points, &assignments);
    let sizes = sizes(&assignments, k);
    let fit = KMeansFit { model, assignments, inertia, iterations, converged, sizes, start, distances };
    (fit, differences)
}

impl KMeansFit {
    fn report(&self, starts: usize) -> StartReport {
        let Self { start, inertia, iterations, converged, .. } = *self;
        StartReport { start, starts, inertia, iterations, converged }
    }
}

impl KMeansParams {
    fn starts(&self) -> usize {
        match self.init {
            Init::Centroids(_) => 1,
            Init::KMeansPlusPlus | Init::Random => self.starts,
        }
    }

    /// Whether images of the points ([`Sketch`]) save more than they take, which is about what the distances to fifty
    /// centroids do. They change no result.
    fn sketches(&self) -> bool {
        let distances = match self.init {
            Init::KMeansPlusPlus => self.starts * self.k * (seeding::trials(self.k) + 1),
            Init::Random | Init::Centroids(_) if self.algorithm == Algorithm::Auto => {
                self.starts() * self.k * self.max_iter.min(10) / 2
            }
            Init::Random | Init::Centroids(_) => 0,
        };
        distances >= 50
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
