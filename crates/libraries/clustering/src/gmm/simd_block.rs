//! SIMD blocks: points side by side, so that a vector holds the same feature of many points.

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

/// Returns whether all values of V vectors are above their `limits`.
#[inline(always)]
pub(super) fn are_above<const V: usize>(
    values: &[[f64; VECTOR]; V],
    limits: &[[f64; VECTOR]; V],
) -> bool {
    // A value that is not a number is not above its limit.
    let mut above = [1_u64; VECTOR];
    for v in 0..V {
        for l in 0..VECTOR {
            above[l] &= u64::from(values[v][l] > limits[v][l]);
        }
    }
    above == [1; VECTOR]
}

/// Returns how many SIMD blocks hold `rows` points.
pub(super) const fn simd_block_count(rows: usize) -> usize {
    rows.div_ceil(BLOCK_LANES)
}

/// Writes the points with indices `rows` to the lanes of `block` `(d, BLOCK_LANES)`; other lanes
/// are 0.
#[inline(always)]
pub(super) fn load_simd_block<F: Scalar>(points: Centered<F>, rows: &[usize], block: &mut [Lanes]) {
    if rows.len() < BLOCK_LANES {
        block.fill([0.0; BLOCK_LANES]);
    }
    for (lane, &i) in rows.iter().enumerate() {
        for (column, x) in block.iter_mut().zip(points.values(i)) {
            keep_loop();
            column[lane] = x;
        }
    }
}
