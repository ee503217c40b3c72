//! The reference engine: k-means of linfa-clustering, one step at a time.
//!
//! The loop of linfa reports neither its iterations nor whether it converged; its inertia and
//! counts belong to the centroids before the last update, and its runs share one random stream.
//! This module calls its assignment and its update, which counts the old centroid as one more point
//! of its cluster, step by step from the starting centroids of this crate, and replaces the rest.

use linfa::traits::Fit;
use linfa::{DatasetBase, Float};
use linfa_clustering::{KMeans, KMeansInit};
use linfa_nn::distance::L2Dist;
use ndarray::{Array2, ArrayView2};

use super::assign::nearest;
use super::model::prepare_model;
use super::point_stats::PointStats;
use super::relocate_empty::Centroids;
use super::start::{Run, StopRule};
use crate::points::Rows;
use crate::scalar::TypedValues;
use crate::{Error, Scalar, Work, rng};

/// Runs one start from `centroids` `(k, d)`, given as differences from the origin.
///
/// The start converges when the squared move of the centroids is within the tolerance; linfa
/// compares the square root of the move.
///
/// # Errors
///
/// [`Error::Linfa`] if linfa refuses, or if points have weights.
pub(super) fn run<F: Scalar>(
    points: Rows<F>,
    stats: &PointStats<F::Work>,
    mut centroids: Array2<f64>,
    rule: StopRule,
) -> Result<Run, Error> {
    if points.weights().is_some() {
        return Err(Error::Linfa("weights, which it does not know".into()));
    }
    // linfa takes neither bytes nor an origin nor a unit, so it gets a copy.
    let (origin, unit, scale) = (stats.frame.origin(), stats.frame.unit(), points.scale());
    let centered = |point: &[F]| -> Vec<F::Work> {
        let values = point.iter().zip(origin).map(|(&x, s)| {
            let x: f64 = x.into();
            F::Work::narrow((x - s) * unit)
        });
        values.collect()
    };
    let values: Vec<F::Work> = points.iter(0..points.n()).flat_map(centered).collect();
    let shape = (points.n(), points.d());
    let (mut iterations, mut converged) = (0, false);
    while !converged && iterations < rule.max_iter {
        let new = match F::Work::typed(&values) {
            TypedValues::F32(values) => step(values, shape, &(&centroids * unit))?,
            TypedValues::F64(values) => step(values, shape, &(&centroids * unit))?,
            TypedValues::U8(_) => unreachable!("distances are computed in f32 or f64"),
        } / unit;
        let shift: f64 =
            centroids.iter().zip(&new).map(|(old, new)| ((new - old) * scale).powi(2)).sum();
        converged = shift <= rule.tolerance;
        centroids = new;
        iterations += 1;
    }
    let model = Centroids::new(centroids.clone()).in_model_units(origin, scale);
    let mut labels = vec![0; points.n()];
    let (centers, exact) = prepare_model(points, &stats.frame, model.view());
    nearest(points, &centers, &exact, Some(stats.longest), &mut labels);
    Ok(Run { differences: centroids, model, labels, iterations, converged, distances: 0 })
}

/// Runs one assignment and one update of linfa: centroids `(k, d)` in, centroids `(k, d)` out.
///
/// `values` are those of the points, in C order, and `shape` is `(n, d)`.
fn step<W: Work + Float>(
    values: &[W],
    shape: (usize, usize),
    centroids: &Array2<f64>,
) -> Result<Array2<f64>, Error> {
    let points = ArrayView2::from_shape(shape, values).expect("n rows of d values");
    // Starting centroids are given, so the generator draws nothing.
    let fitted = KMeans::params_with(centroids.nrows(), rng::stream(0, 0), L2Dist)
        .init_method(KMeansInit::Precomputed(centroids.mapv(W::narrow)))
        .n_runs(1)
        .max_n_iterations(1)
        .fit(&DatasetBase::from(points))
        .map_err(|error| Error::Linfa(error.to_string()))?;
    Ok(fitted.centroids().mapv(Into::into))
}
