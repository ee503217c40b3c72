//! Edge sampling: which edges attract their ends in which step of an epoch.
//!
//! An edge is sampled at a rate that is its weight over the largest, as in umap-learn. The graph
//! holds each edge twice, once for each end as its tail. Both are sampled, half a period apart.

use std::ops::Range;

use multiversion::multiversion;

use super::random::mix;
use crate::graph::Graph;

/// Steps of an epoch.
///
/// In a step all points move at once, by the sum of their forces, and see the others where they
/// were before, so the result does not depend on threads. The edges of an epoch are spread over
/// its steps, since at once they would move points too far.
pub(super) const STEPS: usize = 8;

/// Points that a thread takes at once.
pub(super) const CHUNK: usize = 128;

/// Edges of either kind that are worked on together.
///
/// Each is a chain of operations that wait for one another, but not for those of another edge.
/// Their data fit into the nearest cache beside those of the next block.
pub(super) const BLOCK: usize = 16;

/// Half a sampling period, in units of 2^-16.
const HALF_PERIOD: u16 = 1 << 15;

/// Rates and phases at which the edges of a graph are sampled.
pub(super) struct EdgeSampler<'a> {
    graph: &'a Graph,
    /// The tail of each edge, counted from the first point of its chunk.
    tails: Vec<u8>,
    /// How often each edge is sampled in an epoch, in units of 2^-16.
    rates: Vec<u16>,
    /// Where in its sampling period each edge starts, in units of 2^-16.
    phases: Vec<u16>,
}

impl<'a> EdgeSampler<'a> {
    /// Schedules the edges of points among themselves.
    pub(super) fn among(graph: &'a Graph) -> Self {
        let largest = graph.weights.iter().fold(0.0_f32, |most, &weight| most.max(weight));
        // Hashed, or edges of equal weight would all be sampled in the same steps.
        let phase = |i: usize, j: usize| {
            let first = mix(((i.min(j) as u64) << 32) | i.max(j) as u64) as u16;
            if i < j { first } else { first ^ HALF_PERIOD }
        };
        Self::of(graph, largest, phase)
    }

    /// Schedules the edges from new points, which have `keys`, to fixed points.
    ///
    /// Rates are relative to 1, the largest weight that an edge may have: the largest weight in
    /// the graph may be that of another new point, on which nothing may depend.
    pub(super) fn to_fixed(graph: &'a Graph, keys: &[u64]) -> Self {
        Self::of(graph, 1.0, |i, j| mix(keys[i] ^ j as u64) as u16)
    }

    /// Schedules edges so that those of the `largest` weight are sampled in each epoch.
    fn of(graph: &'a Graph, largest: f32, phase: impl Fn(usize, usize) -> u16) -> Self {
        let rate = |weight: &f32| (weight / largest * f32::from(u16::MAX)).round() as u16;
        let rates = graph.weights.iter().map(rate).collect();
        let phase = &phase;
        let phases =
            (0..graph.n()).flat_map(|i| graph.edges(i).map(move |(j, _)| phase(i, j))).collect();
        let tails =
            (0..graph.n()).flat_map(|i| graph.edges(i).map(move |_| (i % CHUNK) as u8)).collect();
        Self { graph, tails, rates, phases }
    }
}

/// Edges that are sampled for some points in an epoch, step after step.
#[derive(Default)]
pub(super) struct SampledEdges {
    heads: Vec<u32>,
    /// The tail of each, counted from the first of the points.
    tails: Vec<u8>,
    /// Where the edges of each step end.
    ends: [usize; STEPS],
}

impl SampledEdges {
    /// Heads and tails of a block of a step; none beyond the last block.
    #[inline(always)]
    pub(super) fn block(&self, step: usize, block: usize) -> impl Iterator<Item = (u32, u8)> {
        let end = self.ends[step];
        let start = if step == 0 { 0 } else { self.ends[step - 1] };
        let range = end.min(start + block * BLOCK)..end.min(start + (block + 1) * BLOCK);
        self.heads[range.clone()].iter().copied().zip(self.tails[range].iter().copied())
    }

    /// Number of edges that are sampled in a step.
    pub(super) fn count(&self, step: usize) -> usize {
        self.ends[step] - if step == 0 { 0 } else { self.ends[step - 1] }
    }

    /// Groups sampled edges by their steps; those with step [`STEPS`] are not sampled.
    ///
    /// `sampled` is scratch space.
    fn group_by_step(
        &mut self,
        steps: &[u16],
        heads: &[u32],
        tails: &[u8],
        sampled: &mut Vec<u32>,
    ) {
        sampled.resize(steps.len() + 1, 0);
        let mut count = 0;
        for (edge, &step) in steps.iter().enumerate() {
            // Without a branch, which would be mispredicted as often as not.
            sampled[count] = edge as u32;
            count += usize::from(usize::from(step) < STEPS);
        }
        let sampled = &sampled[..count];
        let mut next = [0; STEPS];
        for &edge in sampled {
            next[usize::from(steps[edge as usize]) % STEPS] += 1;
        }
        let mut end = 0;
        for (next, to) in next.iter_mut().zip(&mut self.ends) {
            (*next, end) = (end, end + *next);
            *to = end;
        }
        self.heads.resize(count, 0);
        self.tails.resize(count, 0);
        let (to_heads, to_tails) = (&mut self.heads[..count], &mut self.tails[..count]);
        for &edge in sampled {
            let edge = edge as usize;
            let to = &mut next[usize::from(steps[edge]) % STEPS];
            (to_heads[*to], to_tails[*to]) = (heads[edge], tails[edge]);
            *to += 1;
        }
    }
}

/// Finds the step of an epoch in which the period of each edge ends, [`STEPS`] if in none.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2+fma"))]
fn sampling_steps(epoch: usize, rates: &[u16], phases: &[u16], offset: u16, to: &mut [u16]) {
    for ((to, &rate), &phase) in to.iter_mut().zip(rates).zip(phases) {
        let left = !(epoch as u16).wrapping_mul(rate).wrapping_add(phase ^ offset);
        let part = rate / STEPS as u16 + 1;
        let (mut step, mut end) = (0, part);
        for _ in 1..STEPS {
            step += u16::from(left >= end);
            end = end.saturating_add(part);
        }
        *to = if left < rate { step } else { STEPS as u16 };
    }
}

/// Some points that one thread moves, and the edges sampled for them.
#[derive(Default)]
pub(super) struct Chunk {
    /// Their edges in the graph.
    range: Range<usize>,
    /// Edges sampled for their tails, these points: each comes with negative samples.
    pub(super) own: SampledEdges,
    /// Edges sampled for their heads, which move these points as well.
    pub(super) mirrored: SampledEdges,
    /// Seeds of the random numbers of each point.
    pub(super) keys: Vec<u64>,
    /// Scratch space: the step of each edge.
    steps: Vec<u16>,
    /// Scratch space: edges that are sampled.
    sampled: Vec<u32>,
}

impl Chunk {
    /// Makes the chunk of up to [`CHUNK`] points from the `first` on.
    ///
    /// `starts` are those of the graph, `keys` of all points.
    pub(super) fn new(first: usize, starts: &[usize], keys: &[u64]) -> Self {
        let end = (first + CHUNK).min(starts.len() - 1);
        Self {
            range: starts[first]..starts[end],
            keys: keys[first..end].to_vec(),
            ..Self::default()
        }
    }

    /// Samples the edges of an epoch: those whose period ends in it.
    ///
    /// If edges move `both` ends, those whose mirrored edge is sampled are found as well.
    pub(super) fn sample_edges(&mut self, edges: &EdgeSampler, epoch: usize, both: bool) {
        let (rates, phases) = (&edges.rates[self.range.clone()], &edges.phases[self.range.clone()]);
        let (heads, tails) =
            (&edges.graph.heads[self.range.clone()], &edges.tails[self.range.clone()]);
        self.steps.resize(rates.len(), 0);
        sampling_steps(epoch, rates, phases, 0, &mut self.steps);
        self.own.group_by_step(&self.steps, heads, tails, &mut self.sampled);
        if both {
            sampling_steps(epoch, rates, phases, HALF_PERIOD, &mut self.steps);
            self.mirrored.group_by_step(&self.steps, heads, tails, &mut self.sampled);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The two ends of an edge are sampled in turn.
    #[test]
    fn edges_are_sampled_at_their_rate_and_their_ends_in_turn() {
        let (rates, phases) = ([u16::MAX, 32_768, 20_000, 6_554, 0], [11, 40_000, 65_535, 0, 7]);
        let mut times = [const { Vec::new() }; 5];
        for epoch in 0..1000 {
            let mut found = [[0; 5]; 2];
            sampling_steps(epoch, &rates, &phases, 0, &mut found[0]);
            sampling_steps(epoch, &rates, &phases, HALF_PERIOD, &mut found[1]);
            for (edge, times) in times.iter_mut().enumerate() {
                let own =
                    found.iter().enumerate().map(|(end, steps)| (usize::from(steps[edge]), end));
                let mut own: Vec<_> = own.filter(|&(step, _)| step < STEPS).collect();
                own.sort_unstable();
                times.extend(own.into_iter().map(|(step, end)| (epoch * STEPS + step, end)));
            }
        }
        for (times, rate) in times.iter().zip(rates) {
            let expected = 2.0 * 1000.0 * f64::from(rate) / 65_536.0;
            assert!((times.len() as f64 - expected).abs() <= 2.0, "{rate}: {}", times.len());
            for pair in times.windows(2) {
                assert_ne!(pair[0].1, pair[1].1, "{rate}: {pair:?}");
                let apart =
                    (pair[1].0 - pair[0].0) as f64 / STEPS as f64 * f64::from(rate) / 65_536.0;
                assert!((apart - 0.5).abs() < 0.2, "{rate}: {pair:?}, {apart} of a period apart");
            }
        }
    }

    #[test]
    fn an_edge_and_its_mirror_are_half_a_period_apart() {
        let graph = Graph {
            starts: vec![0, 1, 3, 4],
            heads: vec![1, 0, 2, 1],
            weights: vec![1.0, 1.0, 0.5, 0.5],
        };
        let edges = EdgeSampler::among(&graph);
        for (there, back) in [(0, 1), (2, 3)] {
            assert_eq!(edges.phases[there] ^ HALF_PERIOD, edges.phases[back]);
            assert_eq!(edges.rates[there], edges.rates[back]);
        }
        assert_eq!((edges.rates[0], edges.rates[2]), (u16::MAX, 32_768));
    }
}
