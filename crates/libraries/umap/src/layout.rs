//! Moves points until neighbours are near and others are not.

use std::ops::Range;

use multiversion::multiversion;
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use crate::curve::Curve;
use crate::graph::Graph;
use crate::memory::{Rows, prefetch};

/// Points drawn to be pushed away, for each neighbour that pulls.
const NEGATIVES: usize = 5;

/// Those that move points at one time: one that pulls, those that push, and one that pulls another point.
const TOGETHER: usize = 1 + NEGATIVES + 1;

/// That one.
const LAST: usize = TOGETHER - 1;

/// Lanes for these; one is idle.
const LANES: usize = 8;

/// Steps of an epoch. In a step all points move at once, by the sum of what moves them, and see where all were before: so the
/// result knows nothing of threads. The edges of an epoch are spread over its steps, since at once they would move points too
/// far.
const STEPS: usize = 8;

/// Points that a thread takes at once.
const CHUNK: usize = 128;

/// Pulls of either kind worked on together: each is a chain of operations that wait for one another, but not for those of
/// another pull. What they need fits into the nearest cache, beside what the next of them need.
const BLOCK: usize = 16;

/// No coordinate is pulled or pushed by more than this.
const CLIP: f32 = 4.0;

/// No coordinate moves by more than this in a step of rate 1, whatever pulls and pushes it.
///
/// Hundreds of pulls at once, of a hub, or of pushes, where a start is dense, would throw a point across the map: each of
/// them knows only where the point was before, while umap-learn's see what the last one did. Other points move by less, so
/// that this changes nothing for them: by 10 at most, in measurements of digits and of blobs.
const FARTHEST: f32 = 4.0 * CLIP;

/// How points are moved.
#[derive(Clone, Copy)]
pub(crate) struct Schedule {
    pub(crate) curve: Curve,
    pub(crate) epochs: usize,
    /// Step at the start; it falls to 0 linearly.
    pub(crate) rate: f32,
    pub(crate) seed: u64,
}

/// Points that new points are joined to.
#[derive(Clone, Copy)]
pub(crate) struct Fixed<'a> {
    /// Where they stay, shape `(m, dims)`.
    pub(crate) places: ArrayView2<'a, f32>,
    /// For each new point what its random numbers depend on, so that they do not depend on its row.
    pub(crate) keys: &'a [u64],
}

/// Moves the points of `start` `(n, dims)` in `schedule.epochs` epochs. `graph` joins them; or, if they are given, joins
/// them to `fixed` points. What becomes of a new point then depends on nothing but itself and these.
///
/// McInnes, Healy and Melville, *UMAP*, 2018, algorithm 5, with umap-learn's schedule: an edge, which stands in the graph once
/// for each of its ends, pulls in a share of the epochs that is its weight over the largest; it pulls both its ends, and pushes
/// the one that it stands for away from [`NEGATIVES`] random points. There the edges take turns; here those of a step move all
/// points at once, and the two of a pair pull half a round apart (at once, they would throw near points past one another).
/// (That each point takes the turns of its own edges alone, the obvious way to share them out, is another thing: a point that
/// a cluster pulls out of another is back among its own before any of them follows, and clusters drift apart without end.)
pub(crate) fn layout(
    graph: &Graph,
    start: ArrayView2<f32>,
    fixed: Option<Fixed>,
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
    run(graph, start, fixed, schedule, progress)
}

fn moved<const W: usize>(
    graph: &Graph,
    start: ArrayView2<f32>,
    fixed: Option<Fixed>,
    schedule: Schedule,
    progress: &mut dyn FnMut(usize),
) -> Array2<f32> {
    let padded = |points: ArrayView2<f32>| -> Rows<W> {
        let row = |row: ndarray::ArrayView1<f32>| std::array::from_fn(|l| row.get(l).copied().unwrap_or(0.0));
        points.outer_iter().map(row).collect()
    };
    let mut positions = padded(start);
    let others = fixed.map(|fixed| padded(fixed.places));
    let by_place: Vec<u64>;
    let (keys, edges) = match fixed {
        Some(fixed) => (fixed.keys, Edges::to_fixed(graph, fixed.keys)),
        None => {
            by_place = (0..graph.n() as u64).map(|i| i << 32).collect();
            (by_place.as_slice(), Edges::among(graph))
        }
    };
    let both = others.is_none();
    let mut next = positions.clone();
    let firsts = (0..graph.n()).step_by(CHUNK);
    let chunk = |first| Chunk::new(first, &graph.starts, keys);
    let mut chunks: Vec<Chunk> = firsts.map(chunk).collect();
    for epoch in 0..schedule.epochs {
        chunks.par_iter_mut().for_each(|chunk| chunk.take_turns(&edges, epoch, both));
        let rate = schedule.rate * (1.0 - epoch as f32 / schedule.epochs as f32);
        let random = mix(schedule.seed ^ mix(epoch as u64));
        for step in 0..STEPS {
            let seen: &[[f32; W]] = others.as_ref().unwrap_or(&positions);
            let step = Step { step, rate, curve: schedule.curve, random };
            let points = positions.par_chunks(CHUNK).zip(next.par_chunks_mut(CHUNK));
            points.zip(&chunks).for_each(|((points, next), chunk)| {
                move_points(chunk, points, next, seen, step);
            });
            std::mem::swap(&mut positions, &mut next);
        }
        progress(epoch + 1);
    }
    Array2::from_shape_fn(start.dim(), |(i, l)| positions[i][l])
}

/// When edges pull.
struct Edges<'a> {
    graph: &'a Graph,
    /// The point of each, counted from the first of its chunk.
    owners: Vec<u8>,
    /// How often in an epoch, in 2^-16.
    shares: Vec<u16>,
    /// Where in its round each starts, in 2^-16; that of the other end starts half a round later.
    phases: Vec<u16>,
}

/// Half a round.
const HALF: u16 = 1 << 15;

impl<'a> Edges<'a> {
    /// Those of points among themselves.
    fn among(graph: &'a Graph) -> Self {
        let largest = graph.weights.iter().fold(0.0_f32, |most, &weight| most.max(weight));
        // By chance, or edges of equal weight would pull at once.
        let phase = |i: usize, j: usize| {
            let first = mix(((i.min(j) as u64) << 32) | i.max(j) as u64) as u16;
            if i < j { first } else { first ^ HALF }
        };
        Self::of(graph, largest, phase)
    }

    /// Those that join new points, which have `keys`, to others that stay. Relative to the largest weight that an edge may
    /// have, since the largest that one has may be that of another point.
    fn to_fixed(graph: &'a Graph, keys: &[u64]) -> Self {
        Self::of(graph, 1.0, |i, j| mix(keys[i] ^ j as u64) as u16)
    }

    /// Edges of which those of the `largest` weight pull in each epoch.
    fn of(graph: &'a Graph, largest: f32, phase: impl Fn(usize, usize) -> u16) -> Self {
        let share = |weight: &f32| (weight / largest * f32::from(u16::MAX)).round() as u16;
        let shares = graph.weights.iter().map(share).collect();
        let phase = &phase;
        let phases = (0..graph.n()).flat_map(|i| graph.edges(i).map(move |(j, _)| phase(i, j))).collect();
        let owners = (0..graph.n()).flat_map(|i| graph.edges(i).map(move |_| (i % CHUNK) as u8)).collect();
        Self { graph, owners, shares, phases }
    }
}

/// Those that pull some points in an epoch, step after step.
#[derive(Default)]
struct Turns {
    heads: Vec<u32>,
    /// Whom each pulls, counted from the first of the points.
    owners: Vec<u8>,
    /// Where those of each step end.
    ends: [usize; STEPS],
}

impl Turns {
    /// Those of a block of a step, none where there are no more.
    #[inline(always)]
    fn block(&self, step: usize, block: usize) -> impl Iterator<Item = (u32, u8)> {
        let end = self.ends[step];
        let start = if step == 0 { 0 } else { self.ends[step - 1] };
        let range = end.min(start + block * BLOCK)..end.min(start + (block + 1) * BLOCK);
        self.heads[range.clone()].iter().copied().zip(self.owners[range].iter().copied())
    }

    /// How many pull in a step.
    fn count(&self, step: usize) -> usize {
        self.ends[step] - if step == 0 { 0 } else { self.ends[step - 1] }
    }

    /// Sorts edges, with the points that they stand for, by the steps that they pull in; some do not.
    fn sort(&mut self, steps: &[u16], heads: &[u32], owners: &[u8], pulling: &mut Vec<u32>) {
        pulling.resize(steps.len() + 1, 0);
        let mut count = 0;
        for (edge, &step) in steps.iter().enumerate() {
            // Without a branch, which would be foreseen wrongly as often as not.
            pulling[count] = edge as u32;
            count += usize::from(usize::from(step) < STEPS);
        }
        let pulling = &pulling[..count];
        let mut next = [0; STEPS];
        for &edge in pulling {
            next[usize::from(steps[edge as usize]) % STEPS] += 1;
        }
        let mut end = 0;
        for (next, to) in next.iter_mut().zip(&mut self.ends) {
            (*next, end) = (end, end + *next);
            *to = end;
        }
        self.heads.resize(count, 0);
        self.owners.resize(count, 0);
        let (to_heads, to_owners) = (&mut self.heads[..count], &mut self.owners[..count]);
        for &edge in pulling {
            let edge = edge as usize;
            let to = &mut next[usize::from(steps[edge]) % STEPS];
            (to_heads[*to], to_owners[*to]) = (heads[edge], owners[edge]);
            *to += 1;
        }
    }
}

/// In which step of an epoch each edge pulls, if it does: its round ends there. [`STEPS`] if it does not.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2+fma"))]
fn steps(epoch: usize, shares: &[u16], phases: &[u16], later: u16, to: &mut [u16]) {
    for ((to, &share), &phase) in to.iter_mut().zip(shares).zip(phases) {
        let left = !(epoch as u16).wrapping_mul(share).wrapping_add(phase ^ later);
        let part = share / STEPS as u16 + 1;
        let (mut step, mut end) = (0, part);
        for _ in 1..STEPS {
            step += u16::from(left >= end);
            end = end.saturating_add(part);
        }
        *to = if left < share { step } else { STEPS as u16 };
    }
}

/// Some points, and those that pull them.
#[derive(Default)]
struct Chunk {
    /// Their edges.
    range: Range<usize>,
    /// Those that pull because of these points: others push them at the same time.
    own: Turns,
    /// Those that pull because of their other end.
    mirrored: Turns,
    /// What random numbers of each of the points depend on.
    keys: Vec<u64>,
    /// Used again and again: the step of each edge, and those that pull.
    steps: Vec<u16>,
    pulling: Vec<u32>,
}

impl Chunk {
    fn new(first: usize, starts: &[usize], keys: &[u64]) -> Self {
        let end = (first + CHUNK).min(starts.len() - 1);
        Self { range: starts[first]..starts[end], keys: keys[first..end].to_vec(), ..Self::default() }
    }

    /// Finds who pulls in an epoch: edges do when their round ends; and, if they pull `both` ends, when that of the other ends.
    fn take_turns(&mut self, edges: &Edges, epoch: usize, both: bool) {
        let (shares, phases) = (&edges.shares[self.range.clone()], &edges.phases[self.range.clone()]);
        let (heads, owners) = (&edges.graph.heads[self.range.clone()], &edges.owners[self.range.clone()]);
        self.steps.resize(shares.len(), 0);
        steps(epoch, shares, phases, 0, &mut self.steps);
        self.own.sort(&self.steps, heads, owners, &mut self.pulling);
        if both {
            steps(epoch, shares, phases, HALF, &mut self.steps);
            self.mirrored.sort(&self.steps, heads, owners, &mut self.pulling);
        }
    }
}

#[derive(Clone, Copy)]
struct Step {
    step: usize,
    rate: f32,
    curve: Curve,
    random: u64,
}

/// Moves `points`, those of the chunk, to where they are `next`, by those that are `seen`.
// Without AVX-512: sums across the wider vectors take longer than these save, a tenth in all.
#[multiversion(targets("x86_64+avx2+fma"))]
fn move_points<const W: usize>(
    chunk: &Chunk,
    points: &[[f32; W]],
    next: &mut [[f32; W]],
    seen: &[[f32; W]],
    step: Step,
) {
    let (a, b) = (step.curve.a as f32, step.curve.b as f32);
    let mut forces = [[0.0_f32; W]; CHUNK];
    let mut drawn = [[Drawn::default(); BLOCK]; 2];
    let mut away = [[[0.0_f32; W]; TOGETHER]; BLOCK];
    let mut factors = [[1.0_f32; LANES]; BLOCK];
    let (own, mirrored) = (&chunk.own, &chunk.mirrored);
    let count = own.count(step.step).max(mirrored.count(step.step));
    for block in 0..=count.div_ceil(BLOCK) {
        // A block ahead: they are on their way from memory while those of the block before are worked on.
        let [even, odd] = &mut drawn;
        let (now, ahead) = if block % 2 == 0 { (odd, even) } else { (even, odd) };
        let (mut own, mut mirrored) = (own.block(step.step, block), mirrored.block(step.step, block));
        for (((now, ahead), away), squared) in now.iter().zip(ahead).zip(&mut away).zip(&mut factors) {
            if let Some((head, owner)) = own.next() {
                ahead.owner = owner;
                ahead.others[0] = head;
                let edge = chunk.keys[usize::from(owner)] ^ u64::from(head);
                let mut random = Random(step.random ^ edge);
                ahead.others[1..=NEGATIVES].copy_from_slice(&random.below(seen.len() as u32));
                for &other in &ahead.others[..=NEGATIVES] {
                    prefetch(seen.as_ptr().wrapping_add(other as usize));
                }
            }
            if let Some((head, owner)) = mirrored.next() {
                ahead.mirrored_owner = owner;
                ahead.others[LAST] = head;
                prefetch(seen.as_ptr().wrapping_add(head as usize));
            }
            // Where there are none, or fewer of one kind, this is for nothing.
            let point = &points[usize::from(now.owner)];
            for o in 0..=NEGATIVES {
                squared[o] = differ(point, &seen[now.others[o] as usize], &mut away[o]);
            }
            let point = &points[usize::from(now.mirrored_owner)];
            squared[LAST] = differ(point, &seen[now.others[LAST] as usize], &mut away[LAST]);
        }
        if block == 0 {
            continue;
        }
        for squared in factors.as_flattened_mut().as_chunks_mut::<{ 2 * LANES }>().0 {
            let powers = power(*squared, b);
            for o in 0..2 * LANES {
                // The gradient of the cross entropy, of those that pull and of those that push.
                let (over, under) = if o % LANES == 0 || o % LANES == LAST {
                    (-2.0 * a * b * powers[o], squared[o] + f32::MIN_POSITIVE)
                } else {
                    (2.0 * b, squared[o] + 0.001)
                };
                squared[o] = over / (under * (1.0 + a * powers[o]));
            }
        }
        let own = chunk.own.block(step.step, block - 1);
        for (((drawn, away), factors), _) in now.iter().zip(&away).zip(&factors).zip(own) {
            let force = &mut forces[usize::from(drawn.owner) % CHUNK];
            for o in 0..=NEGATIVES {
                for l in 0..W {
                    force[l] += (factors[o] * away[o][l]).clamp(-CLIP, CLIP);
                }
            }
        }
        let mirrored = chunk.mirrored.block(step.step, block - 1);
        for (((drawn, away), factors), _) in now.iter().zip(&away).zip(&factors).zip(mirrored) {
            let force = &mut forces[usize::from(drawn.mirrored_owner) % CHUNK];
            for l in 0..W {
                force[l] += (factors[LAST] * away[LAST][l]).clamp(-CLIP, CLIP);
            }
        }
    }
    // As one run of values: row by row the compiler would gather columns.
    let (next, points) = (next.as_flattened_mut(), points.as_flattened());
    for ((next, point), force) in next.iter_mut().zip(points).zip(forces.as_flattened()) {
        *next = point + step.rate * force.clamp(-FARTHEST, FARTHEST);
    }
}

/// The way from the other to the point, and its squared length.
#[inline(always)]
fn differ<const W: usize>(point: &[f32; W], other: &[f32; W], away: &mut [f32; W]) -> f32 {
    let mut squares = [0.0_f32; W];
    for l in 0..W {
        away[l] = point[l] - other[l];
        squares[l] = away[l] * away[l];
    }
    sum(squares)
}

/// A point and those that move it, and another with the one that pulls that.
#[derive(Clone, Copy, Default)]
struct Drawn {
    others: [u32; TOGETHER],
    owner: u8,
    mirrored_owner: u8,
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

/// `x^b` to about 1e-5 of itself, for x of at least 0 (nearly 0 for 0), by polynomials for the logarithm and the exponential
/// of 2: those of least error between root 1/2 and root 2, and between -1/2 and 1/2.
#[inline(always)]
fn power<const N: usize>(x: [f32; N], b: f32) -> [f32; N] {
    const ROUND: f32 = 12_582_912.0;
    let mut result = [0.0; N];
    for l in 0..N {
        let bits = x[l].to_bits();
        // Mantissas around 1: from root 1/2 to root 2.
        let shifted = bits.wrapping_sub(0x3f35_04f3);
        let exponent = (shifted as i32) >> 23;
        let m = f32::from_bits(bits.wrapping_sub((exponent as u32) << 23)) - 1.0;
        let series = 0.479_362_26 + m * (-0.367_536_8 + m * (0.322_051_5 + m * -0.206_292_2));
        let series = 1.442_713 + m * (-0.721_130_1 + m * series);
        let logarithm = ((exponent as f32 + m * series) * b).clamp(-126.0, 126.0);
        // Adding this leaves no digits after the point, and the rest in the lowest bits.
        let rounded = logarithm + ROUND;
        let f = logarithm - (rounded - ROUND);
        let rest = 0.693_121_7 + f * (0.240_247_67 + f * (0.055_918_25 + f * 0.009_569_67));
        result[l] = (0.999_999_2 + f * rest) * f32::from_bits(rounded.to_bits().wrapping_add(127) << 23);
    }
    result
}

/// Random numbers that know their place alone: the same for any thread that asks. Wyrand (Wang Yi, *wyhash*, 2019).
struct Random(u64);

impl Random {
    /// Numbers below `n`.
    #[inline(always)]
    fn below(&mut self, n: u32) -> [u32; NEGATIVES] {
        let mut drawn = [0; NEGATIVES];
        for pair in drawn.chunks_mut(2) {
            self.0 = self.0.wrapping_add(0xa076_1d64_78bd_642f);
            let product = u128::from(self.0) * u128::from(self.0 ^ 0xe703_7ed1_a0b4_28db);
            let bits = (product >> 64) as u64 ^ product as u64;
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

    /// Of an edge that pulls in every second epoch, say, its two ends are pulled in turn.
    #[test]
    fn edges_pull_as_often_as_their_share_and_their_ends_in_turn() {
        let (shares, phases) = ([u16::MAX, 32_768, 20_000, 6_554, 0], [11, 40_000, 65_535, 0, 7]);
        let mut times = [const { Vec::new() }; 5];
        for epoch in 0..1000 {
            let mut found = [[0; 5]; 2];
            steps(epoch, &shares, &phases, 0, &mut found[0]);
            steps(epoch, &shares, &phases, HALF, &mut found[1]);
            for (edge, times) in times.iter_mut().enumerate() {
                let own = found.iter().enumerate().map(|(end, steps)| (usize::from(steps[edge]), end));
                let mut own: Vec<_> = own.filter(|&(step, _)| step < STEPS).collect();
                own.sort_unstable();
                times.extend(own.into_iter().map(|(step, end)| (epoch * STEPS + step, end)));
            }
        }
        for (times, share) in times.iter().zip(shares) {
            let expected = 2.0 * 1000.0 * f64::from(share) / 65_536.0;
            assert!((times.len() as f64 - expected).abs() <= 2.0, "{share}: {}", times.len());
            for pair in times.windows(2) {
                assert_ne!(pair[0].1, pair[1].1, "{share}: {pair:?}");
                let apart = (pair[1].0 - pair[0].0) as f64 / STEPS as f64 * f64::from(share) / 65_536.0;
                assert!((apart - 0.5).abs() < 0.2, "{share}: {pair:?}, {apart} of a round apart");
            }
        }
    }

    #[test]
    fn the_two_of_a_pair_are_half_a_round_apart() {
        let graph =
            Graph { starts: vec![0, 1, 3, 4], heads: vec![1, 0, 2, 1], weights: vec![1.0, 1.0, 0.5, 0.5] };
        let edges = Edges::among(&graph);
        for (there, back) in [(0, 1), (2, 3)] {
            assert_eq!(edges.phases[there] ^ HALF, edges.phases[back]);
            assert_eq!(edges.shares[there], edges.shares[back]);
        }
        assert_eq!((edges.shares[0], edges.shares[2]), (u16::MAX, 32_768));
    }

    /// Two points that are joined, with all others too far away to push: each is pulled twice an epoch, by the gradient of
    /// umap-learn, at the same times as the other.
    #[test]
    fn a_pull_is_umap_learns() {
        let n = 4000;
        let graph = Graph {
            starts: [0, 1].into_iter().chain(std::iter::repeat_n(2, n - 1)).collect(),
            heads: vec![1, 0],
            weights: vec![1.0, 1.0],
        };
        let start = Array2::from_shape_fn((n, 2), |(i, l)| match (i, l) {
            (0, _) => 0.0,
            (1, 0) => 1.5,
            (1, _) => 0.0,
            _ => 1e4 + (i + l) as f32,
        });
        let (curve, rate, epochs) = (Curve { a: 1.2, b: 0.8 }, 0.05, 4);
        let schedule = Schedule { curve, epochs, rate: rate as f32, seed: 0 };
        let found = layout(&graph, start.view(), None, schedule, &mut |_| ());

        let Curve { a, b } = curve;
        let mut distance = 1.5_f64;
        for epoch in 0..epochs {
            for _ in 0..2 {
                let pull = 2.0 * a * b * distance.powf(2.0 * b - 1.0) / (1.0 + a * distance.powf(2.0 * b));
                distance -= 2.0 * rate * (1.0 - epoch as f64 / epochs as f64) * pull;
            }
        }
        let reached = f64::from(found[[1, 0]] - found[[0, 0]]);
        assert!((reached - distance).abs() < 1e-3, "{reached}, not {distance}");
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
            let mut random = Random(mix(vertex));
            random.below(10).iter().for_each(|&drawn| counts[drawn as usize] += 1);
        }
        assert!(counts.iter().all(|&count| (900..1100).contains(&count)), "{counts:?}");
    }
}
