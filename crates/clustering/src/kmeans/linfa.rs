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
use ndarray::{Array2, ArrayView2};

use super::assign::nearest;
use super::centres::Centres;
use super::{Run, StopRule};
use crate::points::Rows;
use crate::{Error, Scalar, Work, rng};

/// Runs one start from `centroids` `(k, d)`.
///
/// It converges when the squared move of the centroids is within the tolerance; linfa asks for the same of
/// its square root.
///
/// Errors: [`Error::Linfa`].
pub(super) fn run<F: Scalar>(points: Rows<F>, centroids: Array2<f64>, rule: StopRule) -> Result<Run, Error> {
    if points.weights().is_some() {
        return Err(Error::Linfa("weights, which it does not know".into()));
    }
    // linfa knows no bytes and no scale: it gets a copy.
    let scale = F::Work::narrow(points.scale());
    let values = points.iter(0..points.n()).flatten().map(|&x| x.to_work() * scale).collect();
    let array = Array2::from_shape_vec((points.n(), points.d()), values).expect("n rows of d values");
    let mut run =
        Run { centroids, labels: vec![0; points.n()], iterations: 0, converged: false, distances: 0 };
    while !run.converged && run.iterations < rule.max_iter {
        let new = step(array.view(), &run.centroids)?;
        let shift: f64 = run.centroids.iter().zip(&new).map(|(old, new)| (new - old).powi(2)).sum();
        run.converged = shift <= rule.tolerance;
        run.centroids = new;
        run.iterations += 1;
    }
    nearest(points, &Centres::of_model(points, run.centroids.view()), &mut run.labels);
    Ok(run)
}

/// One assignment and one update of linfa: centroids `(k, d)` in, centroids `(k, d)` out.
fn step<W: Work>(points: ArrayView2<W>, centroids: &Array2<f64>) -> Result<Array2<f64>, Error> {
    // Starting centroids are given, so the generator is asked for nothing.
    let fitted = KMeans::params_with(centroids.nrows(), rng::stream(0, 0), L2Dist)
        .init_method(KMeansInit::Precomputed(centroids.mapv(W::narrow)))
        .n_runs(1)
        .max_n_iterations(1)
        .fit(&DatasetBase::from(points))
        .map_err(|error| Error::Linfa(error.to_string()))?;
    Ok(fitted.centroids().mapv(Into::into))
}
