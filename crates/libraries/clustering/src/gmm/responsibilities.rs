//! Responsibilities: the probability of each component given the point.

use std::ops::Range;

use kernels::simd::Isa;

use super::simd_block::{BLOCK_LANES, Lanes};
use super::simd_math::{exp, ln};
use crate::kernel::keep_loop;

/// A source of responsibilities for the M step.
pub(super) trait Responsibilities: Sync {
    /// Writes responsibilities `(k, BLOCK_LANES)` to `to` and returns the log densities.
    ///
    /// They are those of the points with indices `rows`, whose values are `block`
    /// `(d, BLOCK_LANES)`; `scratch` is as large as `block`. Lanes beyond `rows` may hold anything
    /// finite. Implementations are `#[inline(always)]`.
    fn fill<I: Isa>(
        &self,
        rows: Range<usize>,
        block: &[Lanes],
        scratch: &mut [Lanes],
        to: &mut [Lanes],
    ) -> Lanes;
}

/// Turns weighted log densities `(k, BLOCK_LANES)` into responsibilities, in place.
///
/// They sum to 1 in each lane. Returns the log density of each point: the log-sum-exp of the
/// values.
#[inline(always)]
pub(super) fn softmax<I: Isa>(log_joint: &mut [Lanes]) -> Lanes {
    let mut largest = log_joint[0];
    for joint in &log_joint[1..] {
        for l in 0..BLOCK_LANES {
            largest[l] = if joint[l] > largest[l] { joint[l] } else { largest[l] };
        }
    }
    for joint in log_joint.iter_mut() {
        keep_loop();
        for l in 0..BLOCK_LANES {
            joint[l] -= largest[l];
        }
    }
    // The compiler vectorizes one long loop; it would unroll a loop over each column first.
    for value in log_joint.as_flattened_mut() {
        *value = exp::<I>(*value);
    }
    let mut sum = [0.0; BLOCK_LANES];
    for joint in log_joint.iter() {
        for l in 0..BLOCK_LANES {
            sum[l] += joint[l];
        }
    }
    let mut inverse = [0.0; BLOCK_LANES];
    for l in 0..BLOCK_LANES {
        inverse[l] = 1.0 / sum[l];
    }
    for joint in log_joint {
        keep_loop();
        for l in 0..BLOCK_LANES {
            joint[l] *= inverse[l];
        }
    }
    for l in 0..BLOCK_LANES {
        sum[l] = largest[l] + ln::<I>(sum[l]);
    }
    sum
}

/// Index of the argmax value in each lane; the lowest index wins ties.
#[inline(always)]
pub(super) fn argmax(log_joint: &[Lanes]) -> [i32; BLOCK_LANES] {
    let mut largest = log_joint[0];
    let mut best = [0; BLOCK_LANES];
    for (c, joint) in log_joint.iter().enumerate().skip(1) {
        for l in 0..BLOCK_LANES {
            let higher = joint[l] > largest[l];
            largest[l] = if higher { joint[l] } else { largest[l] };
            best[l] = if higher { c as i32 } else { best[l] };
        }
    }
    best
}

/// Computes the entropy `-sum p ln p`, in nats.
pub(super) fn entropy(probabilities: impl Iterator<Item = f64>) -> f64 {
    -probabilities.filter(|&p| p > 0.0).map(|p| p * p.ln()).sum::<f64>()
}
