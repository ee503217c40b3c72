//! SIMD blocks: points side by side, so that a vector holds the same feature of many points.

use std::ops::Range;

use super::centered::Centered;
use crate::kernel::keep_loop;
use crate::scalar::Scalar;

/// Points in a SIMD block: four vectors of eight `f64`.
///
/// Each point is computed in a lane of its own, by the same operations in the same order, whatever
/// lies in the other lanes.
pub(super) const BLOCK_LANES: usize = 32;

/// Lanes of `f64` in a vector of the widest instructions.
pub(super) const VECTOR: usize = 8;

/// One number for each point of a SIMD block. A block of d features is `(d, BLOCK_LANES)`.
pub(super) type Lanes = [f64; BLOCK_LANES];

/// Returns how many SIMD blocks hold `rows` points.
pub(super) fn simd_block_count(rows: usize) -> usize {
    rows.div_ceil(BLOCK_LANES)
}

/// Cuts rows into SIMD blocks; the last may be short.
pub(super) fn simd_blocks(rows: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = rows.end;
    rows.step_by(BLOCK_LANES).map(move |start| start..end.min(start + BLOCK_LANES))
}

/// Writes the points of `rows` to the lanes of `block` `(d, BLOCK_LANES)`; other lanes are 0.
#[inline(always)]
pub(super) fn load_simd_block<F: Scalar>(
    points: Centered<F>,
    rows: Range<usize>,
    block: &mut [Lanes],
) {
    if rows.len() < BLOCK_LANES {
        block.fill([0.0; BLOCK_LANES]);
    }
    for (lane, i) in rows.enumerate() {
        for (column, x) in block.iter_mut().zip(points.values(i)) {
            keep_loop();
            column[lane] = x;
        }
    }
}
