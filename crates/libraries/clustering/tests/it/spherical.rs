//! The metric cosine: by hand, against a plain spherical k-means written here, properties.

use clustering::kmeans::{
    Init, KMeans, KMeansFit, KMeansParams, Metric, MiniBatch, MiniBatchParams, Progress, select_k,
};
use clustering::{Error, Points, Scalar, Search};
use ndarray::{Array1, Array2, ArrayView1, Axis, array};
use proptest::prelude::*;

use crate::support::{ALGORITHMS, assert_close, blobs, cloud, fit_kmeans, kmeans_bits};

fn cosine(k: usize) -> KMeansParams {
    KMeansParams { k, metric: Metric::Cosine, ..KMeansParams::default() }
}

fn from(centroids: Array2<f64>) -> KMeansParams {
    KMeansParams { init: Init::Centroids(centroids.clone()), ..cosine(centroids.nrows()) }
}

/// The row at unit length.
fn unit(row: ArrayView1<f64>) -> Array1<f64> {
    &row / row.dot(&row).sqrt()
}

fn unit_rows(points: &Array2<f64>) -> Array2<f64> {
    let mut points = points.clone();
    points.outer_iter_mut().for_each(|mut row| {
        let scaled = unit(row.view());
        row.assign(&scaled);
    });
    points
}

/// Spherical k-means as Dhillon and Modha have it, for centroids that all keep points: centroids,
/// labels, iterations and the sum of cosines.
fn plain(points: &Array2<f64>, initial: &Array2<f64>) -> (Array2<f64>, Vec<i32>, usize, f64) {
    let (points, mut centroids) = (unit_rows(points), unit_rows(initial));
    let mut labels = vec![-1; points.nrows()];
    for iteration in 1.. {
        let nearest = |point: ArrayView1<f64>| {
            let cosine = |j: &usize| point.dot(&centroids.row(*j));
            (0..centroids.nrows()).rev().max_by(|a, b| cosine(a).total_cmp(&cosine(b))).unwrap()
                as i32
        };
        let new: Vec<i32> = points.outer_iter().map(nearest).collect();
        let unchanged = new == labels;
        labels = new;
        for (j, mut centroid) in centroids.outer_iter_mut().enumerate() {
            let members: Vec<usize> =
                (0..labels.len()).filter(|&i| labels[i] == j as i32).collect();
            let sum = points.select(Axis(0), &members).sum_axis(Axis(0));
            centroid.assign(&unit(sum.view()));
        }
        if unchanged {
            let own = |(point, &label): (ArrayView1<f64>, &i32)| {
                point.dot(&centroids.row(label as usize))
            };
            let sum = points.outer_iter().zip(&labels).map(own).sum();
            return (centroids, labels, iteration, sum);
        }
    }
    unreachable!("the loop only ends by returning")
}

/// Points of all lengths, in directions that do not favor the positive ones.
fn rays(n: usize, d: usize, seed: u64) -> Array2<f64> {
    let mut points = cloud(n, d, seed) + 0.1;
    for (i, mut row) in points.outer_iter_mut().enumerate() {
        row *= ((i * 37 % 101) as f64 - 50.0).exp2().powf(0.2);
    }
    points
}

#[test]
fn plain_spherical_kmeans_agrees_with_every_algorithm() {
    for (n, d, k, seed) in [(1_500, 9, 8, 1), (700, 17, 5, 2), (300, 2, 3, 3), (900, 45, 25, 4)] {
        let points = rays(n, d, seed);
        let initial = points.select(Axis(0), &(0..k).collect::<Vec<_>>());
        let (centroids, labels, iterations, sum) = plain(&points, &initial);
        for algorithm in ALGORITHMS {
            let params = KMeansParams { tol: 0.0, algorithm, ..from(initial.clone()) };
            let fit = fit_kmeans(points.view(), &params).unwrap();
            assert_eq!(fit.assignments.to_vec(), labels, "{}", algorithm.as_str());
            assert_eq!(fit.iterations, iterations, "{}", algorithm.as_str());
            assert_close(algorithm.as_str(), fit.model.centroids(), &centroids, 1e-12);
            let inertia = 2.0 * (n as f64 - sum);
            assert_close(algorithm.as_str(), &[fit.inertia], &[inertia], 1e-12);
            assert_eq!(fit.model.metric(), Metric::Cosine);
            assert_eq!(fit.model.predict(&points).unwrap(), fit.assignments);
            assert_eq!(fit.model.inertia(&points, &fit.assignments).unwrap(), fit.inertia);
        }
    }
}

#[test]
fn all_algorithms_have_the_same_bytes_in_f32_and_u8() {
    fn check<F: Scalar>(points: &Array2<F>, k: usize) {
        let fit = |algorithm| {
            let params = KMeansParams { starts: 2, algorithm, ..cosine(k) };
            kmeans_bits(&fit_kmeans(points, &params).unwrap())
        };
        let lloyd = fit(clustering::kmeans::Algorithm::Lloyd);
        for algorithm in ALGORITHMS {
            assert!(fit(algorithm) == lloyd, "{}", algorithm.as_str());
        }
    }
    check(&rays(2_000, 40, 5).mapv(|x| x as f32), 30);
    check(&rays(900, 150, 6).mapv(|x| x as f32), 12);
    check(&cloud(1_000, 30, 7).mapv(|x| (128.0 + 100.0 * x) as u8), 21);
}

#[test]
fn directions_are_found_where_lengths_mislead() {
    // Two directions, each with short and long points: by distance the short ones are together.
    let points = Array2::from_shape_fn((200, 2), |(i, j)| {
        let (angle, length) = ([0.2, 1.2][i % 2] + (i % 7) as f64 * 0.01, [0.5, 40.0][i / 2 % 2]);
        length * if j == 0 { f64::cos(angle) } else { f64::sin(angle) }
    });
    let alike = |fit: &KMeansFit| {
        (0..200).all(|i| fit.assignments[i] == fit.assignments[i % 2])
            && fit.assignments[0] != fit.assignments[1]
    };
    let euclidean = KMeansParams { k: 2, ..KMeansParams::default() };
    assert!(!alike(&fit_kmeans(&points, &euclidean).unwrap()));
    assert!(alike(&fit_kmeans(&points, &cosine(2)).unwrap()));
    for init in [Init::Random, Init::KMeansPlusPlus] {
        let params = MiniBatchParams {
            k: 2,
            metric: Metric::Cosine,
            init,
            batch: 50,
            ..MiniBatchParams::default()
        };
        let mut batches = MiniBatch::new(&points, 200, params).unwrap();
        for first in [0, 50, 100, 150] {
            batches.update(points.slice(ndarray::s![first..first + 50, ..])).unwrap();
        }
        let model = batches.into_model();
        for centroid in model.centroids().outer_iter() {
            assert!((centroid.dot(&centroid) - 1.0).abs() < 1e-14);
        }
        let assignments = model.predict(&points).unwrap();
        assert!((0..200).all(|i| assignments[i] == assignments[i % 2]));
        assert_ne!(assignments[0], assignments[1]);
    }
}

#[test]
fn lengths_change_nothing() {
    let points = rays(700, 6, 9);
    let fit = fit_kmeans(&points, &cosine(5)).unwrap();
    // A power of two changes no bit of a direction, other factors change the last.
    let mut other = points.clone();
    for (i, mut row) in other.outer_iter_mut().enumerate() {
        row *= 2f64.powi(i as i32 % 40 - 20);
    }
    assert_eq!(kmeans_bits(&fit_kmeans(&other, &cosine(5)).unwrap()), kmeans_bits(&fit));
    for factor in [3.7e-160, 0.1, 3e5, 1.1e170] {
        let scaled = fit_kmeans(&(&points * factor), &cosine(5)).unwrap();
        assert_eq!(scaled.assignments, fit.assignments, "{factor}");
        assert_close("centroids", scaled.model.centroids(), fit.model.centroids(), 1e-12);
    }
    // The scale of bytes is a factor, too.
    let bytes = points.mapv(|x| (1.0 + (20.0 * x).rem_euclid(200.0)) as u8);
    let scaled = Points::new(bytes.view()).scale(1.0 / 255.0);
    let [with, without] = [fit_kmeans(scaled, &cosine(4)), fit_kmeans(&bytes, &cosine(4))];
    assert_eq!(kmeans_bits(&with.unwrap()), kmeans_bits(&without.unwrap()));
}

#[test]
fn weights_count_as_repeated_points() {
    let points = rays(150, 4, 3);
    let weights: Vec<f64> = (0..150).map(|i| f64::from(i % 4)).collect();
    let repeated: Vec<usize> = (0..150).flat_map(|i| vec![i; i % 4]).collect();
    let repeated = points.select(Axis(0), &repeated);
    let initial = points.select(Axis(0), &[1, 2, 3, 5]);
    let with = fit_kmeans(Points::new(points.view()).weights(&weights), &from(initial.clone()));
    let (with, alone) = (with.unwrap(), fit_kmeans(&repeated, &from(initial)).unwrap());
    assert_close("centroids", with.model.centroids(), alone.model.centroids(), 1e-12);
    assert_close("inertia", &[with.inertia], &[alone.inertia], 1e-12);
    assert_eq!(with.assignments, alone.model.predict(&points).unwrap());
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let points = rays(20_011, 7, 1).mapv(|value| value as f32);
    let fit = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let params = KMeansParams { starts: 2, max_iter: 10, ..cosine(6) };
        pool.install(|| {
            let fit = fit_kmeans(&points, &params).unwrap();
            let distances = fit.model.distances(&points).unwrap().mapv(f64::to_bits);
            (kmeans_bits(&fit), distances)
        })
    };
    let one = fit(1);
    assert!(one == fit(2) && one == fit(5));
}

#[test]
fn the_search_merges_and_splits_directions() {
    // Five directions, of which the start has one twice and two in one.
    let centers = Array2::from_shape_fn((5, 2), |(i, j)| {
        let angle = i as f64 * 1.2;
        10.0 * if j == 0 { angle.cos() } else { angle.sin() }
    });
    let points = blobs(&centers, 40, 1.0, 2);
    let mut initial = centers.clone();
    initial.row_mut(1).assign(&(&centers.row(0) + 0.5));
    initial.row_mut(2).assign(&(&centers.row(1) + &centers.row(2)));
    let without = fit_kmeans(&points, &from(initial.clone())).unwrap();
    let params = KMeansParams { search: Search::SplitMerge, ..from(initial) };
    let with = fit_kmeans(&points, &params).unwrap();
    assert!(with.rounds > 0 && with.inertia < 0.5 * without.inertia, "{with:?}");
    assert!((0..200).all(|i| with.assignments[i] == with.assignments[i / 40 * 40]));
    let selection = select_k(&points, &cosine(1), 2..=7, &mut |_| {}).unwrap();
    assert_eq!(selection.silhouette, Some(5));
}

#[test]
fn opposite_points_leave_a_centroid_where_it_was() {
    let points = array![[1.0, 0.0], [-1.0, 0.0], [2.0, 0.0], [-5.0, 0.0]];
    let fit = fit_kmeans(&points, &from(array![[0.0, 3.0]])).unwrap();
    assert_eq!(fit.model.centroids(), array![[0.0, 1.0]]);
    assert_eq!((fit.inertia, fit.converged), (8.0, true));
    let same = Array2::from_elem((6, 3), 0.7);
    let fit = fit_kmeans(&same, &cosine(3)).unwrap();
    assert_eq!((fit.sizes.iter().max(), fit.converged), (Some(&6), true));
    assert!(fit.inertia < 1e-30, "{}", fit.inertia);
}

#[test]
fn points_without_a_direction_are_refused() {
    let mut points = cloud(3_000, 4, 8);
    points.row_mut(2_345).fill(0.0);
    let told = "expected points with a direction, found zeros alone in row 2345: remove that row \
        or use the metric euclidean";
    assert_eq!(fit_kmeans(&points, &cosine(3)).unwrap_err().to_string(), told);
    let model = KMeans::with_metric(cloud(3, 4, 1), Metric::Cosine).unwrap();
    let refused = Error::NoDirection { what: "points", row: 2_345 };
    assert_eq!(model.predict(&points), Err(refused.clone()));
    assert_eq!(model.distances(&points), Err(refused.clone()));
    assert_eq!(model.inertia(&points, &Array1::zeros(3_000)), Err(refused.clone()));
    let params = MiniBatchParams { metric: Metric::Cosine, k: 2, ..MiniBatchParams::default() };
    assert_eq!(MiniBatch::new(&points, 3_000, params.clone()).unwrap_err(), refused);
    let mut batches = MiniBatch::new(&cloud(50, 4, 2), 3_000, params).unwrap();
    let before = batches.model().clone();
    assert_eq!(batches.update(&points).unwrap_err(), refused);
    assert_eq!(*batches.model(), before);
    // Tiny values have a direction.
    points.row_mut(2_345)[1] = 5e-324;
    assert!(fit_kmeans(&points, &cosine(3)).is_ok());
    let zero = array![[1.0, 0.0, 0.0, 0.0], [0.0; 4]];
    let refused = Error::NoDirection { what: "starting centroids", row: 1 };
    assert_eq!(fit_kmeans(&points, &from(zero.clone())).unwrap_err(), refused);
    let refused = Error::NoDirection { what: "centroids", row: 1 };
    assert_eq!(KMeans::with_metric(zero, Metric::Cosine).unwrap_err(), refused);
}

#[cfg(feature = "linfa")]
#[test]
fn linfa_refuses_the_cosine() {
    let algorithm = clustering::kmeans::Algorithm::Linfa;
    let params = KMeansParams { algorithm, ..cosine(2) };
    let told = fit_kmeans(&cloud(9, 2, 0), &params).unwrap_err().to_string();
    assert!(told.contains("found: the metric cosine, which it does not know"), "{told}");
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(64)
    })]

    #[test]
    fn the_inertia_never_grows_and_is_that_of_the_cosines(
        n in 6..60_usize,
        d in 1..5_usize,
        k in 1..5_usize,
        seed: u64,
    ) {
        let points = rays(n, d, seed);
        let mut inertias = vec![f64::INFINITY];
        let params = KMeansParams { starts: 1, tol: 0.0, ..cosine(k) };
        let fit = clustering::kmeans::fit(&points, &params, &mut |event| {
            if let Progress::Iteration(report) = event {
                inertias.push(report.details.inertia);
            }
        }).unwrap();
        let slack = 1e-12 * n as f64;
        prop_assert!(inertias.windows(2).all(|pair| pair[1] <= pair[0] + slack), "{inertias:?}");
        let last = inertias[inertias.len() - 1];
        prop_assert!((last - fit.inertia).abs() <= slack, "{last} against {}", fit.inertia);
        let centroids = fit.model.centroids();
        let points = unit_rows(&points);
        let mut sum = 0.0;
        for (point, &label) in points.outer_iter().zip(&fit.assignments) {
            let own = point.dot(&centroids.row(label as usize));
            prop_assert!(centroids.outer_iter().all(|c| point.dot(&c) <= own + 1e-9));
            sum += own;
        }
        let expected = 2.0 * (n as f64 - sum);
        prop_assert!((fit.inertia - expected).abs() <= slack, "{} {expected}", fit.inertia);
        prop_assert!(centroids.outer_iter().all(|c| (c.dot(&c) - 1.0).abs() < 1e-14));
    }
}
