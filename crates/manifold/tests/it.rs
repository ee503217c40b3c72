//! The library from outside: neighbours against plain search, the graph against umap-learn, embeddings by what they keep.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use manifold::{Error, Joined, Metric, Params, Start, fit, fuzzy_graph, neighbours};
use ndarray::{Array2, ArrayView2, Axis, concatenate, s};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::Value;

/// `n` points of `d` features around `k` centres, point i of centre i % k.
fn blobs(n: usize, d: usize, k: usize, seed: u64) -> Array2<f32> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let centres = Array2::from_shape_fn((k, d), |_| rng.gen_range(-10.0..10.0_f32));
    Array2::from_shape_fn((n, d), |(i, j)| centres[[i % k, j]] + rng.gen_range(-1.0..1.0_f32))
}

/// Squared distances and indices of all others, nearest first.
fn by_hand(points: ArrayView2<f32>, i: usize, metric: Metric) -> Vec<(f64, usize)> {
    let point = |i: usize| points.row(i).mapv(f64::from);
    let distance = |j: usize| match metric {
        Metric::Euclidean => (&point(i) - &point(j)).mapv(|x| x * x).sum().sqrt(),
        Metric::Cosine => {
            let length = |i: usize| point(i).dot(&point(i)).sqrt();
            1.0 - point(i).dot(&point(j)) / (length(i) * length(j))
        }
    };
    let mut all: Vec<(f64, usize)> =
        (0..points.nrows()).filter(|&j| j != i).map(|j| (distance(j), j)).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    all
}

#[test]
fn neighbours_are_exact() {
    // By products, and by products of principal scores; the tree is tested beside its code.
    for (d, n, k) in [(3, 500, 10), (20, 700, 9), (120, 1500, 15), (1, 60, 4), (13, 30, 29)] {
        for metric in [Metric::Euclidean, Metric::Cosine] {
            let points = blobs(n, d, 4, d as u64);
            let found = neighbours(points.view(), k, metric).unwrap();
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
                    assert!((own - exact).abs() < tolerance, "d {d} {metric:?}: {j} in place of {wanted}");
                }
            }
        }
    }
}

#[test]
fn of_equally_near_ones_the_lower_index_comes_first() {
    for d in [2, 30, 60] {
        let points = Array2::from_shape_fn((40, d), |(i, _)| (i / 4) as f32);
        let found = neighbours(points.view(), 3, Metric::Euclidean).unwrap();
        assert_eq!(found.indices.row(5).to_vec(), [4, 6, 7], "{d}");
        assert_eq!(found.distances.row(5).to_vec(), [0.0; 3]);
    }
}

#[test]
fn the_graph_is_umap_learns() {
    let golden: Value = serde_json::from_str(include_str!("golden/graph.json")).unwrap();
    let numbers =
        |value: &Value| value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect::<Vec<f64>>();
    let rows: Vec<Vec<f64>> = golden["points"].as_array().unwrap().iter().map(numbers).collect();
    let points = Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j] as f32);
    for case in golden["cases"].as_array().unwrap() {
        let metric = if case["metric"] == "cosine" { Metric::Cosine } else { Metric::Euclidean };
        let neighbors = golden["neighbors"].as_u64().unwrap() as usize;
        let graph = fuzzy_graph(points.view(), &Params { neighbors, metric, ..Params::default() }).unwrap();
        let whole = |values: &[usize]| values.iter().map(|&x| x as f64).collect::<Vec<f64>>();
        assert_eq!(whole(&graph.starts), numbers(&case["starts"]), "{metric:?}");
        let heads: Vec<f64> = graph.heads.iter().map(|&j| f64::from(j)).collect();
        assert_eq!(heads, numbers(&case["heads"]), "{metric:?}");
        let weights = numbers(&case["weights"]);
        let off =
            graph.weights.iter().zip(&weights).map(|(&a, b)| (f64::from(a) - b).abs()).fold(0.0, f64::max);
        assert!(off < 1e-4, "{metric:?}: {off}");
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    for (d, joined) in [(8, Joined::Union), (70, Joined::Union), (8, Joined::Mutual)] {
        let points = blobs(900, d, 5, 2);
        let params = Params { dims: 3, neighbors: 12, epochs: Some(30), joined, ..Params::default() };
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let manifold = fit(points.view(), &params, &mut |_| ()).unwrap();
                let new = manifold.transform(points.slice(s![..50, ..]), 1, &mut |_| ()).unwrap();
                (manifold.embedding, new)
            })
        };
        let one = with(1);
        assert_eq!(one, with(2));
        assert_eq!(one, with(5));
        let other = fit(points.view(), &Params { seed: 1, ..params.clone() }, &mut |_| ()).unwrap();
        assert_ne!(one.0, other.embedding);
    }
}

/// The share of points whose nearest other point in the embedding is of the same blob.
fn kept(embedding: ArrayView2<f32>, k: usize) -> f64 {
    let found = neighbours(embedding, 1, Metric::Euclidean).unwrap();
    let same = found.indices.column(0).iter().enumerate().filter(|&(i, &j)| i % k == j as usize % k).count();
    same as f64 / embedding.nrows() as f64
}

#[test]
fn clusters_come_apart() {
    let points = blobs(1200, 15, 6, 5);
    for joined in [Joined::Union, Joined::Mutual] {
        for start in [Start::Spectral, Start::Pca] {
            let params = Params { dims: 2, joined, start, epochs: Some(200), ..Params::default() };
            let manifold = fit(points.view(), &params, &mut |_| ()).unwrap();
            assert!(kept(manifold.embedding.view(), 6) > 0.99, "{joined:?} {start:?}");
            let centre = |k: usize| {
                let rows: Vec<usize> = (0..1200).filter(|i| i % 6 == k).collect();
                manifold.embedding.select(Axis(0), &rows)
            };
            // Farther from one another than they are wide.
            let mean = |k: usize| centre(k).mean_axis(Axis(0)).unwrap();
            let width =
                (centre(0) - mean(0)).mapv(|x| x * x).sum_axis(Axis(1)).mapv(f32::sqrt).mean().unwrap();
            let apart = (mean(0) - mean(1)).mapv(|x| x * x).sum().sqrt();
            assert!(apart > 3.0 * width, "{joined:?} {start:?}: {apart} apart, {width} wide");
        }
    }
}

#[test]
fn new_points_come_to_lie_among_their_like() {
    let points = blobs(1000, 10, 4, 6);
    let (old, new) = (points.slice(s![..800, ..]), points.slice(s![800.., ..]));
    let params = Params { dims: 2, ..Params::default() };
    let manifold = fit(old, &params, &mut |_| ()).unwrap();
    let places = manifold.transform(new, 0, &mut |_| ()).unwrap();
    let all = concatenate![Axis(0), manifold.embedding, places];
    assert!(kept(all.view(), 4) > 0.99);
    // Points that were embedded come back to where they were.
    let again = manifold.transform(old, 0, &mut |_| ()).unwrap();
    let off =
        (&again - &manifold.embedding).mapv(|x| x * x).sum_axis(Axis(1)).mapv(f32::sqrt).mean().unwrap();
    let extent = manifold.embedding.fold(0.0_f32, |most, x| most.max(x.abs()));
    assert!(off < 0.15 * extent, "{off} of {extent}");
}

#[test]
fn awkward_points_are_embedded() {
    let params = Params { dims: 4, neighbors: 5, epochs: Some(20), ..Params::default() };
    let one_feature = Array2::from_shape_fn((50, 1), |(i, _)| i as f32);
    let far = Array2::from_shape_fn((60, 3), |(i, j)| 1e6 * (i / 20) as f32 + (i * (j + 1) % 17) as f32);
    let wide = Array2::from_shape_fn((40, 3000), |(i, j)| ((i * j) % 13) as f32);
    for (name, points) in [
        ("equal", Array2::ones((30, 3))),
        ("as many as neighbours", blobs(5, 3, 2, 0)),
        ("one feature", one_feature),
        ("components", far),
        ("wide", wide),
        ("tiny", blobs(100, 4, 3, 1) * 1e-20),
        ("huge", blobs(100, 4, 3, 1) * 1e15),
    ] {
        for joined in [Joined::Union, Joined::Mutual] {
            let manifold = fit(points.view(), &Params { joined, ..params.clone() }, &mut |_| ()).unwrap();
            assert!(manifold.embedding.iter().all(|x| x.is_finite()), "{name} {joined:?}");
            assert_eq!(manifold.embedding.dim(), (points.nrows(), 4));
        }
    }
}

#[test]
fn what_cannot_be_embedded_is_refused() {
    let points = blobs(30, 3, 2, 0);
    let refused = |params: Params| fit(points.view(), &params, &mut |_| ()).unwrap_err().to_string();
    let default = Params::default();
    assert!(
        refused(Params { neighbors: 31, ..default.clone() })
            .contains("at least as many points as neighbors, 31, found 30")
    );
    assert!(refused(Params { neighbors: 1, ..default.clone() }).contains("at least 2 neighbors"));
    assert!(refused(Params { dims: 0, ..default.clone() }).contains("1 to 64 dims"));
    assert!(refused(Params { min_dist: 2.0, ..default.clone() }).contains("below 1"));
    let mut broken = points.clone();
    broken[[4, 2]] = f32::NAN;
    let error = fit(broken.view(), &default, &mut |_| ()).unwrap_err();
    assert!(matches!(error, Error::NotFinite { row: 4, column: 2, .. }), "{error}");
    let manifold = fit(points.view(), &Params { neighbors: 5, ..default }, &mut |_| ()).unwrap();
    let other = Array2::zeros((3, 4));
    assert!(manifold.transform(other.view(), 0, &mut |_| ()).unwrap_err().to_string().contains("3 features"));
}
