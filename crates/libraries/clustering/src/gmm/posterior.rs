//! What follows from the log densities of a panel: how likely each component is, and which is likeliest.

use super::maths::{exp, ln};
use super::panel::{LANES, Lanes, keep_loop};
use crate::simd::Isa;

/// Turns weighted log densities `(k, LANES)` into probabilities of the components, which sum to 1 in each lane; returns
/// the log density of each point, `ln sum exp` of the values.
#[inline(always)]
pub(super) fn normalise<I: Isa>(log_joint: &mut [Lanes]) -> Lanes {
    let mut largest = log_joint[0];
    for joint in &log_joint[1..] {
        for l in 0..LANES {
            largest[l] = if joint[l] > largest[l] { joint[l] } else { largest[l] };
        }
    }
    for joint in log_joint.iter_mut() {
        keep_loop();
        for l in 0..LANES {
            joint[l] -= largest[l];
        }
    }
    // One long loop, which the compiler cannot take apart before it looks for vectors.
    for value in log_joint.as_flattened_mut() {
        *value = exp::<I>(*value);
    }
    let mut sum = [0.0; LANES];
    for joint in log_joint.iter() {
        for l in 0..LANES {
            sum[l] += joint[l];
        }
    }
    let mut inverse = [0.0; LANES];
    for l in 0..LANES {
        inverse[l] = 1.0 / sum[l];
    }
    for joint in log_joint {
        keep_loop();
        for l in 0..LANES {
            joint[l] *= inverse[l];
        }
    }
    for l in 0..LANES {
        sum[l] = largest[l] + ln::<I>(sum[l]);
    }
    sum
}

/// Index of the highest value in each lane; the lowest index wins ties.
#[inline(always)]
pub(super) fn highest(log_joint: &[Lanes]) -> [i32; LANES] {
    let mut largest = log_joint[0];
    let mut best = [0; LANES];
    for (c, joint) in log_joint.iter().enumerate().skip(1) {
        for l in 0..LANES {
            let higher = joint[l] > largest[l];
            largest[l] = if higher { joint[l] } else { largest[l] };
            best[l] = if higher { c as i32 } else { best[l] };
        }
    }
    best
}
