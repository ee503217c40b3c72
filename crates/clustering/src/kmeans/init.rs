//! Starting centroids.

use std::ops::Range;

use ndarray::{Array2, Axis};
use rand::Rng;
use rand::seq::index;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::centres::{Block, Centres, WIDE};
use super::spread::Spread;
use super::{Init, KMeansParams};
use crate::parallel::{blocks, chunks, map, map_chunks, split_mut};
use crate::points::Rows;
use crate::rng;
use crate::simd::{Isa, Kernel, dispatch};
use crate::{Scalar, Work};

/// The starting centroids `(k, d)` of one start, and how many distances they took.
pub(super) fn starting_centroids<F: Scalar>(
    points: Rows<F>,
    spread: &Spread<F::Work>,
    params: &KMeansParams,
    start: usize,
) -> (Array2<f64>, u64) {
    let mut rng = rng::stream(params.seed, start);
    match &params.init {
        Init::Centroids(centroids) => (centroids.clone(), 0),
        Init::Random => {
            let chosen = match points.weights() {
                None => index::sample(&mut rng, points.n(), params.k).into_vec(),
                Some(weights) => weighted(&mut rng, weights.iter().copied(), params.k),
            };
            (gather(points, &chosen), 0)
        }
        Init::KMeansPlusPlus => Seeding::new(points, spread, params.k).run(&mut rng),
    }
}

/// `k` different indices, drawn one after the other with probability proportional to the weights that are left; those
/// of weight 0 come last (Efraimidis and Spirakis, *Weighted random sampling with a reservoir*, 2006).
pub(super) fn weighted(
    rng: &mut Xoshiro256PlusPlus,
    weights: impl Iterator<Item = f64>,
    k: usize,
) -> Vec<usize> {
    let mut keys: Vec<(f64, usize)> =
        weights.map(|weight| -(1.0 - rng.r#gen::<f64>()).ln() / weight).zip(0..).collect();
    keys.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    keys.truncate(k);
    keys.into_iter().map(|(_, i)| i).collect()
}

/// Greedy k-means++ of one start.
///
/// Arthur and Vassilvitskii, *k-means++: the advantages of careful seeding*, SODA 2007: the next centre is drawn with
/// probability proportional to the squared distance to the nearest centre so far (times the weight). Greedy: of
/// `2 + ln k` such draws the one that leaves the smallest sum of squared distances is kept, as scikit-learn does.
///
/// A point whose nearest centre is at a distance of r cannot come to belong to a new one more than 2 r from that centre;
/// its distance to such a one is not computed.
struct Seeding<'a, F: Scalar> {
    points: Rows<'a, F>,
    spread: &'a Spread<F::Work>,
    k: usize,
    /// Points chosen so far, also as centres.
    chosen: Vec<usize>,
    centres: Centres<F::Work>,
    /// Squared distance of each point to the nearest chosen point, shape `(n,)`.
    closest: Vec<F::Work>,
    /// Which of `chosen` that is, shape `(n,)`.
    nearest: Vec<u32>,
    distances: u64,
}

impl<'a, F: Scalar> Seeding<'a, F> {
    fn new(points: Rows<'a, F>, spread: &'a Spread<F::Work>, k: usize) -> Self {
        let (closest, nearest) = (vec![F::Work::INFINITY; points.n()], vec![0; points.n()]);
        let centres = Centres::around(points, spread.mean.view(), Array2::zeros((0, points.d())).view());
        Self { points, spread, k, chosen: Vec::with_capacity(k), centres, closest, nearest, distances: 0 }
    }

    fn run(mut self, rng: &mut Xoshiro256PlusPlus) -> (Array2<f64>, u64) {
        let trials = 2 + (self.k as f64).ln() as usize;
        let first = match self.points.weights() {
            None => rng.gen_range(0..self.points.n()),
            Some(weights) => draw(rng, weights.len(), |i| weights[i], 1)[0],
        };
        self.choose(first);
        while self.chosen.len() < self.k {
            let points = self.points;
            let share = |i: usize| {
                let closest: f64 = self.closest[i].into();
                closest * points.weight(i)
            };
            let candidates = draw(rng, points.n(), share, trials);
            let savings = self.savings(&candidates);
            let mut best = 0;
            for (i, saving) in savings.iter().enumerate() {
                if *saving > savings[best] {
                    best = i;
                }
            }
            self.choose(candidates[best]);
        }
        (gather(self.points, &self.chosen), self.distances)
    }

    /// By how much the weighted sum of `closest` would shrink if each of the candidates were chosen.
    fn savings(&mut self, candidates: &[usize]) -> Vec<f64> {
        let Self { points, spread, .. } = *self;
        let targets = Targets::new(points, spread, candidates, &self.centres);
        let (closest, nearest) = (&self.closest, &self.nearest);
        let parts = map_chunks(points.n(), 0, |rows| {
            let mut savings = vec![0.0; candidates.len()];
            let distances =
                targets.visit(rows.clone(), &closest[rows.clone()], &nearest[rows], |target, ids, distances| {
                    // Sums that do not wait for one another.
                    let mut lanes = [0.0; 8];
                    for (ids, distances) in ids.chunks(lanes.len()).zip(distances.chunks(lanes.len())) {
                        for (lane, (&i, &distance)) in lanes.iter_mut().zip(ids.iter().zip(distances)) {
                            let saving: f64 = (closest[i] - distance).into();
                            *lane += saving.max(0.0) * points.weight(i);
                        }
                    }
                    savings[target] += lanes.iter().sum::<f64>();
                });
            (savings, distances)
        });
        self.distances += parts.iter().map(|(_, distances)| distances).sum::<u64>();
        (0..candidates.len()).map(|target| parts.iter().map(|(savings, _)| savings[target]).sum()).collect()
    }

    /// Takes a point into the chosen ones.
    fn choose(&mut self, new: usize) {
        let Self { points, spread, chosen, centres, closest, nearest, .. } = self;
        let targets = Targets::new(*points, spread, &[new], centres);
        let chunks = chunks(points.n(), 0);
        let parts = split_mut(closest, &chunks, 1).into_iter().zip(split_mut(nearest, &chunks, 1));
        let index = chosen.len() as u32;
        let counts = map(chunks.iter().zip(parts), |(rows, (closest, nearest))| {
            let (before, which) = (closest.to_vec(), nearest.to_vec());
            targets.visit(rows.clone(), &before, &which, |_, ids, distances| {
                for (&i, &distance) in ids.iter().zip(distances) {
                    let i = i - rows.start;
                    if distance < closest[i] {
                        closest[i] = distance;
                        nearest[i] = index;
                    }
                }
            })
        });
        self.distances += counts.iter().sum::<u64>();
        self.centres.append(targets.centres);
        self.chosen.push(new);
    }
}

/// Draws `count` of `0..n`, each with probability proportional to its share; 0 where all shares are 0.
fn draw(
    rng: &mut Xoshiro256PlusPlus,
    n: usize,
    share: impl Fn(usize) -> f64 + Sync,
    count: usize,
) -> Vec<usize> {
    let chunks = chunks(n, 0);
    let sums = map(chunks.iter().cloned(), |rows| rows.map(&share).sum::<f64>());
    let total: f64 = sums.iter().sum();
    let one = |mut target: f64| {
        let mut drawn = 0;
        for (rows, &sum) in chunks.iter().zip(&sums).filter(|(_, sum)| **sum > 0.0) {
            if target >= sum {
                // Rounding can put a target on the total itself: then it is in the last chunk.
                (target, drawn) = (target - sum, rows.end - 1);
                continue;
            }
            for i in rows.clone() {
                drawn = i;
                target -= share(i);
                if target < 0.0 {
                    break;
                }
            }
            break;
        }
        // Likewise, or a chunk's last points: back to one that can be drawn.
        (0..=drawn).rev().find(|&i| share(i) > 0.0).unwrap_or(0)
    };
    (0..count).map(|_| one(rng.r#gen::<f64>() * total)).collect()
}

/// Points that all others are measured against.
struct Targets<'a, F: Scalar> {
    points: Rows<'a, F>,
    norms: &'a [F::Work],
    centres: Centres<F::Work>,
    /// A quarter of the squared distance of each target to each chosen point, made a little smaller than rounding could
    /// make it larger, shape `(targets, chosen)`.
    reach: Vec<Vec<F::Work>>,
}

impl<'a, F: Scalar> Targets<'a, F> {
    fn new(
        points: Rows<'a, F>,
        spread: &'a Spread<F::Work>,
        targets: &[usize],
        chosen: &Centres<F::Work>,
    ) -> Self {
        let centres = Centres::around(points, spread.mean.view(), gather(points, targets).view());
        let error = 4.0 * centres.error(spread.longest, spread.largest_norm);
        let reach = (0..targets.len()).map(|target| {
            let squared = centres.squared_distances(target, chosen);
            squared.into_iter().map(|squared| F::Work::narrow(0.25 * squared - error)).collect()
        });
        Self { points, norms: &spread.norms, reach: reach.collect(), centres }
    }

    /// Calls `visit(target, points, squared distances)` for some of `rows` at a time, until it has seen every point and every
    /// target that may be nearer than `closest`, the squared distance to `nearest` of the chosen points. Returns how many
    /// distances were computed.
    fn visit(
        &self,
        rows: Range<usize>,
        closest: &[F::Work],
        nearest: &[u32],
        visit: impl FnMut(usize, &[usize], &[F::Work]),
    ) -> u64 {
        dispatch(Visit { targets: self, rows, closest, nearest, visit })
    }
}

struct Visit<'a, F: Scalar, V> {
    targets: &'a Targets<'a, F>,
    rows: Range<usize>,
    closest: &'a [F::Work],
    nearest: &'a [u32],
    visit: V,
}

impl<F: Scalar, V: FnMut(usize, &[usize], &[F::Work])> Kernel for Visit<'_, F, V> {
    type Output = u64;

    #[inline(always)]
    fn run<I: Isa>(self) -> u64 {
        let Self { targets, rows, closest, nearest, mut visit } = self;
        let Targets { points, norms, centres, reach } = targets;
        let (first, mut distances) = (rows.start, 0);
        // With few features a distance costs no more than asking whether it is needed.
        let ask = points.d() >= WIDE && reach.iter().any(|reach| !reach.is_empty());
        let near = |target: usize, i: usize| closest[i - first] > reach[target][nearest[i - first] as usize];
        let mut block = Block::new();
        let (mut ids, mut slots, mut squared) = (Vec::new(), Vec::new(), Vec::new());
        let mut near_ids = Vec::new();
        for rows in blocks(rows) {
            ids.clear();
            if ask {
                ids.extend(rows.filter(|&i| (0..centres.len()).any(|target| near(target, i))));
            } else {
                ids.extend(rows);
            }
            block.load(ids.iter().copied());
            let mut take = |block: &Block<F::Work>, ids: &[usize], c: usize, target: usize| {
                squared.clear();
                squared.extend(ids.iter().zip(block.of(c)).map(|(&i, &score)| {
                    let distance = norms[i] + score;
                    // Rounding may leave a point a little closer than nothing to itself.
                    if distance > F::Work::ZERO { distance } else { F::Work::ZERO }
                }));
                visit(target, ids, &squared);
                distances += ids.len() as u64;
            };
            // Several targets in one product cost little more than one.
            let wanted = |target: usize| ids.iter().filter(|&&i| near(target, i)).count();
            if !ask || 2 * (0..centres.len()).map(wanted).sum::<usize>() >= ids.len() * centres.len() {
                slots.clear();
                slots.extend(0..ids.len() as u32);
                block.score::<I, F>(*points, centres, &slots, 0..centres.len());
                (0..centres.len()).for_each(|target| take(&block, &ids, target, target));
                continue;
            }
            for target in 0..centres.len() {
                slots.clear();
                slots.extend((0..ids.len() as u32).filter(|&slot| near(target, ids[slot as usize])));
                near_ids.clear();
                near_ids.extend(slots.iter().map(|&slot| ids[slot as usize]));
                block.score::<I, F>(*points, centres, &slots, target..target + 1);
                take(&block, &near_ids, 0, target);
            }
        }
        distances
    }
}

/// The points at `indices` in the unit of models, shape `(indices.len(), d)`.
fn gather<F: Scalar>(points: Rows<F>, indices: &[usize]) -> Array2<f64> {
    let mut rows = Array2::zeros((indices.len(), points.d()));
    for (mut row, &i) in rows.axis_iter_mut(Axis(0)).zip(indices) {
        for (to, &x) in row.iter_mut().zip(points.row(i)) {
            let x: f64 = x.into();
            *to = x * points.scale();
        }
    }
    rows
}
