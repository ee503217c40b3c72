//! Weights of points: what they mean, and which are refused.

use clustering::gmm::{self, GmmParams};
use clustering::kmeans::{self, Algorithm, Init, KMeansFit, KMeansParams};
use clustering::{Error, Points, Scalar};
use ndarray::{Array2, Axis, array};

use crate::support::{
    ALGORITHMS, assert_close, blobs, cloud, fit_kmeans, from_centroids, kmeans_bits,
};

fn weighted(
    points: &Array2<f64>,
    weights: &[f64],
    params: &KMeansParams,
) -> Result<KMeansFit, Error> {
    fit_kmeans(Points::new(points.view()).weights(weights), params)
}

/// From given centroids, to the end.
fn params(points: &Array2<f64>, k: usize, algorithm: Algorithm) -> KMeansParams {
    let initial = points.select(Axis(0), &(0..k).collect::<Vec<_>>());
    KMeansParams { tol: 0.0, algorithm, ..from_centroids(initial) }
}

#[test]
fn a_weight_is_a_number_of_points() {
    for d in [3, 40] {
        let points = cloud(600, d, 1);
        let times: Vec<usize> = (0..600).map(|i| if i < 8 { 1 } else { i * i % 4 }).collect();
        let weights: Vec<f64> = times.iter().map(|&times| times as f64).collect();
        let copies: Vec<usize> = (0..600).flat_map(|i| vec![i; times[i]]).collect();
        let repeated = points.select(Axis(0), &copies);
        for algorithm in ALGORITHMS {
            let params = params(&points, 8, algorithm);
            let fit = weighted(&points, &weights, &params).unwrap();
            let expected = fit_kmeans(&repeated, &params).unwrap();
            let name = algorithm.as_str();
            assert_eq!(fit.assignments.select(Axis(0), &copies), expected.assignments, "{name}");
            assert_eq!(
                (fit.iterations, fit.converged),
                (expected.iterations, expected.converged),
                "{name}"
            );
            assert_close(name, fit.model.centroids(), expected.model.centroids(), 1e-12);
            assert_close(name, &[fit.inertia], &[expected.inertia], 1e-12);
        }
    }
}

#[test]
fn a_common_factor_changes_the_inertia_alone() {
    let points = cloud(500, 5, 2);
    let weights: Vec<f64> = (0..500).map(|i| 0.1 + f64::from(i % 13)).collect();
    let times = |factor: f64| weights.iter().map(|weight| factor * weight).collect::<Vec<_>>();
    for algorithm in ALGORITHMS {
        let params = params(&points, 9, algorithm);
        let fit = weighted(&points, &weights, &params).unwrap();
        let three = weighted(&points, &times(3.0), &params).unwrap();
        assert_eq!((&three.assignments, three.iterations), (&fit.assignments, fit.iterations));
        assert_close("centroids", three.model.centroids(), fit.model.centroids(), 1e-13);
        assert_close("inertia", &[three.inertia], &[3.0 * fit.inertia], 1e-13);
    }
    // A power of two rounds nothing, so even the random choices are the same.
    for init in [Init::KMeansPlusPlus, Init::Random] {
        let params = KMeansParams { k: 9, init, ..KMeansParams::default() };
        let fit = weighted(&points, &weights, &params).unwrap();
        let eight = weighted(&points, &times(8.0), &params).unwrap();
        assert!(
            kmeans_bits(&eight) == kmeans_bits(&KMeansFit { inertia: 8.0 * fit.inertia, ..fit })
        );
    }
}

#[test]
fn weights_of_one_are_no_weights() {
    let points = cloud(500, 5, 3);
    for algorithm in ALGORITHMS {
        let params = params(&points, 9, algorithm);
        let fit = fit_kmeans(&points, &params).unwrap();
        assert!(
            kmeans_bits(&fit) == kmeans_bits(&weighted(&points, &[1.0; 500], &params).unwrap())
        );
        let bytes = points.mapv(|x| (100.0 * (x + 1.0)) as u8);
        let fit = fit_kmeans(&bytes, &params).unwrap();
        let with = fit_kmeans(Points::new(bytes.view()).weights(&[1.0; 500]), &params).unwrap();
        assert!(kmeans_bits(&fit) == kmeans_bits(&with));
    }
}

#[test]
fn points_without_weight_are_never_chosen() {
    // Twelve places of weight, and far away from all of them most of the points, which have none.
    let places = Array2::from_shape_fn((12, 2), |(i, j)| f64::from((i * (j + 3) % 12) as u8));
    let nothing = blobs(&array![[1e3, 0.0], [0.0, -1e3], [500.0, 500.0]], 60, 10.0, 4);
    let points = ndarray::concatenate![Axis(0), nothing, places];
    let weights: Vec<f64> = (0..points.nrows()).map(|i| if i < 180 { 0.0 } else { 0.01 }).collect();
    for init in [Init::KMeansPlusPlus, Init::Random] {
        for (k, seed) in [(1, 0), (5, 1), (11, 2), (12, 3), (12, 4), (12, 5)] {
            let params = KMeansParams {
                k,
                seed,
                init: init.clone(),
                starts: 3,
                max_iter: 1,
                ..KMeansParams::default()
            };
            let fit = weighted(&points, &weights, &params).unwrap();
            let inside = fit.model.centroids().iter().all(|x| (-1e-12..=11.0 + 1e-12).contains(x));
            assert!(inside, "{init:?}, k = {k}: {}", fit.model.centroids());
            // Twelve different ones, or two would share a place.
            assert!(k < 12 || fit.inertia == 0.0, "{init:?}: {}", fit.inertia);
        }
    }
}

/// Rows of weight 0 that would pull at everything, among `points`: the rows of both, the weights,
/// and where the rows with a weight are.
fn with_weightless(points: &Array2<f64>, weights: &[f64]) -> (Array2<f64>, Vec<f64>, Vec<usize>) {
    let d = points.ncols();
    let (mut rows, mut all, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    for (i, (point, &weight)) in points.outer_iter().zip(weights).enumerate() {
        if i % 3 == 0 {
            rows.extend((0..d).map(|j| [1e8, -3e5, 1.0 / 3.0][i / 3 % 3] * (j + 1) as f64));
            all.push(0.0);
        }
        kept.push(all.len());
        rows.extend(point);
        all.push(weight);
    }
    (Array2::from_shape_vec((all.len(), d), rows).unwrap(), all, kept)
}

fn assert_left_out<F: Scalar>(
    points: &Array2<f64>,
    convert: impl Fn(f64) -> F,
    params: &KMeansParams,
) {
    let weights: Vec<f64> = (0..points.nrows()).map(|i| 0.25 + f64::from((i % 7) as u8)).collect();
    let (both, all, kept) = with_weightless(points, &weights);
    let (points, both) = (points.mapv(&convert), both.mapv(&convert));
    let without = fit_kmeans(Points::new(points.view()).weights(&weights), params).unwrap();
    let with = fit_kmeans(Points::new(both.view()).weights(&all), params).unwrap();
    assert_eq!(with.assignments, with.model.predict(&both).unwrap());
    let rest = KMeansFit { assignments: with.assignments.select(Axis(0), &kept), ..with };
    let what = format!("{} {:?}", params.algorithm.as_str(), params.init);
    assert!(kmeans_bits(&rest) == kmeans_bits(&without), "{what}");
    assert_eq!((rest.converged, rest.distances), (without.converged, without.distances), "{what}");
}

#[test]
fn a_weight_of_0_is_as_good_as_no_row() {
    for (n, d) in [(700, 2), (1_300, 96)] {
        let points = cloud(n, d, 9).mapv(|x| 127.0 * (x + 1.0));
        for algorithm in ALGORITHMS {
            for init in [Init::KMeansPlusPlus, Init::Random] {
                let params =
                    KMeansParams { k: 9, starts: 3, algorithm, init, ..KMeansParams::default() };
                assert_left_out(&points, |x| x, &params);
                assert_left_out(&points, |x| x as f32, &params);
                assert_left_out(&points, |x| x as u8, &params);
            }
            assert_left_out(&points, |x| x, &params(&points, 9, algorithm));
        }
    }
}

/// Whoever marks rows to be left out by 0, and all others by 1, gets what a file without them
/// gives.
#[test]
fn weights_of_1_and_0_are_as_good_as_fewer_rows_without_weights() {
    let points = cloud(600, 3, 11);
    let (both, all, kept) = with_weightless(&points, &[1.0; 600]);
    let params = KMeansParams { k: 7, starts: 2, ..KMeansParams::default() };
    let without = fit_kmeans(Points::new(points.view()), &params).unwrap();
    let with = fit_kmeans(Points::new(both.view()).weights(&all), &params).unwrap();
    let rest = KMeansFit { assignments: with.assignments.select(Axis(0), &kept), ..with };
    assert!(kmeans_bits(&rest) == kmeans_bits(&without));

    let params = GmmParams { k: 4, ..GmmParams::default() };
    let without = gmm::fit(points.view(), &params, &mut |_| {}).unwrap();
    let with = gmm::fit(Points::new(both.view()).weights(&all), &params, &mut |_| {}).unwrap();
    assert_eq!(with.model, without.model);
    assert_eq!(with.assignments.select(Axis(0), &kept), without.assignments);
}

#[test]
fn numbers_of_clusters_are_compared_without_points_of_weight_0() {
    let points = cloud(400, 3, 10);
    let weights = vec![0.5; 400];
    let (both, all, kept) = with_weightless(&points, &weights);
    let params = KMeansParams { starts: 2, ..KMeansParams::default() };
    let select = |points: &Array2<f64>, weights: &[f64]| {
        let points = Points::new(points.view()).weights(weights);
        kmeans::select_k(points, &params, 1..=4, &mut |_| {}).unwrap()
    };
    let (without, with) = (select(&points, &weights), select(&both, &all));
    for (a, b) in without.candidates.iter().zip(with.candidates) {
        let rest = KMeansFit { assignments: b.fit.assignments.select(Axis(0), &kept), ..b.fit };
        assert!(kmeans_bits(&a.fit) == kmeans_bits(&rest), "k = {}", a.k);
    }
}

#[test]
fn more_clusters_than_points_with_a_weight() {
    let points = cloud(5, 2, 0);
    for algorithm in ALGORITHMS {
        let params = KMeansParams { k: 3, algorithm, ..KMeansParams::default() };
        let error = weighted(&points, &[1.0, 0.0, 2.0, 0.0, 0.0], &params).unwrap_err();
        assert_eq!(error, Error::TooFewWeighted { n: 2, k: 3 });
        let message = "expected at least k = 3 points of positive weight, found 2: \
                       give more of them a weight or lower k";
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn heavy_points_are_chosen_first() {
    let points = cloud(1_000, 2, 5);
    let mut weights = vec![1e-9; 1_000];
    let heavy = [17, 400, 999];
    heavy.iter().for_each(|&i| weights[i] = 1.0);
    for init in [Init::KMeansPlusPlus, Init::Random] {
        for seed in 0..20 {
            let params = KMeansParams {
                k: 3,
                seed,
                starts: 1,
                max_iter: 1,
                init: init.clone(),
                ..KMeansParams::default()
            };
            let fit = weighted(&points, &weights, &params).unwrap();
            for i in heavy {
                let nearest = fit.model.centroids().row(fit.assignments[i] as usize).to_owned();
                let distance = (&nearest - &points.row(i)).mapv(|x| x * x).sum();
                assert!(distance < 1e-10, "{init:?}, seed {seed}, point {i}: {distance:e}");
            }
        }
    }
}

#[test]
fn an_empty_cluster_takes_a_point_of_weight() {
    // The farthest point has no weight; the next one fills the cluster, with all of its own.
    let points = array![[0.0], [1.0], [8.0], [50.0]];
    for algorithm in ALGORITHMS {
        let params =
            KMeansParams { max_iter: 1, algorithm, ..from_centroids(array![[0.0], [1e3]]) };
        let fit = weighted(&points, &[1.0, 3.0, 2.0, 0.0], &params).unwrap();
        assert_eq!(fit.model.centroids(), array![[0.75], [8.0]], "{}", algorithm.as_str());
    }
}

#[test]
fn a_cluster_of_points_without_weight_is_empty() {
    let points = array![[0.0, 0.0], [1.0, 0.0], [5.0, 5.0], [5.0, 6.0]];
    for algorithm in ALGORITHMS {
        let params = KMeansParams { algorithm, ..from_centroids(array![[0.5, 0.0], [5.0, 5.5]]) };
        let fit = weighted(&points, &[1.0, 1.0, 0.0, 0.0], &params).unwrap();
        assert_eq!(fit.inertia, 0.0, "{}", algorithm.as_str());
        let mut centroids: Vec<f64> = fit.model.centroids().column(0).to_vec();
        centroids.sort_by(f64::total_cmp);
        assert_eq!(centroids, [0.0, 1.0], "{}", algorithm.as_str());
    }
}

#[test]
fn tiny_and_huge_weights() {
    let points = cloud(300, 3, 6);
    for factor in [1e-300, 1e-30, 1e30, 1e290] {
        let weights: Vec<f64> = (0..300).map(|i| factor * f64::from(1 + i % 3)).collect();
        let params = params(&points, 6, Algorithm::Auto);
        let fit = weighted(&points, &weights, &params).unwrap();
        let plain: Vec<f64> = (0..300).map(|i| f64::from(1 + i % 3)).collect();
        let expected = weighted(&points, &plain, &params).unwrap();
        assert_eq!(fit.assignments, expected.assignments, "{factor:e}");
        assert_close("centroids", fit.model.centroids(), expected.model.centroids(), 1e-12);
    }
}

#[test]
fn weights_that_are_refused() {
    let points = cloud(4, 2, 0);
    let expected = "expected weights that are finite, not negative and not all 0, found";
    for (weights, message) in [
        (&[1.0; 3][..], "expected weights of shape [4], found [3]".to_owned()),
        (&[1.0; 5], "expected weights of shape [4], found [5]".to_owned()),
        (&[], "expected weights of shape [4], found [0]".to_owned()),
        (&[1.0, -2.0, 1.0, -3.0], format!("{expected} -2 in row 1")),
        (&[1.0, 1.0, 1.0, f64::NAN], format!("{expected} NaN in row 3")),
        (&[f64::INFINITY, 1.0, 1.0, 1.0], format!("{expected} inf in row 0")),
        (&[0.0; 4], format!("{expected} a sum of 0")),
        (&[f64::MAX; 4], format!("{expected} a sum of inf")),
    ] {
        for &algorithm in Algorithm::ALL {
            let params = KMeansParams { k: 2, algorithm, ..KMeansParams::default() };
            assert_eq!(weighted(&points, weights, &params).unwrap_err().to_string(), message);
        }
    }
}

/// The first center is the heavy point at 0. Of the others, the one at -30 saves 20 x 900 and the
/// one at 100 saves 10,000: wherever the two trials draw both, or -30 twice, -30 is kept, in 87 of
/// 100 runs. Without weights it would be 41.
#[test]
fn greedy_seeding_counts_what_weights_save() {
    let points = array![[0.0], [-30.0], [100.0]];
    let kept = |seed: u64| {
        let params = KMeansParams { k: 2, starts: 1, max_iter: 1, seed, ..KMeansParams::default() };
        let fit = weighted(&points, &[1e9, 20.0, 1.0], &params).unwrap();
        fit.assignments[0] != fit.assignments[1]
    };
    let count = (0..100).filter(|&seed| kept(seed)).count();
    assert!((75..98).contains(&count), "{count} of 100");
}
