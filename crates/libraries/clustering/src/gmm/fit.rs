//! Fits a mixture: runs every start and keeps the best.

use super::centered::{Centered, origin};
use super::em;
use super::finish::finish;
use super::init::starting_mixture;
use super::params::{GmmParams, Init};
use super::report::{GmmFit, Progress, StartDetails};
use super::split_merge;
use crate::check::check_assignments;
use crate::error::Error;
use crate::points::{Points, Rows, TypedRows, for_type, sizes};
use crate::progress::StartId;
use crate::scalar::Scalar;
use crate::search::Search;

/// Fits a mixture to `points`, shape `(n, d)`, by expectation maximization.
///
/// The algorithm is that of Dempster, Laird and Rubin (1977), in `f64` for every type of points. A
/// point counts as often as its weight says; points of weight 0 are left out of the fit and get
/// their labels from its mixture. `on_progress` is called after every iteration and every start.
///
/// The result has the same bytes for any number of threads. If all points are moved by the same
/// distance and no value is rounded, the fit from the same start has the same assignments, weights
/// and covariances to the last bit.
///
/// Memory beyond the points: 24 bytes per point (k `f64` more with
/// [`Init::Random`](super::Init::Random)), at most about 128 MB of sums, or one set of covariances
/// if that is more, and a copy of the points if some have weight 0.
///
/// Tested against scikit-learn 1.9 `GaussianMixture`: from the same start, all four covariance
/// types have the same parameters to 1e-6 after 1, 5 and 20 iterations. The mixture of
/// linfa-clustering agrees on the converged likelihood. [`Search::SplitMerge`](crate::Search) is
/// tested by hand, against the best of all divisions of few points, and for never ending worse than
/// it started.
///
/// ```
/// use clustering::gmm::{self, CovarianceType, GmmParams};
/// use ndarray::array;
///
/// let points = array![[0.0], [1.0], [2.0], [10.0], [11.0], [12.0]];
/// let covariance_type = CovarianceType::Tied;
/// let params = GmmParams { k: 2, covariance_type, ..GmmParams::default() };
/// let fit = gmm::fit(&points, &params, &mut |_| {})?;
/// assert_eq!(fit.sizes, [3, 3]);
/// assert_eq!(fit.assignments, fit.model.predict(&points)?);
/// # Ok::<(), clustering::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::TooFewPoints`], [`Error::TooFewWeighted`], [`Error::Empty`], [`Error::NonFinite`]
/// (points or starting means), [`Error::Parameter`], [`Error::Shape`] (starting means, starting
/// assignments or weights), [`Error::Assignments`], [`Error::SampleWeights`],
/// [`Error::CovarianceType`] (starting model), [`Error::Magnitude`] (from k-means), and
/// [`Error::NotPositiveDefinite`] if a component collapses.
pub fn fit<'a, F: Scalar>(
    points: impl Into<Points<'a, F>>,
    params: &GmmParams,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<GmmFit, Error> {
    let points = points.into();
    params.check(points.dim())?;
    let array = points.in_order();
    let all = Rows::new(&points, &array)?;
    let Some(weighted) = all.of_positive_weight(params.k)? else {
        return fit_typed(all.typed(), params, on_progress);
    };
    let mut params = params.clone();
    if let Init::Assignments(assignments) = &mut params.init {
        *assignments = weighted.select(assignments);
        check_assignments(assignments, (assignments.len(), params.k))?;
    }
    let mut fit = fit_typed(weighted.rows().typed(), &params, on_progress)?;
    fit.assignments = fit.model.labels(all);
    fit.sizes = sizes(&fit.assignments, params.k);
    Ok(fit)
}

/// Runs [`fit_rows`], which is compiled here once for each type of points.
fn fit_typed(
    points: TypedRows,
    params: &GmmParams,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<GmmFit, Error> {
    for_type!(points, points => fit_rows(points, params, on_progress))
}

/// Fits checked points of positive weight: see [`fit`].
fn fit_rows<F: Scalar>(
    points: Rows<F>,
    params: &GmmParams,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<GmmFit, Error> {
    let starts = params.effective_starts();
    let origin = origin(points).to_vec();
    let centered = Centered::new(points, &origin);

    let mut best: Option<GmmFit> = None;
    for start in 0..starts {
        let id = StartId { k: params.k, start, starts };
        let from = starting_mixture(centered, params, start)?;
        let em = em::run(centered, params, from, params.max_iter, |iteration, details| {
            on_progress(id.iteration(iteration, details));
        })?;
        let mut fit = finish(points, em, params.keep, start);
        if params.search == Search::SplitMerge {
            fit = split_merge::improve(centered, params, fit, &mut |event| {
                on_progress(id.search(event));
            })?;
        }
        let GmmFit { log_likelihood, information, rounds, .. } = fit;
        let details = StartDetails { log_likelihood, information, rounds };
        on_progress(id.end(fit.iterations, fit.converged, details));
        if best.as_ref().is_none_or(|best| fit.criterion > best.criterion) {
            best = Some(fit);
        }
    }
    Ok(best.expect("there is at least one start, and every start ends"))
}
