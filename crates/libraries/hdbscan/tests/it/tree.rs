//! The minimum spanning tree against Kruskal's algorithm on all pairs.

use hdbscan::{Metric, Params, TreeEdge, minimum_spanning_tree};
use ndarray::{Array2, array};
use proptest::prelude::*;

use crate::support::{blobs, kruskal};

fn grown(points: &Array2<f64>, params: &Params) -> Vec<TreeEdge> {
    minimum_spanning_tree(points.view(), None, params, &mut |_| ()).unwrap()
}

/// Compares the lengths of two trees, in order.
fn assert_as_long(found: &[TreeEdge], expected: &[TreeEdge], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        let (a, b) = (found.distance, expected.distance);
        assert!((a - b).abs() <= 1e-6 * b + 1e-12, "{what}: edge {at}: {found:?}, {expected:?}");
    }
}

#[test]
fn lengths_are_those_of_all_pairs() {
    for (d, n) in [(1, 400), (2, 700), (3, 700), (10, 700), (40, 600), (130, 500)] {
        let points = blobs(n, d, d as u64).mapv(f64::from);
        for (min_samples, alpha, metric) in [
            (1, 1.0, Metric::Euclidean),
            (5, 1.0, Metric::Euclidean),
            (40, 1.0, Metric::Euclidean),
            (5, 1.7, Metric::Euclidean),
            (5, 0.6, Metric::Euclidean),
            (5, 1.0, Metric::Cosine),
            (5, 1.3, Metric::Cosine),
        ] {
            let params =
                Params { min_samples: Some(min_samples), alpha, metric, ..Params::default() };
            let what = format!("{n} x {d}, {min_samples} samples, alpha {alpha}, {metric:?}");
            assert_as_long(&grown(&points, &params), &kruskal(&points, &params), &what);
        }
    }
}

#[test]
fn far_clusters_are_joined_by_their_nearest_points() {
    // Each cluster has more points than a neighborhood, so that no neighbor is in another one.
    for (d, clusters) in [(2, 30), (50, 12)] {
        let mut points = blobs(40 * clusters, d, 3).mapv(|x| f64::from(x) * 0.05);
        for (i, mut row) in points.outer_iter_mut().enumerate() {
            row[0] += (i / 40 * i / 40) as f64;
            row[d - 1] += (i / 40 % 3) as f64 * 2.0;
        }
        let params = Params::default();
        assert_as_long(&grown(&points, &params), &kruskal(&points, &params), &format!("{d}"));
    }
}

#[test]
fn whole_numbers_have_one_tree() {
    // Many distances are equal, and exact in any precision: the order of the points decides.
    for seed in 0..4 {
        let points = blobs(300, 2, seed).mapv(|x| f64::from(x.round()));
        for min_samples in [1, 2, 7] {
            let params = Params { min_samples: Some(min_samples), ..Params::default() };
            let (found, expected) = (grown(&points, &params), kruskal(&points, &params));
            assert_as_long(&found, &expected, "whole numbers");
            assert!(found.iter().zip(&expected).all(|(a, b)| a.distance == b.distance));
        }
    }
}

#[test]
fn distinct_whole_numbers_have_the_edges_of_all_pairs() {
    for d in [2, 3, 20] {
        let mut rows: Vec<Vec<u8>> = Vec::new();
        for row in blobs(500, d, 9).outer_iter() {
            let row: Vec<u8> = row.iter().map(|x| (x + 20.0) as u8).collect();
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        let points = Array2::from_shape_fn((rows.len(), d), |(i, j)| f64::from(rows[i][j]));
        for min_samples in [1, 4, 20] {
            let params = Params { min_samples: Some(min_samples), ..Params::default() };
            assert_eq!(grown(&points, &params), kruskal(&points, &params), "{d}, {min_samples}");
        }
    }
}

#[test]
fn zeros_have_no_direction() {
    let points = array![[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [1.0, 0.1], [0.0, 0.0], [0.0, 1.0]];
    let params = Params { min_samples: Some(2), metric: Metric::Cosine, ..Params::default() };
    let tree = grown(&points, &params);
    assert_as_long(&tree, &kruskal(&points, &params), "zeros");
    assert_eq!((tree[0].distance, tree[4].distance), (0.0, 1.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Points of few values have many copies and ties.
    #[test]
    fn any_points_have_a_tree_of_least_length(
        n in 2_usize..60, d in 1_usize..4, values in 2_u32..40, seed in 0_u64..1 << 40,
        min_samples in 1_usize..8, cosine in any::<bool>(),
    ) {
        let mut draw = crate::support::scatter(seed);
        let points = Array2::from_shape_fn((n, d), |_| (draw() * f64::from(values)).floor() - 1.0);
        let metric = if cosine { Metric::Cosine } else { Metric::Euclidean };
        let params = Params {
            min_samples: Some(min_samples.min(n)), metric, ..Params::default()
        };
        assert_as_long(&grown(&points, &params), &kruskal(&points, &params), "any points");
    }
}
