//! Centres made ready to be compared with blocks of points, and the comparison.

use std::array::from_fn;
use std::ops::Range;
use std::sync::Arc;

use ndarray::{ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;

use super::distance::squared_length;
use super::exact::Exact;
use super::frame::Frame;
use crate::kernel::{Centring, LANES, PADDING, keep_loop, panel, prefetch, products};
use crate::points::Rows;
use crate::simd::Isa;
use crate::{Scalar, Work};

/// From so many features on, vectors lie along the features of a row.
pub(super) const WIDE: usize = 32;

/// Rows ahead that are fetched while four are compared: those are done before memory answers.
const AHEAD: usize = 8;

/// Centres that are compared with all points of a block before the next ones are: with 784 features they take 60 kB,
/// which stay in a second-level cache meanwhile.
const CENTRES_AT_ONCE: usize = 20;

/// Fewest centres that are worth the while of a thread.
const MIN_ROWS: usize = 32;

/// m centres, scored against points.
///
/// Points and centres are measured from the origin s of a [`Frame`]: with `x' = x - s` and `c' = c - s`,
/// `|x - c|^2 = |x'|^2 + |c'|^2 - 2 x'.c'`. The first term is the same for all centres and is left out
/// of the score; the second is the offset. The origin is subtracted from a point as it is loaded, so
/// that no digit is lost where the points lie far from zero.
///
/// All lengths are in [`Frame::unit`]. A score depends on the point and the centre alone, to the last bit.
pub(super) struct Centres<W> {
    pub(super) frame: Arc<Frame<W>>,
    /// `-2 c'`, shape `(m, stride)`; columns from d on are 0.
    directions: Vec<W>,
    /// Where vectors lie along points, the same in the order of the features, shape `(d, m)`; else empty.
    features: Vec<W>,
    /// `|c'|^2`, shape `(m,)`.
    offsets: Vec<W>,
    d: usize,
    stride: usize,
}

impl<W: Work> Centres<W> {
    /// Prepares centres `(m, d)`, given by their differences from the origin of `frame`, in the values
    /// of points.
    pub(super) fn new(frame: &Arc<Frame<W>>, centres: ArrayView2<f64>) -> Self {
        let (d, unit) = (frame.origin().len(), frame.unit());
        let stride = if d < WIDE { d } else { d.next_multiple_of(PADDING) };
        let mut directions = vec![W::ZERO; centres.nrows() * stride];
        let rows = directions.par_chunks_exact_mut(stride).zip(centres.axis_iter(Axis(0)).into_par_iter());
        let offset = |(row, centre): (&mut [W], ArrayView1<f64>)| {
            let mut offset = 0.0;
            for (direction, &c) in row.iter_mut().zip(centre) {
                *direction = W::narrow(-2.0 * (c * unit));
                // The rounded centre, so that the score is exact for the centre that the product sees.
                let centred = -0.5 * wide(*direction);
                offset += centred * centred;
            }
            W::narrow(offset)
        };
        let offsets = rows.with_min_len(MIN_ROWS).map(offset).collect();
        Self { frame: frame.clone(), features: by_feature(&directions, d), directions, offsets, d, stride }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.offsets.len()
    }

    /// About the score of point `i` against centre `c`: within [`Centres::error`], but not to the last bit what
    /// [`Block::score`] gives.
    #[inline(always)]
    pub(super) fn about<I: Isa, F: Scalar<Work = W>>(&self, points: Rows<F>, i: usize, c: usize) -> W {
        let (row, direction) = (points.row(i), &self.direction(c)[..self.d]);
        let [product] = products::<I, F, 64, 1>(row, self.frame.centring(), [direction]);
        self.offsets[c] + product
    }

    fn direction(&self, c: usize) -> &[W] {
        &self.directions[c * self.stride..(c + 1) * self.stride]
    }

    /// Squared distance between centre `c` and each of `others`, which have the same origin.
    pub(super) fn squared_distances(&self, c: usize, others: &Self) -> Vec<f64> {
        let direction = self.direction(c);
        others
            .directions
            .chunks_exact(self.stride)
            .map(|other| 0.25 * squared_distance(direction, other))
            .collect()
    }

    /// Puts the centres of `other`, which have the same origin, behind these.
    pub(super) fn append(&mut self, mut other: Self) {
        self.directions.append(&mut other.directions);
        self.features = by_feature(&self.directions, self.d);
        self.offsets.append(&mut other.offsets);
    }

    /// How far a score plus the squared length of a point can be from its squared distance to the centre
    /// that was prepared, for points and centres no longer than `point` and `centre`.
    ///
    /// Higham, *Accuracy and Stability of Numerical Algorithms* (2002), section 3.1: a product of m terms
    /// errs by at most m roundings of the sum of absolute terms, which the lengths bound. Coordinates of
    /// points and centres are rounded once more.
    pub(super) fn error_of(&self, point: f64, centre: f64) -> f64 {
        let steps = if self.d < WIDE { self.d + 2 } else { self.stride / W::FEWEST_LANES + 8 };
        let product = 2.0 * point * centre;
        let rounded = (steps as f64 + 4.0) * product + 6.1 * (centre * centre + point * point);
        1.01 * W::ROUNDING * rounded + (self.d as f64 + 8.0) * W::TINY
    }

    /// Length of the longest.
    fn longest(&self) -> f64 {
        let squared = self.offsets.iter().map(|&offset| wide(offset)).fold(0.0, f64::max);
        squared.sqrt() * (1.0 + W::ROUNDING)
    }

    /// How far a score plus the squared length of a point can be from its squared distance to the centre
    /// that was scored, for points no longer than `length`.
    pub(super) fn error(&self, length: f64) -> f64 {
        self.error_of(length, self.longest())
    }

    /// [`Centres::error`], and by how much `exact` lets squared distances differ that are equal. Where
    /// scores differ by more than twice this, their order is that of `exact`.
    pub(super) fn doubt(&self, exact: &Exact, length: f64) -> f64 {
        self.error(length) + exact.slack(self.frame.unit(), length + self.longest())
    }

    /// What the scores of a point may be above its lowest, `best`, for centres that may be its nearest;
    /// `norm` is its squared length. Unlike [`Centres::doubt`] this looks at no other point and no
    /// centre that is far from it.
    fn doubt_of(&self, exact: &Exact, norm: f64, best: W) -> f64 {
        let (length, squared) = (norm.sqrt(), norm + wide(best));
        let distance = if squared < 0.0 { 0.0 } else { squared.sqrt() };
        // The nearest is no longer than the point and its distance, which rounding may have changed by
        // about a thirtieth of the length.
        let centre = 1.1 * (2.0 * length + distance);
        2.5 * (self.error_of(length, centre) + exact.slack(self.frame.unit(), length + centre))
    }

    /// Puts into `near` the positions and labels of the centres that may be the nearest to a point, and
    /// returns the nearest by `exact`. `norm` is the squared length of the point, `scores` are those of
    /// all centres that may be, `best` is the lowest.
    #[inline(always)]
    pub(super) fn settle<F: Scalar<Work = W>>(
        &self,
        exact: &Exact,
        (point, norm, best): (&[F], f64, W),
        scores: impl Iterator<Item = ((usize, u32), W)>,
        near: &mut Vec<(usize, u32)>,
    ) -> (usize, u32) {
        let limit = wide(best) + self.doubt_of(exact, norm, best);
        near.clear();
        // What is no number may be anything.
        #[allow(clippy::neg_cmp_op_on_partial_ord, reason = "true of what cannot be compared")]
        near.extend(scores.filter(|&(_, score)| !(wide(score) > limit)).map(|(centre, _)| centre));
        match near[..] {
            [only] => only,
            _ => exact.nearest(point, near),
        }
    }

    /// Squared length of a point, as [`Centres::settle`] wants it.
    #[inline(always)]
    pub(super) fn norm<F: Scalar<Work = W>>(&self, point: &[F]) -> f64 {
        squared_length(point, self.frame.origin(), self.frame.unit())
    }
}

/// See [`Centres::features`].
fn by_feature<W: Work>(directions: &[W], d: usize) -> Vec<W> {
    let features = if d < WIDE { d } else { 0 };
    (0..features).flat_map(|i| directions.iter().skip(i).step_by(d).copied()).collect()
}

fn wide<W: Work>(value: W) -> f64 {
    value.into()
}

fn squared_distance<W: Work>(a: &[W], b: &[W]) -> f64 {
    const LANES: usize = 8;
    let ((a, a_tail), (b, b_tail)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for l in 0..LANES {
            let difference = wide(a[l]) - wide(b[l]);
            lanes[l] += difference * difference;
        }
    }
    let tail = a_tail.iter().zip(b_tail).map(|(&a, &b)| (wide(a) - wide(b)).powi(2));
    lanes.iter().sum::<f64>() + tail.sum::<f64>()
}

/// Takes in the scores of a centre, one a lane, to the lowest, the second lowest and the index of the lowest.
///
/// A loop for each, and no function: with one loop for all, or arrays behind references, the compiler makes no vectors
/// where the scores have just been computed.
macro_rules! rank {
    ($scores:expr, $centre:expr, $best:ident, $second:ident, $index:ident) => {{
        let mut losers = [W::ZERO; LANES];
        for l in 0..LANES {
            losers[l] = if $scores[l] < $best[l] { $best[l] } else { $scores[l] };
        }
        for l in 0..LANES {
            $second[l] = if losers[l] < $second[l] { losers[l] } else { $second[l] };
        }
        for l in 0..LANES {
            $index[l] = if $scores[l] < $best[l] { $centre } else { $index[l] };
        }
        for l in 0..LANES {
            $best[l] = if $scores[l] < $best[l] { $scores[l] } else { $best[l] };
        }
    }};
}

/// Points that are being looked at, and room to work in. Points are named by their slot.
pub(super) struct Block<W> {
    /// The point in each slot.
    ids: Vec<usize>,
    /// Four rows, `(4, stride)`, where vectors lie along the features.
    rows: Vec<W>,
    /// One panel, `(d, LANES)`, where they do not.
    columns: Vec<[W; LANES]>,
    /// `(centres, lanes)`, see [`Block::score`].
    scores: Vec<W>,
    lanes: usize,
}

impl<W: Work> Block<W> {
    pub(super) fn new() -> Self {
        Self { ids: Vec::new(), rows: Vec::new(), columns: Vec::new(), scores: Vec::new(), lanes: 0 }
    }

    /// Puts points into the slots, in ascending order.
    #[inline(always)]
    pub(super) fn load(&mut self, ids: impl Iterator<Item = usize>) {
        self.ids.clear();
        self.ids.extend(ids);
    }

    /// Scores the points in `slots`, in ascending order, against the centres of `range`. What [`Block::of`] gives afterwards has a lane for
    /// each slot, and up to a multiple of [`LANES`] more that mean nothing.
    #[inline(always)]
    pub(super) fn score<I: Isa, F: Scalar<Work = W>>(
        &mut self,
        points: Rows<F>,
        centres: &Centres<W>,
        slots: &[u32],
        range: Range<usize>,
    ) {
        self.lanes = slots.len().next_multiple_of(LANES);
        self.scores.resize(range.len() * self.lanes, W::ZERO);
        if slots.is_empty() {
            return;
        }
        if centres.d < WIDE {
            self.score_panels::<I, F>(points, centres, slots, range);
        } else {
            self.score_tiles::<I, F>(points, centres, slots, range);
        }
    }

    /// The scores of the slots against the `c`-th centre of the last range.
    #[inline(always)]
    pub(super) fn of(&self, c: usize) -> &[W] {
        &self.scores[c * self.lanes..(c + 1) * self.lanes]
    }

    #[inline(always)]
    fn score_tiles<I: Isa, F: Scalar<Work = W>>(
        &mut self,
        points: Rows<F>,
        centres: &Centres<W>,
        slots: &[u32],
        range: Range<usize>,
    ) {
        let Self { ids, rows, scores, lanes, .. } = self;
        let (lanes, stride, first, centring) =
            (*lanes, centres.stride, range.start, centres.frame.centring());
        let point = |slot: usize| points.row(ids[slots[slot] as usize]);
        rows.resize(4 * stride, W::ZERO);
        for group in range.clone().step_by(CENTRES_AT_ONCE) {
            let group = group..range.end.min(group + CENTRES_AT_ONCE);
            for at in (0..slots.len()).step_by(4) {
                for (r, row) in rows.chunks_exact_mut(stride).enumerate() {
                    if at + r + AHEAD < slots.len() {
                        prefetch(point(at + r + AHEAD));
                    }
                    // The last rows are filled up with the last point; columns from d on stay 0.
                    let point = point((at + r).min(slots.len() - 1));
                    for ((to, &x), &shift) in row.iter_mut().zip(point).zip(centring.shifts) {
                        *to = centring.apply::<I>(x.to_work(), shift);
                    }
                }
                let rows: [&[W]; 4] = from_fn(|r| &rows[r * stride..(r + 1) * stride]);
                let mut c = group.start;
                macro_rules! tile {
                    ($count:literal) => {{
                        let last = group.end - 1;
                        let products =
                            W::products::<I, $count>(rows, from_fn(|j| centres.direction(last.min(c + j))));
                        for products in products.into_iter().take(group.end - c) {
                            let offset = centres.offsets[c];
                            let to = (c - first) * lanes + at;
                            scores[to..to + 4].copy_from_slice(&products.map(|product| offset + product));
                            c += 1;
                        }
                    }};
                }
                while c < group.end {
                    // The compiler makes vectors of these three; three are four of which one is done twice.
                    match group.end - c {
                        5.. => tile!(5),
                        3 | 4 => tile!(4),
                        _ => tile!(1),
                    }
                }
            }
        }
    }

    /// Puts up to [`LANES`] points side by side into `columns`. The last lanes are filled up with the last point.
    #[inline(always)]
    fn load_panel<I: Isa, F: Scalar<Work = W>>(
        &mut self,
        points: Rows<F>,
        centring: Centring<W>,
        slots: &[u32],
    ) {
        let Self { ids, columns, .. } = self;
        let (head, tail) = (ids[slots[0] as usize], ids[slots[slots.len() - 1] as usize]);
        // Loops: closures for so many rows would be called, not inlined.
        let mut rows: [&[F]; LANES] = [points.row(tail); LANES];
        if tail - head == slots.len() - 1 {
            rows.iter_mut().zip(points.iter(head..tail)).for_each(|(row, point)| *row = point);
        } else {
            for (row, &slot) in rows.iter_mut().zip(slots) {
                *row = points.row(ids[slot as usize]);
            }
        }
        columns.resize(points.d(), [W::ZERO; LANES]);
        F::columns::<I>(rows, columns);
        for (column, &shift) in columns.iter_mut().zip(centring.shifts) {
            keep_loop();
            for x in column {
                *x = centring.apply::<I>(*x, shift);
            }
        }
    }

    /// Finds, with few features, the two lowest scores of the points in `slots` against all centres, without writing
    /// the others down: what [`Block::score`] and [`Lowest::find`] give.
    #[inline(always)]
    pub(super) fn lowest<I: Isa, F: Scalar<Work = W>>(
        &mut self,
        points: Rows<F>,
        centres: &Centres<W>,
        slots: &[u32],
        lowest: &mut Lowest<W>,
    ) {
        let (m, centring) = (centres.len(), centres.frame.centring());
        lowest.resize(slots.len().next_multiple_of(LANES));
        for (p, slots) in slots.chunks(LANES).enumerate() {
            self.load_panel::<I, F>(points, centring, slots);
            let mut best = [W::INFINITY; LANES];
            let mut second = [W::INFINITY; LANES];
            let mut index = [0_u32; LANES];
            let mut c = 0;
            macro_rules! panel {
                ($count:literal) => {{
                    let products = panel::<I, W, $count>(&self.columns, &centres.features, m, c);
                    for (j, products) in products.iter().enumerate() {
                        let offset = centres.offsets[c + j];
                        let mut scores = [W::ZERO; LANES];
                        for l in 0..LANES {
                            scores[l] = offset + products[l];
                        }
                        rank!(scores, (c + j) as u32, best, second, index);
                    }
                    c += $count;
                }};
            }
            if I::WIDE {
                while m - c >= 10 {
                    panel!(10);
                }
            }
            while m - c >= 5 {
                panel!(5);
            }
            while c < m {
                panel!(1);
            }
            let lanes = p * LANES..(p + 1) * LANES;
            lowest.best[lanes.clone()].copy_from_slice(&best);
            lowest.second[lanes.clone()].copy_from_slice(&second);
            lowest.index[lanes].copy_from_slice(&index);
        }
    }

    #[inline(always)]
    fn score_panels<I: Isa, F: Scalar<Work = W>>(
        &mut self,
        points: Rows<F>,
        centres: &Centres<W>,
        slots: &[u32],
        range: Range<usize>,
    ) {
        let (lanes, first, centring) = (self.lanes, range.start, centres.frame.centring());
        for (p, slots) in slots.chunks(LANES).enumerate() {
            self.load_panel::<I, F>(points, centring, slots);
            let Self { columns, scores, .. } = self;
            let mut c = range.start;
            macro_rules! panel {
                ($count:literal) => {{
                    let products = panel::<I, W, $count>(columns, &centres.features, centres.len(), c);
                    for (j, products) in products.into_iter().enumerate() {
                        let offset = centres.offsets[c + j];
                        let to = (c + j - first) * lanes + p * LANES;
                        for (score, product) in scores[to..to + LANES].iter_mut().zip(products) {
                            *score = offset + product;
                        }
                    }
                    c += $count;
                }};
            }
            if I::WIDE {
                while range.end - c >= 10 {
                    panel!(10);
                }
            }
            while range.end - c >= 5 {
                panel!(5);
            }
            match range.end - c {
                4 => panel!(4),
                3 => panel!(3),
                2 => panel!(2),
                1 => panel!(1),
                _ => {}
            }
            debug_assert_eq!(c, range.end);
        }
    }
}

/// The lowest and the second lowest score of each lane, and the index of the lowest; the lowest index wins ties.
pub(super) struct Lowest<W> {
    pub(super) best: Vec<W>,
    pub(super) second: Vec<W>,
    pub(super) index: Vec<u32>,
}

impl<W: Work> Lowest<W> {
    pub(super) fn new() -> Self {
        Self { best: Vec::new(), second: Vec::new(), index: Vec::new() }
    }

    fn resize(&mut self, lanes: usize) {
        self.best.resize(lanes, W::ZERO);
        self.second.resize(lanes, W::ZERO);
        self.index.resize(lanes, 0);
    }

    /// Of the scores that `block` has for `m` centres; the second lowest only where it is asked for.
    #[inline(always)]
    pub(super) fn find<const SECOND: bool>(&mut self, block: &Block<W>, m: usize) {
        self.resize(block.lanes);
        for at in (0..block.lanes).step_by(LANES) {
            let mut best = [W::INFINITY; LANES];
            let mut second = [W::INFINITY; LANES];
            let mut index = [0_u32; LANES];
            for c in 0..m {
                let scores: &[W; LANES] =
                    block.of(c)[at..at + LANES].try_into().expect("lanes are a multiple of LANES");
                for l in 0..LANES {
                    let score = scores[l];
                    let closer = score < best[l];
                    if SECOND {
                        let loser = if closer { best[l] } else { score };
                        second[l] = if loser < second[l] { loser } else { second[l] };
                    }
                    best[l] = if closer { score } else { best[l] };
                    index[l] = if closer { c as u32 } else { index[l] };
                }
            }
            self.best[at..at + LANES].copy_from_slice(&best);
            self.second[at..at + LANES].copy_from_slice(&second);
            self.index[at..at + LANES].copy_from_slice(&index);
        }
    }
}
