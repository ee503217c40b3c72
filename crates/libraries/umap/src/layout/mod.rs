//! Gradient descent of an embedding by edge sampling, attraction and repulsion.

mod edge_sampling;
mod forces;
mod math;
mod random;

use kernels::AlignedRows;
use ndarray::{Array2, ArrayView1, ArrayView2};
use rayon::prelude::*;

use self::edge_sampling::{CHUNK, Chunk, EdgeSampler, STEPS};
use self::forces::{Step, move_points};
use self::random::mix;
use crate::curve::Curve;
use crate::graph::Graph;

/// Parameters of the gradient descent.
#[derive(Clone, Copy)]
pub(crate) struct Schedule {
    /// How attraction falls with distance.
    pub(crate) curve: Curve,
    /// Passes over the graph.
    pub(crate) epochs: usize,
    /// Learning rate at the start; it falls to 0 linearly.
    pub(crate) rate: f32,
    /// Seed of the negative samples.
    pub(crate) seed: u64,
}

/// Points that stay while new points move among them.
#[derive(Clone, Copy)]
pub(crate) struct Fixed<'a> {
    /// Where they stay, shape `(m, dims)`.
    pub(crate) positions: ArrayView2<'a, f32>,
    /// Seeds of the random numbers of each new point, so that they do not depend on its row.
    pub(crate) keys: &'a [u64],
}

/// Moves the points of `init` `(n, dims)` in `schedule.epochs` epochs of gradient descent.
///
/// `graph` joins the points to one another; or, if they are given, to `fixed` points. Where a new
/// point comes to lie then depends on nothing but itself and the fixed points.
///
/// McInnes, Healy and Melville, *UMAP*, 2018, algorithm 5, with umap-learn's schedule. The graph
/// holds an edge once for each of its ends as tail. An edge is sampled in a share of the epochs
/// that is its weight over the largest; then it attracts both its ends, and random negative samples
/// repel its tail. In umap-learn edges are sampled one by one; here all edges of a step move points
/// at once, and an edge and its mirror are sampled half a period apart, since at once they would
/// throw near points past one another.
///
/// To move each point by its own edges alone, the obvious way to share out the work, is another
/// algorithm: a point that a cluster attracts out of another is back among its own before any of
/// them follows, and clusters drift apart without end.
pub(crate) fn optimize_layout(
    graph: &Graph,
    init: ArrayView2<f32>,
    fixed: Option<Fixed>,
    schedule: Schedule,
    on_epoch: &mut dyn FnMut(usize),
) -> Array2<f32> {
    let run = match init.ncols().next_power_of_two() {
        1 | 2 => optimize::<2>,
        4 => optimize::<4>,
        8 => optimize::<8>,
        16 => optimize::<16>,
        32 => optimize::<32>,
        _ => optimize::<64>,
    };
    run(graph, init, fixed, schedule, on_epoch)
}

/// Does the work of [`optimize_layout`] on rows of `W` values, the last of which are 0.
fn optimize<const W: usize>(
    graph: &Graph,
    init: ArrayView2<f32>,
    fixed: Option<Fixed>,
    schedule: Schedule,
    on_epoch: &mut dyn FnMut(usize),
) -> Array2<f32> {
    let padded = |points: ArrayView2<f32>| -> AlignedRows<W> {
        let row =
            |row: ArrayView1<f32>| std::array::from_fn(|l| row.get(l).copied().unwrap_or(0.0));
        points.outer_iter().map(row).collect()
    };
    let mut positions = padded(init);
    let fixed_positions = fixed.map(|fixed| padded(fixed.positions));
    let by_row: Vec<u64>;
    let (keys, edges) = match fixed {
        Some(fixed) => (fixed.keys, EdgeSampler::to_fixed(graph, fixed.keys)),
        None => {
            by_row = (0..graph.n() as u64).map(|i| i << 32).collect();
            (by_row.as_slice(), EdgeSampler::among(graph))
        }
    };
    let both = fixed_positions.is_none();
    let mut next = positions.clone();
    let chunk = |first| Chunk::new(first, &graph.starts, keys);
    let mut chunks: Vec<Chunk> = (0..graph.n()).step_by(CHUNK).map(chunk).collect();
    for epoch in 0..schedule.epochs {
        chunks.par_iter_mut().for_each(|chunk| chunk.sample_edges(&edges, epoch, both));
        let rate = schedule.rate * (1.0 - epoch as f32 / schedule.epochs as f32);
        let random = mix(schedule.seed ^ mix(epoch as u64));
        for step in 0..STEPS {
            let seen: &[[f32; W]] = fixed_positions.as_ref().unwrap_or(&positions);
            let step = Step { step, rate, curve: schedule.curve, random };
            let points = positions.par_chunks(CHUNK).zip(next.par_chunks_mut(CHUNK));
            points.zip(&chunks).for_each(|((points, next), chunk)| {
                move_points(chunk, points, next, seen, step);
            });
            std::mem::swap(&mut positions, &mut next);
        }
        on_epoch(epoch + 1);
    }
    Array2::from_shape_fn(init.dim(), |(i, l)| positions[i][l])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two joined points attract one another by umap-learn's gradient, twice an epoch.
    ///
    /// All others are too far away to repel them.
    #[test]
    fn attraction_is_umap_learns() {
        let n = 4000;
        let graph = Graph {
            starts: [0, 1].into_iter().chain(std::iter::repeat_n(2, n - 1)).collect(),
            heads: vec![1, 0],
            weights: vec![1.0, 1.0],
        };
        let init = Array2::from_shape_fn((n, 2), |(i, l)| match (i, l) {
            (0, _) => 0.0,
            (1, 0) => 1.5,
            (1, _) => 0.0,
            _ => 1e4 + (i + l) as f32,
        });
        let (curve, rate, epochs) = (Curve { a: 1.2, b: 0.8 }, 0.05, 4);
        let schedule = Schedule { curve, epochs, rate: rate as f32, seed: 0 };
        let found = optimize_layout(&graph, init.view(), None, schedule, &mut |_| ());

        let Curve { a, b } = curve;
        let mut distance = 1.5_f64;
        for epoch in 0..epochs {
            for _ in 0..2 {
                let attraction =
                    2.0 * a * b * distance.powf(2.0 * b - 1.0) / (1.0 + a * distance.powf(2.0 * b));
                distance -= 2.0 * rate * (1.0 - epoch as f64 / epochs as f64) * attraction;
            }
        }
        let reached = f64::from(found[[1, 0]] - found[[0, 0]]);
        assert!((reached - distance).abs() < 1e-3, "{reached}, not {distance}");
    }
}
