//! Nearest neighbors by a k-d tree, for many points of few features.

use kernels::squared_distance_f32;
use linfa_nn::distance::L2Dist;
use linfa_nn::{KdTree, NearestNeighbour};
use ndarray::{Array2, ArrayView1, ArrayView2, s};
use rayon::prelude::*;

use super::top_k::{Neighbor, order};

/// Points in a leaf of the tree, at most.
const LEAF_SIZE: usize = 32;

/// Queries that a thread takes at once.
const QUERIES: usize = 32;

/// Borrows a row of a matrix in C order as a slice.
fn row(row: ArrayView1<'_, f32>) -> &[f32] {
    row.to_slice().expect("a matrix in C order")
}

/// Finds neighbors as [`search`](super::search) does, with linfa-nn's k-d tree.
pub(super) fn kd_tree_knn(
    points: ArrayView2<f32>,
    queries: Option<ArrayView2<f32>>,
    k: usize,
    progress: &(dyn Fn(usize) + Sync),
) -> Vec<Vec<Neighbor>> {
    // The tree, and the distances below, take contiguous rows.
    let points = points.as_standard_layout();
    let others = queries.map(|queries| queries.as_standard_layout().into_owned());
    let tree = KdTree
        .from_batch_with_leaf_size(&points, LEAF_SIZE, L2Dist)
        .expect("leaves and points have a size");
    let queries = others.as_ref().map_or(points.view(), Array2::view);
    let own = others.is_none();
    let starts: Vec<usize> = (0..queries.nrows()).step_by(QUERIES).collect();
    let blocks = starts.into_par_iter().map(|start| {
        let block = queries.slice(s![start..queries.nrows().min(start + QUERIES), ..]);
        let rows = block.outer_iter().zip(start..).map(|(query, i)| {
            // One more than asked for, since the point itself is among them.
            let found = tree
                .k_nearest(query, (k + 1).min(points.nrows()))
                .expect("a query has as many features");
            let found = found.into_iter().filter(|&(_, j)| !own || i != j);
            let mut near: Vec<Neighbor> = found
                .map(|(_, j)| (squared_distance_f32(row(query), row(points.row(j))), j as u32))
                .collect();
            near.sort_unstable_by(order);
            near.truncate(k);
            near
        });
        let rows: Vec<_> = rows.collect();
        progress(rows.len());
        rows
    });
    blocks.flatten_iter().collect()
}
