//! Every k-means of ours gives the same bytes: whatever the bounds skip, it changes nothing.

use clustering::kmeans::{
    self, Algorithm, Init, IterationReport, KMeansFit, KMeansParams, Progress,
};
use clustering::{Points, Scalar};
use ndarray::{Array2, Axis};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::support::{ALGORITHMS, blobs, cloud, from_centroids, kmeans_bits};

/// Bounds are kept by these.
const BOUNDED: [Algorithm; 3] = [Algorithm::Hamerly, Algorithm::Elkan, Algorithm::Yinyang];

fn fit<F: Scalar>(points: Points<F>, params: &KMeansParams) -> (KMeansFit, Vec<IterationReport>) {
    let mut iterations = Vec::new();
    let fit = kmeans::fit(points, params, &mut |event| {
        if let Progress::Iteration(report) = event {
            iterations.push(report);
        }
    });
    (fit.unwrap(), iterations)
}

/// What every algorithm must agree on: the result and every iteration on the way there.
fn assert_same<F: Scalar>(what: &str, points: &Points<F>, params: &KMeansParams) {
    let with = |algorithm| fit(points.clone(), &KMeansParams { algorithm, ..params.clone() });
    let (lloyd, path) = with(Algorithm::Lloyd);
    assert_eq!(lloyd.model.predict(points.clone()).unwrap(), lloyd.assignments, "{what}");
    for algorithm in ALGORITHMS {
        let (found, iterations) = with(algorithm);
        let what = format!("{what}: {} after {} iterations", algorithm.as_str(), lloyd.iterations);
        assert!(kmeans_bits(&found) == kmeans_bits(&lloyd), "{what}");
        assert_eq!(
            (found.sizes, found.converged),
            (lloyd.sizes.clone(), lloyd.converged),
            "{what}"
        );
        let step =
            |report: &IterationReport| (report.details.inertia.to_bits(), report.details.moved);
        assert!(iterations.iter().map(step).eq(path.iter().map(step)), "{what}");
    }
}

/// [`assert_same`] for the same points as bytes (of a scale), `f32` and `f64`.
fn assert_same_for_all(what: &str, bytes: &Array2<u8>, params: &KMeansParams) {
    assert_same(&format!("{what}, u8"), &Points::new(bytes.view()).scale(1.0 / 255.0), params);
    assert_same(
        &format!("{what}, f32"),
        &Points::from(&bytes.mapv(|x| f32::from(x) / 255.0)),
        params,
    );
    assert_same(
        &format!("{what}, f64"),
        &Points::from(&bytes.mapv(|x| f64::from(x) / 255.0)),
        params,
    );
}

/// Kinds of points in 0..=255, from which bounds may be wrong in their own way.
fn kinds(n: usize, d: usize, seed: u64) -> [(&'static str, Array2<u8>); 4] {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let centers = Array2::from_shape_fn((12, d), |_| rng.gen_range(20.0..235.0));
    let clusters = blobs(&centers, n.div_ceil(12), 20.0, seed).mapv(|x| x as u8);
    let distinct: Vec<usize> = (0..n).map(|i| i * i % 17).collect();
    [
        ("uniform", cloud(n, d, seed).mapv(|x| (127.0 * (x + 1.0)) as u8)),
        ("coarse grid", Array2::from_shape_fn((n, d), |_| 85 * rng.gen_range(0..4_u8))),
        ("duplicates", clusters.select(Axis(0), &distinct)),
        ("clusters", clusters),
    ]
}

#[test]
fn every_algorithm_has_the_same_bytes() {
    // Either form of the kernels, and features that fill vectors or do not.
    for d in [1, 2, 7, 31, 32, 33, 64] {
        for (kind, points) in kinds(300, d, d as u64) {
            for k in [1, 2, 7, 33, 130] {
                let params = KMeansParams {
                    k,
                    starts: 1,
                    tol: 0.0,
                    max_iter: 30,
                    ..KMeansParams::default()
                };
                assert_same_for_all(&format!("{kind}, d = {d}, k = {k}"), &points, &params);
            }
        }
    }
}

/// Bytes in steps around centers that lie in few dimensions, of which images say much.
fn few_dimensions(n: usize, d: usize, step: f64) -> Array2<u8> {
    let axes = cloud(6, d, 11);
    let places = cloud(40, 6, 12).dot(&axes) * 40.0 + 128.0;
    let noise = cloud(n, d, 13) * 12.0;
    let value = |i: usize, j: usize| places[[i % 40, j]] + noise[[i, j]];
    Array2::from_shape_fn((n, d), |(i, j)| {
        ((value(i, j) / step).round() * step).clamp(0.0, 255.0) as u8
    })
}

#[test]
fn images_change_nothing() {
    // More centroids than are looked at together, and fewer; steps so large that there are ties.
    for (d, step) in [(390, 1.0), (784, 1.0), (400, 64.0)] {
        let points = few_dimensions(1_500, d, step);
        for k in [2, 12, 70] {
            for init in [Init::Random, Init::KMeansPlusPlus] {
                let params = KMeansParams {
                    k,
                    starts: 2,
                    tol: 0.0,
                    max_iter: 30,
                    init,
                    ..KMeansParams::default()
                };
                assert_same_for_all(
                    &format!("few dimensions, d = {d}, step {step}, k = {k}"),
                    &points,
                    &params,
                );
            }
        }
    }
}

#[test]
fn images_save_distances() {
    let points = few_dimensions(3_000, 400, 1.0);
    let params =
        KMeansParams { k: 40, starts: 2, tol: 0.0, init: Init::Random, ..KMeansParams::default() };
    let distances = |algorithm| {
        let params = KMeansParams { algorithm, ..params.clone() };
        fit(Points::new(points.view()), &params).0.distances
    };
    let (auto, yinyang) = (distances(Algorithm::Auto), distances(Algorithm::Yinyang));
    assert!(3 * auto < yinyang, "{auto} distances with images, {yinyang} with bounds alone");
}

#[test]
fn more_rows_than_a_chunk_and_more_centroids_than_a_range() {
    for d in [5, 40] {
        let points = cloud(9_000, d, 3).mapv(|x| (127.0 * (x + 1.0)) as u8);
        for (k, max_iter) in [(12, 40), (300, 12)] {
            let params = KMeansParams {
                k,
                max_iter,
                starts: 1,
                tol: 0.0,
                init: Init::Random,
                ..KMeansParams::default()
            };
            assert_same_for_all(&format!("d = {d}, k = {k}"), &points, &params);
        }
    }
}

/// Points on a sphere around `center` in every feature: all distances to the mean are alike.
fn sphere(n: usize, d: usize, radius: f64, center: f64, seed: u64) -> Array2<f64> {
    let mut points = cloud(n, d, seed);
    for mut point in points.outer_iter_mut() {
        let length = point.iter().map(|x| x * x).sum::<f64>().sqrt();
        point.mapv_inplace(|x| center + radius * x / length);
    }
    points
}

#[test]
fn near_ties_in_single_precision() {
    // Far from zero, f32 leaves few digits of a distance, and rounding decides between centroids.
    for (d, k, center, radius) in [
        (2, 40, 1000.0, 1.0),
        (3, 25, 100.0, 0.01),
        (3, 60, -5.0, 1e-4),
        (8, 30, 4000.0, 0.5),
        (16, 9, 1e6, 1.0),
        (33, 20, 300.0, 0.01),
        (100, 50, 1e4, 0.2),
        (300, 12, -800.0, 1e-3),
    ] {
        for seed in 0..4 {
            let points = sphere(800, d, radius, center, seed).mapv(|x| x as f32);
            let init = if seed % 2 == 0 { Init::Random } else { Init::KMeansPlusPlus };
            let params = KMeansParams {
                k,
                seed,
                starts: 1,
                tol: 0.0,
                max_iter: 80,
                init,
                ..KMeansParams::default()
            };
            assert_same(
                &format!("d = {d}, center {center}, radius {radius}"),
                &Points::from(&points),
                &params,
            );
        }
    }
}

#[test]
fn near_ties_in_double_precision() {
    for (d, k, center, radius) in [(3, 25, 1e6, 1e-9), (8, 30, 1e3, 1e-12), (40, 20, 1e5, 1e-9)] {
        for seed in 0..4 {
            let points = sphere(1_000, d, radius, center, seed);
            let params = KMeansParams {
                k,
                seed,
                starts: 1,
                tol: 0.0,
                max_iter: 80,
                ..KMeansParams::default()
            };
            assert_same(
                &format!("d = {d}, center {center}, radius {radius}"),
                &Points::from(&points),
                &params,
            );
        }
    }
}

#[test]
fn centroids_that_come_from_afar() {
    // Bounds made while the centroids are far away say little about rounding once they are near.
    for d in [3, 40] {
        for far in [1.0, 1e2, 1e4, 1e6] {
            for seed in 0..4 {
                let points = cloud(800, d, seed).mapv(|x| x as f32);
                let initial = cloud(14, d, seed + 100).mapv(|x| far * x);
                let params = KMeansParams { tol: 0.0, max_iter: 60, ..from_centroids(initial) };
                assert_same(&format!("d = {d}, from {far}"), &Points::from(&points), &params);
            }
        }
    }
}

#[test]
fn weights_and_scales() {
    let weights: Vec<f64> = (0..400).map(|i| f64::from(i * 7 % 5) / 3.0).collect();
    for d in [4, 40] {
        for (kind, bytes) in kinds(400, d, 9) {
            let weights = [&weights[..], &[1.0; 20]].concat();
            let params = KMeansParams { k: 20, starts: 2, tol: 0.0, ..KMeansParams::default() };
            let what = format!("{kind}, d = {d}");
            let weights = &weights[..bytes.nrows()];
            assert_same(&what, &Points::new(bytes.view()).weights(weights), &params);
            let narrow = bytes.mapv(f32::from);
            assert_same(&what, &Points::new(narrow.view()).weights(weights).scale(1e-3), &params);
            let wide = bytes.mapv(|x| 1e40 * f64::from(x));
            assert_same(&what, &Points::new(wide.view()).weights(weights), &params);
        }
    }
}

#[test]
fn bounds_save_distances() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    for d in [32, 80] {
        let centers = Array2::from_shape_fn((30, d), |_| rng.gen_range(0.0..2.0));
        let points = blobs(&centers, 60, 1.0, 2);
        let params = KMeansParams { k: 30, starts: 2, tol: 0.0, ..KMeansParams::default() };
        let distances = |algorithm| {
            let (fit, iterations) =
                fit(Points::from(&points), &KMeansParams { algorithm, ..params.clone() });
            (fit.distances, iterations)
        };
        let (all, path) = distances(Algorithm::Lloyd);
        assert!(path.len() > 4 && path.iter().all(|report| report.details.distances == 1800 * 30));
        for algorithm in BOUNDED {
            let (some, path) = distances(algorithm);
            let name = algorithm.as_str();
            assert!(some <= all, "{name}: {some} distances, without bounds {all}");
            assert_eq!(
                path[0].details.distances,
                1800 * 30,
                "{name}: the first iteration knows nothing"
            );
        }
        assert!(distances(Algorithm::Elkan).0 < all);
        assert!(distances(Algorithm::Auto).0 < all);
    }
}

/// Bytes with few different values, so that duplicates, ties and empty clusters occur, or with
/// many.
fn any_points() -> impl Strategy<Value = Array2<u8>> {
    (2..120_usize, 1..40_usize, prop::sample::select(vec![1_u8, 2, 3, 9, 255])).prop_flat_map(
        |(n, d, largest)| {
            prop::collection::vec(0..=largest, n * d)
                .prop_map(move |values| Array2::from_shape_vec((n, d), values).unwrap())
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(200)
    })]

    #[test]
    fn any_points_have_the_same_bytes(
        points in any_points(),
        k in 1..50_usize,
        seed: u64,
        plus_plus: bool,
    ) {
        let init = if plus_plus { Init::KMeansPlusPlus } else { Init::Random };
        let k = k.min(points.nrows());
        let params = KMeansParams {
            k,
            seed,
            init,
            starts: 1,
            max_iter: 50,
            tol: 0.0,
            ..KMeansParams::default()
        };
        assert_same_for_all("any", &points, &params);
    }

    #[test]
    fn any_floats_have_the_same_bytes(
        seed: u64,
        d in 1..48_usize,
        k in 2..40_usize,
        place in -4..5_i32,
        size in -6..3_i32,
    ) {
        let (place, size) = (10_f64.powi(place), 10_f64.powi(size));
        let points = cloud(300, d, seed).mapv(|x| place + size * x * x * x);
        let params = KMeansParams {
            k,
            seed,
            starts: 1,
            max_iter: 40,
            tol: 0.0,
            ..KMeansParams::default()
        };
        assert_same("any, f64", &Points::from(&points), &params);
        assert_same("any, f32", &Points::from(&points.mapv(|x| x as f32)), &params);
    }
}

#[test]
fn bounds_are_kept_where_they_save_distances() {
    let (d, k) = (32, 120);
    let params = |algorithm| KMeansParams {
        k,
        starts: 1,
        tol: 0.0,
        max_iter: 40,
        init: Init::Random,
        algorithm,
        ..KMeansParams::default()
    };
    let distances = |points: &Array2<f64>, algorithm| {
        let (found, path) = fit(Points::from(points), &params(algorithm));
        assert_eq!(path.len(), found.iterations);
        found.distances as f64
    };
    // Centroids of one part settle long before those of another, so one bound for all of them is
    // soon of no use. Groups are tried on a few of these points, and then kept for all.
    let parts = blobs(&(cloud(40, d, 5) * 20.0), 200, 1.0, 6);
    let mixed: Vec<usize> = (0..8_000).map(|i| i * 37 % 8_000).collect();
    let parts = parts.select(Axis(0), &mixed);
    let [auto, one] = [Algorithm::Auto, Algorithm::Hamerly].map(|way| distances(&parts, way));
    assert!(auto < 0.85 * one, "{auto}, with one bound {one}");
    // In noise bounds save next to nothing, and the trial costs no more than that.
    let noise = cloud(6_000, d, 7);
    let [auto, lloyd] = [Algorithm::Auto, Algorithm::Lloyd].map(|way| distances(&noise, way));
    assert!(auto < 1.02 * lloyd, "{auto} of {lloyd}");
}
