//! What is refused, and small sets of points that are not.

use hdbscan::{Error, Metric, Neighbors, Params, fit};
use ndarray::{Array2, array};
use umap::distinct_neighbors;

use crate::support::blobs;

fn refused(points: &Array2<f64>, neighbors: Option<&Neighbors>, params: &Params) -> String {
    fit(points.view(), neighbors, params, &mut |_| ()).unwrap_err().to_string()
}

#[test]
fn parameters_out_of_range() {
    let points = blobs(50, 2, 1).mapv(f64::from);
    let default = Params::default;
    for (params, told) in [
        (Params { min_cluster_size: 1, ..default() }, "a min_cluster_size of at least 2, found 1"),
        (Params { min_samples: Some(0), ..default() }, "min_samples of at least 1, found 0"),
        (Params { min_samples: Some(51), ..default() }, "as many points as min_samples, 51"),
        (Params { cluster_selection_epsilon: -1.0, ..default() }, "epsilon of at least 0"),
        (Params { cluster_selection_epsilon: f64::NAN, ..default() }, "epsilon of at least 0"),
        (Params { max_cluster_size: Some(0), ..default() }, "a max_cluster_size of at least 1"),
        (Params { alpha: 0.0, ..default() }, "an alpha above 0"),
    ] {
        let error = refused(&points, None, &params);
        assert!(error.contains(told), "{error}");
    }
    assert!(refused(&Array2::zeros((50, 0)), None, &default()).contains("at least one feature"));
    assert!(refused(&Array2::zeros((1, 2)), None, &default()).contains("at least 2 points"));
    let mut infinite = points.clone();
    infinite[[7, 1]] = f64::INFINITY;
    let error = fit(infinite.view(), None, &default(), &mut |_| ()).unwrap_err();
    assert_eq!(error, Error::NonFinite { row: 7, column: 1, value: f64::INFINITY });
}

#[test]
fn neighbors_of_other_points() {
    let points = blobs(50, 2, 1);
    let wide = points.mapv(f64::from);
    let found =
        |count| distinct_neighbors(points.view(), count, Metric::Euclidean, &mut |_| ()).unwrap();
    let told = |neighbors: &Neighbors| refused(&wide, Some(neighbors), &Params::default());
    assert!(told(&found(4)).contains("expected 5 neighbors of each point, found 4 in row"));
    let mut squares = found(8);
    squares.distances.mapv_inplace(|x| x * x);
    assert!(told(&squares).contains("these are squares"));
    let mut beyond = found(8);
    beyond.indices[[3, 7]] = 50;
    assert!(told(&beyond).contains("indices of neighbors below 50"));
    let mut few = found(8);
    few.indices = few.indices.slice(ndarray::s![..9, ..]).to_owned();
    assert!(told(&few).contains("neighbors of 50 points"));
    let mut other = found(8);
    other.distances[[9, 3]] = f32::NAN;
    assert!(told(&other).contains("to neighbor"));
}

#[test]
fn few_points_and_equal_points() {
    let clusters = |points: Array2<f64>, params: Params| {
        let fit = fit(points.view(), None, &params, &mut |_| ()).unwrap();
        (fit.labels.to_vec(), fit.model.k())
    };
    let two = Params { min_cluster_size: 2, min_samples: Some(1), ..Params::default() };
    assert_eq!(clusters(array![[0.0], [1.0]], two.clone()), (vec![-1, -1], 0));
    let pairs = array![[0.0], [0.1], [9.0], [9.1]];
    assert_eq!(clusters(pairs, two), (vec![0, 0, 1, 1], 2));
    // Equal points are one cluster, if there may be one.
    let single = Params { allow_single_cluster: true, ..Params::default() };
    assert_eq!(clusters(Array2::ones((20, 3)), single), (vec![0; 20], 1));
    assert_eq!(clusters(Array2::ones((20, 3)), Params::default()), (vec![-1; 20], 0));
    let of_two = Array2::from_shape_fn((20, 2), |(i, _)| (i % 2) as f64);
    let expected: Vec<i32> = (0..20).map(|i| i % 2).collect();
    assert_eq!(clusters(of_two, Params::default()), (expected, 2));
}

#[test]
fn more_samples_than_distinct_points() {
    let points = Array2::from_shape_fn((30, 1), |(i, _)| (i % 3 * i % 3) as f64);
    let params = Params { min_samples: Some(30), ..Params::default() };
    let fit = fit(points.view(), None, &params, &mut |_| ()).unwrap();
    assert_eq!(fit.labels.len(), 30);
    assert!(fit.probabilities.iter().all(|p| (0.0..=1.0).contains(p)));
}
