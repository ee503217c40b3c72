//! Fits k-means from several starts and keeps the best.

use ndarray::Array2;

use super::engine::{EQUALLY_GOOD, Engine, finish};
use super::metric::compared;
use super::model::sum_of_squares;
use super::params::{Init, KMeansParams};
use super::point_stats::PointStats;
use super::report::{KMeansFit, Progress, StartDetails};
use super::split_merge;
use super::starting_centroids::starting_centroids;
use crate::points::{Points, Rows, TypedRows, for_type, sizes};
use crate::progress::StartId;
use crate::{Error, Scalar, Search};

/// Fits k-means to `points` `(n, d)`.
///
/// `on_progress` is called after every iteration and every start. The result has the same bytes for
/// any number of threads and for every [`Algorithm`](super::Algorithm) but `Linfa`.
///
/// Points may lie far from 0, because they are measured from a median of theirs: points moved by a
/// constant, if that is exact, have the same assignments, and centroids moved by it. The nearest
/// centroid is decided in f64 wherever f32 is too coarse; ties go to the lowest index.
///
/// A point of weight 0 is left out and assigned to the nearest centroid in the end. Everything else
/// has the same bytes as without that point. The other points are copied for it.
///
/// Memory beyond the points: about 20 bytes per point, the bounds of the algorithm, 32 k d
/// bytes for sums and centroids, a few MB, with [`Metric::Cosine`](super::Metric::Cosine) a copy of
/// the points in f32, or in f64 if they are, and, with enough features, short codes of the points
/// that take at most a sixth of the memory of the points.
///
/// Tested against scikit-learn 1.9 `KMeans`: from the same centroids the same assignments and
/// iterations, and centroids to 1e-9; from its own k-means++ the inertia of the best of ten starts
/// of scikit-learn to 0.1 %. With the metric cosine it is tested against a plain loop.
/// [`Search::SplitMerge`] is tested by hand, against the best of all divisions of few points, and
/// for never ending worse than it started.
///
/// # Errors
///
/// [`Error::TooFewPoints`], [`Error::TooFewWeighted`], [`Error::Empty`], [`Error::NonFinite`]
/// (points or given centroids), [`Error::NoDirection`] (likewise), [`Error::SampleWeights`],
/// [`Error::Magnitude`], [`Error::Parameter`], [`Error::Shape`] (given centroids, weights),
/// [`Error::Linfa`].
///
/// # Examples
///
/// ```
/// use clustering::kmeans::{self, KMeansParams};
/// use ndarray::array;
///
/// let points = array![[0.0, 0.0], [0.0, 1.0], [9.0, 0.0], [9.0, 1.0]];
/// let params = KMeansParams { k: 2, ..KMeansParams::default() };
/// let fit = kmeans::fit(&points, &params, &mut |_| {})?;
/// assert_eq!(fit.inertia, 1.0);
/// assert_eq!(fit.sizes, [2, 2]);
/// # Ok::<(), clustering::Error>(())
/// ```
pub fn fit<'a, F: Scalar>(
    points: impl Into<Points<'a, F>>,
    params: &KMeansParams,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<KMeansFit, Error> {
    let points = points.into();
    params.check(points.dim())?;
    let array = points.in_order();
    let points = Rows::new(&points, &array)?;
    let values = params.metric.values(points)?;
    fit_typed(compared(points, &values), &*params.compared()?, on_progress)
}

/// Runs [`fit_rows`], which is compiled here once for each type of points.
///
/// Points and given centroids are as the metric of the parameters compares them.
pub(crate) fn fit_typed(
    points: TypedRows,
    params: &KMeansParams,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<KMeansFit, Error> {
    for_type!(points, points => fit_rows(points, params, on_progress))
}

/// Fits k-means to checked points.
fn fit_rows<F: Scalar>(
    points: Rows<F>,
    params: &KMeansParams,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<KMeansFit, Error> {
    if let Some(weighted) = points.of_positive_weight(params.k)? {
        let fit = fit_rows(weighted.rows(), params, on_progress)?;
        let assignments =
            weighted.merge(points, &fit.assignments, |others| fit.model.assign(others));
        let sizes = sizes(&assignments, params.k);
        return Ok(KMeansFit { assignments, sizes, ..fit });
    }
    let given = match &params.init {
        Init::Centroids(centroids) => Some(centroids),
        Init::KMeansPlusPlus | Init::Random => None,
    };
    let mut stats = PointStats::compute(points, given)?;
    if params.worth_projecting() {
        stats.add_projection(points);
    }
    let engine = Engine { points, stats, params };
    let starts = params.starts();
    let mut best: Option<(KMeansFit, Array2<f64>)> = None;
    let mut distances = 0;
    for start in 0..starts {
        let id = StartId { k: params.k, start, starts };
        let stats = &engine.stats;
        let (centroids, seeding_distances) = starting_centroids(points, stats, params, start);
        let run = engine.run(centroids, &mut |iteration, details| {
            on_progress(id.iteration(iteration, details));
        })?;
        let mut found = finish(points, params.metric, run, start);
        if params.search == Search::SplitMerge {
            found =
                split_merge::improve(&engine, found, &mut |event| on_progress(id.search(event)))?;
        }
        let (fit, differences) = found;
        distances += seeding_distances + fit.distances;
        let details = StartDetails { inertia: fit.inertia, rounds: fit.rounds };
        on_progress(id.end(fit.iterations, fit.converged, details));
        let better = |(best, of_best): &(KMeansFit, Array2<f64>)| {
            if (fit.inertia - best.inertia).abs() > EQUALLY_GOOD * best.inertia {
                return fit.inertia < best.inertia;
            }
            let from_origin = |fit: &KMeansFit, differences| {
                sum_of_squares(points, engine.stats.frame.origin(), differences, &fit.assignments)
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
