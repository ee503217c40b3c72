//! Nearest neighbors against plain search.

use ndarray::{Array2, ShapeBuilder, array, s};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use umap::{Curve, Metric, Params, Umap, fit, fuzzy_graph, neighbors};

use crate::support::{blobs, by_hand};

#[test]
fn neighbors_are_exact() {
    // The blocked search, with and without principal components; the tree has tests of its own.
    for (d, n, k) in [(3, 500, 10), (20, 700, 9), (120, 1500, 15), (1, 60, 4), (13, 30, 29)] {
        for metric in [Metric::Euclidean, Metric::Cosine] {
            let points = blobs(n, d, 4, d as u64);
            let found = neighbors(points.view(), k, metric).unwrap();
            for i in (0..n).step_by(7) {
                let all = by_hand(points.view(), i, metric);
                for at in 0..k {
                    let (j, distance) =
                        (found.indices[[i, at]] as usize, f64::from(found.distances[[i, at]]));
                    let (exact, wanted) = all[at];
                    let tolerance = 1e-5 * exact + 1e-6;
                    assert!(
                        (distance - exact).abs() < tolerance,
                        "d {d} {metric:?}: {distance}, not {exact}"
                    );
                    let own = all.iter().find(|(_, other)| *other == j).unwrap().0;
                    assert!(
                        (own - exact).abs() < tolerance,
                        "d {d} {metric:?}: {j} in place of {wanted}"
                    );
                }
            }
        }
    }
}

#[test]
fn of_equally_near_ones_the_lower_index_comes_first() {
    for d in [2, 30, 60] {
        let points = Array2::from_shape_fn((40, d), |(i, _)| (i / 4) as f32);
        let found = neighbors(points.view(), 3, Metric::Euclidean).unwrap();
        assert_eq!(found.indices.row(5).to_vec(), [4, 6, 7], "{d}");
        assert_eq!(found.distances.row(5).to_vec(), [0.0; 3]);
    }
}

/// Distances at any scale are compared with those of the same points at scale 1.
#[test]
fn neighbors_do_not_depend_on_the_scale() {
    let base = blobs(400, 6, 5, 3);
    let expected = neighbors(base.view(), 10, Metric::Euclidean).unwrap();
    // Powers of 2 are exact.
    for exponent in [-120, -100, -64, -20, 0, 20, 64, 100, 120] {
        let scale = 2.0_f32.powi(exponent);
        for metric in [Metric::Euclidean, Metric::Cosine] {
            let found = neighbors((&base * scale).view(), 10, metric).unwrap();
            if metric == Metric::Euclidean {
                assert_eq!(found.indices, expected.indices, "2^{exponent}");
                assert_eq!(found.distances, &expected.distances * scale, "2^{exponent}");
            } else {
                assert_eq!(found, neighbors(base.view(), 10, metric).unwrap(), "2^{exponent}");
            }
        }
    }
}

/// Points of zeros have no edges, and umap-learn's distances to them.
#[test]
fn points_of_zeros_are_nobodys_neighbors_by_angle() {
    let points = array![[1.0, 0.0], [0.0, 0.0], [2.0, 0.1], [0.0, 0.0], [-1.0, 0.0]];
    let found = neighbors(points.view(), 3, Metric::Cosine).unwrap();
    assert_eq!(found.indices.row(1).to_vec(), [3, 0, 2]);
    assert_eq!(found.distances.row(1).to_vec(), [0.0, 1.0, 1.0]);
    assert_eq!(found.indices.row(3).to_vec(), [1, 0, 2]);
    // They are nearer than a point in the opposite direction.
    assert_eq!(found.indices.row(0).to_vec(), [2, 1, 3]);
    assert_eq!(found.distances.row(0).to_vec()[1..], [1.0, 1.0]);
    assert_eq!(found.indices.row(4).to_vec()[..2], [1, 3]);

    // Two vocabularies, by turns, and a document without words.
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(4);
    let mut documents = Array2::from_shape_fn((81, 20), |(i, j)| {
        if (i % 2 == 0) == (j < 10) { rng.gen_range(0.1..1.0_f32) } else { 0.0 }
    });
    documents.row_mut(40).fill(0.0);
    let params = Params {
        dims: 2,
        neighbors: 10,
        metric: Metric::Cosine,
        epochs: Some(50),
        ..Params::default()
    };
    let fitted = fit(documents.view(), &params, &mut |_| ()).unwrap();
    assert_eq!(fitted.components, 2);
    let umap = fitted.model;
    assert!(umap.embedding().iter().all(|x| x.is_finite()));
    assert_eq!(fuzzy_graph(documents.view(), &params).unwrap().components(), 2);
    let places = umap.transform(documents.slice(s![39..41, ..]), 0, &mut |_| ()).unwrap();
    assert_eq!(places.row(1), umap.embedding().row(40));

    let zeros = fit(Array2::zeros((12, 3)).view(), &params, &mut |_| ()).unwrap().model;
    assert_eq!(zeros.embedding(), Array2::<f32>::zeros((12, 2)));
}

#[test]
fn among_copies_neighbors_are_exact() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(8);
    let mut points = Array2::from_shape_fn((300, 3), |_| rng.gen_range(-3..3) as f32);
    points.slice_mut(s![..40, ..]).fill(0.0);
    for metric in [Metric::Euclidean, Metric::Cosine] {
        let found = neighbors(points.view(), 25, metric).unwrap();
        for i in 0..300 {
            let distance = |j: usize| {
                let (a, b) = (points.row(i).mapv(f64::from), points.row(j).mapv(f64::from));
                let lengths = (a.dot(&a) * b.dot(&b)).sqrt();
                match metric {
                    Metric::Euclidean => (&a - &b).mapv(|x| x * x).sum().sqrt(),
                    Metric::Cosine if a.dot(&a) + b.dot(&b) == 0.0 => 0.0,
                    Metric::Cosine if lengths == 0.0 => 1.0,
                    Metric::Cosine => 1.0 - a.dot(&b) / lengths,
                }
            };
            let mut all: Vec<(f64, usize)> =
                (0..300).filter(|&j| j != i).map(|j| (distance(j), j)).collect();
            all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            for (at, &(exact, j)) in all[..25].iter().enumerate() {
                assert!(
                    (f64::from(found.distances[[i, at]]) - exact).abs() < 1e-6,
                    "{metric:?} {i} {at}"
                );
                // Rounding orders angles that are equal.
                if metric == Metric::Euclidean {
                    assert_eq!(found.indices[[i, at]] as usize, j, "{i} {at}");
                }
            }
            let distinct: std::collections::HashSet<u32> =
                found.indices.row(i).iter().copied().collect();
            assert_eq!(distinct.len(), 25);
        }
    }
}

/// Copies, or nearly copies, are not all compared with one another.
///
/// For 40,000 of 80,000 points that would take some 30 times as long.
#[test]
fn copies_cost_no_more_than_others() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(8);
    let mut points = Array2::from_shape_fn((80_000, 4), |_| rng.gen_range(-1.0..1.0_f32));
    let seconds = |points: &Array2<f32>| {
        let started = std::time::Instant::now();
        let found = neighbors(points.view(), 10, Metric::Euclidean).unwrap();
        (started.elapsed().as_secs_f64(), found)
    };
    let (plain, _) = seconds(&points);
    for noise in [1e-5, 0.0] {
        for mut row in points.outer_iter_mut().take(40_000) {
            row.mapv_inplace(|_| 0.5 + noise * rng.gen_range(-1.0..1.0_f32));
        }
        let (copied, found) = seconds(&points);
        assert!(copied < 10.0 * plain, "noise {noise}: {copied} s for {plain} s");
        assert!(
            found.distances.slice(s![..40_000, ..]).iter().all(|&distance| distance <= 4.0 * noise)
        );
    }
}

/// Both searches are tested: the tree, for many points of few features, and the blocked one.
#[test]
fn points_in_column_major_order_have_the_same_neighbors() {
    for (n, d) in [(1 << 17, 2), (500, 3)] {
        let points =
            Array2::from_shape_fn((n, d), |(i, j)| ((i * (7919 + 31 * j)) % 1_000_003) as f32);
        let queries = points.slice(s![..60, ..]).mapv(|x| x + 0.25);
        let columns = |points: &Array2<f32>| {
            let mut columns = Array2::zeros(points.dim().f());
            columns.assign(points);
            columns
        };
        let expected = neighbors(points.view(), 3, Metric::Euclidean).unwrap();
        assert_eq!(
            neighbors(columns(&points).view(), 3, Metric::Euclidean).unwrap(),
            expected,
            "{n}"
        );
        let model = |points: Array2<f32>| {
            let embedding = points.slice(s![.., ..2]).to_owned();
            Umap::new(points, embedding, Curve { a: 1.0, b: 1.0 }, 4, Metric::Euclidean).unwrap()
        };
        let (rows, cols) = (model(points.clone()), model(columns(&points)));
        let expected = rows.transform(queries.view(), 0, &mut |_| ()).unwrap();
        assert_eq!(
            rows.transform(columns(&queries).view(), 0, &mut |_| ()).unwrap(),
            expected,
            "{n}"
        );
        assert_eq!(
            cols.transform(columns(&queries).view(), 0, &mut |_| ()).unwrap(),
            expected,
            "{n}"
        );
    }
}
