//! What may be done to points without changing what k-means says of them, and what an iteration
//! reports.

use clustering::kmeans::{self, KMeansParams, Progress};
use clustering::{Points, Scalar};
use ndarray::{Array2, Axis, ShapeBuilder};
use proptest::prelude::*;

use crate::support::{
    ALGORITHMS, assert_close, blobs, cloud, fit_kmeans, from_centroids, kmeans_bits,
};

/// Every algorithm, to its end, from the first k points.
fn every_params(points: &Array2<f64>, k: usize) -> Vec<KMeansParams> {
    let initial = points.select(Axis(0), &(0..k).collect::<Vec<_>>());
    let base = KMeansParams { tol: 0.0, ..from_centroids(initial) };
    ALGORITHMS.iter().map(|&algorithm| KMeansParams { algorithm, ..base.clone() }).collect()
}

/// Two sizes, one for each form of the kernels.
const SIZES: [(usize, usize, usize); 2] = [(900, 6, 11), (700, 45, 25)];

fn permuted(n: usize) -> Vec<usize> {
    (0..n).map(|i| (i * 7 + 3) % n).collect()
}

#[test]
fn permuted_points_have_permuted_assignments() {
    for (n, d, k) in [(901, 6, 11), (701, 45, 25)] {
        let points = cloud(n, d, 1);
        let order = permuted(n);
        for params in every_params(&points, k) {
            let fit = fit_kmeans(&points, &params).unwrap();
            let other = fit_kmeans(&points.select(Axis(0), &order), &params).unwrap();
            assert_eq!(other.assignments, fit.assignments.select(Axis(0), &order));
            assert_eq!(other.iterations, fit.iterations);
            assert_close("inertia", &[other.inertia], &[fit.inertia], 1e-12);
            assert_close("centroids", other.model.centroids(), fit.model.centroids(), 1e-12);
        }
    }
}

fn scaled<F: Scalar>(
    points: &Array2<f64>,
    params: &KMeansParams,
    narrow: impl Fn(f64) -> F,
    powers: &[i32],
) {
    let base = fit_kmeans(&points.mapv(&narrow), params).unwrap();
    for &power in powers {
        let factor = f64::from(power).exp2();
        let kmeans::Init::Centroids(initial) = &params.init else { panic!("centroids are given") };
        let init = kmeans::Init::Centroids(initial * factor);
        let fit = fit_kmeans(
            &points.mapv(|x| narrow(x * factor)),
            &KMeansParams { init, ..params.clone() },
        );
        let fit = fit.unwrap();
        let what = format!("{}, 2^{power}", params.algorithm.as_str());
        assert_eq!(fit.model.centroids(), base.model.centroids() * factor, "{what}");
        assert_eq!(
            (&fit.assignments, fit.iterations),
            (&base.assignments, base.iterations),
            "{what}"
        );
        assert_eq!(fit.inertia, base.inertia * factor * factor, "{what}");
    }
}

#[test]
fn scaled_points_have_scaled_centroids() {
    for (n, d, k) in SIZES {
        let points = cloud(n, d, 2).mapv(|x| f64::from(x as f32));
        for params in every_params(&points, k) {
            // Far out, distances are computed in another unit, which is a power of two as well.
            scaled(&points, &params, |x| x as f32, &[-90, -31, -5, 1, 29, 31, 100]);
            scaled(&points, &params, |x| x, &[-400, -90, -31, -5, 1, 29, 31, 100, 400]);
        }
    }
}

#[test]
fn a_scale_is_a_factor() {
    // By bytes and a scale, and by the same values in f64: k-means of the first is in f32.
    for (n, d, k) in SIZES {
        let bytes = cloud(n, d, 3).mapv(|x| (127.0 * (x + 1.0)) as u8);
        let values = bytes.mapv(|x| f64::from(x) * (1.0 / 255.0));
        for params in every_params(&values, k) {
            let expected = fit_kmeans(&values, &params).unwrap();
            let fit = fit_kmeans(Points::new(bytes.view()).scale(1.0 / 255.0), &params).unwrap();
            assert_eq!(
                (&fit.assignments, fit.iterations),
                (&expected.assignments, expected.iterations)
            );
            assert_close("centroids", fit.model.centroids(), expected.model.centroids(), 1e-12);
            assert_close("inertia", &[fit.inertia], &[expected.inertia], 1e-12);
            let predicted =
                fit.model.predict(Points::new(bytes.view()).scale(1.0 / 255.0)).unwrap();
            assert_eq!(predicted, fit.assignments);
        }
    }
}

#[test]
fn moved_points_have_moved_centroids() {
    for (n, d, k) in SIZES {
        // On a grid fine enough that ties are unlikely and coarse enough that moved points are
        // exact.
        let points = cloud(n, d, 4).mapv(|x| (x * 1048576.0).round() / 1048576.0);
        for distance in [-3.0, 1e3, 1e6] {
            for (params, moved) in
                every_params(&points, k).iter().zip(every_params(&(&points + distance), k))
            {
                let fit = fit_kmeans(&points, params).unwrap();
                let other = fit_kmeans(&(&points + distance), &moved).unwrap();
                assert_eq!(
                    (&other.assignments, other.iterations),
                    (&fit.assignments, fit.iterations)
                );
                let back = other.model.centroids() - distance;
                assert_close(
                    "centroids",
                    &back,
                    fit.model.centroids(),
                    1e-14 * distance.abs().max(100.0),
                );
                assert_close("inertia", &[other.inertia], &[fit.inertia], 1e-9);
            }
        }
    }
}

fn threads_and_layouts<F: Scalar>(points: &Array2<F>, params: &KMeansParams) {
    let n = points.nrows();
    let weights: Vec<f64> = (0..n).map(|i| ((i + 1) % 5) as f64 / 3.0).collect();
    let mut fortran = Array2::from_elem(points.dim().f(), points[[0, 0]]);
    fortran.assign(points);
    for weights in [None, Some(&weights)] {
        let fit = |points: &Array2<F>, threads| {
            let points = Points::from(points);
            let points = weights.map_or(points.clone(), |weights| points.weights(weights));
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            kmeans_bits(&pool.install(|| fit_kmeans(points, params).unwrap()))
        };
        let one = fit(points, 1);
        let what = format!("{}, weights: {}", params.algorithm.as_str(), weights.is_some());
        assert!(one == fit(points, 2) && one == fit(points, 7), "{what}");
        assert!(one == fit(&fortran, 3), "{what}, Fortran order");
    }
}

#[test]
fn threads_and_layouts_do_not_show() {
    // Several chunks; and fewer points than there are threads.
    for (n, d, k) in [(2_000, 5, 12), (1_500, 40, 12), (3, 2, 2), (1, 40, 1), (6, 33, 5)] {
        let points = cloud(n, d, 5);
        for algorithm in ALGORITHMS {
            for init in [kmeans::Init::KMeansPlusPlus, kmeans::Init::Random] {
                let params = KMeansParams {
                    k,
                    init,
                    algorithm,
                    starts: 2,
                    max_iter: 8,
                    ..KMeansParams::default()
                };
                threads_and_layouts(&points, &params);
                threads_and_layouts(&points.mapv(|x| x as f32), &params);
                threads_and_layouts(&points.mapv(|x| (127.0 * (x + 1.0)) as u8), &params);
            }
        }
    }
}

/// Inertias that the iterations report, with the fit.
fn path(points: Points<f64>, params: &KMeansParams) -> (kmeans::KMeansFit, Vec<f64>) {
    let mut inertias = vec![Vec::new(); params.starts];
    let fit = kmeans::fit(points, params, &mut |event| {
        if let Progress::Iteration(report) = event {
            inertias[report.start].push(report.details.inertia);
        }
    })
    .unwrap();
    let path = inertias.swap_remove(fit.start);
    (fit, path)
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(48)
    })]

    #[test]
    fn reported_inertia_never_rises_and_ends_as_the_fit(
        seed: u64, d in 1..40_usize, k in 1..20_usize, algorithm in 0..5_usize, weighted: bool,
    ) {
        let centers = cloud(6, d, seed).mapv(|x| 4.0 * x);
        let points = blobs(&centers, 40, 1.0, seed);
        let weights: Vec<f64> = (0..240).map(|i| f64::from(i % 3) + 0.5).collect();
        let algorithm = ALGORITHMS[algorithm];
        let params = KMeansParams {
            k,
            seed,
            algorithm,
            starts: 3,
            tol: 0.0,
            ..KMeansParams::default()
        };
        let points = Points::from(&points);
        let (fit, path) = path(if weighted { points.weights(&weights) } else { points }, &params);
        for pair in path.windows(2) {
            prop_assert!(pair[1] <= pair[0] * (1.0 + 1e-9), "{} after {}", pair[1], pair[0]);
        }
        prop_assert!(fit.converged);
        let last = path[path.len() - 1];
        prop_assert_eq!(path.len(), fit.iterations);
        let inertia = fit.inertia;
        prop_assert!((last - inertia).abs() <= 1e-9 * inertia, "{last} and {inertia}");
    }
}
