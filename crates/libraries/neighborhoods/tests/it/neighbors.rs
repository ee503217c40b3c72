//! Neighbors from elsewhere: in other forms, and wrong ones.

use ndarray::{Array2, array};
use neighborhoods::{Limit, Neighborhoods};
use umap::{Metric, NO_NEIGHBOR, Neighbors, distinct_neighbors, neighbors};

use crate::support::{neighborhoods, normal, rows};

/// Other programs list copies and leave out the point itself.
#[test]
fn neighbors_that_hold_copies_serve_as_well() {
    let mut points = normal(200, 5, 1);
    let first = points.row(0).to_owned();
    points.row_mut(7).assign(&first);
    let own = neighborhoods(&points, 12, Metric::Euclidean);
    let with_copies = neighbors(points.view(), 13, Metric::Euclidean).unwrap();
    let given = Neighborhoods::new(points, &with_copies, Metric::Euclidean).unwrap();
    for point in 0..own.len() {
        assert_eq!(own.nearest(point), &given.nearest(point)[..11], "{point}");
    }
    let limit = Limit::Distance(0.4);
    assert_eq!(rows(&own.duplicates(limit)), rows(&given.duplicates(limit)));
}

fn refused(points: &Array2<f32>, given: &Neighbors, told: &str) {
    let error = Neighborhoods::new(points.clone(), given, Metric::Euclidean).err().unwrap();
    assert!(error.to_string().contains(told), "{error}");
}

#[test]
fn neighbors_of_other_points_are_refused() {
    let points = normal(50, 4, 2);
    let found = distinct_neighbors(points.view(), 6, Metric::Euclidean, &mut |_| ()).unwrap();
    refused(
        &points,
        &Neighbors { indices: found.indices.clone(), distances: Array2::zeros((50, 5)) },
        "expected neighbors of 50 points, with their distances, found indices (50, 6)",
    );
    refused(&normal(49, 4, 2), &found, "expected neighbors of 49 points");
    refused(&normal(50, 4, 3), &found, "give the neighbors of these points");
    let mut beyond = found.clone();
    beyond.indices[[9, 3]] = 50;
    refused(&points, &beyond, "below 50, the number of points, found 50 in row 9");
    let squares = Neighbors { distances: found.distances.mapv(|x| x * x), ..found.clone() };
    refused(&points, &squares, "these are squares");
    for wrong in [f32::NAN, f32::INFINITY, -1.0] {
        let mut hostile = found.clone();
        hostile.distances[[4, 5]] = wrong;
        refused(&points, &hostile, "to the last neighbor in row 4");
    }
    let mut few = found.clone();
    few.indices.row_mut(5).fill(NO_NEIGHBOR);
    refused(
        &points,
        &few,
        "expected at least 2 neighbors of each point that differ from it, found 0",
    );
    few.indices.row_mut(5).fill(5);
    refused(&points, &few, "found 0 in row 5");
}

#[test]
fn two_points_need_one_neighbor_each() {
    let given = Neighbors { indices: array![[1], [0]], distances: array![[3.0], [3.0]] };
    let two = Neighborhoods::new(array![[0.0], [3.0]], &given, Metric::Euclidean).unwrap();
    assert_eq!(two.local_outlier_factors(), [1.0, 1.0]);
    assert!(two.duplicates(Limit::Chance(0.9)).is_empty());
    let given = Neighbors { indices: array![[0]], distances: array![[0.0]] };
    let one = Neighborhoods::new(array![[5.0]], &given, Metric::Euclidean).unwrap();
    assert!(one.duplicates(Limit::Distance(1.0)).is_empty());
}
