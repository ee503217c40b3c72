//! k-means by batches: by hand, against scikit-learn's `partial_fit`, against the fit of all points
//! at once.

use clustering::kmeans::{
    BatchReport, Init, KMeans, KMeansParams, MiniBatch, MiniBatchParams, RandomRows,
};
use clustering::{Error, Points, Scalar};
use ndarray::{Array1, Array2, Axis, array, concatenate};
use serde_json::Value;

use crate::support::{assert_close, blobs, cloud, fit_kmeans, golden_path, golden_points};

/// Parameters that begin with these centroids.
fn from(centroids: Array2<f64>) -> MiniBatchParams {
    MiniBatchParams {
        k: centroids.nrows(),
        init: Init::Centroids(centroids),
        ..MiniBatchParams::default()
    }
}

/// Fits to random batches of `points`, as a program does to those of a file.
fn fit<F: Scalar>(
    points: &Array2<F>,
    scale: f64,
    params: &MiniBatchParams,
) -> (KMeans, BatchReport) {
    let n = points.nrows();
    let mut rows = RandomRows::new(n, params.seed);
    let mut draw = |count| points.select(Axis(0), &rows.draw(count));
    let sample = draw(params.sample_size(n));
    let mut fit =
        MiniBatch::new(Points::new(sample.view()).scale(scale), n, params.clone()).unwrap();
    for batch in 1..=params.most_batches(n) {
        let points = draw(params.batch);
        let report = fit.update(Points::new(points.view()).scale(scale)).unwrap();
        assert_eq!(report.batch, batch);
        if report.converged || batch == params.most_batches(n) {
            return (fit.into_model(), report);
        }
    }
    unreachable!("there is at least one batch");
}

fn inertia<F: Scalar>(model: &KMeans, points: &Array2<F>) -> f64 {
    model.inertia(points, &model.predict(points).unwrap()).unwrap()
}

#[test]
fn centroids_are_running_means() {
    let mut fit = MiniBatch::new(&array![[0.0], [10.0]], 5, from(array![[0.0], [10.0]])).unwrap();
    let report = fit.update(&array![[1.0], [9.0], [11.0]]).unwrap();
    assert_eq!(fit.model().centroids(), array![[1.0], [10.0]]);
    let first =
        BatchReport { batch: 1, inertia: 1.0, smoothed: 1.0, reassigned: 0, converged: false };
    assert_eq!(report, first);
    // The second of two that went to the first centroid; the other receives nothing and stays.
    let report = fit.update(&array![[3.0]]).unwrap();
    assert_eq!(fit.model().centroids(), array![[2.0], [10.0]]);
    assert_eq!(report, BatchReport { batch: 2, inertia: 4.0, smoothed: 4.0, ..first });
    // One point of five counts 2 / 6: 4 becomes 4 * 2/3 + 1 * 1/3.
    let report = fit.update(&array![[11.0]]).unwrap();
    assert_eq!(fit.model().centroids(), array![[2.0], [31.0 / 3.0]]);
    assert_eq!(report.inertia, 1.0);
    assert_close("smoothed", &[report.smoothed], &[3.0], 1e-15);
}

#[test]
fn a_weight_counts_as_so_many_points() {
    let once = array![[1.0], [9.0], [3.0]];
    let often = array![[1.0], [9.0], [9.0], [9.0], [3.0]];
    let params = from(array![[0.0], [10.0]]);
    let mut weighted = MiniBatch::new(&once, 100, params.clone()).unwrap();
    let mut repeated = MiniBatch::new(&once, 100, params).unwrap();
    for _ in 0..3 {
        let a = weighted.update(Points::new(once.view()).weights(&[1.0, 3.0, 1.0])).unwrap();
        let b = repeated.update(&often).unwrap();
        assert_close(
            "centroids",
            weighted.model().centroids(),
            repeated.model().centroids(),
            1e-15,
        );
        assert_close("inertia", &[a.inertia], &[b.inertia], 1e-15);
    }
}

#[test]
fn a_point_of_weight_0_has_no_influence() {
    let points = cloud(400, 3, 1).mapv(|x| (x * 64.0).round());
    let others = cloud(150, 3, 2).mapv(|x| (x * 640.0).round() + 7.0);
    let both = concatenate![Axis(0), points, others];
    let weights: Vec<f64> =
        (0..550).map(|i| if i < 400 { (1 + i % 3) as f64 } else { 0.0 }).collect();
    for init in [Init::KMeansPlusPlus, Init::Random] {
        // 60 clusters of batches of 400: some are reassigned.
        let params =
            MiniBatchParams { k: 60, init, reassignment_ratio: 0.5, ..MiniBatchParams::default() };
        let without = Points::new(points.view()).weights(&weights[..400]);
        let with = Points::new(both.view()).weights(&weights);
        let mut a = MiniBatch::new(without.clone(), 400, params.clone()).unwrap();
        let mut b = MiniBatch::new(with.clone(), 400, params).unwrap();
        let mut reassigned = 0;
        for _ in 0..5 {
            let report = a.update(without.clone()).unwrap();
            assert_eq!(report, b.update(with.clone()).unwrap());
            assert_eq!(a.model(), b.model());
            reassigned += report.reassigned;
        }
        assert!(reassigned > 0);
    }
}

#[test]
fn a_centroid_that_receives_nothing_is_put_on_a_point() {
    let sample = array![[0.0], [1000.0]];
    let batch = Array2::from_shape_fn((300, 1), |(i, _)| i as f64 / 300.0);
    let mut fit = MiniBatch::new(&sample, 1000, from(sample.clone())).unwrap();
    assert_eq!(fit.update(&batch).unwrap().reassigned, 1);
    assert!(batch.iter().any(|x| *x == fit.model().centroids()[[1, 0]]));
    // It goes on as if it had received as much as the other.
    assert_eq!(fit.update(&batch).unwrap().reassigned, 0);
    let mut fit = MiniBatch::new(
        &sample,
        1000,
        MiniBatchParams { reassignment_ratio: 0.0, ..from(sample.clone()) },
    )
    .unwrap();
    assert_eq!(
        (fit.update(&batch).unwrap().reassigned, fit.model().centroids()[[1, 0]]),
        (0, 1000.0)
    );
    // At most half as many as there are points.
    let far = array![[0.0], [1e3], [2e3], [3e3], [4e3]];
    let mut fit = MiniBatch::new(&far, 1000, from(far.clone())).unwrap();
    assert_eq!(fit.update(&array![[0.0], [1.0], [2.0], [3.0]]).unwrap().reassigned, 2);
}

#[test]
fn the_fit_converges_when_the_smoothed_inertia_stops_falling() {
    let points = array![[0.0], [1.0], [5.0], [6.0]];
    let params = MiniBatchParams { max_no_improvement: 3, ..from(array![[0.5], [5.5]]) };
    let mut fit = MiniBatch::new(&points, 4, params).unwrap();
    let converged: Vec<bool> = (0..6).map(|_| fit.update(&points).unwrap().converged).collect();
    // The first is not looked at and the second is the first to be the lowest.
    assert_eq!(converged, [false, false, false, false, true, true]);
    let identical = Array2::<f32>::ones((50, 2));
    let (model, report) = fit_default(&identical, 4);
    assert!(report.converged && report.inertia == 0.0);
    assert_eq!(inertia(&model, &identical), 0.0);
}

fn fit_default<F: Scalar>(points: &Array2<F>, k: usize) -> (KMeans, BatchReport) {
    fit(points, 1.0, &MiniBatchParams { k, ..MiniBatchParams::default() })
}

#[test]
fn partial_fits_as_scikit_learn() {
    let text = std::fs::read_to_string(golden_path("minibatch.json")).unwrap();
    let vector = |value: &Value| -> Vec<f64> {
        value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    };
    let matrix = |value: &Value| -> Array2<f64> {
        let rows: Vec<Array1<f64>> =
            value.as_array().unwrap().iter().map(|row| vector(row).into()).collect();
        ndarray::stack(Axis(0), &rows.iter().map(Array1::view).collect::<Vec<_>>()).unwrap()
    };
    for case in serde_json::from_str::<Vec<Value>>(&text).unwrap() {
        let points = golden_points(case["points"].as_str().unwrap());
        let params = MiniBatchParams { reassignment_ratio: 0.0, ..from(matrix(&case["initial"])) };
        let mut fit = MiniBatch::new(&points, points.nrows(), params).unwrap();
        for (i, step) in case["steps"].as_array().unwrap().iter().enumerate() {
            let rows: Vec<usize> =
                vector(&step["rows"]).into_iter().map(|row| row as usize).collect();
            let weights = vector(&step["weights"]);
            let batch = points.select(Axis(0), &rows);
            let batch = Points::new(batch.view());
            fit.update(if case["weighted"] == true { batch.weights(&weights) } else { batch })
                .unwrap();
            if !step["centroids"].is_null() {
                let what = format!("{} weighted: {} step {i}", case["points"], case["weighted"]);
                assert_close(&what, fit.model().centroids(), &matrix(&step["centroids"]), 1e-12);
            }
        }
    }
}

#[test]
fn it_comes_near_the_fit_of_all_points() {
    let corners = Array2::from_shape_fn((8, 5), |(i, j)| 10.0 * ((i >> (j % 3)) & 1) as f64);
    for (name, points, k, within) in [
        ("corners", blobs(&corners, 1000, 1.0, 3), 8, 1.01),
        ("blobs", golden_points("blobs"), 6, 1.10),
        ("cloud", cloud(8000, 3, 5), 20, 1.10),
        ("iris", golden_points("iris"), 4, 1.10),
        ("digits", golden_points("digits"), 10, 1.10),
    ] {
        let best =
            fit_kmeans(&points, &KMeansParams { k, ..KMeansParams::default() }).unwrap().inertia;
        for seed in 0..5 {
            // Batches that are only some of the points, as they are meant to be.
            let batch = 1024.min(points.nrows() / 8);
            let params = MiniBatchParams { k, seed, batch, ..MiniBatchParams::default() };
            let (model, report) = fit(&points, 1.0, &params);
            let found = inertia(&model, &points);
            assert!(report.converged, "{name} seed {seed}: {} batches", report.batch);
            assert!(found <= within * best, "{name} seed {seed}: {found} against {best}");
        }
    }
}

#[test]
fn bytes_floats_and_doubles_agree() {
    let centers = Array2::from_shape_fn((5, 4), |(i, j)| 20.0 + 50.0 * ((i * (j + 2)) % 5) as f64);
    let bytes = blobs(&centers, 300, 10.0, 4).mapv(|x| x as u8);
    let params = MiniBatchParams { k: 5, ..MiniBatchParams::default() };
    let (model, report) = fit(&bytes, 0.5, &params);
    let floats = fit(&bytes.mapv(f32::from), 0.5, &params);
    let doubles = fit(&bytes.mapv(f64::from), 0.5, &params);
    for (other, other_report) in [floats, doubles] {
        assert_eq!(other_report.batch, report.batch);
        assert_close("centroids", other.centroids(), model.centroids(), 1e-13);
    }
    let scaled = fit(&bytes.mapv(|x| 0.5 * f64::from(x)), 1.0, &params);
    assert_close("centroids", scaled.0.centroids(), model.centroids(), 1e-13);
}

#[test]
fn the_same_bytes_for_any_number_of_threads() {
    let points = cloud(20_011, 40, 6).mapv(|x| x as f32);
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let params =
            MiniBatchParams { k: 30, batch: 2500, max_iter: 3, ..MiniBatchParams::default() };
        let (model, report) = pool.install(|| fit(&points, 1.0, &params));
        (model.centroids().mapv(f64::to_bits), report)
    };
    let one = run(1);
    assert!(one == run(2) && one == run(5));
}

#[test]
fn parts_are_assigned_as_the_whole() {
    // Tiny beside the largest: in a unit of that, all but it would be the same in f32.
    let mut points = cloud(600, 2, 7).mapv(|x| (x * 1e-25) as f32);
    points[[599, 0]] = 1e3;
    let model = KMeans::new(cloud(6, 2, 8).mapv(|x| x * 1e-25)).unwrap();
    let whole = model.predict(&points).unwrap();
    let part = |part| model.predict(Points::new(part)).unwrap();
    let parts: Array1<i32> = points.axis_chunks_iter(Axis(0), 100).flat_map(part).collect();
    assert_eq!(parts, whole);
    assert!((0..6).all(|cluster| whole.iter().filter(|&&label| label == cluster).count() > 10));
}

#[test]
fn rows_are_drawn_in_order_and_differ() {
    let mut rows = RandomRows::new(1000, 3);
    let (a, b) = (rows.draw(100), rows.draw(100));
    assert_ne!(a, b);
    assert!(a.is_sorted_by(|a, b| a < b) && a.iter().all(|row| *row < 1000));
    assert_eq!(RandomRows::new(1000, 3).draw(100), a);
    assert_ne!(RandomRows::new(1000, 4).draw(100), a);
    assert_eq!(rows.draw(5000), (0..1000).collect::<Vec<_>>());
}

#[test]
fn numbers_of_points_and_batches() {
    let params = MiniBatchParams::default();
    assert_eq!((params.sample_size(60_000), params.most_batches(60_000)), (3072, 5859));
    assert_eq!((params.sample_size(100), params.most_batches(100)), (100, 100));
    let many = MiniBatchParams { k: 2000, max_iter: usize::MAX, ..params };
    assert_eq!((many.sample_size(60_000), many.most_batches(usize::MAX)), (6000, usize::MAX));
    let few = MiniBatchParams { batch: 1000, max_iter: 1, ..many };
    assert_eq!(few.most_batches(1999), 1);
}

#[test]
fn what_is_refused() {
    let points = cloud(20, 2, 0);
    let refused =
        |params: MiniBatchParams| MiniBatch::new(&points, 20, params).unwrap_err().to_string();
    let base = || MiniBatchParams { k: 3, ..MiniBatchParams::default() };
    for (params, message) in [
        (MiniBatchParams { k: 0, ..base() }, "expected k between 1 and 2147483647, found 0"),
        (
            MiniBatchParams { k: 21, ..base() },
            "expected at least k = 21 points, found 20: give more points or lower k",
        ),
        (MiniBatchParams { batch: 0, ..base() }, "expected batch of at least 1, found 0"),
        (MiniBatchParams { starts: 0, ..base() }, "expected starts of at least 1, found 0"),
        (MiniBatchParams { max_iter: 0, ..base() }, "expected max_iter of at least 1, found 0"),
        (
            MiniBatchParams { max_no_improvement: 0, ..base() },
            "expected max_no_improvement of at least 1, found 0",
        ),
        (
            MiniBatchParams { reassignment_ratio: f64::NAN, ..base() },
            "expected reassignment_ratio between 0 and 1, found NaN",
        ),
        (from(Array2::zeros((3, 5))), "expected starting centroids of shape [3, 2], found [3, 5]"),
    ] {
        assert_eq!(refused(params), message);
    }
    let mut fit = MiniBatch::new(&points, 20, base()).unwrap();
    let before = fit.model().clone();
    let (mut nan, huge) = (points.clone(), points.mapv(|x| x * 1e200));
    nan[[4, 1]] = f64::NAN;
    let weightless = Points::new(points.view()).weights(&[0.0; 20]);
    assert_eq!(fit.update(&cloud(5, 3, 0)), Err(Error::Features { expected: 2, found: 3 }));
    assert!(matches!(fit.update(&cloud(0, 2, 0)), Err(Error::Empty { .. })));
    assert!(matches!(fit.update(&nan), Err(Error::NonFinite { row: 4, column: 1, .. })));
    assert!(matches!(fit.update(weightless), Err(Error::SampleWeights { .. })));
    assert!(matches!(fit.update(&huge), Err(Error::Magnitude { .. })));
    assert_eq!(*fit.model(), before);
}
