//! Moves points until neighbours are near and others are not.

use multiversion::multiversion;
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use crate::curve::Curve;
use crate::graph::Graph;

/// Points drawn to be pushed away, for each neighbour that pulls.
const NEGATIVES: usize = 5;

/// Lanes for the pull and the pushes of a step; two are idle.
const LANES: usize = 8;

/// Steps of an epoch. In a step all points move at once, by the sum of what moves them, and see where all were before: so the
/// result knows nothing of threads, and what pulls one end of an edge pulls the other as much. The edges of an epoch are
/// spread over its steps, since at once they would move points too far.
const STEPS: usize = 4;

/// Points that a thread takes at once.
const CHUNK: usize = 256;

/// No coordinate is pulled or pushed by more than this.
const CLIP: f32 = 4.0;

/// How points are moved.
#[derive(Clone, Copy)]
pub(crate) struct Schedule {
    pub(crate) curve: Curve,
    pub(crate) epochs: usize,
    /// Step at the start; it falls to 0 linearly.
    pub(crate) rate: f32,
    pub(crate) seed: u64,
}

/// Moves the points of `start` `(n, dims)` in `schedule.epochs` epochs. `graph` joins them; or, if they are given, joins them
/// to `others` `(m, dims)`, which stay.
///
/// McInnes, Healy and Melville, *UMAP*, 2018, algorithm 5, with umap-learn's schedule: an edge pulls in a share of the epochs
/// that is its weight over the largest, and at each pull either end is pushed away by [`NEGATIVES`] random points. There the
/// edges take turns, each moving both its ends; here those of a step move all points at once. (That each point takes the
/// turns of its own edges alone, the obvious way to share them out, is another thing: a point that a cluster pulls out of
/// another is back among its own before any of them follows, and clusters drift apart without end.)
pub(crate) fn layout(
    graph: &Graph,
    start: ArrayView2<f32>,
    others: Option<ArrayView2<f32>>,
    schedule: Schedule,
    progress: &mut dyn FnMut(usize),
) -> Array2<f32> {
    let run = match start.ncols().next_power_of_two() {
        1 | 2 => moved::<2>,
        4 => moved::<4>,
        8 => moved::<8>,
        16 => moved::<16>,
        32 => moved::<32>,
        _ => moved::<64>,
    };
    run(graph, start, others, schedule, progress)
}

fn moved<const W: usize>(
    graph: &Graph,
    start: ArrayView2<f32>,
    others: Option<ArrayView2<f32>>,
    schedule: Schedule,
    progress: &mut dyn FnMut(usize),
) -> Array2<f32> {
    let padded = |points: ArrayView2<f32>| -> Vec<[f32; W]> {
        let row = |row: ndarray::ArrayView1<f32>| std::array::from_fn(|l| row.get(l).copied().unwrap_or(0.0));
        points.outer_iter().map(row).collect()
    };
    let mut positions = padded(start);
    let others = others.map(padded);
    let edges = Edges::of(graph, others.is_none());
    let mut next = positions.clone();
    for step in 0..schedule.epochs * STEPS {
        let epoch = step / STEPS;
        let rate = schedule.rate * (1.0 - epoch as f32 / schedule.epochs as f32);
        let seen = others.as_ref().unwrap_or(&positions);
        let step = Step { step, rate, curve: schedule.curve, seed: schedule.seed };
        next.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, next)| {
            let first = chunk * CHUNK;
            next.copy_from_slice(&positions[first..first + next.len()]);
            move_points(next, first, seen, &edges, step);
        });
        std::mem::swap(&mut positions, &mut next);
        if (step.step + 1).is_multiple_of(STEPS) {
            progress(epoch + 1);
        }
    }
    Array2::from_shape_fn(start.dim(), |(i, l)| positions[i][l])
}

/// When edges pull.
struct Edges<'a> {
    graph: &'a Graph,
    /// How often in a step, in 2^-32.
    shares: Vec<u32>,
    /// Where in its round each starts, the same seen from both ends: else edges of equal weight would pull at once.
    phases: Vec<u32>,
    /// Each edge stands in the graph in both directions, and is drawn for both at once.
    pulls: f32,
}

impl<'a> Edges<'a> {
    fn of(graph: &'a Graph, both: bool) -> Self {
        let largest = graph.weights.iter().fold(0.0_f32, |most, &weight| most.max(weight));
        let whole = f64::from(u32::MAX) / STEPS as f64;
        let shares =
            graph.weights.iter().map(|weight| (f64::from(weight / largest) * whole) as u32).collect();
        let phase = |i: usize, j: usize| mix(((i.min(j) as u64) << 32) | i.max(j) as u64) as u32;
        let phases = (0..graph.n()).flat_map(|i| graph.edges(i).map(move |(j, _)| phase(i, j))).collect();
        Self { graph, shares, phases, pulls: if both { 2.0 } else { 1.0 } }
    }

    /// Who pulls a point in a step, first of each of the foremost of `pulling`; returns how many.
    #[inline(always)]
    fn pulling(&self, i: usize, step: u32, pulling: &mut Vec<[u32; NEGATIVES + 1]>) -> usize {
        let edges = self.graph.starts[i]..self.graph.starts[i + 1];
        let (shares, phases) = (&self.shares[edges.clone()], &self.phases[edges.clone()]);
        pulling.resize(pulling.len().max(edges.len()), [0; NEGATIVES + 1]);
        let mut count = 0;
        for ((&j, &share), &phase) in self.graph.heads[edges].iter().zip(shares).zip(phases) {
            // Without a branch, which would be foreseen wrongly as often as not.
            pulling[count][0] = j;
            count += usize::from(step.wrapping_mul(share).wrapping_add(phase).overflowing_add(share).1);
        }
        count
    }
}

#[derive(Clone, Copy)]
struct Step {
    step: usize,
    rate: f32,
    curve: Curve,
    seed: u64,
}

/// Who moves a point in a step.
#[derive(Default)]
struct Drawn {
    /// For each pull the point that pulls and those that push.
    others: Vec<[u32; NEGATIVES + 1]>,
    count: usize,
}

impl Drawn {
    /// Draws those of point `i`, and asks for their places, which lie anywhere in memory.
    #[inline(always)]
    fn draw<const W: usize>(&mut self, i: usize, edges: &Edges, step: &Step, seen: &[[f32; W]]) {
        self.count = edges.pulling(i, step.step as u32, &mut self.others);
        let mut random = Random::of(step.seed, step.step, i);
        for others in &mut self.others[..self.count] {
            let drawn = random.below(seen.len() as u32);
            prefetch(&seen[others[0] as usize]);
            for o in 0..NEGATIVES {
                others[o + 1] = drawn[o];
                prefetch(&seen[drawn[o] as usize]);
            }
        }
    }
}

/// Asks for the memory of `values` before it is needed: a third off a layout of 60,000 points.
#[inline(always)]
#[allow(unsafe_code, reason = "the instruction has no safe form")]
fn prefetch<T>(values: &T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing the program could see and faults on no address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(values).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = values;
}

/// Moves points from the `first` on.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2+fma"))]
fn move_points<const W: usize>(
    points: &mut [[f32; W]],
    first: usize,
    seen: &[[f32; W]],
    edges: &Edges,
    step: Step,
) {
    let (a, b) = (step.curve.a as f32, step.curve.b as f32);
    let (mut now, mut ahead) = (Drawn::default(), Drawn::default());
    ahead.draw(first, edges, &step, seen);
    for (point, i) in points.iter_mut().zip(first..) {
        std::mem::swap(&mut now, &mut ahead);
        // Those of the next point are on their way from memory while this one is worked on.
        if i + 1 < edges.graph.n() {
            ahead.draw(i + 1, edges, &step, seen);
        }
        let mut force = [0.0_f32; W];
        for others in &now.others[..now.count] {
            let mut away = [[0.0_f32; W]; NEGATIVES + 1];
            let mut squared = [0.0_f32; LANES];
            for o in 0..=NEGATIVES {
                let other = &seen[others[o] as usize];
                let mut squares = [0.0_f32; W];
                for l in 0..W {
                    away[o][l] = point[l] - other[l];
                    squares[l] = away[o][l] * away[o][l];
                }
                squared[o] = sum(squares);
            }
            let powers = power(squared, b);
            let mut factors = [0.0_f32; LANES];
            for o in 0..LANES {
                let fall = 1.0 / (1.0 + a * powers[o]);
                let pull = -2.0 * a * b * powers[o] / squared[o].max(f32::MIN_POSITIVE) * fall;
                let push = 2.0 * b / (0.001 + squared[o]) * fall;
                factors[o] = if o == 0 { pull } else { push };
            }
            for (force, &x) in force.iter_mut().zip(&away[0]) {
                *force += edges.pulls * (factors[0] * x).clamp(-CLIP, CLIP);
            }
            for o in 1..=NEGATIVES {
                for l in 0..W {
                    force[l] += (factors[o] * away[o][l]).clamp(-CLIP, CLIP);
                }
            }
        }
        for (x, &force) in point.iter_mut().zip(&force) {
            *x += step.rate * force;
        }
    }
}

/// Sum of all, by halves.
#[inline(always)]
fn sum<const W: usize>(mut values: [f32; W]) -> f32 {
    let mut half = W / 2;
    while half > 0 {
        for l in 0..half {
            values[l] += values[l + half];
        }
        half /= 2;
    }
    values[0]
}

/// `x^b` to about 1e-6 of itself, for x of at least 0 (nearly 0 for 0), by polynomials for the logarithm and the exponential
/// of 2.
#[inline(always)]
fn power<const N: usize>(x: [f32; N], b: f32) -> [f32; N] {
    use std::f32::consts::LN_2;
    const ROUND: f32 = 12_582_912.0;
    let mut result = [0.0; N];
    for l in 0..N {
        let bits = x[l].to_bits();
        // Mantissas around 1: from root 1/2 to root 2.
        let shifted = bits.wrapping_sub(0x3f35_04f3);
        let exponent = (shifted as i32) >> 23;
        let mantissa = f32::from_bits(bits.wrapping_sub((exponent as u32) << 23)) - 1.0;
        // log2(1 + m) = 2 / ln 2 (t + t^3 / 3 + t^5 / 5 + ...) of t = m / (2 + m).
        let t = mantissa / (2.0 + mantissa);
        let s = t * t;
        let series = 2.885_39 + s * (0.961_796_7 + s * (0.577_078 + s * 0.412_198_6));
        let logarithm = (exponent as f32 + t * series) * b;
        let logarithm = logarithm.clamp(-126.0, 126.0);
        // Adding this leaves no digits after the point, and the rest in the lowest bits.
        let rounded = logarithm + ROUND;
        let whole = rounded - ROUND;
        let f = logarithm - whole;
        let rest =
            1.0 + f * (LN_2 + f * (0.240_226_5 + f * (0.055_504_11 + f * (0.009_618_13 + f * 0.001_333_36))));
        result[l] = rest * f32::from_bits(rounded.to_bits().wrapping_add(127) << 23);
    }
    result
}

/// Random numbers that know their place alone: the same for any thread that asks.
struct Random(u64);

impl Random {
    #[inline(always)]
    fn of(seed: u64, step: usize, vertex: usize) -> Self {
        Self(mix(mix(seed ^ mix(step as u64)) ^ vertex as u64))
    }

    /// Numbers below `n`.
    #[inline(always)]
    fn below(&mut self, n: u32) -> [u32; NEGATIVES] {
        let mut drawn = [0; NEGATIVES];
        for pair in drawn.chunks_mut(2) {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let bits = mix(self.0);
            for (to, half) in pair.iter_mut().zip([bits as u32, (bits >> 32) as u32]) {
                *to = ((u64::from(half) * u64::from(n)) >> 32) as u32;
            }
        }
        drawn
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
#[inline(always)]
fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_powers() {
        for b in [0.3, 0.7905, 1.0, 1.9] {
            for x in [1e-12_f32, 1e-3, 0.5, 0.99999, 1.0, 1.41, 1.42, 3.0, 1e3, 1e6] {
                let (found, exact) = (f64::from(power([x; LANES], b)[3]), f64::from(x).powf(f64::from(b)));
                assert!((found / exact - 1.0).abs() < 2e-5, "{x}^{b}: {found}, not {exact}");
            }
            assert!(power([0.0; LANES], b)[0] < 1e-9);
        }
    }

    #[test]
    fn sums_are_sums() {
        assert_eq!(sum([1.0, 2.0, 3.0, 4.0]), 10.0);
        assert_eq!(sum([1.0, 2.0]), 3.0);
    }

    #[test]
    fn draws_are_even() {
        let mut counts = [0; 10];
        for vertex in 0..2000 {
            let mut random = Random::of(7, 3, vertex);
            random.below(10).iter().for_each(|&drawn| counts[drawn as usize] += 1);
        }
        assert!(counts.iter().all(|&count| (900..1100).contains(&count)), "{counts:?}");
    }
}
