//! The reference engine: linfa-clustering's k-means, one step at a time.
//!
//! linfa's own loop reports neither how many iterations it took nor whether it converged, its inertia and
//! counts belong to the centroids before the last update, and its runs share one random stream. Driving it
//! step by step from our own starting centroids leaves its assignment and its update (which counts the old
//! centroid as one more point of its cluster) and replaces the rest.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_clustering::{KMeans, KMeansInit};
use linfa_nn::distance::L2Dist;
use ndarray::Array2;

use super::{Run, StopRule};
use crate::points::Points;
use crate::{Error, Scalar, rng};

/// Runs every start of `initial` one after the other, as [`super::lloyd::run`] does in step.
///
/// It converges when the squared move of the centroids is within the tolerance; linfa asks for the same of
/// its square root.
///
/// Errors: [`Error::Linfa`].
pub(super) fn run<F: Scalar>(
    points: Points<F>,
    initial: Vec<Array2<f64>>,
    rule: StopRule,
    on_stop: &mut dyn FnMut(usize, Run),
) -> Result<(), Error> {
    for (index, centroids) in initial.into_iter().enumerate() {
        let mut run = Run { centroids, iterations: 0, converged: false };
        while !run.converged && run.iterations < rule.max_iter {
            let new = step(points, &run.centroids)?;
            let shift: f64 = run.centroids.iter().zip(&new).map(|(old, new)| (new - old).powi(2)).sum();
            run.converged = shift <= rule.tolerance;
            run.centroids = new;
            run.iterations += 1;
        }
        on_stop(index, run);
    }
    Ok(())
}

/// One assignment and one update of linfa: centroids `(k, d)` in, centroids `(k, d)` out.
fn step<F: Scalar>(points: Points<F>, centroids: &Array2<f64>) -> Result<Array2<f64>, Error> {
    // Starting centroids are given, so the generator is asked for nothing.
    let fitted = KMeans::params_with(centroids.nrows(), rng::stream(0, 0), L2Dist)
        .init_method(KMeansInit::Precomputed(centroids.mapv(F::narrow)))
        .n_runs(1)
        .max_n_iterations(1)
        .fit(&DatasetBase::from(points.view()))
        .map_err(|error| Error::Linfa(error.to_string()))?;
    Ok(fitted.centroids().mapv(Into::into))
}
