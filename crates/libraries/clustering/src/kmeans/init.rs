//! Starting centroids.

use ndarray::{Array2, Axis};
use rand::Rng;
use rand::seq::index;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::seeding::Seeding;
use super::spread::Spread;
use super::{Init, KMeansParams};
use crate::check::in_order;
use crate::points::Rows;
use crate::{Scalar, rng};

/// The starting centroids `(k, d)` of one start, by their differences from the origin in the values of
/// points, and how many distances they took.
pub(super) fn starting_centroids<F: Scalar>(
    points: Rows<F>,
    spread: &Spread<F::Work>,
    params: &KMeansParams,
    start: usize,
) -> (Array2<f64>, u64) {
    let mut rng = rng::stream(params.seed, start);
    let origin = spread.frame.origin();
    match &params.init {
        Init::Centroids(centroids) => {
            let mut differences = in_order(centroids / points.scale());
            for mut row in differences.outer_iter_mut() {
                row.iter_mut().zip(origin).for_each(|(c, s)| *c -= s);
            }
            (differences, 0)
        }
        Init::Random => {
            let chosen = match points.weights() {
                None => index::sample(&mut rng, points.n(), params.k).into_vec(),
                Some(weights) => weighted(&mut rng, weights.iter().copied(), params.k),
            };
            (gather(points, origin, &chosen), 0)
        }
        Init::KMeansPlusPlus => Seeding::new(points, spread, params.k).run(&mut rng),
    }
}

/// Draws `k` different indices, one after the other with probability proportional to the weights that
/// are left (Efraimidis and Spirakis, *Weighted random sampling with a reservoir*, 2006). A weight of 0
/// takes no random number: the others are drawn as if it were not there.
pub(super) fn weighted(
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

/// The differences of the points at `indices` from `origin`, shape `(indices.len(), d)`.
pub(super) fn gather<F: Scalar>(points: Rows<F>, origin: &[f64], indices: &[usize]) -> Array2<f64> {
    let mut rows = Array2::zeros((indices.len(), points.d()));
    for (mut row, &i) in rows.axis_iter_mut(Axis(0)).zip(indices) {
        for (to, (&x, s)) in row.iter_mut().zip(points.row(i).iter().zip(origin)) {
            let x: f64 = x.into();
            *to = x - s;
        }
    }
    rows
}
