//! The assignment step of Lloyd's algorithm with bounds, which tell for which points and centroids nothing can have changed.

use std::ops::Range;

use ndarray::{Array1, Array2, ArrayView1, Axis, s};
use rayon::prelude::*;

use super::centres::{Block, Centres, Lowest, WIDE};
use super::exact::Exact;
use super::groups::Groups;
use super::sketch::{Images, Panel, Sketch};
use super::spread::Spread;
use super::sums::UNASSIGNED;
use crate::kernel::prefetch;
use crate::parallel::{map, pieces, split_mut};
use crate::points::Rows;
use crate::simd::{Isa, Kernel, dispatch};
use crate::{Scalar, Work};

/// Points that are collected before they are compared with the groups they have to be compared with: the more there are,
/// the more share a group that has been fetched from memory.
const OPEN: usize = 1024;

/// Points that are asked for ahead of the one that is looked at.
const AHEAD: usize = 4;

/// Fewest centroids that are worth the while of a thread.
const MIN_ROWS: usize = 32;

/// Points that tell whether images are of use: where they leave half of all distances, one by one, all at once are computed
/// sooner. It changes no result.
const PROBE: usize = 512;

/// Up to so many centroids, their images are looked at sooner than the distance to a point's own is computed.
const AT_A_GLANCE: usize = 16;

/// What is known about how far the points are from the centroids of one start.
///
/// The centroids are in t groups. For each point there is an upper bound on the distance to its own centroid, and for
/// each group a lower bound on the distance to the others in it. When centroids move, the bounds move with them; where
/// the upper bound stays below a lower one, no centroid of that group can have come nearer, and nothing is computed. One
/// group is Hamerly's algorithm (*Making k-means even faster*, SDM 2010), as many as centroids is Elkan's (*Using the
/// triangle inequality to accelerate k-means*, ICML 2003) without its distances between centroids, and in between it is
/// Yinyang k-means (Ding et al., ICML 2015).
///
/// The bounds are held off by the most that rounding can do, so the labels are those of
/// [`super::assign::nearest`] to the last one: where scores are too close to tell, both ask [`Exact`].
pub(super) struct Bounds<W> {
    groups: Groups,
    /// Whether the images of the points are asked first ([`Sketch`]), if they have any.
    sketch: bool,
    /// Shape `(n,)`.
    upper: Vec<W>,
    /// Shape `(n, t)`.
    lower: Vec<W>,
    /// The centroids that the bounds are for, in the order of groups.
    centroids: Option<Array2<f64>>,
}

impl<W: Work> Bounds<W> {
    /// Knows nothing yet about n points.
    pub(super) fn new(n: usize, groups: Groups, sketch: bool) -> Self {
        let lower = vec![W::ZERO; n * groups.len()];
        Self { groups, sketch, upper: vec![W::INFINITY; n], lower, centroids: None }
    }

    /// Bytes of bounds per point.
    pub(super) fn bytes_per_point(groups: usize) -> usize {
        (groups + 1) * size_of::<W>()
    }

    /// Moves `labels` `(n,)` to the nearest of `centroids` `(k, d)`, which are given by their differences
    /// from the origin, from the labels of the call before. Returns how many distances were computed.
    pub(super) fn assign<F: Scalar<Work = W>>(
        &mut self,
        points: Rows<F>,
        spread: &Spread<W>,
        centroids: &Array2<f64>,
        labels: &mut [u32],
    ) -> u64 {
        let ordered = centroids.select(Axis(0), self.groups.order());
        let exact = Exact::new(spread.frame.origin(), ordered.clone());
        self.assign_as(points, spread, ordered, &exact, labels)
    }

    /// [`Bounds::assign`] for the last time: the labels are those of a model of `centroids` `(k, d)`.
    pub(super) fn finish<F: Scalar<Work = W>>(
        mut self,
        points: Rows<F>,
        spread: &Spread<W>,
        centroids: &Array2<f64>,
        labels: &mut [u32],
    ) -> u64 {
        let ordered = centroids.select(Axis(0), self.groups.order()) / points.scale();
        let exact = Exact::new(&vec![0.0; points.d()], ordered.clone());
        let ordered = ordered - Array1::from(spread.frame.origin().to_vec());
        // Distances may differ by more and be equal than they might when the bounds were made.
        let centres = Centres::new(&spread.frame, ordered.view());
        let rounding = Rounding::new(centres.doubt(&exact, spread.longest));
        for upper in &mut self.upper {
            *upper = rounding.held_off(*upper);
        }
        self.assign_as(points, spread, ordered, &exact, labels)
    }

    /// [`Bounds::assign`] to the centroids `ordered` `(k, d)`, in the order of groups; `exact` are these.
    fn assign_as<F: Scalar<Work = W>>(
        &mut self,
        points: Rows<F>,
        spread: &Spread<W>,
        ordered: Array2<f64>,
        exact: &Exact,
        labels: &mut [u32],
    ) -> u64 {
        let Self { groups, sketch: asked, upper, lower, centroids: before } = self;
        let centres = Centres::new(&spread.frame, ordered.view());
        let moves: Vec<f64> = match before {
            Some(before) => moves(before, &ordered, spread.frame.unit()),
            None => vec![0.0; centres.len()],
        };
        let sketch = spread.sketch.as_ref().filter(|_| *asked);
        let images = sketch.map(|sketch| {
            let unit = spread.frame.unit();
            let images = |group| sketch.images(unit, ordered.slice(s![groups.range(group), ..]));
            (sketch, (0..groups.len()).map(images).collect())
        });
        let mut pass = Pass {
            points,
            norms: &spread.norms,
            centres: &centres,
            exact,
            groups,
            sketch: images,
            rounding: Rounding::new(centres.doubt(exact, spread.longest)),
            known: before.is_some(),
            group_moves: groups.largest(&moves).into_iter().map(Rounding::up).collect(),
            moves: (0..moves.len()).map(|label| Rounding::up(moves[groups.position(label as u32)])).collect(),
        };
        if !pass.known && pass.sketch.is_some() {
            let n = points.n().min(PROBE);
            let (labels, upper, lower) = (&mut labels[..n], &mut upper[..n], &mut lower[..n * groups.len()]);
            let probe =
                Chunk { pass: &pass, first: 0, labels: &mut *labels, upper: &mut *upper, lower: &mut *lower };
            if 2 * dispatch(probe) > n as u64 * groups.order().len() as u64 {
                pass.sketch = None;
                *asked = false;
            }
            labels.fill(UNASSIGNED);
            upper.fill(W::INFINITY);
            lower.fill(W::ZERO);
        }
        let chunks = pieces(points.n(), points.d());
        let parts = split_mut(labels, &chunks, 1)
            .into_iter()
            .zip(split_mut(upper, &chunks, 1))
            .zip(split_mut(lower, &chunks, groups.len()));
        let distances = map(chunks.iter().zip(parts), |(rows, ((labels, upper), lower))| {
            dispatch(Chunk { pass: &pass, first: rows.start, labels, upper, lower })
        });
        self.centroids = Some(ordered);
        distances.iter().sum()
    }
}

/// How far each row of `a` is from that of `b`, in `unit`.
fn moves(a: &Array2<f64>, b: &Array2<f64>, unit: f64) -> Vec<f64> {
    let distance = |(a, b): (ArrayView1<f64>, ArrayView1<f64>)| {
        let squares = a.iter().zip(b).map(|(a, b)| ((a - b) * unit).powi(2));
        // Of a sum of few terms, and of many.
        squares.sum::<f64>().sqrt() * (1.0 + 1e-10)
    };
    let rows = a.axis_iter(Axis(0)).into_par_iter().zip(b.axis_iter(Axis(0)));
    rows.with_min_len(MIN_ROWS).map(distance).collect()
}

/// Distances from scores, rounded to the safe side.
pub(super) struct Rounding<W> {
    /// How far a squared distance may be off.
    error: W,
    /// A little more and a little less than 1.
    more: W,
    less: W,
}

impl<W: Work> Rounding<W> {
    /// For squared distances that may be off by `error`: two of them, those of the scores of two centres, can
    /// be off in opposite directions, and so can the norm.
    fn new(error: f64) -> Self {
        let error = 3.0 * error;
        let slack = 8.0 * W::ROUNDING;
        Self { error: Self::up(error), more: W::narrow(1.0 + slack), less: W::narrow(1.0 - slack) }
    }

    /// Scores that are farther apart than this are in the order of distances.
    #[inline(always)]
    pub(super) fn doubt(&self) -> W {
        self.error + self.error
    }

    /// At least this distance, and as far from it as what [`Rounding::at_most`] gives is from the true one.
    #[inline(always)]
    pub(super) fn held_off(&self, distance: W) -> W {
        (distance * distance + self.error).sqrt() * self.more
    }

    /// At least `value`.
    pub(super) fn up(value: f64) -> W {
        W::narrow(value * (1.0 + 4.0 * W::ROUNDING))
    }

    /// At most `value`.
    pub(super) fn down(value: f64) -> W {
        W::narrow(value * (1.0 - 4.0 * W::ROUNDING))
    }

    /// At least the distance of a point of this norm and score.
    #[inline(always)]
    pub(super) fn at_most(&self, norm: W, score: W) -> W {
        (larger(norm + score, W::ZERO) + self.error).sqrt() * self.more
    }

    /// At most the distance of a point of this norm and score.
    #[inline(always)]
    pub(super) fn at_least(&self, norm: W, score: W) -> W {
        larger(norm + score - self.error, W::ZERO).sqrt() * self.less
    }
}

#[inline(always)]
fn larger<W: Work>(a: W, b: W) -> W {
    if a > b { a } else { b }
}

/// What all chunks of one assignment step share.
pub(super) struct Pass<'a, F: Scalar> {
    pub(super) points: Rows<'a, F>,
    pub(super) norms: &'a [F::Work],
    /// In the order of groups.
    pub(super) centres: &'a Centres<F::Work>,
    /// The same, for points that scores are too coarse for.
    pub(super) exact: &'a Exact,
    pub(super) groups: &'a Groups,
    /// Images of the points, and of the centres of each group.
    pub(super) sketch: Option<(&'a Sketch, Vec<Images>)>,
    pub(super) rounding: Rounding<F::Work>,
    /// Whether there are labels and bounds from an assignment step before.
    pub(super) known: bool,
    /// How far each centroid has moved, in the order of labels, and the farthest of each group.
    moves: Vec<F::Work>,
    group_moves: Vec<F::Work>,
}

/// A run of points with what is known about them.
pub(super) struct Chunk<'a, F: Scalar> {
    pub(super) pass: &'a Pass<'a, F>,
    /// The first point.
    pub(super) first: usize,
    pub(super) labels: &'a mut [u32],
    pub(super) upper: &'a mut [F::Work],
    pub(super) lower: &'a mut [F::Work],
}

impl<F: Scalar> Kernel for Chunk<'_, F> {
    type Output = u64;

    #[inline(always)]
    fn run<I: Isa>(mut self) -> u64 {
        let Pass { points, groups, sketch, known, .. } = self.pass;
        let mut work = Workspace::new(groups.len());
        let n = self.labels.len();
        // With few features its own centroid alone costs a point as much as all, and so do few images.
        let few = groups.len() == 1 && sketch.is_some() && self.pass.centres.len() <= AT_A_GLANCE;
        let tighten = *known && points.d() >= WIDE && !few;
        let (mut suspects, mut distances) = (Vec::new(), 0);
        for first in (0..n).step_by(OPEN) {
            let rows = first..n.min(first + OPEN);
            suspects.clear();
            if *known {
                self.drift(rows, &mut suspects);
            } else {
                suspects.extend(rows);
            }
            for (at, &i) in suspects.iter().enumerate() {
                let mut score = F::Work::INFINITY;
                if tighten {
                    // Memory has answered by the time that the point is looked at.
                    if let Some(&coming) = suspects.get(at + AHEAD) {
                        prefetch(points.row(self.first + coming));
                    }
                    distances += 1;
                    score = self.measure_own::<I>(i);
                    if self.lower(i).iter().all(|&lower| self.upper[i] < lower) {
                        continue;
                    }
                }
                work.open.push(i);
                work.scores.push(score);
                if work.open.len() == OPEN {
                    distances += self.close::<I>(&mut work);
                }
            }
        }
        distances + self.close::<I>(&mut work)
    }
}

/// Room to work in.
pub(super) struct Workspace<W> {
    /// Points that have to be compared with some groups.
    pub(super) open: Vec<usize>,
    /// About the score of each against its own centroid, or more than any where that has not been measured.
    pub(super) scores: Vec<W>,
    /// All of them.
    pub(super) slots: Vec<u32>,
    /// For each group, which of them may have to be compared with it.
    pub(super) wanted: Vec<Vec<u32>>,
    pub(super) block: Block<W>,
    pub(super) lowest: Lowest<W>,
    pub(super) keys: Vec<Panel>,
    /// A point that is looked at by itself, and the centres that may be its nearest.
    pub(super) alone: Block<W>,
    pub(super) near: Vec<(usize, u32)>,
}

impl<W: Work> Workspace<W> {
    fn new(groups: usize) -> Self {
        let (block, lowest) = (Block::new(), Lowest::new());
        Self {
            open: Vec::new(),
            scores: Vec::new(),
            slots: Vec::new(),
            wanted: vec![Vec::new(); groups],
            block,
            lowest,
            keys: Vec::new(),
            alone: Block::new(),
            near: Vec::new(),
        }
    }
}

impl<F: Scalar> Chunk<'_, F> {
    /// How many groups there are.
    pub(super) fn groups(&self) -> usize {
        self.pass.groups.len()
    }

    /// The lower bounds of a point, one for each group.
    #[inline(always)]
    pub(super) fn lower(&self, i: usize) -> &[F::Work] {
        &self.lower[i * self.groups()..(i + 1) * self.groups()]
    }

    /// Compares the open points with the centroids that may be nearer than their own. Returns how many distances that took;
    /// no point is open afterwards.
    #[inline(always)]
    fn close<I: Isa>(&mut self, work: &mut Workspace<F::Work>) -> u64 {
        let distances = match &self.pass.sketch {
            Some((sketch, images)) => self.sift::<I>(work, sketch, images),
            None if self.groups() == 1 => self.compare_with_all::<I>(work),
            None => self.compare::<I>(work),
        };
        work.open.clear();
        work.scores.clear();
        distances
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

    /// Labels a point with the nearest of its contenders, by `scores`, positions with labels and scores, of
    /// which `best` is the lowest. The bounds follow.
    #[inline(always)]
    pub(super) fn decide(
        &mut self,
        i: usize,
        best: F::Work,
        scores: impl Iterator<Item = ((usize, u32), F::Work)> + Clone,
        near: &mut Vec<(usize, u32)>,
    ) {
        let Pass { points, norms, centres, exact, groups, rounding, .. } = self.pass;
        let norm = norms[self.first + i];
        let known = (points.row(self.first + i), norm.into(), best);
        let nearest = centres.settle(exact, known, scores.clone(), near);
        let lower = &mut self.lower[i * groups.len()..(i + 1) * groups.len()];
        for (centre, score) in scores {
            if centre == nearest {
                self.labels[i] = centre.1;
                self.upper[i] = rounding.at_most(norm, score);
            } else if near.contains(&centre) {
                let lower = &mut lower[groups.of(centre.1)];
                let bound = rounding.at_least(norm, score);
                *lower = if bound < *lower { bound } else { *lower };
            }
        }
    }

    /// Measures the distance of a point to its own centroid. Returns about its score.
    #[inline(always)]
    pub(super) fn measure_own<I: Isa>(&mut self, i: usize) -> F::Work {
        let Pass { points, norms, centres, groups, rounding, .. } = self.pass;
        let score = centres.about::<I, F>(*points, self.first + i, groups.position(self.labels[i]));
        self.upper[i] = rounding.at_most(norms[self.first + i], score);
        score
    }
}
