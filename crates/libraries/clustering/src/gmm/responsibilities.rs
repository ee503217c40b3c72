//! Responsibilities: the probability of each component given the point.

use kernels::simd::Isa;

use super::simd_block::{BLOCK_LANES, Lanes};
use super::simd_math::{exp, ln};
use crate::kernel::keep_loop;

/// Logarithm of the largest responsibility that expectation maximization takes for 0: 2^-127.
///
/// The M step raises the weight of every component by 10 machine epsilons, and what so many points
/// as memory can hold would add to that is below its rounding.
pub(super) const NEGLIGIBLE: f64 = -88.0;

/// A source of responsibilities for the M step.
pub(super) trait Responsibilities: Sync {
    /// Returns the component in which each point probably has most of its weight, if known.
    ///
    /// Shape `(n,)`; -1 for none. Points of one component are then computed together, so that the
    /// other components can be left out for all of them.
    fn labels(&self) -> Option<&[i32]>;

    /// Writes the responsibilities of the components that have any to `to`.
    ///
    /// They are those of the points with indices `rows`, whose values are `block`
    /// `(d, BLOCK_LANES)`; `scratch` is as large as `block`. Lanes beyond `rows` may hold anything
    /// finite. Returns the log densities and the most probable components, if these are asked for.
    /// Implementations are `#[inline(always)]`.
    fn fill<I: Isa>(
        &self,
        rows: &[usize],
        block: &[Lanes],
        scratch: &mut [Lanes],
        to: &mut ByComponent,
    ) -> (Lanes, [i32; BLOCK_LANES]);
}

/// Values of a SIMD block of points for some of the components.
pub(super) struct ByComponent {
    /// Each component at most once.
    components: Vec<usize>,
    values: Vec<Lanes>,
}

impl ByComponent {
    /// Allocates memory for the values of `k` components.
    pub(super) fn new(k: usize) -> Self {
        Self { components: Vec::with_capacity(k), values: Vec::with_capacity(k) }
    }

    /// Leaves out all components.
    #[inline(always)]
    pub(super) fn clear(&mut self) {
        self.components.clear();
        self.values.clear();
    }

    /// Adds a component that is not among the others, and returns its values: zeros.
    #[inline(always)]
    pub(super) fn push(&mut self, component: usize) -> &mut Lanes {
        self.components.push(component);
        self.values.push([0.0; BLOCK_LANES]);
        self.values.last_mut().expect("values were added")
    }

    /// Takes away the component that was added last.
    #[inline(always)]
    pub(super) fn pop(&mut self) {
        self.components.pop();
        self.values.pop();
    }

    /// Moves the component that was added first to its place among the others, which ascend.
    #[inline(always)]
    pub(super) fn put_first_in_order(&mut self) {
        let place = self.components[1..].iter().take_while(|c| **c < self.components[0]).count();
        self.components[..=place].rotate_left(1);
        self.values[..=place].rotate_left(1);
    }

    /// Returns the components, in the order of their values.
    pub(super) fn components(&self) -> &[usize] {
        &self.components
    }

    /// Returns the values of each component.
    pub(super) fn values(&self) -> &[Lanes] {
        &self.values
    }

    /// Returns the values of each component, to be changed.
    pub(super) fn values_mut(&mut self) -> &mut [Lanes] {
        &mut self.values
    }

    /// Returns the component with the largest value in each lane; of equal ones the first.
    #[inline(always)]
    pub(super) fn argmax(&self) -> [i32; BLOCK_LANES] {
        let mut largest = self.values[0];
        // Numbers of the same width as the values can be chosen by the same masks.
        let mut best = [self.components[0] as f64; BLOCK_LANES];
        for (&c, values) in self.components.iter().zip(&self.values).skip(1) {
            for l in 0..BLOCK_LANES {
                let higher = values[l] > largest[l];
                largest[l] = if higher { values[l] } else { largest[l] };
                best[l] = if higher { c as f64 } else { best[l] };
            }
        }
        best.map(|c| c as i32)
    }
}

/// Turns weighted log densities `(k, BLOCK_LANES)` into responsibilities, in place.
///
/// They sum to 1 in each lane; those with a logarithm below about `lowest`, which is at least
/// [`LOWEST_EXPONENT`](super::simd_math::LOWEST_EXPONENT), are 0. Returns the log
/// density of each point: the log-sum-exp of the values.
#[inline(always)]
pub(super) fn softmax<I: Isa>(log_joint: &mut [Lanes], lowest: f64) -> Lanes {
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
        *value = exp::<I>(*value, lowest);
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

/// Computes the entropy `-sum p ln p`, in nats.
pub(super) fn entropy(probabilities: impl Iterator<Item = f64>) -> f64 {
    -probabilities.filter(|&p| p > 0.0).map(|p| p * p.ln()).sum::<f64>()
}
