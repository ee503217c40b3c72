//! Nearest neighbors: exact ones by a k-d tree or by blocked matrix products, or approximate ones.

mod approximate;
mod blocked_knn;
mod kd_tree;
mod top_k;

use ndarray::{Array2, ArrayView2};

pub(crate) use self::approximate::Recall;
use self::approximate::{Approximate, approximate_knn};
use self::blocked_knn::blocked_knn;
use self::kd_tree::kd_tree_knn;
use self::top_k::Neighbor;

/// The nearest neighbors of each point.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbors {
    /// Row indices of the neighbors, shape `(n, k)`, nearest first.
    ///
    /// Of equally distant ones the lower index comes first.
    pub indices: Array2<u32>,
    /// Distances to the neighbors, shape `(n, k)`.
    pub distances: Array2<f32>,
}

/// Features up to which the k-d tree is used, if there are enough points.
const MAX_TREE_FEATURES: usize = 12;

/// Points from which on the k-d tree saves more distances than it costs.
const MIN_TREE_POINTS: usize = 1 << 17;

/// Finds the `k` nearest of `points` `(n, d)` to each of them, itself left out.
///
/// If they are given, finds the nearest points to each of `queries` `(m, d)` instead. Distances are
/// squared Euclidean ones, and infinite if a square overflows `f32`. `progress` gets the number of
/// rows done since it was last called.
pub(crate) fn search(
    points: ArrayView2<f32>,
    queries: Option<ArrayView2<f32>>,
    k: usize,
    progress: &(dyn Fn(usize) + Sync),
) -> Neighbors {
    let shape = (queries.as_ref().map_or(points.nrows(), ArrayView2::nrows), k);
    if k == 0 {
        return from_rows(&[], shape);
    }
    let rows = if has_tree(points) {
        kd_tree_knn(points, queries, k, progress)
    } else {
        blocked_knn(points, queries, k, progress)
    };
    from_rows(&rows, shape)
}

/// Finds most of the `k` nearest of `points` `(n, d)` to each of them, itself left out.
///
/// Returns them as [`search`] does, and how many of the exact neighbors of a sample are among them.
/// Where the k-d tree is used they are exact, and nothing is measured.
pub(crate) fn search_approximately(
    points: ArrayView2<f32>,
    k: usize,
    progress: &(dyn Fn(usize) + Sync),
) -> (Neighbors, Option<Recall>) {
    if k == 0 || has_tree(points) {
        return (search(points, None, k, progress), None);
    }
    let Approximate { near, recall } = approximate_knn(points, k, progress);
    (from_rows(&near, (points.nrows(), k)), Some(recall))
}

/// Returns whether `points` `(n, d)` are searched in a k-d tree.
fn has_tree(points: ArrayView2<f32>) -> bool {
    points.ncols() <= MAX_TREE_FEATURES && points.nrows() >= MIN_TREE_POINTS
}

/// Puts the neighbors of each point into arrays of a shape; distances that are not there are
/// infinite.
fn from_rows(rows: &[Vec<Neighbor>], shape: (usize, usize)) -> Neighbors {
    let (mut indices, mut distances) =
        (Array2::zeros(shape), Array2::from_elem(shape, f32::INFINITY));
    for (i, row) in rows.iter().enumerate() {
        for (at, &(distance, j)) in row.iter().enumerate() {
            (indices[[i, at]], distances[[i, at]]) = (j, distance);
        }
    }
    Neighbors { indices, distances }
}

#[cfg(test)]
mod tests {
    use kernels::squared_distance_f32;
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::top_k::order;
    use super::*;

    /// The tree is called by name, since it is for more points than a test has.
    ///
    /// Some points are equal.
    #[test]
    fn the_tree_finds_what_blocked_search_finds() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(8);
        let mut points = Array2::from_shape_fn((800, 6), |_| rng.gen_range(-1.0..1.0_f32));
        for i in 0..40 {
            let row = points.row(i % 4).to_owned();
            points.row_mut(i).assign(&row);
        }
        let queries = Array2::from_shape_fn((70, 6), |_| rng.gen_range(-1.0..1.0_f32));
        for queries in [None, Some(queries.view())] {
            let tree = kd_tree_knn(points.view(), queries, 12, &|_| ());
            let blocked = blocked_knn(points.view(), queries, 12, &|_| ());
            for (i, (tree, blocked)) in tree.iter().zip(&blocked).enumerate() {
                let distances = |near: &[Neighbor]| {
                    near.iter().map(|&(squared, _)| squared).collect::<Vec<_>>()
                };
                assert_eq!(distances(tree), distances(blocked), "{i}");
                assert!(
                    queries.is_some() || tree.iter().all(|&(_, j)| j as usize != i),
                    "{i} is near itself"
                );
            }
            assert_eq!(tree.len(), blocked.len());
        }
    }

    /// Neighbors lie just beyond the next block, or in many blocks.
    ///
    /// Points lie evenly in a square, with so many neighbors that these reach just beyond the next
    /// block; or they thin out from the middle, so that those far outside have neighbors in many
    /// blocks, none of them near.
    #[test]
    fn blocks_are_skipped_only_if_they_are_too_far() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(9);
        let mut draw = || rng.gen_range(-1.0..1.0_f32);
        let even = Array2::from_shape_fn((4096, 2), |_| draw());
        let thin = Array2::from_shape_fn((4000, 3), |_| {
            let x = draw();
            x / (1.001 - x.abs())
        });
        for (points, k) in [(even, 120), (thin, 15)] {
            let found = blocked_knn(points.view(), None, k, &|_| ());
            for (i, (query, found)) in points.outer_iter().zip(&found).enumerate() {
                let query = query.to_slice().unwrap();
                let all = points.outer_iter().enumerate().filter(|&(j, _)| j != i);
                let mut all: Vec<Neighbor> = all
                    .map(|(j, point)| {
                        (squared_distance_f32(query, point.to_slice().unwrap()), j as u32)
                    })
                    .collect();
                all.select_nth_unstable_by(k, order);
                all.truncate(k);
                all.sort_unstable_by(order);
                assert_eq!(found, &all, "{i}");
            }
        }
    }
}
