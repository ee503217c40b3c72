//! Runs one start of a fit, and makes its result.

use ndarray::{Array1, Array2};

use super::algorithm::Algorithm;
use super::bound_choice::choose_bounds;
#[cfg(feature = "linfa")]
use super::linfa;
use super::lloyd;
use super::metric::Metric;
use super::model::KMeans;
use super::params::KMeansParams;
use super::point_stats::PointStats;
use super::report::{IterationDetails, KMeansFit};
use super::start::{Run, StopRule};
use super::unit_length::directions;
use crate::points::{Rows, sizes};
use crate::{Error, Scalar};

/// Relative difference below which two inertias are compared again.
///
/// Starts often end with the same clusters. Their inertias are then compared as measured from the
/// origin, which rounds them less if points lie far from 0.
pub(super) const EQUALLY_GOOD: f64 = 1e-6;

/// Holds the points, their statistics and the parameters that every start of a fit uses.
pub(super) struct Engine<'a, F: Scalar> {
    pub(super) points: Rows<'a, F>,
    pub(super) stats: PointStats<F::Work>,
    pub(super) params: &'a KMeansParams,
}

impl<F: Scalar> Engine<'_, F> {
    /// Runs the algorithm of the parameters from `centroids` `(k, d)`, as differences from the
    /// origin. With [`Metric::Cosine`] these have a direction.
    ///
    /// # Errors
    ///
    /// [`Error::Linfa`] from the reference engine.
    pub(super) fn run(
        &self,
        centroids: Array2<f64>,
        on_iteration: &mut dyn FnMut(usize, IterationDetails),
    ) -> Result<Run, Error> {
        let Self { points, stats, params } = self;
        let tolerance = params.tol * stats.mean_variance;
        let rule = StopRule { max_iter: params.max_iter, tolerance };
        let metric = params.metric;
        let centroids = match metric {
            Metric::Euclidean => centroids,
            Metric::Cosine => directions::<F::Work>(&centroids, stats.frame.origin(), &centroids),
        };
        match params.algorithm {
            #[cfg(feature = "linfa")]
            Algorithm::Linfa => linfa::run(*points, stats, centroids, rule),
            algorithm @ (Algorithm::Auto
            | Algorithm::Lloyd
            | Algorithm::Hamerly
            | Algorithm::Elkan
            | Algorithm::Yinyang) => {
                let bounds = choose_bounds(algorithm, *points, stats, &centroids, params.seed);
                Ok(lloyd::run(*points, stats, centroids, metric, bounds, rule, on_iteration))
            }
        }
    }
}

/// Makes the result of a start by `metric` from its final centroids. Also returns these as
/// differences from the origin.
pub(super) fn finish<F: Scalar>(
    points: Rows<F>,
    metric: Metric,
    run: Run,
    start: usize,
) -> (KMeansFit, Array2<f64>) {
    let Run { differences, model, labels, iterations, converged, distances } = run;
    let k = model.nrows();
    let model = KMeans::from_fit(model, metric);
    let assignments: Array1<i32> = labels.into_iter().map(|label| label as i32).collect();
    let inertia = model.sum_of_squares(points, &assignments);
    let sizes = sizes(&assignments, k);
    let fit = KMeansFit {
        model,
        assignments,
        inertia,
        iterations,
        converged,
        rounds: 0,
        sizes,
        start,
        distances,
    };
    (fit, differences)
}
