//! Starting centroids.

use std::ops::Range;

use ndarray::{Array2, Axis};
use rand::Rng;
use rand::seq::index;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::distance::{Scorer, lowest};
use super::spread::Spread;
use super::{Init, KMeansParams};
use crate::Scalar;
use crate::parallel::{blocks, map_chunks};
use crate::points::Points;
use crate::rng;

/// The starting centroids `(k, d)` of each of `starts`.
pub(super) fn starting_centroids<F: Scalar>(
    points: Points<F>,
    spread: &Spread,
    params: &KMeansParams,
    starts: Range<usize>,
) -> Vec<Array2<f64>> {
    let streams = starts.map(|start| rng::stream(params.seed, start));
    match &params.init {
        Init::Centroids(centroids) => vec![centroids.clone()],
        Init::Random => streams
            .map(|mut rng| gather(points, &index::sample(&mut rng, points.n(), params.k).into_vec()))
            .collect(),
        Init::KMeansPlusPlus => plus_plus(points, spread, params.k, streams.collect()),
    }
}

/// Greedy k-means++ for several starts at once: every step scores the candidates of all starts with one
/// matrix product per block.
///
/// Arthur and Vassilvitskii, *k-means++: the advantages of careful seeding*, SODA 2007: the next centre is
/// drawn with probability proportional to the squared distance to the nearest centre so far. Greedy: of `2 +
/// ln k` such draws the one that leaves the smallest sum of squared distances is kept, as scikit-learn does.
fn plus_plus<F: Scalar>(
    points: Points<F>,
    spread: &Spread,
    k: usize,
    streams: Vec<Xoshiro256PlusPlus>,
) -> Vec<Array2<f64>> {
    let trials = 2 + (k as f64).ln() as usize;
    let mut seedings: Vec<Seeding> =
        streams.into_iter().map(|rng| Seeding::new(rng, points.n(), k)).collect();
    for _ in 1..k {
        approach_last(points, spread, &mut seedings);
        let candidates: Vec<usize> = seedings.iter_mut().flat_map(|seeding| seeding.draw(trials)).collect();
        let potentials = potentials(points, spread, &seedings, &candidates);
        let drawn = candidates.chunks_exact(trials).zip(potentials.chunks_exact(trials));
        for (seeding, (candidates, potentials)) in seedings.iter_mut().zip(drawn) {
            seeding.chosen.push(candidates[lowest(potentials)]);
        }
    }
    seedings.iter().map(|seeding| gather(points, &seeding.chosen)).collect()
}

/// The seeding of one start.
struct Seeding {
    rng: Xoshiro256PlusPlus,
    /// Points chosen so far.
    chosen: Vec<usize>,
    /// Squared distance of each point to the nearest chosen point, shape `(n,)`.
    closest: Vec<f64>,
}

impl Seeding {
    fn new(mut rng: Xoshiro256PlusPlus, n: usize, k: usize) -> Self {
        let mut chosen = Vec::with_capacity(k);
        chosen.push(rng.gen_range(0..n));
        Self { rng, chosen, closest: vec![f64::INFINITY; n] }
    }

    /// Draws points with probability proportional to `closest`.
    fn draw(&mut self, trials: usize) -> Vec<usize> {
        let mut total = 0.0;
        let cumulative: Vec<f64> = self
            .closest
            .iter()
            .map(|distance| {
                total += distance;
                total
            })
            .collect();
        (0..trials)
            .map(|_| {
                let target = self.rng.r#gen::<f64>() * total;
                // Rounding can put the target on the total itself.
                cumulative.partition_point(|&sum| sum <= target).min(cumulative.len() - 1)
            })
            .collect()
    }
}

/// Takes the last chosen point of each seeding into its `closest`.
fn approach_last<F: Scalar>(points: Points<F>, spread: &Spread, seedings: &mut [Seeding]) {
    let last: Vec<usize> = seedings.iter().flat_map(|seeding| seeding.chosen.last().copied()).collect();
    let targets = Targets::new(points, spread, &last);
    let chunks = map_chunks(points.n(), 0, |rows| {
        let mut closest: Vec<_> =
            seedings.iter().map(|seeding| seeding.closest[rows.clone()].to_vec()).collect();
        targets.visit(rows.clone(), |i, target, distance| {
            let closest: &mut f64 = &mut closest[target][i - rows.start];
            *closest = closest.min(distance);
        });
        closest
    });
    for (s, seeding) in seedings.iter_mut().enumerate() {
        seeding.closest = chunks.iter().flat_map(|closest| closest[s].iter().copied()).collect();
    }
}

/// Sum over the points of the squared distance to the nearest chosen point, if each of `candidates` were
/// chosen too. The candidates of a seeding lie behind one another.
fn potentials<F: Scalar>(
    points: Points<F>,
    spread: &Spread,
    seedings: &[Seeding],
    candidates: &[usize],
) -> Vec<f64> {
    let trials = candidates.len() / seedings.len();
    let targets = Targets::new(points, spread, candidates);
    let chunks = map_chunks(points.n(), 0, |rows| {
        let mut sums = vec![0.0; candidates.len()];
        targets.visit(rows, |i, target, distance| {
            sums[target] += distance.min(seedings[target / trials].closest[i]);
        });
        sums
    });
    let total = |target: usize| chunks.iter().map(|sums| sums[target]).sum();
    (0..candidates.len()).map(total).collect()
}

/// Points that all others are measured against.
struct Targets<'a, F> {
    points: Points<'a, F>,
    spread: &'a Spread,
    scorer: Scorer<F>,
}

impl<'a, F: Scalar> Targets<'a, F> {
    fn new(points: Points<'a, F>, spread: &'a Spread, targets: &[usize]) -> Self {
        let scorer = Scorer::around(spread.mean.view(), gather(points, targets).view());
        Self { points, spread, scorer }
    }

    /// Calls `visit(point, target, squared distance)` for every point of `rows` and every target.
    fn visit(&self, rows: Range<usize>, mut visit: impl FnMut(usize, usize, f64)) {
        let mut scratch = Vec::new();
        for block in blocks(rows) {
            let scores = self.scorer.score(self.points.block(block.clone()), &mut scratch);
            for (i, scores) in block.zip(scores) {
                for (target, &score) in scores.iter().enumerate() {
                    // Rounding may leave a point a little closer than nothing to itself.
                    let distance = (self.spread.squared_norms[i] + score.into()).max(0.0);
                    visit(i, target, distance);
                }
            }
        }
    }
}

/// The points at `indices` in f64, shape `(indices.len(), d)`.
fn gather<F: Scalar>(points: Points<F>, indices: &[usize]) -> Array2<f64> {
    points.view().select(Axis(0), indices).mapv(Into::into)
}
