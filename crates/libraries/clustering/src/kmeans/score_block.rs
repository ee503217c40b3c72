//! Scores of a block of points against a range of centers.

use std::ops::Range;

use kernels::prefetch;
use kernels::simd::Isa;

use super::centers::{Centers, MANY_FEATURES};
use super::lowest::{Lowest, rank};
use super::tile_scores::{SIMD_BLOCKS, score_tiles};
use crate::kernel::{Centering, LANES, column_products, keep_loop};
use crate::points::Rows;
use crate::{Scalar, Work};

/// Most points whose lowest scores are found at once.
pub(super) const BLOCK_POINTS: usize = SIMD_BLOCKS * LANES;

/// A block of points, each in a slot, and their scores.
pub(super) struct Block<W> {
    /// Index of the point in each slot.
    ids: Vec<usize>,
    /// The features of centered points in SIMD blocks of [`LANES`], `(SIMD blocks, d, LANES)`.
    columns: Vec<[W; LANES]>,
    /// Scores of the last range, shape `(centers, lanes)`: see [`Block::score`].
    scores: Vec<W>,
    /// Number of scored slots, rounded up to a multiple of [`LANES`].
    lanes: usize,
}

impl<W: Work> Block<W> {
    /// Makes a block without points.
    pub(super) fn new() -> Self {
        Self { ids: Vec::new(), columns: Vec::new(), scores: Vec::new(), lanes: 0 }
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
        if centers.d < MANY_FEATURES {
            self.score_column_wise::<I, F>(points, centers, slots, range);
        } else {
            for (at, slots) in slots.chunks(BLOCK_POINTS).enumerate() {
                self.load_simd_blocks::<I, F>(points, centers.frame.centering(), slots);
                let simd_blocks = &self.columns[..slots.len().div_ceil(LANES) * points.d()];
                let scores = &mut self.scores[at * BLOCK_POINTS..];
                score_tiles(centers, range.clone(), simd_blocks, scores, self.lanes);
            }
        }
    }

    /// Finds the two lowest scores of the points in `slots`, at most [`BLOCK_POINTS`], against all
    /// centers. The result is that of [`Block::score`] and [`Block::find_lowest`], but only a few
    /// scores are stored.
    #[inline(always)]
    pub(super) fn lowest<I: Isa, F: Scalar<Work = W>>(
        &mut self,
        points: Rows<F>,
        centers: &Centers<W>,
        slots: &[u32],
        lowest: &mut Lowest<W>,
    ) {
        if points.d() < MANY_FEATURES {
            self.lowest_of_few_features::<I, F>(points, centers, slots, lowest);
        } else {
            self.lowest_of_many_features::<I, F>(points, centers, slots, lowest);
        }
    }

    /// Does the work of [`Block::lowest`] for many features.
    #[inline(always)]
    fn lowest_of_many_features<I: Isa, F: Scalar<Work = W>>(
        &mut self,
        points: Rows<F>,
        centers: &Centers<W>,
        slots: &[u32],
        lowest: &mut Lowest<W>,
    ) {
        /// Centers whose scores are ranked at once.
        const RANGE: usize = 48;
        self.lanes = slots.len().next_multiple_of(LANES);
        self.scores.resize(RANGE * self.lanes, W::ZERO);
        self.load_simd_blocks::<I, F>(points, centers.frame.centering(), slots);
        lowest.clear(self.lanes);
        for first in (0..centers.len()).step_by(RANGE) {
            let range = first..centers.len().min(first + RANGE);
            let simd_blocks = &self.columns[..self.lanes / LANES * points.d()];
            score_tiles(centers, range.clone(), simd_blocks, &mut self.scores, self.lanes);
            lowest.merge(&self.scores[..range.len() * self.lanes], first);
        }
    }

    /// Loads points into SIMD blocks.
    #[inline(always)]
    fn load_simd_blocks<I: Isa, F: Scalar<Work = W>>(
        &mut self,
        points: Rows<F>,
        centering: Centering<W>,
        slots: &[u32],
    ) {
        let d = points.d();
        self.columns.resize(SIMD_BLOCKS * d, [W::ZERO; LANES]);
        for (p, some) in slots.chunks(LANES).enumerate() {
            for &slot in slots.iter().skip((p + 1) * LANES).take(LANES) {
                prefetch(points.row(self.ids[slot as usize]));
            }
            self.load_columns::<I, F>(points, centering, some, p);
        }
    }

    /// Returns the scores of the slots against the `c`-th center of the last range.
    #[inline(always)]
    pub(super) fn center_scores(&self, c: usize) -> &[W] {
        &self.scores[c * self.lanes..(c + 1) * self.lanes]
    }

    /// Transposes up to [`LANES`] points into a SIMD block. The last lanes repeat the last point.
    #[inline(always)]
    fn load_columns<I: Isa, F: Scalar<Work = W>>(
        &mut self,
        points: Rows<F>,
        centering: Centering<W>,
        slots: &[u32],
        simd_block: usize,
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
        let columns = &mut columns[simd_block * points.d()..(simd_block + 1) * points.d()];
        F::columns::<I>(rows, columns);
        for (column, &shift) in columns.iter_mut().zip(centering.shifts) {
            keep_loop();
            for x in column {
                *x = centering.apply::<I>(*x, shift);
            }
        }
    }

    /// Does the work of [`Block::lowest`] for few features.
    #[inline(always)]
    fn lowest_of_few_features<I: Isa, F: Scalar<Work = W>>(
        &mut self,
        points: Rows<F>,
        centers: &Centers<W>,
        slots: &[u32],
        lowest: &mut Lowest<W>,
    ) {
        let (m, centering) = (centers.len(), centers.frame.centering());
        lowest.resize(slots.len().next_multiple_of(LANES));
        self.columns.resize(points.d(), [W::ZERO; LANES]);
        for (p, slots) in slots.chunks(LANES).enumerate() {
            self.load_columns::<I, F>(points, centering, slots, 0);
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
        self.columns.resize(points.d(), [W::ZERO; LANES]);
        for (p, slots) in slots.chunks(LANES).enumerate() {
            self.load_columns::<I, F>(points, centering, slots, 0);
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
        lowest.clear(self.lanes);
        lowest.merge(&self.scores[..m * self.lanes], 0);
    }
}
