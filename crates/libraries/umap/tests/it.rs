//! Tests of the public API: neighbors against plain search, the graph against umap-learn, and
//! embeddings by the neighbors that they keep.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use ndarray::{Array2, ArrayView2, Axis, ShapeBuilder, array, concatenate, s};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::Value;
use umap::{
    Connectivity, Curve, Error, Frame, Graph, Init, Metric, Params, Umap, fit, fuzzy_graph,
    neighbors,
};

/// Makes `n` points of `d` features around `k` centers, point i of center i % k.
fn blobs(n: usize, d: usize, k: usize, seed: u64) -> Array2<f32> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let centers = Array2::from_shape_fn((k, d), |_| rng.gen_range(-10.0..10.0_f32));
    Array2::from_shape_fn((n, d), |(i, j)| centers[[i % k, j]] + rng.gen_range(-1.0..1.0_f32))
}

/// Computes distances to all other points, with their indices, nearest first.
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

#[test]
fn the_graph_is_umap_learns() {
    let golden: Value = serde_json::from_str(include_str!("golden/graph.json")).unwrap();
    let numbers = |value: &Value| {
        value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect::<Vec<f64>>()
    };
    let rows: Vec<Vec<f64>> = golden["points"].as_array().unwrap().iter().map(numbers).collect();
    let points = Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j] as f32);
    for case in golden["cases"].as_array().unwrap() {
        let metric = if case["metric"] == "cosine" { Metric::Cosine } else { Metric::Euclidean };
        let neighbors = golden["neighbors"].as_u64().unwrap() as usize;
        let graph =
            fuzzy_graph(points.view(), &Params { neighbors, metric, ..Params::default() }).unwrap();
        let whole = |values: &[usize]| values.iter().map(|&x| x as f64).collect::<Vec<f64>>();
        assert_eq!(whole(&graph.starts), numbers(&case["starts"]), "{metric:?}");
        let heads: Vec<f64> = graph.heads.iter().map(|&j| f64::from(j)).collect();
        assert_eq!(heads, numbers(&case["heads"]), "{metric:?}");
        let weights = numbers(&case["weights"]);
        let off = graph
            .weights
            .iter()
            .zip(&weights)
            .map(|(&a, b)| (f64::from(a) - b).abs())
            .fold(0.0, f64::max);
        assert!(off < 1e-4, "{metric:?}: {off}");
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    for (d, connectivity) in
        [(8, Connectivity::Union), (70, Connectivity::Union), (8, Connectivity::Mutual)]
    {
        let points = blobs(900, d, 5, 2);
        let params =
            Params { dims: 3, neighbors: 12, epochs: Some(30), connectivity, ..Params::default() };
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let umap = fit(points.view(), &params, &mut |_| ()).unwrap();
                let new = umap.transform(points.slice(s![..50, ..]), 1, &mut |_| ()).unwrap();
                (umap.embedding, new)
            })
        };
        let one = with(1);
        assert_eq!(one, with(2));
        assert_eq!(one, with(5));
        let other = fit(points.view(), &Params { seed: 1, ..params.clone() }, &mut |_| ()).unwrap();
        assert_ne!(one.0, other.embedding);
    }
}

/// Computes the share of points whose nearest other point in the embedding is of the same blob.
fn kept(embedding: ArrayView2<f32>, k: usize) -> f64 {
    let found = neighbors(embedding, 1, Metric::Euclidean).unwrap();
    let same = found
        .indices
        .column(0)
        .iter()
        .enumerate()
        .filter(|&(i, &j)| i % k == j as usize % k)
        .count();
    same as f64 / embedding.nrows() as f64
}

#[test]
fn clusters_come_apart() {
    let points = blobs(1200, 15, 6, 5);
    for connectivity in [Connectivity::Union, Connectivity::Mutual] {
        for init in [Init::Spectral, Init::Pca] {
            let params =
                Params { dims: 2, connectivity, init, epochs: Some(200), ..Params::default() };
            let umap = fit(points.view(), &params, &mut |_| ()).unwrap();
            assert!(kept(umap.embedding.view(), 6) > 0.99, "{connectivity:?} {init:?}");
            let center = |k: usize| {
                let rows: Vec<usize> = (0..1200).filter(|i| i % 6 == k).collect();
                umap.embedding.select(Axis(0), &rows)
            };
            // Farther from one another than they are wide.
            let mean = |k: usize| center(k).mean_axis(Axis(0)).unwrap();
            let width = (center(0) - mean(0))
                .mapv(|x| x * x)
                .sum_axis(Axis(1))
                .mapv(f32::sqrt)
                .mean()
                .unwrap();
            let apart = (mean(0) - mean(1)).mapv(|x| x * x).sum().sqrt();
            assert!(apart > 3.0 * width, "{connectivity:?} {init:?}: {apart} apart, {width} wide");
        }
    }
}

#[test]
fn new_points_come_to_lie_among_their_like() {
    let points = blobs(1000, 10, 4, 6);
    let (old, new) = (points.slice(s![..800, ..]), points.slice(s![800.., ..]));
    let params = Params { dims: 2, ..Params::default() };
    let umap = fit(old, &params, &mut |_| ()).unwrap();
    let places = umap.transform(new, 0, &mut |_| ()).unwrap();
    let all = concatenate![Axis(0), umap.embedding, places];
    assert!(kept(all.view(), 4) > 0.99);
    // Points that were embedded come back to where they were.
    let again = umap.transform(old, 0, &mut |_| ()).unwrap();
    let off = (&again - &umap.embedding)
        .mapv(|x| x * x)
        .sum_axis(Axis(1))
        .mapv(f32::sqrt)
        .mean()
        .unwrap();
    let extent = umap.embedding.fold(0.0_f32, |most, x| most.max(x.abs()));
    assert!(off < 0.15 * extent, "{off} of {extent}");
}

#[test]
fn awkward_points_keep_their_neighbors() {
    let params = Params { dims: 4, neighbors: 5, epochs: Some(200), ..Params::default() };
    // Point i of blob i % k.
    let one_feature = Array2::from_shape_fn((60, 1), |(i, _)| (100 * (i % 3) + i / 3) as f32);
    let far = Array2::from_shape_fn((60, 3), |(i, j)| {
        1e6 * (i % 3) as f32 + (i / 3 * (j + 1) % 17) as f32
    });
    let wide = Array2::from_shape_fn((40, 3000), |(i, j)| (100 * (i % 2) + (i * j) % 13) as f32);
    let base = blobs(200, 4, 5, 1);
    for (name, points, k) in [
        ("as many as neighbors", blobs(5, 3, 1, 0), 1),
        ("one feature", one_feature, 3),
        ("components", far, 3),
        ("wide", wide, 2),
        ("times 1e-37", &base * 1e-37, 5),
        ("times 1e-25", &base * 1e-25, 5),
        ("times 1e-12", &base * 1e-12, 5),
        ("times 1e18", &base * 1e18, 5),
        ("times 1e19", &base * 1e19, 5),
        ("times 1e37", &base * 1e37, 5),
        ("far from the origin", &base + 1e5, 5),
    ] {
        for connectivity in [Connectivity::Union, Connectivity::Mutual] {
            let umap = fit(points.view(), &Params { connectivity, ..params.clone() }, &mut |_| ())
                .unwrap();
            assert_eq!(umap.embedding.dim(), (points.nrows(), 4));
            assert!(umap.embedding.iter().all(|x| x.is_finite()), "{name} {connectivity:?}");
            let kept = kept(umap.embedding.view(), k);
            assert!(kept > 0.98, "{name} {connectivity:?}: {kept}");
            let places = umap.transform(points.view(), 0, &mut |_| ()).unwrap();
            let all = concatenate![Axis(0), umap.embedding, places];
            let found = neighbors(all.view(), 1, Metric::Euclidean).unwrap();
            let n = points.nrows();
            let same = (n..2 * n)
                .filter(|&i| (found.indices[[i, 0]] as usize % n) % k == (i - n) % k)
                .count();
            assert!(
                same as f64 > 0.98 * n as f64,
                "{name} {connectivity:?}: {same} of {n} found their blob"
            );
        }
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

/// Squares of a far outlier leave the differences of the others few digits.
#[test]
fn an_outlier_does_not_hide_the_others() {
    let mut points = blobs(300, 4, 3, 3);
    points.row_mut(299).fill(1e25);
    let umap = fit(points.view(), &Params { dims: 2, ..Params::default() }, &mut |_| ()).unwrap();
    assert!(kept(umap.embedding.slice(s![..299, ..]), 3) > 0.99);
    // This outlier leaves the others no digits.
    points.row_mut(299).fill(1e38);
    points *= 1e-3;
    let error = fit((points * 1e-28).view(), &Params::default(), &mut |_| ()).unwrap_err();
    assert!(matches!(error, Error::Unresolved { n: 300, .. }), "{error}");
}

#[test]
fn points_and_points_that_are_moved_are_embedded_alike() {
    // One component starts from the spectral embedding, five start from principal components.
    for k in [1, 5] {
        let base = blobs(300, 4, k, 9).mapv(|x| (f64::from(x) * 1024.0).round() / 1024.0);
        let params = Params { dims: 3, epochs: Some(40), ..Params::default() };
        let embed = |points: &Array2<f64>| {
            let frame = Frame::of(points.view(), Metric::Euclidean);
            let umap = frame.narrow(points.view()).unwrap().fit(&params, &mut |_| ()).unwrap();
            let new = frame.narrow(points.slice(s![..20, ..])).unwrap();
            let places = umap.transform(new.points.view(), 0, &mut |_| ()).unwrap();
            (umap.embedding, places)
        };
        let expected = embed(&base);
        assert!(kept(expected.0.view(), k) > 0.98);
        for moved in [1e3, -1e6, 1e9, 1e12] {
            assert_eq!(embed(&(&base + moved)), expected, "{k} moved by {moved}");
        }
        // Of `f32` it takes no frame.
        let single = |moved: f32| {
            fit((base.mapv(|x| x as f32) + moved).view(), &params, &mut |_| ()).unwrap().embedding
        };
        assert_eq!(single(1024.0), single(0.0), "{k}");
        for exponent in [-1000, -300, 300, 1000] {
            let scaled = embed(&(&base * 2.0_f64.powi(exponent)));
            assert!(kept(scaled.0.view(), k) > 0.98, "{k} times 2^{exponent}");
        }
    }
}

#[test]
fn what_single_precision_does_not_hold_is_refused() {
    let base = blobs(300, 4, 3, 3).mapv(f64::from);
    let fitted = |points: &Array2<f64>| {
        let frame = Frame::of(points.view(), Metric::Euclidean);
        frame
            .narrow(points.view())
            .and_then(|narrowed| narrowed.fit(&Params::default(), &mut |_| ()))
    };
    // Blobs that are points to f32, and blobs of which rounding leaves a coarse grid.
    for far in [1e12, 3e8] {
        let apart = Array2::from_shape_fn((300, 4), |(i, j)| base[[i, j]] + far * (i % 3) as f64);
        let error = fitted(&apart).unwrap_err();
        assert!(matches!(error, Error::Unresolved { n: 300, .. }), "{far}: {error}");
        assert!(
            error.to_string().contains("of 300 rows") && !error.to_string().contains('\n'),
            "{error}"
        );
    }
    // Rows that differ by the rounding of f64 are as good as equal.
    let noisy = Array2::from_shape_fn((300, 4), |(i, j)| {
        if i < 150 { 3.0 + 1e-15 * i as f64 } else { base[[i, j]] }
    });
    assert_eq!(fitted(&noisy).unwrap().unresolved, 0);
    // A new point that overflows f32 in the frame of the model.
    let frame = Frame::of(base.view(), Metric::Euclidean);
    let far = array![[1.0, 1.0, 1.0, 1.0], [1e300, 0.0, 0.0, 0.0]];
    assert_eq!(frame.narrow(far.view()).unwrap_err(), Error::TooFar { row: 1 });
    // A point whose squared distance overflows.
    let umap = fitted(&base).unwrap();
    let error = umap.transform(array![[0.0, 0.0, 0.0, 1e30]].view(), 0, &mut |_| ()).unwrap_err();
    assert_eq!(error, Error::TooFar { row: 0 });
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
    let umap = fit(documents.view(), &params, &mut |_| ()).unwrap();
    assert_eq!(umap.components, 2);
    assert!(umap.embedding.iter().all(|x| x.is_finite()));
    assert_eq!(fuzzy_graph(documents.view(), &params).unwrap().components(), 2);
    let places = umap.transform(documents.slice(s![39..41, ..]), 0, &mut |_| ()).unwrap();
    assert_eq!(places.row(1), umap.embedding.row(40));

    let zeros = fit(Array2::zeros((12, 3)).view(), &params, &mut |_| ()).unwrap();
    assert_eq!(zeros.embedding, Array2::<f32>::zeros((12, 2)));
}

fn span(embedding: ArrayView2<f32>) -> f32 {
    let ends = |column: ndarray::ArrayView1<f32>| {
        column
            .iter()
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)))
    };
    embedding.axis_iter(Axis(1)).map(|column| ends(column).1 - ends(column).0).fold(0.0, f32::max)
}

/// Draws a roughly normal number.
fn normal(rng: &mut Xoshiro256PlusPlus) -> f32 {
    (0..12).map(|_| rng.gen_range(-0.5..0.5_f32)).sum()
}

/// Hubs stay near the other points although hundreds of edges attract each of them.
///
/// A few points are among the nearest of all others. umap-learn's span is 4 to 5.
#[test]
fn hubs_do_not_throw_points_across_the_map() {
    for seed in 0..4 {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut points = Array2::from_shape_fn((1005, 50), |_| normal(&mut rng));
        for (i, mut row) in points.outer_iter_mut().enumerate() {
            let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
            row.mapv_inplace(|x| if i < 1000 { x / length } else { 1e-3 * x });
        }
        for (dims, init) in [(10, Init::Spectral), (2, Init::Pca)] {
            let params = Params { dims, init, ..Params::default() };
            let embedding = fit(points.view(), &params, &mut |_| ()).unwrap().embedding;
            assert!(span(embedding.view()) < 15.0, "{seed} {init:?}: {}", span(embedding.view()));
        }
    }
}

/// Copies lie in one place, and do not change the embedding of the others.
#[test]
fn copies_are_embedded_once() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let some = Array2::from_shape_fn((300, 10), |_| normal(&mut rng));
    let copies = Array2::from_shape_fn((2000, 10), |(_, j)| j as f32 * 0.1);
    let points = concatenate![Axis(0), some, copies];
    for init in [Init::Pca, Init::Spectral] {
        for connectivity in [Connectivity::Union, Connectivity::Mutual] {
            let params =
                Params { dims: 2, init, connectivity, epochs: Some(100), ..Params::default() };
            let umap = fit(points.view(), &params, &mut |_| ()).unwrap();
            assert_eq!(umap.distinct, 301);
            let place = umap.embedding.row(300);
            assert!(umap.embedding.slice(s![300.., ..]).outer_iter().all(|row| row == place));
            let once = fit(points.slice(s![..301, ..]), &params, &mut |_| ()).unwrap();
            assert_eq!(once.embedding, umap.embedding.slice(s![..301, ..]));
            let places = umap.transform(points.slice(s![299..302, ..]), 0, &mut |_| ()).unwrap();
            assert_eq!(places.row(1), places.row(2));
        }
    }
    // Fewer distinct points than neighbors, one, and none but 0 and -0.
    let params = Params { dims: 2, epochs: Some(20), ..Params::default() };
    for (name, distinct, points) in [
        ("five", 5, Array2::from_shape_fn((50, 3), |(i, j)| (i % 5 * (j + 1)) as f32)),
        ("one", 1, Array2::ones((30, 3))),
        ("zeros", 1, Array2::from_shape_fn((30, 3), |(i, _)| if i % 2 == 0 { 0.0 } else { -0.0 })),
    ] {
        for connectivity in [Connectivity::Union, Connectivity::Mutual] {
            let umap = fit(points.view(), &Params { connectivity, ..params.clone() }, &mut |_| ())
                .unwrap();
            assert_eq!(umap.distinct, distinct, "{name}");
            assert!(umap.embedding.iter().all(|x| x.is_finite()), "{name}");
            for i in distinct..points.nrows() {
                assert_eq!(umap.embedding.row(i), umap.embedding.row(i % distinct), "{name}");
            }
            umap.transform(points.slice(s![..7, ..]), 0, &mut |_| ()).unwrap();
        }
    }
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

/// New points get the same place alone, in another order, and among other points.
#[test]
fn the_place_of_a_new_point_does_not_depend_on_the_others() {
    let points = blobs(700, 6, 3, 11);
    for metric in [Metric::Euclidean, Metric::Cosine] {
        let params =
            Params { dims: 3, neighbors: 10, metric, epochs: Some(50), ..Params::default() };
        let umap = fit(points.slice(s![..400, ..]), &params, &mut |_| ()).unwrap();
        let new = points.slice(s![350.., ..]);
        let all = umap.transform(new, 5, &mut |_| ()).unwrap();
        let reversed = umap.transform(new.slice(s![..;-1, ..]), 5, &mut |_| ()).unwrap();
        assert_eq!(reversed.slice(s![..;-1, ..]), all);
        for i in [0, 1, 128, 349] {
            let alone = umap.transform(new.slice(s![i..=i, ..]), 5, &mut |_| ()).unwrap();
            assert_eq!(alone.row(0), all.row(i), "{i}");
        }
        // With points unlike all others, and more than 10,000 of them.
        let mut many = Array2::from_elem((10_200, 6), 100.0);
        many.slice_mut(s![9000..9350, ..]).assign(&new);
        let many = umap.transform(many.view(), 5, &mut |_| ()).unwrap();
        assert_eq!(many.slice(s![9000..9350, ..]), all);
        assert_ne!(umap.transform(new, 6, &mut |_| ()).unwrap(), all);
    }
}

#[test]
fn the_graph_of_new_points_is_umap_learns() {
    let golden: Value = serde_json::from_str(include_str!("golden/graph.json")).unwrap();
    let matrix = |value: &Value| -> Array2<f64> {
        let rows: Vec<Vec<f64>> = serde_json::from_value(value.clone()).unwrap();
        Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
    };
    let (points, new) = (matrix(&golden["points"]), matrix(&golden["new"]).mapv(|x| x as f32));
    let neighbors = golden["neighbors"].as_u64().unwrap() as usize;
    for case in golden["cases"].as_array().unwrap() {
        let metric = if case["metric"] == "cosine" { Metric::Cosine } else { Metric::Euclidean };
        let (points, curve) = (points.mapv(|x| x as f32), Curve { a: 1.0, b: 1.0 });
        let embedding = points.slice(s![.., ..2]).to_owned();
        let umap = Umap::new(points, embedding, curve, neighbors, metric).unwrap();
        let graph: Graph = umap.graph_of(new.view()).unwrap();
        let (heads, weights) =
            (matrix(&case["transform"]["heads"]), matrix(&case["transform"]["weights"]));
        for i in 0..new.nrows() {
            let mut edges: Vec<(usize, f32)> = graph.edges(i).collect();
            edges.sort_by_key(|&(head, _)| head);
            assert_eq!(edges.len(), neighbors);
            for (at, &(head, weight)) in edges.iter().enumerate() {
                assert_eq!(head as f64, heads[[i, at]], "{metric:?}: {i}");
                let off = (f64::from(weight) - weights[[i, at]]).abs();
                assert!(off < 1e-4, "{metric:?}: {i}, {at}: off by {off}");
            }
        }
    }
}

#[test]
fn what_cannot_be_embedded_is_refused() {
    let points = blobs(30, 3, 2, 0);
    let refused =
        |params: Params| fit(points.view(), &params, &mut |_| ()).unwrap_err().to_string();
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
    let umap = fit(points.view(), &Params { neighbors: 5, ..default }, &mut |_| ()).unwrap();
    let other = Array2::zeros((3, 4));
    assert!(
        umap.transform(other.view(), 0, &mut |_| ())
            .unwrap_err()
            .to_string()
            .contains("3 features")
    );
}
