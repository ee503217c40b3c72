//! Scores of points with many features: a matrix product, in tiles that fit registers.

use std::array::from_fn;
use std::ops::Range;

use kernels::simd::{Isa, Kernel, dispatch};

use super::centers::Centers;
use crate::Work;
use crate::kernel::LANES;
use crate::matrix_products::matrix_products;

/// SIMD blocks whose points are scored before the next points are loaded. With 784 features of
/// `f32` they take 400 kB, which stay in a second-level cache.
pub(super) const SIMD_BLOCKS: usize = 8;

/// Scores the points of `simd_blocks` `(SIMD blocks, d, LANES)` against the centers of `range`.
///
/// The score of the c-th center and lane l of SIMD block p goes to `scores[c lanes + p LANES + l]`.
pub(super) fn score_tiles<W: Work>(
    centers: &Centers<W>,
    range: Range<usize>,
    simd_blocks: &[[W; LANES]],
    scores: &mut [W],
    lanes: usize,
) {
    dispatch(TileScores { centers, range, simd_blocks, scores, lanes });
}

/// The work of [`score_tiles`].
///
/// It is dispatched by itself, though all that use it are compiled for an instruction set already:
/// inlined into them, it would be compiled ten times, and not every time into vectors.
struct TileScores<'a, W> {
    centers: &'a Centers<W>,
    range: Range<usize>,
    simd_blocks: &'a [[W; LANES]],
    scores: &'a mut [W],
    lanes: usize,
}

impl<W: Work> Kernel for TileScores<'_, W> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        // Sums of a tile fill most of the registers. There are 32 of 64 bytes, 16 of 32, or 16 of
        // 16, and a SIMD block has 64 bytes of f32 or 128 of f64.
        match (I::WIDE, I::FUSED, size_of::<W>()) {
            (true, _, 4) => self.score::<I, 6, 3, 4>(),
            (true, _, _) => self.score::<I, 6, 3, 2>(),
            (false, true, 4) => self.score::<I, 6, 3, 1>(),
            (false, true, _) => self.score::<I, 3, 2, 1>(),
            (false, false, 4) => self.score::<I, 3, 2, 1>(),
            (false, false, _) => self.score::<I, 1, 1, 1>(),
        }
    }
}

impl<W: Work> TileScores<'_, W> {
    /// Scores in tiles of C centers and P SIMD blocks. Few centers that are left take tiles of
    /// `FEW`.
    #[inline(always)]
    fn score<I: Isa, const C: usize, const FEW: usize, const P: usize>(mut self) {
        let Range { start, end } = self.range;
        for c in (start..end).step_by(C) {
            match end - c {
                1 => self.score_centers::<I, 1, P>(c..end),
                left if left <= FEW => self.score_centers::<I, FEW, P>(c..end),
                _ => self.score_centers::<I, C, P>(c..end.min(c + C)),
            }
        }
    }

    /// Scores all SIMD blocks against at most C centers. If there are fewer, the last one is
    /// repeated.
    #[inline(always)]
    fn score_centers<I: Isa, const C: usize, const P: usize>(&mut self, some: Range<usize>) {
        let Self { centers, range, simd_blocks, scores, lanes } = self;
        let d = centers.d;
        let rows: [&[W]; C] =
            from_fn(|c| centers.scaled_center((some.start + c).min(some.end - 1)));
        let offsets = &centers.offsets[some.clone()];
        let (first, count) = (some.start - range.start, simd_blocks.len() / d);
        let mut p = 0;
        macro_rules! tile {
            ($count:expr) => {{
                let products = matrix_products::<I, W, C, { $count }>(
                    from_fn(|q| &simd_blocks[(p + q) * d..(p + q + 1) * d]),
                    rows,
                );
                for (c, (&offset, products)) in offsets.iter().zip(&products).enumerate() {
                    let to = (first + c) * *lanes + p * LANES;
                    let scores = &mut scores[to..to + $count * LANES];
                    for (score, &product) in scores.iter_mut().zip(products.as_flattened()) {
                        *score = offset + product;
                    }
                }
                p += $count;
            }};
        }
        while p + P <= count {
            tile!(P);
        }
        while p < count {
            tile!(1);
        }
    }
}
