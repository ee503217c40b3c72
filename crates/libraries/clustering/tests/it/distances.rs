//! Distances to all centroids: scikit-learn's, from scripts/golden/make_distances.py, and a plain
//! loop.

use clustering::kmeans::{KMeans, Metric};
use clustering::{Error, Points, Scalar};
use ndarray::{Array2, Axis, array, s};
use serde_json::Value;

use crate::support::{assert_close, cloud, golden_path, golden_points};

fn matrix(value: &Value) -> Array2<f64> {
    let rows = value.as_array().unwrap();
    let width = rows[0].as_array().unwrap().len();
    Array2::from_shape_fn((rows.len(), width), |(i, j)| rows[i][j].as_f64().unwrap())
}

#[test]
fn distances_equal_those_of_scikit_learn() {
    let golden = std::fs::read_to_string(golden_path("distances.json")).unwrap();
    let golden: Value = serde_json::from_str(&golden).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 3);
    for case in cases {
        let name = case["points"].as_str().unwrap();
        let step = case["step"].as_u64().unwrap() as isize;
        let points = golden_points(name).slice(s![..;step, ..]).to_owned();
        let centroids = matrix(&case["centroids"]);
        for metric in [Metric::Euclidean, Metric::Cosine] {
            let model = KMeans::with_metric(centroids.clone(), metric).unwrap();
            let expected = matrix(&case[metric.to_string()]);
            let found = model.distances(&points).unwrap();
            assert_close(name, &found, &expected, 1e-12);
            let narrow = model.distances(&points.mapv(|x| x as f32)).unwrap();
            assert_close(name, &narrow, &expected, 1e-6);
        }
    }
}

fn check<F: Scalar>(points: Array2<F>, scale: f64, model: &KMeans) {
    let found = model.distances(Points::new(points.view()).scale(scale)).unwrap();
    assert_eq!(found.dim(), (points.nrows(), model.centroids().nrows()));
    for (point, found) in points.outer_iter().zip(found.outer_iter()) {
        for (centroid, &found) in model.centroids().outer_iter().zip(found) {
            let pairs = || point.iter().map(|&x| x.into() * scale).zip(centroid.iter().copied());
            let sum = |of: fn((f64, f64)) -> f64| pairs().map(of).sum::<f64>();
            let expected = match model.metric() {
                Metric::Euclidean => sum(|(x, c)| (x - c) * (x - c)).sqrt(),
                Metric::Cosine => 1.0 - sum(|(x, c)| x * c) / sum(|(x, _)| x * x).sqrt(),
            };
            assert!((found - expected).abs() <= 1e-6, "{found} against {expected}");
        }
    }
    // A point alone, and the points in another order in memory, have the same bits.
    let alone = points.slice(s![7..8, ..]);
    let alone = model.distances(Points::new(alone).scale(scale)).unwrap();
    assert_eq!(alone, found.slice(s![7..8, ..]));
    let columns = points.t().as_standard_layout().into_owned();
    assert_eq!(model.distances(Points::new(columns.t()).scale(scale)).unwrap(), found);
    let nearest = model.predict(Points::new(points.view()).scale(scale)).unwrap();
    for (distances, &label) in found.outer_iter().zip(&nearest) {
        assert!(distances.iter().all(|&other| distances[label as usize] <= other + 1e-7));
    }
}

#[test]
fn a_plain_loop_agrees() {
    for (n, d, k) in [(300, 1, 4), (200, 7, 3), (90, 100, 30)] {
        for metric in [Metric::Euclidean, Metric::Cosine] {
            let model = KMeans::with_metric(cloud(k, d, 1), metric).unwrap();
            check(cloud(n, d, 2), 1.0, &model);
            check(cloud(n, d, 2).mapv(|x| x as f32), 1.0, &model);
            check(cloud(n, d, 2).mapv(|x| (120.0 * x + 125.0) as u8), 1.0 / 255.0, &model);
        }
    }
}

#[test]
fn extreme_distances_and_what_is_refused() {
    let model = KMeans::new(array![[0.0, 0.0], [3e200, 4e200]]).unwrap();
    let points = array![[0.0, 0.0], [3e-200, 4e-200], [3e200, 4e200], [-1.7e308, 1.7e308]];
    let found = model.distances(&points).unwrap();
    assert_eq!((found[[0, 0]], found[[2, 1]]), (0.0, 0.0));
    assert!((found[[1, 0]] / 5e-200 - 1.0).abs() < 1e-15, "{found}");
    assert!((found[[2, 0]] / 5e200 - 1.0).abs() < 1e-15, "{found}");
    assert!(found[[3, 0]].is_infinite(), "the length is beyond f64");
    let refused = model.distances(&array![[1.0]]);
    assert_eq!(refused, Err(Error::Features { expected: 2, found: 1 }));
    // Opposite and equal directions are at the ends of the range.
    let cosine = KMeans::with_metric(array![[1.0, 1.0, 1.0]], Metric::Cosine).unwrap();
    let found = cosine.distances(&array![[-0.1_f32, -0.1, -0.1], [7.0, 7.0, 7.0]]).unwrap();
    assert!(found[[0, 0]] <= 2.0 && found[[0, 0]] > 2.0 - 1e-6 && found[[1, 0]] < 1e-13);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let (points, model) = (cloud(5_000, 12, 3), KMeans::new(cloud(40, 12, 4)).unwrap());
    let distances = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| model.distances(&points).unwrap())
    };
    let one = distances(1);
    assert!(one == distances(2) && one == distances(5));
    assert_eq!(
        model.distances(&points.select(Axis(0), &[4_999])).unwrap(),
        one.slice(s![4_999.., ..])
    );
}
