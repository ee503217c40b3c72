//! Scores of a block of points against a range of centers.

use std::array::from_fn;
use std::ops::Range;

use kernels::simd::Isa;
use kernels::{TILE_ROWS_AHEAD, prefetch};

use super::centers::{Centers, ROW_WISE_FROM};
use super::lowest::{Lowest, rank};
use crate::kernel::{Centering, LANES, column_products, keep_loop, tile_products};
use crate::points::Rows;
use crate::{Scalar, Work};

/// Centers that are scored against all points of a block before the next ones are. With 784
/// features they take 60 kB, which stay in a second-level cache.
const CENTERS_PER_PASS: usize = 20;

/// A block of points, each in a slot, and their scores.
pub(super) struct Block<W> {
    /// Index of the point in each slot.
    ids: Vec<usize>,
    /// Four centered points, `(4, stride)`, if SIMD vectors lie along the features.
    rows: Vec<W>,
    /// The features of [`LANES`] centered points, `(d, LANES)`, if they do not.
    columns: Vec<[W; LANES]>,
    /// Scores of the last range, shape `(centers, lanes)`: see [`Block::score`].
    scores: Vec<W>,
    /// Number of scored slots, rounded up to a multiple of [`LANES`].
    lanes: usize,
}

impl<W: Work> Block<W> {
    /// Makes a block without points.
    pub(super) fn new() -> Self {
        Self {
            ids: Vec::new(),
            rows: Vec::new(),
            columns: Vec::new(),
            scores: Vec::new(),
            lanes: 0,
        }
    }

    /// Puts points, in ascending order, into the slots.
    #[inline(always)]
    pub(super) fn load(&mut self, ids: impl Iterator<Item = usize>) {
        self.ids.clear();
        self.ids.extend(ids);
    }

    /// Scores the points in `slots`, in ascending order, against the centers of `range`.
    /// [`Block::center_scores`] then has a lane for each slot. Lanes behind the last slot, up to a
    /// multiple of [`LANES`], are of no use.
    #[inline(always)]
    pub(super) fn score<I: Isa, F: Scalar<Work = W>>(
        &mut self,
        points: Rows<F>,
        centers: &Centers<W>,
        slots: &[u32],
        range: Range<usize>,
    ) {
        self.lanes = slots.len().next_multiple_of(LANES);
        self.scores.resize(range.len() * self.lanes, W::ZERO);
        if slots.is_empty() {
            return;
        }
        if centers.d < ROW_WISE_FROM {
            self.score_column_wise::<I, F>(points, centers, slots, range);
        } else {
            self.score_row_wise::<I, F>(points, centers, slots, range);
        }
    }

    /// Returns the scores of the slots against the `c`-th center of the last range.
    #[inline(always)]
    pub(super) fn center_scores(&self, c: usize) -> &[W] {
        &self.scores[c * self.lanes..(c + 1) * self.lanes]
    }

    /// Scores four points at a time by SIMD vectors along the features.
    #[inline(always)]
    fn score_row_wise<I: Isa, F: Scalar<Work = W>>(
        &mut self,
        points: Rows<F>,
        centers: &Centers<W>,
        slots: &[u32],
        range: Range<usize>,
    ) {
        let Self { ids, rows, scores, lanes, .. } = self;
        let (lanes, stride, first, centering) =
            (*lanes, centers.stride, range.start, centers.frame.centering());
        let point = |slot: usize| points.row(ids[slots[slot] as usize]);
        rows.resize(4 * stride, W::ZERO);
        for group in range.clone().step_by(CENTERS_PER_PASS) {
            let group = group..range.end.min(group + CENTERS_PER_PASS);
            for at in (0..slots.len()).step_by(4) {
                for (r, row) in rows.chunks_exact_mut(stride).enumerate() {
                    if at + r + TILE_ROWS_AHEAD < slots.len() {
                        prefetch(point(at + r + TILE_ROWS_AHEAD));
                    }
                    // Rows behind the last point repeat it; columns from d on stay 0.
                    let point = point((at + r).min(slots.len() - 1));
                    for ((to, &x), &shift) in row.iter_mut().zip(point).zip(centering.shifts) {
                        *to = centering.apply::<I>(x.to_work(), shift);
                    }
                }
                let rows: [&[W]; 4] = from_fn(|r| &rows[r * stride..(r + 1) * stride]);
                let mut c = group.start;
                macro_rules! tile {
                    ($count:literal) => {{
                        let last = group.end - 1;
                        let products = tile_products::<I, W, $count>(
                            rows,
                            from_fn(|j| centers.scaled_center(last.min(c + j))),
                        );
                        for products in products.into_iter().take(group.end - c) {
                            let offset = centers.offsets[c];
                            let to = (c - first) * lanes + at;
                            scores[to..to + 4]
                                .copy_from_slice(&products.map(|product| offset + product));
                            c += 1;
                        }
                    }};
                }
                while c < group.end {
                    // The compiler vectorizes these three sizes; a rest of three is done as four,
                    // one of them twice.
                    match group.end - c {
                        5.. => tile!(5),
                        3 | 4 => tile!(4),
                        _ => tile!(1),
                    }
                }
            }
        }
    }

    /// Transposes up to [`LANES`] points into `columns`. The last lanes repeat the last point.
    #[inline(always)]
    fn load_columns<I: Isa, F: Scalar<Work = W>>(
        &mut self,
        points: Rows<F>,
        centering: Centering<W>,
        slots: &[u32],
    ) {
        let Self { ids, columns, .. } = self;
        let (head, tail) = (ids[slots[0] as usize], ids[slots[slots.len() - 1] as usize]);
        // These are loops, because closures for so many rows would be called and not inlined.
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
        for (column, &shift) in columns.iter_mut().zip(centering.shifts) {
            keep_loop();
            for x in column {
                *x = centering.apply::<I>(*x, shift);
            }
        }
    }

    /// Finds the two lowest scores of the points in `slots` against all centers, for few features.
    /// The result is that of [`Block::score`] and [`Block::find_lowest`], but no score is stored.
    #[inline(always)]
    pub(super) fn lowest<I: Isa, F: Scalar<Work = W>>(
        &mut self,
        points: Rows<F>,
        centers: &Centers<W>,
        slots: &[u32],
        lowest: &mut Lowest<W>,
    ) {
        let (m, centering) = (centers.len(), centers.frame.centering());
        lowest.resize(slots.len().next_multiple_of(LANES));
        for (p, slots) in slots.chunks(LANES).enumerate() {
            self.load_columns::<I, F>(points, centering, slots);
            let mut best = [W::INFINITY; LANES];
            let mut second = [W::INFINITY; LANES];
            let mut index = [0_u32; LANES];
            let mut c = 0;
            macro_rules! simd_block {
                ($count:literal) => {{
                    let products =
                        column_products::<I, W, $count>(&self.columns, &centers.features, m, c);
                    for (j, products) in products.iter().enumerate() {
                        let offset = centers.offsets[c + j];
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
                    simd_block!(10);
                }
            }
            while m - c >= 5 {
                simd_block!(5);
            }
            while c < m {
                simd_block!(1);
            }
            let lanes = p * LANES..(p + 1) * LANES;
            lowest.best[lanes.clone()].copy_from_slice(&best);
            lowest.second[lanes.clone()].copy_from_slice(&second);
            lowest.index[lanes].copy_from_slice(&index);
        }
    }

    /// Scores [`LANES`] points at a time by SIMD vectors along the points.
    #[inline(always)]
    fn score_column_wise<I: Isa, F: Scalar<Work = W>>(
        &mut self,
        points: Rows<F>,
        centers: &Centers<W>,
        slots: &[u32],
        range: Range<usize>,
    ) {
        let (lanes, first, centering) = (self.lanes, range.start, centers.frame.centering());
        for (p, slots) in slots.chunks(LANES).enumerate() {
            self.load_columns::<I, F>(points, centering, slots);
            let Self { columns, scores, .. } = self;
            let mut c = range.start;
            macro_rules! simd_block {
                ($count:literal) => {{
                    let products = column_products::<I, W, $count>(
                        columns,
                        &centers.features,
                        centers.len(),
                        c,
                    );
                    for (j, products) in products.into_iter().enumerate() {
                        let offset = centers.offsets[c + j];
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
                    simd_block!(10);
                }
            }
            while range.end - c >= 5 {
                simd_block!(5);
            }
            match range.end - c {
                4 => simd_block!(4),
                3 => simd_block!(3),
                2 => simd_block!(2),
                1 => simd_block!(1),
                _ => {}
            }
            debug_assert_eq!(c, range.end);
        }
    }

    /// Finds the two lowest of the scores of the first `m` centers of the last range.
    #[inline(always)]
    pub(super) fn find_lowest(&self, m: usize, lowest: &mut Lowest<W>) {
        lowest.resize(self.lanes);
        for at in (0..self.lanes).step_by(LANES) {
            let mut best = [W::INFINITY; LANES];
            let mut second = [W::INFINITY; LANES];
            let mut index = [0_u32; LANES];
            for c in 0..m {
                let scores: &[W; LANES] = self.center_scores(c)[at..at + LANES]
                    .try_into()
                    .expect("lanes are a multiple of LANES");
                for l in 0..LANES {
                    let score = scores[l];
                    let closer = score < best[l];
                    let loser = if closer { best[l] } else { score };
                    second[l] = if loser < second[l] { loser } else { second[l] };
                    best[l] = if closer { score } else { best[l] };
                    index[l] = if closer { c as u32 } else { index[l] };
                }
            }
            lowest.best[at..at + LANES].copy_from_slice(&best);
            lowest.second[at..at + LANES].copy_from_slice(&second);
            lowest.index[at..at + LANES].copy_from_slice(&index);
        }
    }
}
