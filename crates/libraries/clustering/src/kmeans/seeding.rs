//! Greedy k-means++.

use ndarray::Array2;
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::centres::{Centres, WIDE};
use super::init::gather;
use super::spread::Spread;
use super::targets::{Ids, Targets, Visitor};
use crate::parallel::{map, pieces, split_mut};
use crate::points::Rows;
use crate::{Scalar, Work};

/// How many points greedy k-means++ draws for each of k centroids.
pub(super) fn trials(k: usize) -> usize {
    2 + (k as f64).ln() as usize
}

/// Greedy k-means++ of one start.
///
/// Arthur and Vassilvitskii, *k-means++: the advantages of careful seeding*, SODA 2007: the next centre is drawn with
/// probability proportional to the squared distance to the nearest centre so far (times the weight). Greedy: of
/// `2 + ln k` such draws the one that leaves the smallest sum of squared distances is kept, as scikit-learn does.
///
/// A point whose nearest centre is at a distance of r cannot come to belong to a new one more than 2 r from that centre;
/// its distance to such a one is not computed.
pub(super) struct Seeding<'a, F: Scalar> {
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
    /// Of k centroids, which are to be among the points.
    pub(super) fn new(points: Rows<'a, F>, spread: &'a Spread<F::Work>, k: usize) -> Self {
        let (closest, nearest) = (vec![F::Work::INFINITY; points.n()], vec![0; points.n()]);
        let centres = Centres::new(&spread.frame, Array2::zeros((0, points.d())).view());
        Self { points, spread, k, chosen: Vec::with_capacity(k), centres, closest, nearest, distances: 0 }
    }

    /// The centroids `(k, d)`, by their differences from the origin in the values of points, and how many
    /// distances they took.
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
            let saving = |candidate: usize| parts.iter().map(|part| part.sums[candidate]).sum::<f64>();
            let savings: Vec<f64> = (0..trials).map(saving).collect();
            let mut best = 0;
            for (i, saving) in savings.iter().enumerate() {
                if *saving > savings[best] {
                    best = i;
                }
            }
            self.take(candidates[best], parts, best);
        }
        (gather(self.points, self.spread.frame.origin(), &self.chosen), self.distances)
    }

    /// By how much the weighted sum of `closest` would shrink if each of the candidates were chosen, part by part of the
    /// points.
    fn savings(&mut self, candidates: &[usize]) -> Vec<Savings<F::Work>> {
        let Self { points, spread, .. } = *self;
        let targets = Targets::new(points, spread, candidates, &self.centres);
        let (closest, nearest) = (&self.closest, &self.nearest);
        // With few features a distance is computed again as fast as it is written down.
        let keep = if points.d() < WIDE { 0 } else { candidates.len() };
        let parts = map(pieces(points.n(), points.d()).into_iter(), |rows| {
            let (sums, closer) = (vec![0.0; candidates.len()], vec![Vec::new(); keep]);
            let (closest, nearest) = (&closest[rows.clone()], &nearest[rows.clone()]);
            let mut visitor =
                Visited { first: rows.start, points, closest, savings: Savings { sums, closer } };
            let distances = targets.visit(rows, closest, nearest, &mut visitor);
            (visitor.savings, distances)
        });
        self.distances += parts.iter().map(|(_, distances)| distances).sum::<u64>();
        parts.into_iter().map(|(savings, _)| savings).collect()
    }

    /// Takes into the chosen ones the `at`-th of the candidates whose savings are `parts`.
    fn take(&mut self, new: usize, parts: Vec<Savings<F::Work>>, at: usize) {
        if parts[0].closer.is_empty() {
            return self.choose(new);
        }
        let index = self.chosen.len() as u32;
        for mut part in parts {
            for (i, distance) in part.closer.swap_remove(at) {
                (self.closest[i], self.nearest[i]) = (distance, index);
            }
        }
        let frame = &self.spread.frame;
        let row = gather(self.points, frame.origin(), &[new]);
        self.centres.append(Centres::new(frame, row.view()));
        self.chosen.push(new);
    }

    /// Takes a point into the chosen ones: the first, or one of points whose distances were not kept.
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

/// What each target would save.
struct Savings<W> {
    /// Shape `(targets,)`.
    sums: Vec<f64>,
    /// For each target the points that it is closer to, with their squared distances; or nothing.
    closer: Vec<Vec<(usize, W)>>,
}

/// Adds up what each target would save in a run of points.
struct Visited<'a, F: Scalar> {
    /// The first point.
    first: usize,
    points: Rows<'a, F>,
    /// Of the run.
    closest: &'a [F::Work],
    savings: Savings<F::Work>,
}

impl<F: Scalar> Visitor<F::Work> for Visited<'_, F> {
    #[inline(always)]
    fn visit(&mut self, target: usize, ids: Ids, distances: &[F::Work]) {
        let Self { first, points, closest, savings } = self;
        if let (Ids::From(from), None, true) = (ids, points.weights(), savings.closer.is_empty()) {
            let rows = from - *first..from - *first + distances.len();
            savings.sums[target] += sum_of_gains(&closest[rows], distances);
            return;
        }
        let mut sum = 0.0;
        for (at, &distance) in distances.iter().enumerate() {
            let i = ids.get(at);
            let before = closest[i - *first];
            if distance < before {
                let gain: f64 = (before - distance).into();
                sum += gain * points.weight(i);
                if let Some(closer) = savings.closer.get_mut(target) {
                    closer.push((i, distance));
                }
            }
        }
        savings.sums[target] += sum;
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

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use rand::SeedableRng;

    use super::*;
    use crate::Points;
    use crate::kmeans::sketch::Sketch;

    /// What k-means++ chooses is the same with images and without, to the last bit of every saving; returns
    /// the share of the distances that images leave.
    fn check<F: Scalar>(what: &str, array: &Array2<F>, weights: Option<&[f64]>, k: usize) -> f64 {
        let points = Points::from(array);
        let points = weights.map_or(points.clone(), |weights| points.weights(weights));
        let values = points.in_order();
        let rows = Rows::new(&points, &values).unwrap();
        let plain = Spread::of(rows, None).unwrap();
        let mut sketched = Spread::of(rows, None).unwrap();
        sketched.sketch = Sketch::of(rows, &sketched);
        assert!(sketched.sketch.is_some(), "{what}");
        let candidates: Vec<usize> = (0..5).map(|i| i * array.nrows() / 5 + 3).collect();
        let [(without, all), (with, some)] = [&plain, &sketched].map(|spread| {
            let mut seeding = Seeding::new(rows, spread, 10);
            seeding.choose(10);
            for new in [20, 30] {
                let parts = seeding.savings(&[new]);
                seeding.take(new, parts, 0);
            }
            let before = seeding.distances;
            (seeding.savings(&candidates), seeding.distances - before)
        });
        for (without, with) in without.iter().zip(&with) {
            assert_eq!(without.sums, with.sums, "{what}");
            for ((target, a), b) in without.closer.iter().enumerate().zip(&with.closer) {
                assert_eq!(a.len(), b.len(), "{what}: {target}");
                assert!(a.iter().zip(b).all(|(a, b)| a.0 == b.0 && a.1 == b.1), "{what}: {target}");
            }
        }
        for seed in 0..4 {
            let [a, b] = [&plain, &sketched].map(|spread| {
                Seeding::new(rows, spread, k).run(&mut Xoshiro256PlusPlus::seed_from_u64(seed)).0
            });
            assert_eq!(a, b, "{what}, seed {seed}");
        }
        some as f64 / all as f64
    }

    #[test]
    fn images_change_no_choice() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(4);
        let axes = Array2::from_shape_fn((4, 128), |_| rng.gen_range(-1.0..1.0_f32));
        let factors = Array2::from_shape_fn((700, 4), |_| rng.gen_range(-1.0..1.0));
        let noise = Array2::from_shape_fn((700, 128), |_| rng.gen_range(-0.1..0.1));
        let mut array = factors.dot(&axes) + noise;
        let left = check("few dimensions", &array, None, 40);
        assert!(left < 0.75, "{left} of the distances");
        let weights: Vec<f64> = (0..700).map(|i| 0.3 + f64::from(i % 3)).collect();
        // Equal rows, and one far from all others.
        for i in 0..50 {
            let row = array.row(i).to_owned();
            array.row_mut(699 - i).assign(&row);
        }
        array.row_mut(333).mapv_inplace(|x| 20.0 * x);
        check("f32", &array, None, 40);
        check("weights", &array, Some(&weights), 40);
        check("f64", &array.mapv(f64::from), None, 40);
        for away in [100.0, 1e4, 1e6] {
            check(&format!("at {away}"), &array.mapv(|x| x + away), None, 40);
        }
        let bytes = factors.dot(&Array2::from_shape_fn((4, 400), |(i, j)| axes[[i, j % 128]]));
        check("bytes", &bytes.mapv(|x| (128.0 + 20.0 * x) as u8), None, 40);
    }

    #[test]
    fn points_on_a_chosen_one_are_chosen_last() {
        // Two places, far apart and far from a third, each with many equal points and one beside them.
        let mut array = Array2::from_shape_fn((303, 2), |(i, j)| [1e4_f32, -1e4, 37.0][(i + j) % 3]);
        (300..303).for_each(|i| array.row_mut(i).mapv_inplace(|x| x + 0.0078125));
        let points = Points::from(&array);
        let values = points.in_order();
        let rows = Rows::new(&points, &values).unwrap();
        let spread = Spread::of(rows, None).unwrap();
        for seed in 0..20 {
            let chosen = Seeding::new(rows, &spread, 6).run(&mut Xoshiro256PlusPlus::seed_from_u64(seed)).0;
            let chosen: std::collections::BTreeSet<_> =
                chosen.outer_iter().map(|row| row.mapv(f64::to_bits).to_vec()).collect();
            assert_eq!(chosen.len(), 6, "seed {seed}: all that are different are chosen");
        }
    }
}
