//! Neighbors that are found once and given to several embeddings.

use ndarray::{Array2, array, s};
use umap::{
    Connectivity, Frame, Metric, NO_NEIGHBOR, Neighbors, Params, distinct_neighbors, fit,
    fit_with_neighbors, neighbors,
};

use crate::support::blobs;

fn params(seed: u64, metric: Metric) -> Params {
    Params { dims: 2, neighbors: 8, epochs: Some(20), seed, metric, ..Params::default() }
}

fn found(points: &Array2<f32>, k: usize, metric: Metric) -> Neighbors {
    distinct_neighbors(points.view(), k, metric, &mut |_| ()).unwrap()
}

/// Points with copies and, in the last rows, zeros.
fn with_copies() -> Array2<f32> {
    let mut points = blobs(200, 5, 4, 1);
    for i in 0..40 {
        let row = points.row(i % 7).to_owned();
        points.row_mut(i).assign(&row);
    }
    points.slice_mut(s![195.., ..]).fill(0.0);
    points
}

#[test]
fn neighbors_that_were_found_before_give_the_same_bytes() {
    for points in [blobs(300, 6, 3, 2), with_copies()] {
        for metric in [Metric::Euclidean, Metric::Cosine] {
            // More neighbors than are asked for serve, too.
            for k in [8, 11] {
                let given = found(&points, k, metric);
                for connectivity in [Connectivity::Union, Connectivity::Mutual] {
                    let params = Params { connectivity, ..params(3, metric) };
                    let expected = fit(points.view(), &params, &mut |_| ()).unwrap();
                    let fitted =
                        fit_with_neighbors(points.view(), &given, &params, &mut |_| ()).unwrap();
                    assert_eq!(fitted, expected, "{metric:?} {connectivity:?}");
                }
            }
        }
    }
}

#[test]
fn points_in_a_frame_have_neighbors_too() {
    let points = blobs(200, 4, 3, 4).mapv(|x| f64::from(x) + 1e9);
    let metric = Metric::Euclidean;
    let narrowed = Frame::of(points.view(), metric).narrow(points.view()).unwrap();
    let given = distinct_neighbors(narrowed.points().view(), 8, metric, &mut |_| ()).unwrap();
    let params = params(5, metric);
    let expected = narrowed.fit(&params, &mut |_| ()).unwrap();
    let fitted = narrowed.fit_with_neighbors(&given, &params, &mut |_| ()).unwrap();
    assert_eq!(fitted, expected);
}

#[test]
fn a_point_is_its_own_first_neighbor_and_a_copy_counts_once() {
    let points = with_copies();
    let given = found(&points, 8, Metric::Euclidean);
    assert!((0..200).all(|i| given.indices[[i, 0]] as usize == i));
    for i in 0..200 {
        let rows: Vec<_> =
            given.indices.row(i).iter().map(|&j| points.row(j as usize).to_vec()).collect();
        let copies = rows.iter().filter(|row| **row == rows[0]).count();
        assert_eq!(copies, 1, "copies of point {i} are among its neighbors");
    }
    // Under the cosine metric zeros have no direction and no neighbors.
    let given = found(&points, 8, Metric::Cosine);
    assert_eq!(given.indices.row(199).to_vec(), [&[199][..], &[NO_NEIGHBOR; 7]].concat());
    assert!(given.distances.slice(s![199, 1..]).iter().all(|distance| distance.is_infinite()));
}

#[test]
fn neighbors_of_other_programs_need_not_hold_the_point_itself() {
    let points = blobs(300, 6, 3, 2);
    let params = params(1, Metric::Euclidean);
    let others = neighbors(points.view(), 9, Metric::Euclidean).unwrap();
    let fitted = fit_with_neighbors(points.view(), &others, &params, &mut |_| ()).unwrap();
    assert_eq!(fitted, fit(points.view(), &params, &mut |_| ()).unwrap());
}

#[test]
fn neighbors_of_something_else_are_refused() {
    let points = blobs(100, 4, 2, 7);
    let params = params(1, Metric::Euclidean);
    let refused = |given: &Neighbors| {
        let result = fit_with_neighbors(points.view(), given, &params, &mut |_| ());
        result.unwrap_err().to_string()
    };
    let good = found(&points, 8, Metric::Euclidean);
    let changed = |change: &dyn Fn(&mut Neighbors)| {
        let mut given = good.clone();
        change(&mut given);
        refused(&given)
    };
    for (found, told) in [
        (
            refused(&found(&points.slice(s![..50, ..]).to_owned(), 8, Metric::Euclidean)),
            "expected neighbors of 100 points, with their distances, found indices (50, 8), \
             distances (50, 8); give the neighbors of these points",
        ),
        (
            refused(&found(&points, 5, Metric::Euclidean)),
            "expected 7 neighbors of each point that differ from it, found 4 in row 0; find more \
             neighbors, or ask for fewer; of equal points only one counts",
        ),
        (
            changed(&|given| given.distances.mapv_inplace(|distance| distance * distance)),
            "these are squares: take their roots",
        ),
        (
            changed(&|given| given.distances.mapv_inplace(|distance| 3.0 * distance)),
            "give the neighbors of these points, by the same metric",
        ),
        (
            changed(&|given| given.indices[[3, 2]] = 100),
            "expected indices of neighbors below 100, the number of points, found 100 in row 3",
        ),
        (
            changed(&|given| given.distances[[5, 4]] = 0.0),
            "sort the neighbors of each point by their distance",
        ),
        (changed(&|given| given.distances[[5, 4]] = f32::NAN), "finite and ascend, found NaN"),
        (
            refused(&found(&points, 8, Metric::Cosine)),
            "give the neighbors of these points, by the same metric",
        ),
    ] {
        assert!(found.contains(told), "{found}");
    }
}

#[test]
fn distances_beyond_single_precision_are_refused() {
    let points = array![[0.0_f32], [1e25], [3e25]];
    let error = distinct_neighbors(points.view(), 2, Metric::Euclidean, &mut |_| ()).unwrap_err();
    assert!(error.to_string().contains("whose distances single precision holds"), "{error}");
    let frame = Frame::of(array![[0.0], [1e200]].view(), Metric::Euclidean);
    assert!(frame.check_unscaled().is_err());
}

#[test]
fn new_points_with_neighbors_found_before_get_the_same_places() {
    for points in [blobs(300, 6, 3, 2), with_copies()] {
        for metric in [Metric::Euclidean, Metric::Cosine] {
            let (old, new) =
                (points.slice(s![..250.min(points.nrows() - 30), ..]), points.slice(s![-30.., ..]));
            let [one, two] =
                [1, 2].map(|seed| fit(old, &params(seed, metric), &mut |_| ()).unwrap().model);
            let given = one.neighbors_of(new).unwrap();
            let expected = two.transform(new, 5, &mut |_| ()).unwrap();
            let places = two.transform_with_neighbors(new, &given, 5, &mut |_| ()).unwrap();
            assert_eq!(places, expected, "{metric:?}");
        }
    }
}

#[test]
fn neighbors_of_new_points_are_the_nearest_points_of_the_model() {
    let points = blobs(200, 5, 4, 1);
    let (old, new) = (points.slice(s![..180, ..]), points.slice(s![180.., ..]));
    let umap = fit(old, &params(1, Metric::Euclidean), &mut |_| ()).unwrap().model;
    let found = umap.neighbors_of(new).unwrap();
    assert_eq!(found.indices.dim(), (20, 8));
    for (i, row) in new.outer_iter().enumerate() {
        let distance = |j: usize| (&row - &old.row(j)).mapv(|x| x * x).sum().sqrt();
        let mut all: Vec<usize> = (0..180).collect();
        all.sort_by(|&a, &b| distance(a).total_cmp(&distance(b)));
        for (at, &nearest) in all.iter().take(8).enumerate() {
            assert_eq!(found.indices[[i, at]] as usize, nearest);
            assert!((found.distances[[i, at]] - distance(nearest)).abs() < 1e-3);
        }
    }
}

#[test]
fn neighbors_of_other_new_points_are_refused() {
    let points = blobs(200, 5, 4, 1);
    let (old, new) = (points.slice(s![..160, ..]), points.slice(s![160..180, ..]));
    let umap = fit(old, &params(1, Metric::Euclidean), &mut |_| ()).unwrap().model;
    let told = |given: &Neighbors| {
        let result = umap.transform_with_neighbors(new, given, 0, &mut |_| ());
        result.unwrap_err().to_string()
    };
    let others = umap.neighbors_of(points.slice(s![180.., ..])).unwrap();
    assert!(told(&others).contains("give the neighbors of these points"), "{}", told(&others));
    let fewer = umap.neighbors_of(points.slice(s![160..170, ..])).unwrap();
    assert!(told(&fewer).contains("expected neighbors of 20 points"), "{}", told(&fewer));
    let mut far = umap.neighbors_of(new).unwrap();
    far.indices[[3, 0]] = 160;
    assert!(told(&far).contains("found 160 in row 3"), "{}", told(&far));
}
