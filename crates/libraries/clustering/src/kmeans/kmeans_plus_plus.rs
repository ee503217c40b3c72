//! Greedy k-means++ seeding.

use ndarray::Array2;
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::candidates::{CandidateSet, Ids, Visitor};
use super::centers::{Centers, MANY_FEATURES};
use super::frame::gather_centered;
use super::point_stats::PointStats;
use crate::parallel::{map, pieces, split_mut};
use crate::points::Rows;
use crate::{Scalar, Work};

/// Returns the number of candidates that greedy k-means++ draws for each of k centroids.
pub(super) fn trials(k: usize) -> usize {
    2 + (k as f64).ln() as usize
}

/// Greedy k-means++ of one start.
///
/// Arthur and Vassilvitskii, *k-means++: the advantages of careful seeding*, SODA 2007: the next
/// centroid is drawn with probability proportional to the squared distance to the nearest centroid
/// so far, times the weight. The greedy variant draws `2 + ln k` candidates and keeps the one that
/// leaves the smallest sum of squared distances, as scikit-learn does.
///
/// If the nearest chosen point is at distance r, a candidate more than 2 r from that chosen point
/// cannot be nearer. Distances to such candidates are not computed.
pub(super) struct KMeansPlusPlus<'a, F: Scalar> {
    points: Rows<'a, F>,
    stats: &'a PointStats<F::Work>,
    k: usize,
    /// Indices of the points chosen so far.
    chosen: Vec<usize>,
    /// The same points as centers.
    centers: Centers<F::Work>,
    /// Squared distance of each point to the nearest chosen point, shape `(n,)`.
    closest: Vec<F::Work>,
    /// Position in `chosen` of that point, shape `(n,)`.
    nearest: Vec<u32>,
    /// Number of distances computed so far.
    distances: u64,
}

impl<'a, F: Scalar> KMeansPlusPlus<'a, F> {
    /// Prepares the choice of k of the points.
    pub(super) fn new(points: Rows<'a, F>, stats: &'a PointStats<F::Work>, k: usize) -> Self {
        let (closest, nearest) = (vec![F::Work::INFINITY; points.n()], vec![0; points.n()]);
        let centers = Centers::new(&stats.frame, Array2::zeros((0, points.d())).view());
        Self {
            points,
            stats,
            k,
            chosen: Vec::with_capacity(k),
            centers,
            closest,
            nearest,
            distances: 0,
        }
    }

    /// Returns the centroids `(k, d)`, as differences from the origin in the values of points, and
    /// the number of computed distances.
    pub(super) fn run(mut self, rng: &mut Xoshiro256PlusPlus) -> (Array2<f64>, u64) {
        let trials = trials(self.k);
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
            let parts = self.savings(&candidates);
            let saving =
                |candidate: usize| parts.iter().map(|part| part.sums[candidate]).sum::<f64>();
            let savings: Vec<f64> = (0..trials).map(saving).collect();
            let mut best = 0;
            for (i, saving) in savings.iter().enumerate() {
                if *saving > savings[best] {
                    best = i;
                }
            }
            self.choose_candidate(candidates[best], parts, best);
        }
        (gather_centered(self.points, self.stats.frame.origin(), &self.chosen), self.distances)
    }

    /// Computes by how much the weighted sum of `closest` would shrink for each candidate, in one
    /// part for each piece of the points.
    fn savings(&mut self, candidates: &[usize]) -> Vec<Savings<F::Work>> {
        let Self { points, stats, .. } = *self;
        let set = CandidateSet::new(points, stats, candidates, &self.centers);
        let (closest, nearest) = (&self.closest, &self.nearest);
        // With few features computing a distance again is as fast as storing it.
        let keep = if points.d() < MANY_FEATURES { 0 } else { candidates.len() };
        let parts = map(pieces(points.n(), points.d()).into_iter(), |rows| {
            let (sums, closer) = (vec![0.0; candidates.len()], vec![Vec::new(); keep]);
            let (closest, nearest) = (&closest[rows.clone()], &nearest[rows.clone()]);
            let mut visitor =
                AddGains { first: rows.start, points, closest, savings: Savings { sums, closer } };
            let distances = set.visit(rows, closest, nearest, &mut visitor);
            (visitor.savings, distances)
        });
        self.distances += parts.iter().map(|(_, distances)| distances).sum::<u64>();
        parts.into_iter().map(|(savings, _)| savings).collect()
    }

    /// Chooses point `new`, which is the candidate at position `at` of the savings `parts`.
    fn choose_candidate(&mut self, new: usize, parts: Vec<Savings<F::Work>>, at: usize) {
        if parts[0].closer.is_empty() {
            return self.choose(new);
        }
        let index = self.chosen.len() as u32;
        for mut part in parts {
            for (i, distance) in part.closer.swap_remove(at) {
                (self.closest[i], self.nearest[i]) = (distance, index);
            }
        }
        let frame = &self.stats.frame;
        let row = gather_centered(self.points, frame.origin(), &[new]);
        self.centers.append(Centers::new(frame, row.view()));
        self.chosen.push(new);
    }

    /// Chooses a point whose distances were not kept, and computes them.
    fn choose(&mut self, new: usize) {
        let Self { points, stats, chosen, centers, closest, nearest, .. } = self;
        let set = CandidateSet::new(*points, stats, &[new], centers);
        let chunks = pieces(points.n(), points.d());
        let parts = split_mut(closest, &chunks, 1).into_iter().zip(split_mut(nearest, &chunks, 1));
        let index = chosen.len() as u32;
        let counts = map(chunks.iter().zip(parts), |(rows, (closest, nearest))| {
            let (before, which) = (closest.to_vec(), nearest.to_vec());
            let mut choice = KeepClosest { first: rows.start, closest, nearest, index };
            set.visit(rows.clone(), &before, &which, &mut choice)
        });
        self.distances += counts.iter().sum::<u64>();
        self.centers.append(set.centers);
        self.chosen.push(new);
    }
}

/// The savings of each candidate on a run of points.
struct Savings<W> {
    /// Sum of the savings, shape `(candidates,)`.
    sums: Vec<f64>,
    /// For each candidate the points that it is closer to, with their squared distances; empty if
    /// they are not kept.
    closer: Vec<Vec<(usize, W)>>,
}

/// Adds up the savings of each candidate on a run of points.
struct AddGains<'a, F: Scalar> {
    /// Index of the first point.
    first: usize,
    points: Rows<'a, F>,
    /// Squared distances of the run to the nearest chosen points.
    closest: &'a [F::Work],
    savings: Savings<F::Work>,
}

impl<F: Scalar> Visitor<F::Work> for AddGains<'_, F> {
    #[inline(always)]
    fn visit(&mut self, candidate: usize, ids: Ids, distances: &[F::Work]) {
        let Self { first, points, closest, savings } = self;
        if let (Ids::From(from), None, true) = (ids, points.weights(), savings.closer.is_empty()) {
            let rows = from - *first..from - *first + distances.len();
            savings.sums[candidate] += sum_of_gains(&closest[rows], distances);
            return;
        }
        let mut sum = 0.0;
        for (at, &distance) in distances.iter().enumerate() {
            let i = ids.get(at);
            let before = closest[i - *first];
            if distance < before {
                let gain: f64 = (before - distance).into();
                sum += gain * points.weight(i);
                if let Some(closer) = savings.closer.get_mut(candidate) {
                    closer.push((i, distance));
                }
            }
        }
        savings.sums[candidate] += sum;
    }
}

/// Sums the positive differences, in independent partial sums that the compiler vectorizes.
#[inline(always)]
fn sum_of_gains<W: Work>(before: &[W], after: &[W]) -> f64 {
    const L: usize = 16;
    let mut lanes = [0.0; L];
    let ((before, before_tail), (after, after_tail)) =
        (before.as_chunks::<L>(), after.as_chunks::<L>());
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

/// Makes a candidate the nearest chosen point of the points that are closer to it.
struct KeepClosest<'a, W> {
    /// Index of the first point of `closest` and `nearest`.
    first: usize,
    closest: &'a mut [W],
    nearest: &'a mut [u32],
    index: u32,
}

impl<W: Work> Visitor<W> for KeepClosest<'_, W> {
    #[inline(always)]
    fn visit(&mut self, _: usize, points: Ids, distances: &[W]) {
        let Self { first, closest, nearest, index } = self;
        let Ids::From(from) = points else {
            unreachable!("distances are left out only where those to the candidates were kept");
        };
        let rows = from - *first..from - *first + distances.len();
        let known = closest[rows.clone()].iter_mut().zip(&mut nearest[rows]);
        for ((closest, nearest), &distance) in known.zip(distances) {
            let closer = distance < *closest;
            *closest = if closer { distance } else { *closest };
            *nearest = if closer { *index } else { *nearest };
        }
    }
}

/// Draws `count` of `0..n`, each with probability proportional to its share. Returns 0s if all
/// shares are 0.
fn draw(
    rng: &mut Xoshiro256PlusPlus,
    n: usize,
    share: impl Fn(usize) -> f64 + Sync,
    count: usize,
) -> Vec<usize> {
    let chunks = pieces(n, 1);
    let sums = map(chunks.iter().cloned(), |rows| rows.map(&share).sum::<f64>());
    let total: f64 = sums.iter().sum();
    let one = |mut remaining: f64| {
        let mut drawn = 0;
        for (rows, &sum) in chunks.iter().zip(&sums).filter(|(_, sum)| **sum > 0.0) {
            if remaining >= sum {
                // Rounding can put the random number on the total itself: then it is in the last
                // chunk.
                (remaining, drawn) = (remaining - sum, rows.end - 1);
                continue;
            }
            for i in rows.clone() {
                drawn = i;
                remaining -= share(i);
                if remaining < 0.0 {
                    break;
                }
            }
            break;
        }
        // Rounding can end on a point without a share: go back to one that can be drawn.
        (0..=drawn).rev().find(|&i| share(i) > 0.0).unwrap_or(0)
    };
    (0..count).map(|_| one(rng.r#gen::<f64>() * total)).collect()
}

#[cfg(test)]
mod tests;
