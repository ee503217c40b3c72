//! Starting centroids of a fit.

use ndarray::Array2;
use rand::Rng;
use rand::seq::index;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::frame::gather_centered;
use super::kmeans_plus_plus::KMeansPlusPlus;
use super::params::{Init, KMeansParams};
use super::point_stats::PointStats;
use crate::check::in_order;
use crate::points::Rows;
use crate::{Scalar, rng};

/// Chooses the starting centroids `(k, d)` of one start. They are differences from the origin in
/// the values of points. Also returns the number of computed distances.
pub(super) fn starting_centroids<F: Scalar>(
    points: Rows<F>,
    stats: &PointStats<F::Work>,
    params: &KMeansParams,
    start: usize,
) -> (Array2<f64>, u64) {
    let mut rng = rng::stream(params.seed, start);
    let origin = stats.frame.origin();
    match &params.init {
        Init::Centroids(centroids) => (differences_from(origin, centroids, points.scale()), 0),
        Init::Random => {
            let chosen = match points.weights() {
                None => index::sample(&mut rng, points.n(), params.k).into_vec(),
                Some(weights) => sample_weighted(&mut rng, weights.iter().copied(), params.k),
            };
            (gather_centered(points, origin, &chosen), 0)
        }
        Init::KMeansPlusPlus => KMeansPlusPlus::new(points, stats, params.k).run(&mut rng),
    }
}

/// Converts `centroids` `(k, d)` in the unit of models to differences from `origin` `(d,)` in the
/// values of points.
pub(super) fn differences_from(origin: &[f64], centroids: &Array2<f64>, scale: f64) -> Array2<f64> {
    let mut differences = in_order(centroids / scale);
    for mut row in differences.outer_iter_mut() {
        row.iter_mut().zip(origin).for_each(|(c, s)| *c -= s);
    }
    differences
}

/// Draws `k` different indices, one after the other, with probability proportional to the weights
/// that are left (Efraimidis and Spirakis, *Weighted random sampling with a reservoir*, 2006). A
/// weight of 0 takes no random number, so the others are drawn as if it were absent.
pub(super) fn sample_weighted(
    rng: &mut Xoshiro256PlusPlus,
    weights: impl Iterator<Item = f64>,
    k: usize,
) -> Vec<usize> {
    let key = |rng: &mut Xoshiro256PlusPlus, weight: f64| -(1.0 - rng.r#gen::<f64>()).ln() / weight;
    let mut keys: Vec<(f64, usize)> = weights
        .zip(0..)
        .filter(|&(weight, _)| weight > 0.0)
        .map(|(weight, i)| (key(rng, weight), i))
        .collect();
    keys.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    keys.truncate(k);
    keys.into_iter().map(|(_, i)| i).collect()
}
