//! The same result from any number of threads, neighbors or element types.

use hdbscan::{HdbscanFit, Metric, Params, Progress, fit};
use ndarray::{Array2, Axis, ShapeBuilder, concatenate};
use rayon::ThreadPoolBuilder;
use umap::distinct_neighbors;

use crate::support::blobs;

fn clustered(points: &Array2<f32>, params: &Params) -> HdbscanFit {
    fit(points.view(), None, params, &mut |_| ()).unwrap()
}

#[test]
fn threads_change_nothing() {
    for (n, d) in [(1500, 2), (1500, 60)] {
        let points = blobs(n, d, 5);
        let with = |threads: usize| {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| clustered(&points, &Params::default()))
        };
        let one = with(1);
        assert!(one.model.k() > 1, "{d}");
        for threads in [2, 5] {
            assert_eq!(with(threads), one, "{d} features, {threads} threads");
        }
    }
}

#[test]
fn given_neighbors_change_nothing() {
    let mut points = blobs(900, 4, 6);
    let copies = points.slice(ndarray::s![..90, ..]).to_owned();
    let zeros = Array2::zeros((3, 4));
    points = concatenate![Axis(0), points, copies, zeros];
    for metric in [Metric::Euclidean, Metric::Cosine] {
        let params = Params { metric, min_cluster_size: 8, ..Params::default() };
        let expected = clustered(&points, &params);
        for count in [8, 9, 16, 60] {
            let neighbors = distinct_neighbors(points.view(), count, metric, &mut |_| ()).unwrap();
            let found = fit(points.view(), Some(&neighbors), &params, &mut |_| ()).unwrap();
            assert_eq!(found, expected, "{metric:?}, {count} neighbors");
        }
    }
}

#[test]
fn layout_and_element_type_change_no_label() {
    let points = blobs(600, 3, 7);
    let expected = clustered(&points, &Params::default());
    let mut columns = Array2::zeros(points.raw_dim().f());
    columns.assign(&points);
    assert_eq!(clustered(&columns, &Params::default()), expected);
    let wide = points.mapv(f64::from);
    let found = fit(wide.view(), None, &Params::default(), &mut |_| ()).unwrap();
    assert_eq!(found.labels, expected.labels);
    assert_eq!(found.probabilities, expected.probabilities);
}

#[test]
fn scale_and_place_change_no_label() {
    let points = blobs(600, 3, 7).mapv(f64::from);
    let expected = fit(points.view(), None, &Params::default(), &mut |_| ()).unwrap();
    for moved in [&points * 2f64.powi(-120), &points * 2f64.powi(130), &points + 2f64.powi(20)] {
        let found = fit(moved.view(), None, &Params::default(), &mut |_| ()).unwrap();
        assert_eq!(found.labels, expected.labels);
    }
    let small = points.mapv(|x| (x * 2f64.powi(-100)) as f32);
    assert_eq!(clustered(&small, &Params::default()).labels, expected.labels);
}

#[test]
fn progress_goes_on_to_the_last_edge() {
    let points = blobs(300, 2, 8);
    let (mut neighbors, mut edges) = (0, Vec::new());
    fit(points.view(), None, &Params::default(), &mut |event| match event {
        Progress::Neighbors { done, .. } => neighbors = neighbors.max(done),
        Progress::Tree { done, total } => edges.push((done, total)),
    })
    .unwrap();
    assert_eq!(neighbors, 300);
    assert_eq!(edges.last(), Some(&(299, 299)));
    assert!(edges.is_sorted());
}
