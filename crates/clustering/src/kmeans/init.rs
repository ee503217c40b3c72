//! Starting centroids.

use std::ops::Range;

use ndarray::{Array2, Axis};
use rand::Rng;
use rand::seq::index;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::centres::{Block, Centres, WIDE};
use super::spread::Spread;
use super::{Init, KMeansParams};
use crate::parallel::{blocks, map, pieces, split_mut};
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
        let parts = map(pieces(points.n(), points.d()).into_iter(), |rows| {
            let mut savings = Savings { points, closest, sums: vec![0.0; candidates.len()] };
            let distances = targets.visit(rows.clone(), &closest[rows.clone()], &nearest[rows], &mut savings);
            (savings.sums, distances)
        });
        self.distances += parts.iter().map(|(_, distances)| distances).sum::<u64>();
        (0..candidates.len()).map(|target| parts.iter().map(|(savings, _)| savings[target]).sum()).collect()
    }

    /// Takes a point into the chosen ones.
    fn choose(&mut self, new: usize) {
        let Self { points, spread, chosen, centres, closest, nearest, .. } = self;
        let targets = Targets::new(*points, spread, &[new], centres);
        let chunks = pieces(points.n(), points.d());
        let parts = split_mut(closest, &chunks, 1).into_iter().zip(split_mut(nearest, &chunks, 1));
        let index = chosen.len() as u32;
        let counts = map(chunks.iter().zip(parts), |(rows, (closest, nearest))| {
            let (before, which) = (closest.to_vec(), nearest.to_vec());
            let mut choice = Choice { first: rows.start, closest, nearest, index };
            targets.visit(rows.clone(), &before, &which, &mut choice)
        });
        self.distances += counts.iter().sum::<u64>();
        self.centres.append(targets.centres);
        self.chosen.push(new);
    }
}

/// What is done with the distances of points to targets.
trait Visitor<W> {
    /// Takes the squared `distances` of `points` to the `target`-th target.
    fn visit(&mut self, target: usize, points: Ids, distances: &[W]);
}

/// Some points.
#[derive(Clone, Copy)]
enum Ids<'a> {
    /// As many as are asked for, from this one on.
    From(usize),
    /// These, in ascending order.
    List(&'a [usize]),
}

/// Adds up what each target would save.
struct Savings<'a, F: Scalar> {
    points: Rows<'a, F>,
    closest: &'a [F::Work],
    /// Shape `(targets,)`.
    sums: Vec<f64>,
}

impl<F: Scalar> Visitor<F::Work> for Savings<'_, F> {
    #[inline(always)]
    fn visit(&mut self, target: usize, points: Ids, distances: &[F::Work]) {
        let Self { closest, sums, .. } = self;
        sums[target] += match (points, self.points.weights()) {
            (Ids::From(first), None) => sum_of_gains(&closest[first..first + distances.len()], distances),
            (points, _) => distances
                .iter()
                .enumerate()
                .map(|(at, &distance)| {
                    let i = points.get(at);
                    let gain: f64 = (closest[i] - distance).into();
                    gain.max(0.0) * self.points.weight(i)
                })
                .sum(),
        };
    }
}

/// Sum of the positive differences, in partial sums that do not wait for one another.
#[inline(always)]
fn sum_of_gains<W: Work>(before: &[W], after: &[W]) -> f64 {
    const L: usize = 16;
    let mut lanes = [0.0; L];
    let ((before, before_tail), (after, after_tail)) = (before.as_chunks::<L>(), after.as_chunks::<L>());
    for (before, after) in before.iter().zip(after) {
        for l in 0..L {
            let gain: f64 = (before[l] - after[l]).into();
            lanes[l] += if gain > 0.0 { gain } else { 0.0 };
        }
    }
    let tail = before_tail.iter().zip(after_tail).map(|(&before, &after)| {
        let gain: f64 = (before - after).into();
        gain.max(0.0)
    });
    lanes.iter().sum::<f64>() + tail.sum::<f64>()
}

impl Ids<'_> {
    #[inline(always)]
    fn get(self, at: usize) -> usize {
        match self {
            Self::From(first) => first + at,
            Self::List(ids) => ids[at],
        }
    }
}

/// Makes the one target the closest chosen point where it is.
struct Choice<'a, W> {
    /// The first point of `closest` and `nearest`.
    first: usize,
    closest: &'a mut [W],
    nearest: &'a mut [u32],
    index: u32,
}

impl<W: Work> Visitor<W> for Choice<'_, W> {
    #[inline(always)]
    fn visit(&mut self, _: usize, points: Ids, distances: &[W]) {
        let Self { first, closest, nearest, index } = self;
        match points {
            Ids::From(from) => {
                let rows = from - *first..from - *first + distances.len();
                let known = closest[rows.clone()].iter_mut().zip(&mut nearest[rows]);
                for ((closest, nearest), &distance) in known.zip(distances) {
                    let closer = distance < *closest;
                    *closest = if closer { distance } else { *closest };
                    *nearest = if closer { *index } else { *nearest };
                }
            }
            Ids::List(ids) => {
                for (&i, &distance) in ids.iter().zip(distances) {
                    if distance < closest[i - *first] {
                        closest[i - *first] = distance;
                        nearest[i - *first] = *index;
                    }
                }
            }
        }
    }
}

/// Draws `count` of `0..n`, each with probability proportional to its share; 0 where all shares are 0.
fn draw(
    rng: &mut Xoshiro256PlusPlus,
    n: usize,
    share: impl Fn(usize) -> f64 + Sync,
    count: usize,
) -> Vec<usize> {
    let chunks = pieces(n, 1);
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

    /// Shows `visitor` some of `rows` at a time, until it has seen every point and every target that may be nearer than
    /// `closest`, the squared distance to `nearest` of the chosen points. Returns how many distances were computed.
    fn visit(
        &self,
        rows: Range<usize>,
        closest: &[F::Work],
        nearest: &[u32],
        visitor: &mut impl Visitor<F::Work>,
    ) -> u64 {
        dispatch(Visit { targets: self, rows, closest, nearest, visitor })
    }
}

struct Visit<'a, F: Scalar, V> {
    targets: &'a Targets<'a, F>,
    rows: Range<usize>,
    closest: &'a [F::Work],
    nearest: &'a [u32],
    visitor: &'a mut V,
}

impl<F: Scalar, V: Visitor<F::Work>> Kernel for Visit<'_, F, V> {
    type Output = u64;

    #[inline(always)]
    fn run<I: Isa>(self) -> u64 {
        let Self { targets, rows, closest, nearest, visitor } = self;
        let Targets { points, norms, centres, reach } = targets;
        let (first, mut distances) = (rows.start, 0);
        // With few features a distance costs no more than asking whether it is needed.
        let ask = points.d() >= WIDE && reach.iter().any(|reach| !reach.is_empty());
        let near = |target: usize, i: usize| closest[i - first] > reach[target][nearest[i - first] as usize];
        let mut block = Block::new();
        let (mut ids, mut slots) = (Vec::new(), Vec::new());
        let (mut near_ids, mut near_norms, mut squared) = (Vec::new(), Vec::new(), Vec::new());
        for rows in blocks(rows) {
            ids.clear();
            if ask {
                ids.extend(rows.clone().filter(|&i| (0..centres.len()).any(|target| near(target, i))));
            } else {
                ids.extend(rows.clone());
            }
            block.load(ids.iter().copied());
            let mut show = |target: usize, points: Ids, norms: &[F::Work], scores: &[F::Work]| {
                squared_distances(norms, scores, &mut squared);
                visitor.visit(target, points, &squared);
                distances += norms.len() as u64;
            };
            // Several targets in one product cost little more than one.
            let wanted = |target: usize| ids.iter().filter(|&&i| near(target, i)).count();
            if !ask || 2 * (0..centres.len()).map(wanted).sum::<usize>() >= ids.len() * centres.len() {
                slots.clear();
                slots.extend(0..ids.len() as u32);
                block.score::<I, F>(*points, centres, &slots, 0..centres.len());
                let all = ids.len() == rows.len();
                if !all {
                    near_norms.clear();
                    near_norms.extend(ids.iter().map(|&i| norms[i]));
                }
                for target in 0..centres.len() {
                    if all {
                        show(target, Ids::From(rows.start), &norms[rows.clone()], block.of(target));
                    } else {
                        show(target, Ids::List(&ids), &near_norms, block.of(target));
                    }
                }
                continue;
            }
            for target in 0..centres.len() {
                slots.clear();
                slots.extend((0..ids.len() as u32).filter(|&slot| near(target, ids[slot as usize])));
                near_ids.clear();
                near_ids.extend(slots.iter().map(|&slot| ids[slot as usize]));
                near_norms.clear();
                near_norms.extend(near_ids.iter().map(|&i: &usize| norms[i]));
                block.score::<I, F>(*points, centres, &slots, target..target + 1);
                show(target, Ids::List(&near_ids), &near_norms, block.of(0));
            }
        }
        distances
    }
}

/// Squared distances of points to one target from their norms and scores; there may be more scores.
#[inline(always)]
fn squared_distances<W: Work>(norms: &[W], scores: &[W], squared: &mut Vec<W>) {
    squared.resize(norms.len(), W::ZERO);
    for ((squared, &norm), &score) in squared.iter_mut().zip(norms).zip(scores) {
        let distance = norm + score;
        // Rounding may leave a point a little closer than nothing to itself.
        *squared = if distance > W::ZERO { distance } else { W::ZERO };
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
