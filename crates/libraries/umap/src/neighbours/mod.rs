//! Exact nearest neighbours.

mod blocks;
mod nearest;
mod products;

use linfa_nn::distance::L2Dist;
use linfa_nn::{KdTree, NearestNeighbour};
use ndarray::{Array2, ArrayView1, ArrayView2, s};
use rayon::prelude::*;

use nearest::{Near, order, squared};
use products::by_products;

/// Distances between points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Metric {
    /// Length of the difference.
    #[default]
    Euclidean,
    /// One less the cosine of the angle between points.
    Cosine,
}

/// The nearest neighbours of every point.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbours {
    /// Shape `(n, k)`, in the order of their distances; of equally distant ones the lower index comes first.
    pub indices: Array2<u32>,
    /// Shape `(n, k)`.
    pub distances: Array2<f32>,
}

/// With up to so many features and from so many points on a tree leaves out more than it costs.
const TREE: (usize, usize) = (12, 1 << 17);

/// Queries of the tree that a thread takes at once.
const QUERIES: usize = 32;

/// The `k` nearest of `points` `(n, d)` to each of them, itself left out; or, if they are given, to each of `queries`
/// `(m, d)`. Distances are squares of Euclidean ones; infinite where a square is no `f32`.
pub(crate) fn search(
    points: ArrayView2<f32>,
    queries: Option<ArrayView2<f32>>,
    k: usize,
    progress: &(dyn Fn(usize) + Sync),
) -> Neighbours {
    let shape = (queries.as_ref().map_or(points.nrows(), ArrayView2::nrows), k);
    let (mut indices, mut distances) = (Array2::zeros(shape), Array2::from_elem(shape, f32::INFINITY));
    if k == 0 {
        return Neighbours { indices, distances };
    }
    let rows = if points.ncols() <= TREE.0 && points.nrows() >= TREE.1 {
        by_tree(points, queries, k, progress)
    } else {
        by_products(points, queries, k, progress)
    };
    for (i, row) in rows.iter().enumerate() {
        for (at, &(distance, j)) in row.iter().enumerate() {
            (indices[[i, at]], distances[[i, at]]) = (j, distance);
        }
    }
    Neighbours { indices, distances }
}

/// A row of a matrix in C order.
fn row(row: ArrayView1<'_, f32>) -> &[f32] {
    row.to_slice().expect("a matrix in C order")
}

/// linfa-nn's k-d tree.
fn by_tree(
    points: ArrayView2<f32>,
    queries: Option<ArrayView2<f32>>,
    k: usize,
    progress: &(dyn Fn(usize) + Sync),
) -> Vec<Vec<Near>> {
    // The tree, and the distances below, take rows that lie in one piece.
    let points = points.as_standard_layout();
    let others = queries.map(|queries| queries.as_standard_layout().into_owned());
    let tree = KdTree.from_batch_with_leaf_size(&points, 32, L2Dist).expect("leaves and points have a size");
    let queries = others.as_ref().map_or(points.view(), Array2::view);
    let own = others.is_none();
    let starts: Vec<usize> = (0..queries.nrows()).step_by(QUERIES).collect();
    let blocks = starts.into_par_iter().map(|start| {
        let block = queries.slice(s![start..queries.nrows().min(start + QUERIES), ..]);
        let rows = block.outer_iter().zip(start..).map(|(query, i)| {
            // One more than asked for, since the point itself is among them, and the ties of the last.
            let found =
                tree.k_nearest(query, (k + 1).min(points.nrows())).expect("a query has as many features");
            let found = found.into_iter().filter(|&(_, j)| !own || i != j);
            let mut near: Vec<Near> =
                found.map(|(_, j)| (squared(row(query), row(points.row(j))), j as u32)).collect();
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

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;

    /// The tree is for more points than a test has, so it is asked by name. Some points lie in the same place.
    #[test]
    fn the_tree_finds_what_products_find() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(8);
        let mut points = Array2::from_shape_fn((800, 6), |_| rng.gen_range(-1.0..1.0_f32));
        for i in 0..40 {
            let row = points.row(i % 4).to_owned();
            points.row_mut(i).assign(&row);
        }
        let queries = Array2::from_shape_fn((70, 6), |_| rng.gen_range(-1.0..1.0_f32));
        for queries in [None, Some(queries.view())] {
            let tree = by_tree(points.view(), queries, 12, &|_| ());
            let products = by_products(points.view(), queries, 12, &|_| ());
            for (i, (tree, products)) in tree.iter().zip(&products).enumerate() {
                let distances = |near: &[Near]| near.iter().map(|&(squared, _)| squared).collect::<Vec<_>>();
                assert_eq!(distances(tree), distances(products), "{i}");
                assert!(
                    queries.is_some() || tree.iter().all(|&(_, j)| j as usize != i),
                    "{i} is near itself"
                );
            }
            assert_eq!(tree.len(), products.len());
        }
    }

    /// Evenly in a square, with so many neighbours that they reach just beyond the next block; and points that thin out from the
    /// middle, of which those far outside have neighbours in many blocks, none of them near.
    #[test]
    fn blocks_are_left_out_only_if_they_are_too_far() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(9);
        let mut draw = || rng.gen_range(-1.0..1.0_f32);
        let even = Array2::from_shape_fn((4096, 2), |_| draw());
        let thin = Array2::from_shape_fn((4000, 3), |_| {
            let x = draw();
            x / (1.001 - x.abs())
        });
        for (points, k) in [(even, 120), (thin, 15)] {
            let found = by_products(points.view(), None, k, &|_| ());
            for (i, (query, found)) in points.outer_iter().zip(&found).enumerate() {
                let query = query.to_slice().unwrap();
                let all = points.outer_iter().enumerate().filter(|&(j, _)| j != i);
                let mut all: Vec<Near> =
                    all.map(|(j, point)| (squared(query, point.to_slice().unwrap()), j as u32)).collect();
                all.select_nth_unstable_by(k, order);
                all.truncate(k);
                all.sort_unstable_by(order);
                assert_eq!(found, &all, "{i}");
            }
        }
    }
}
