//! The assignment step of Lloyd's algorithm: each point to the nearest centroid, with or without bounds that tell for
//! which points and centroids nothing can have changed.

use std::ops::Range;

use ndarray::{Array2, Axis};

use super::centres::{Block, Centres, Lowest, WIDE};
use super::groups::Groups;
use super::spread::Spread;
use super::sums::UNASSIGNED;
use crate::kernel::prefetch;
use crate::parallel::{map, pieces, split_mut};
use crate::points::Rows;
use crate::simd::{Isa, Kernel, dispatch};
use crate::{Scalar, Work};

/// Points that are scored together, without bounds.
const BLOCK: usize = 128;

/// Points that are collected before they are compared with the groups they have to be compared with: the more there are,
/// the more share a group that has been fetched from memory.
const OPEN: usize = 1024;

/// Points that are asked for ahead of the one that is looked at.
const AHEAD: usize = 4;

/// Centres that are scored before the best of them is looked for.
const RANGE: usize = 256;

/// Finds the nearest of all centres for every point, by computing every distance: labels `(n,)`. The lowest index wins
/// ties.
pub(super) fn nearest<F: Scalar>(points: Rows<F>, centres: &Centres<F::Work>, labels: &mut [u32]) {
    let chunks = pieces(points.n(), points.d());
    let parts = split_mut(labels, &chunks, 1);
    map(chunks.iter().cloned().zip(parts), |(rows, labels)| {
        dispatch(Nearest { points, centres, rows, labels });
    });
}

struct Nearest<'a, F: Scalar> {
    points: Rows<'a, F>,
    centres: &'a Centres<F::Work>,
    rows: Range<usize>,
    labels: &'a mut [u32],
}

impl<F: Scalar> Kernel for Nearest<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self { points, centres, rows, labels } = self;
        let slots: Vec<u32> = (0..BLOCK as u32).collect();
        let (mut block, mut lowest) = (Block::new(), Lowest::new());
        let mut best = [F::Work::INFINITY; BLOCK];
        for (start, labels) in rows.step_by(BLOCK).zip(labels.chunks_mut(BLOCK)) {
            block.load(start..start + labels.len());
            for first in (0..centres.len()).step_by(RANGE) {
                let range = first..centres.len().min(first + RANGE);
                block.score::<I, F>(points, centres, &slots[..labels.len()], range.clone());
                lowest.find::<false>(&block, range.len());
                if range.len() == centres.len() {
                    labels.copy_from_slice(&lowest.index[..labels.len()]);
                    continue;
                }
                for (lane, label) in labels.iter_mut().enumerate() {
                    if first == 0 || lowest.best[lane] < best[lane] {
                        best[lane] = lowest.best[lane];
                        *label = first as u32 + lowest.index[lane];
                    }
                }
            }
        }
    }
}

/// What is known about how far the points are from the centroids of one start.
///
/// The centroids are in t groups. For each point there is an upper bound on the distance to its own centroid, and for
/// each group a lower bound on the distance to the others in it. When centroids move, the bounds move with them; where
/// the upper bound stays below a lower one, no centroid of that group can have come nearer, and nothing is computed. One
/// group is Hamerly's algorithm (*Making k-means even faster*, SDM 2010), as many as centroids is Elkan's (*Using the
/// triangle inequality to accelerate k-means*, ICML 2003) without its distances between centroids, and in between it is
/// Yinyang k-means (Ding et al., ICML 2015).
///
/// The bounds are held off by the most that rounding can do, so the labels are those of [`nearest`] to the last one.
pub(super) struct Bounds<W> {
    groups: Groups,
    /// Shape `(n,)`.
    upper: Vec<W>,
    /// Shape `(n, t)`.
    lower: Vec<W>,
    /// The centres that the bounds are for.
    centres: Option<Centres<W>>,
}

impl<W: Work> Bounds<W> {
    /// Knows nothing yet about n points.
    pub(super) fn new(n: usize, groups: Groups) -> Self {
        let lower = vec![W::ZERO; n * groups.len()];
        Self { groups, upper: vec![W::INFINITY; n], lower, centres: None }
    }

    /// Bytes of bounds per point.
    pub(super) fn bytes_per_point(groups: usize) -> usize {
        (groups + 1) * size_of::<W>()
    }

    /// Moves `labels` `(n,)` to the nearest of `centroids` `(k, d)`, from the labels of the call before. Returns how many
    /// distances were computed.
    pub(super) fn assign<F: Scalar<Work = W>>(
        &mut self,
        points: Rows<F>,
        spread: &Spread<W>,
        centroids: &Array2<f64>,
        labels: &mut [u32],
    ) -> u64 {
        let Self { groups, upper, lower, centres: before } = self;
        let ordered = centroids.select(Axis(0), groups.order());
        let centres = Centres::around(points, spread.mean.view(), ordered.view());
        let moves: Vec<f64> = match before {
            Some(before) => centres.moves(before),
            None => vec![0.0; centres.len()],
        };
        let pass = Pass {
            points,
            norms: &spread.norms,
            centres: &centres,
            groups,
            rounding: Rounding::new(centres.error(spread.longest, spread.largest_norm)),
            known: before.is_some(),
            group_moves: groups.largest(&moves).into_iter().map(Rounding::up).collect(),
            moves: (0..moves.len()).map(|label| Rounding::up(moves[groups.position(label as u32)])).collect(),
        };
        let chunks = pieces(points.n(), points.d());
        let parts = split_mut(labels, &chunks, 1)
            .into_iter()
            .zip(split_mut(upper, &chunks, 1))
            .zip(split_mut(lower, &chunks, groups.len()));
        let distances = map(chunks.iter().zip(parts), |(rows, ((labels, upper), lower))| {
            dispatch(Chunk { pass: &pass, first: rows.start, labels, upper, lower })
        });
        *before = Some(centres);
        distances.iter().sum()
    }
}

/// Distances from scores, rounded to the safe side.
struct Rounding<W> {
    /// How far a squared distance may be off.
    error: W,
    /// A little more and a little less than 1.
    more: W,
    less: W,
}

impl<W: Work> Rounding<W> {
    /// For squared distances that may be off by `error`: two of them, that of a score to one centre and that of the score
    /// which [`nearest`] would compare it with, can be off in opposite directions, and so can the norm.
    fn new(error: f64) -> Self {
        let error = 3.0 * error;
        let slack = 8.0 * W::ROUNDING;
        Self { error: Self::up(error), more: W::narrow(1.0 + slack), less: W::narrow(1.0 - slack) }
    }

    fn up(value: f64) -> W {
        W::narrow(value * (1.0 + 4.0 * W::ROUNDING))
    }

    /// At least the distance of a point of this norm and score.
    #[inline(always)]
    fn at_most(&self, norm: W, score: W) -> W {
        (larger(norm + score, W::ZERO) + self.error).sqrt() * self.more
    }

    /// At most the distance of a point of this norm and score.
    #[inline(always)]
    fn at_least(&self, norm: W, score: W) -> W {
        larger(norm + score - self.error, W::ZERO).sqrt() * self.less
    }
}

#[inline(always)]
fn larger<W: Work>(a: W, b: W) -> W {
    if a > b { a } else { b }
}

/// What all chunks of one assignment step share.
struct Pass<'a, F: Scalar> {
    points: Rows<'a, F>,
    norms: &'a [F::Work],
    centres: &'a Centres<F::Work>,
    groups: &'a Groups,
    rounding: Rounding<F::Work>,
    /// Whether there are labels and bounds from an assignment step before.
    known: bool,
    /// How far each centroid has moved, in the order of labels, and the farthest of each group.
    moves: Vec<F::Work>,
    group_moves: Vec<F::Work>,
}

/// A run of points with what is known about them.
struct Chunk<'a, F: Scalar> {
    pass: &'a Pass<'a, F>,
    /// The first point.
    first: usize,
    labels: &'a mut [u32],
    upper: &'a mut [F::Work],
    lower: &'a mut [F::Work],
}

/// The nearest centroid so far of a point that is being looked at.
#[derive(Clone, Copy)]
struct Candidate<W> {
    score: W,
    label: u32,
    group: usize,
}

impl<F: Scalar> Kernel for Chunk<'_, F> {
    type Output = u64;

    #[inline(always)]
    fn run<I: Isa>(mut self) -> u64 {
        let mut work = Workspace::new(self.groups());
        let (n, narrow) = (self.labels.len(), self.pass.points.d() < WIDE);
        let (mut suspects, mut distances) = (Vec::new(), 0);
        for first in (0..n).step_by(OPEN) {
            let rows = first..n.min(first + OPEN);
            suspects.clear();
            if self.pass.known {
                self.drift(rows, &mut suspects);
            } else {
                suspects.extend(rows);
            }
            for (at, &i) in suspects.iter().enumerate() {
                // With few features its own centroid alone costs a point as much as all.
                if self.pass.known && !narrow {
                    // Memory has answered by the time that the point is looked at.
                    if let Some(&coming) = suspects.get(at + AHEAD) {
                        prefetch(self.pass.points.row(self.first + coming));
                    }
                    distances += 1;
                    if !self.tighten::<I>(i) {
                        continue;
                    }
                }
                work.open.push(i);
                if work.open.len() == OPEN {
                    distances += self.compare::<I>(&mut work);
                }
            }
        }
        distances + self.compare::<I>(&mut work)
    }
}

/// Room to work in.
struct Workspace<W> {
    /// Points that have to be compared with some groups.
    open: Vec<usize>,
    /// The nearest centroid of each of these.
    nearest: Vec<Candidate<W>>,
    /// All of them.
    slots: Vec<u32>,
    /// For each group, which of them may have to be compared with it.
    wanted: Vec<Vec<u32>>,
    block: Block<W>,
    lowest: Lowest<W>,
}

impl<W: Work> Workspace<W> {
    fn new(groups: usize) -> Self {
        let (block, lowest) = (Block::new(), Lowest::new());
        let wanted = vec![Vec::new(); groups];
        Self { open: Vec::new(), nearest: Vec::new(), slots: Vec::new(), wanted, block, lowest }
    }
}

impl<F: Scalar> Chunk<'_, F> {
    fn groups(&self) -> usize {
        self.pass.groups.len()
    }

    /// Lets the bounds of the points in `rows` follow the centres, and adds those to `suspects` that another centroid may
    /// now be nearest to.
    #[inline(always)]
    fn drift(&mut self, rows: Range<usize>, suspects: &mut Vec<usize>) {
        let t = self.groups();
        let Pass { rounding, moves, group_moves, .. } = self.pass;
        let labels = &self.labels[rows.clone()];
        let upper = &mut self.upper[rows.clone()];
        let lower = &mut self.lower[rows.start * t..rows.end * t];
        for (upper, &label) in upper.iter_mut().zip(labels) {
            *upper = (*upper + moves[label as usize]) * rounding.more;
        }
        let mut found = 0;
        suspects.resize(rows.len(), 0);
        let mut note = |i: usize, suspect: bool| {
            suspects[found] = i;
            found += usize::from(suspect);
        };
        if let &[moved] = group_moves.as_slice() {
            for lower in lower.iter_mut() {
                *lower = larger(*lower - moved, F::Work::ZERO) * rounding.less;
            }
            rows.zip(upper).zip(lower).for_each(|((i, upper), lower)| note(i, *upper >= *lower));
        } else {
            for ((i, upper), lower) in rows.zip(upper).zip(lower.chunks_exact_mut(t)) {
                let mut nearest = F::Work::INFINITY;
                for (lower, &moved) in lower.iter_mut().zip(group_moves) {
                    *lower = larger(*lower - moved, F::Work::ZERO) * rounding.less;
                    nearest = if *lower < nearest { *lower } else { nearest };
                }
                note(i, *upper >= nearest);
            }
        }
        suspects.truncate(found);
    }

    /// Measures the distance of a point to its own centroid; whether another may still be nearer.
    #[inline(always)]
    fn tighten<I: Isa>(&mut self, i: usize) -> bool {
        let t = self.groups();
        let Pass { points, norms, centres, groups, rounding, .. } = self.pass;
        let score = centres.about::<I, F>(*points, self.first + i, groups.position(self.labels[i]));
        let upper: F::Work = rounding.at_most(norms[self.first + i], score);
        self.upper[i] = upper;
        self.lower[i * t..(i + 1) * t].iter().any(|&lower| upper >= lower)
    }

    /// Compares the open points with every group that may hold a nearer centroid, and with their own. Returns how many
    /// distances that took; no point is open afterwards.
    #[inline(always)]
    fn compare<I: Isa>(&mut self, work: &mut Workspace<F::Work>) -> u64 {
        if self.groups() == 1 {
            return self.compare_with_all::<I>(work);
        }
        let Workspace { open, nearest, wanted, block, lowest, .. } = work;
        let Pass { points, centres, groups, .. } = *self.pass;
        let nobody = Candidate { score: F::Work::INFINITY, label: UNASSIGNED, group: usize::MAX };
        nearest.clear();
        nearest.resize(open.len(), nobody);
        block.load(open.iter().map(|&i| self.first + i));
        for (slot, &i) in open.iter().enumerate() {
            self.ask(i, slot as u32, wanted);
        }
        let mut distances = 0;
        for (group, slots) in wanted.iter_mut().enumerate() {
            // The groups before may have brought a point's centroid nearer.
            if group > 0 {
                slots.retain(|&slot| self.needs(open[slot as usize], group));
            }
            if slots.is_empty() {
                continue;
            }
            let range = groups.range(group);
            distances += (slots.len() * range.len()) as u64;
            block.score::<I, F>(points, centres, slots, range.clone());
            lowest.find::<true>(block, range.len());
            for (lane, &slot) in slots.iter().enumerate() {
                let label = groups.order()[range.start + lowest.index[lane] as usize] as u32;
                let new = Candidate { score: lowest.best[lane], label, group };
                self.consider(open[slot as usize], &mut nearest[slot as usize], new, lowest.second[lane]);
            }
            slots.clear();
        }
        for (&i, nearest) in open.iter().zip(nearest) {
            self.labels[i] = nearest.label;
        }
        open.clear();
        distances
    }

    /// [`Chunk::compare`] where there is but one group: the nearest is its nearest.
    #[inline(always)]
    fn compare_with_all<I: Isa>(&mut self, work: &mut Workspace<F::Work>) -> u64 {
        let Workspace { open, slots, block, lowest, .. } = work;
        let Pass { points, norms, centres, groups, rounding, .. } = self.pass;
        slots.clear();
        slots.extend(0..open.len() as u32);
        block.load(open.iter().map(|&i| self.first + i));
        block.score::<I, F>(*points, centres, slots, 0..centres.len());
        lowest.find::<true>(block, centres.len());
        let found = lowest.index.iter().zip(&lowest.best).zip(&lowest.second);
        for (&i, ((&index, &best), &second)) in open.iter().zip(found) {
            let norm = norms[self.first + i];
            self.labels[i] = groups.order()[index as usize] as u32;
            self.upper[i] = rounding.at_most(norm, best);
            self.lower[i] = rounding.at_least(norm, second);
        }
        let distances = (open.len() * centres.len()) as u64;
        open.clear();
        distances
    }

    /// Puts a point on the lists of the groups that it has to be compared with.
    #[inline(always)]
    fn ask(&self, i: usize, slot: u32, wanted: &mut [Vec<u32>]) {
        let (label, t) = (self.labels[i], self.groups());
        if label == UNASSIGNED {
            wanted.iter_mut().for_each(|slots| slots.push(slot));
            return;
        }
        let (own, upper) = (self.pass.groups.of(label), self.upper[i]);
        for (group, &lower) in self.lower[i * t..(i + 1) * t].iter().enumerate() {
            if lower <= upper || group == own {
                wanted[group].push(slot);
            }
        }
    }

    /// Whether a point has to be compared with the centroids of a group: one of them may be the nearest, or is so far.
    #[inline(always)]
    fn needs(&self, i: usize, group: usize) -> bool {
        let label = self.labels[i];
        label == UNASSIGNED
            || self.lower[i * self.groups() + group] <= self.upper[i]
            || self.pass.groups.of(label) == group
    }

    /// Takes in the nearest centroid of a group, the score of the second nearest, and what they say about the bounds.
    #[inline(always)]
    fn consider(
        &mut self,
        i: usize,
        best: &mut Candidate<F::Work>,
        new: Candidate<F::Work>,
        second: F::Work,
    ) {
        let t = self.groups();
        let Pass { norms, rounding, .. } = self.pass;
        let norm = norms[self.first + i];
        let lower = &mut self.lower[i * t..(i + 1) * t];
        if new.score < best.score || (new.score == best.score && new.label < best.label) {
            if let Some(lower) = lower.get_mut(best.group) {
                *lower = rounding.at_least(norm, best.score);
            }
            lower[new.group] = rounding.at_least(norm, second);
            self.upper[i] = rounding.at_most(norm, new.score);
            *best = new;
        } else {
            lower[new.group] = rounding.at_least(norm, new.score);
        }
    }
}
