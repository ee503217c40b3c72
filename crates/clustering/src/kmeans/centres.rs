//! Centres made ready to be compared with blocks of points, and the comparison.

use std::array::from_fn;
use std::ops::Range;

use ndarray::{Array1, ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;

use crate::kernel::{LANES, PADDING, panel, prefetch, products};
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
/// With an origin s near the centres and `c' = c - s`, `|x - c|^2 = |x - s|^2 + (|c'|^2 + 2 s.c') - 2 x.c'`. The first
/// term is the same for all centres and is left out of the score; the bracket is the offset. Measuring centres from s
/// costs nothing per point and keeps the digits that `|c|^2 - 2 x.c` loses in `f32` when the points lie far from zero.
///
/// All lengths are in the unit of [`Rows::unit`]. A score depends on the point and the centre alone, to the last bit.
pub(super) struct Centres<W> {
    /// `-2 c'`, shape `(m, stride)`; columns from d on are 0.
    directions: Vec<W>,
    /// Where vectors lie along points, the same in the order of the features, shape `(d, m)`; else empty.
    features: Vec<W>,
    /// `|c'|^2 + 2 s.c'`, shape `(m,)`.
    offsets: Vec<W>,
    d: usize,
    stride: usize,
}

impl<W: Work> Centres<W> {
    /// Prepares centres `(m, d)` around `origin` `(d,)`, both in the unit of models, for comparison with `points`.
    pub(super) fn around<F: Scalar<Work = W>>(
        points: Rows<F>,
        origin: ArrayView1<f64>,
        centres: ArrayView2<f64>,
    ) -> Self {
        let d = points.d();
        let stride = if d < WIDE { d } else { d.next_multiple_of(PADDING) };
        let unit = points.unit() / points.scale();
        let origin: Vec<f64> = origin.iter().map(|s| s * unit).collect();
        let mut directions = vec![W::ZERO; centres.nrows() * stride];
        let rows = directions.par_chunks_exact_mut(stride).zip(centres.axis_iter(Axis(0)).into_par_iter());
        let offset = |(row, centre): (&mut [W], ArrayView1<f64>)| {
            let mut offset = 0.0;
            for ((direction, &c), &s) in row.iter_mut().zip(centre).zip(&origin) {
                *direction = W::narrow(-2.0 * (c * unit - s));
                // The rounded centre, so that the score is exact for the centre that the product sees.
                let centred = -0.5 * wide(*direction);
                offset += centred * (centred + 2.0 * s);
            }
            W::narrow(offset)
        };
        let offsets = rows.with_min_len(MIN_ROWS).map(offset).collect();
        Self { features: by_feature(&directions, d), directions, offsets, d, stride }
    }

    /// Prepares the centroids `(k, d)` of one model, around their own median: nothing but the model enters, and a centroid
    /// far from the others takes no digits from them.
    pub(super) fn of_model<F: Scalar<Work = W>>(points: Rows<F>, centroids: ArrayView2<f64>) -> Self {
        let median = |column: ArrayView1<f64>| {
            let mut values = column.to_vec();
            let middle = (values.len() - 1) / 2;
            *values.select_nth_unstable_by(middle, f64::total_cmp).1
        };
        let origin: Array1<f64> = centroids.columns().into_iter().map(median).collect();
        Self::around(points, origin.view(), centroids)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.offsets.len()
    }

    /// About the score of point `i` against centre `c`: within [`Centres::error`], but not to the last bit what
    /// [`Block::score`] gives.
    #[inline(always)]
    pub(super) fn about<I: Isa, F: Scalar<Work = W>>(&self, points: Rows<F>, i: usize, c: usize) -> W {
        let unit = W::narrow(points.unit());
        let [product] = products::<I, F, 64, 1>(points.row(i), unit, [&self.direction(c)[..self.d]]);
        self.offsets[c] + product
    }

    fn direction(&self, c: usize) -> &[W] {
        &self.directions[c * self.stride..(c + 1) * self.stride]
    }

    /// How far each centre is from the one of the same index in `other`, which has the same origin.
    pub(super) fn moves(&self, other: &Self) -> Vec<f64> {
        let rows = self.directions.par_chunks_exact(self.stride);
        let pairs = rows.zip(other.directions.par_chunks_exact(self.stride)).with_min_len(MIN_ROWS);
        pairs.map(|(a, b)| 0.5 * squared_distance(a, b).sqrt()).collect()
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

    /// How far a score plus a squared norm of at most `norm` can be from the squared distance to the centre that was
    /// scored, for points no longer than `length`.
    ///
    /// Higham, *Accuracy and Stability of Numerical Algorithms* (2002), section 3.1: a product of m terms errs by at most
    /// m roundings of the sum of absolute terms, which the lengths bound.
    pub(super) fn error(&self, length: f64, norm: f64) -> f64 {
        let steps = if self.d < WIDE { self.d + 2 } else { self.stride / W::FEWEST_LANES + 8 };
        let longest = self
            .directions
            .chunks_exact(self.stride)
            .map(|row| row.iter().map(|&x| wide(x) * wide(x)).sum::<f64>().sqrt());
        let product = length * longest.fold(0.0, f64::max);
        let offset = self.offsets.iter().map(|&offset| wide(offset).abs()).fold(0.0, f64::max);
        1.01 * W::ROUNDING * ((steps as f64 + 2.0) * product + 4.0 * (offset + norm))
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
        let (lanes, stride, first, unit) = (*lanes, centres.stride, range.start, W::narrow(points.unit()));
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
                    for (to, &x) in row.iter_mut().zip(point((at + r).min(slots.len() - 1))) {
                        *to = x.scaled(unit);
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

    #[inline(always)]
    fn score_panels<I: Isa, F: Scalar<Work = W>>(
        &mut self,
        points: Rows<F>,
        centres: &Centres<W>,
        slots: &[u32],
        range: Range<usize>,
    ) {
        let Self { ids, columns, scores, lanes, .. } = self;
        let (lanes, first, unit) = (*lanes, range.start, W::narrow(points.unit()));
        columns.resize(centres.d, [W::ZERO; LANES]);
        for (p, slots) in slots.chunks(LANES).enumerate() {
            let (head, tail) = (ids[slots[0] as usize], ids[slots[slots.len() - 1] as usize]);
            // The last lanes are filled up with the last point. Loops: closures for so many would be called, not inlined.
            let mut rows: [&[F]; LANES] = [points.row(tail); LANES];
            if tail - head == slots.len() - 1 {
                rows.iter_mut().zip(points.iter(head..tail)).for_each(|(row, point)| *row = point);
            } else {
                for (row, &slot) in rows.iter_mut().zip(slots) {
                    *row = points.row(ids[slot as usize]);
                }
            }
            F::columns::<I>(rows, unit, columns);
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

    /// Of the scores that `block` has for `m` centres; the second lowest only where it is asked for.
    #[inline(always)]
    pub(super) fn find<const SECOND: bool>(&mut self, block: &Block<W>, m: usize) {
        self.best.resize(block.lanes, W::ZERO);
        self.second.resize(block.lanes, W::ZERO);
        self.index.resize(block.lanes, 0);
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
