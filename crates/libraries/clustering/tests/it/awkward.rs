//! Points that a careless k-means trips over.

use clustering::kmeans::{Algorithm, Init, KMeansFit, KMeansParams};
use clustering::{Points, Scalar};
use ndarray::{Array2, Axis, array};

use crate::support::{
    ALGORITHMS, assert_close, blobs, cloud, fit_kmeans, from_centroids, kmeans_bits,
};

/// The fit of every algorithm; they are the same.
fn fit_all<F: Scalar>(points: &Array2<F>, params: &KMeansParams) -> KMeansFit {
    let fit =
        |algorithm| fit_kmeans(points, &KMeansParams { algorithm, ..params.clone() }).unwrap();
    let lloyd = fit(Algorithm::Lloyd);
    for algorithm in ALGORITHMS {
        assert!(kmeans_bits(&fit(algorithm)) == kmeans_bits(&lloyd), "{}", algorithm.as_str());
    }
    assert!(lloyd.model.centroids().iter().all(|x| x.is_finite()) && lloyd.inertia.is_finite());
    assert_eq!(lloyd.sizes.iter().sum::<usize>(), points.nrows());
    lloyd
}

/// From all three ways to begin.
fn inits(points: &Array2<f64>, k: usize) -> [Init; 3] {
    let first = points.select(Axis(0), &(0..k).collect::<Vec<_>>());
    [Init::KMeansPlusPlus, Init::Random, Init::Centroids(first)]
}

#[test]
fn one_cluster() {
    for d in [1, 40] {
        let points = cloud(300, d, 1);
        for init in inits(&points, 1) {
            let fit = fit_all(&points, &KMeansParams { k: 1, init, ..KMeansParams::default() });
            assert_close("mean", fit.model.centroids(), &points.mean_axis(Axis(0)).unwrap(), 1e-12);
            assert_eq!(fit.sizes, [300]);
        }
    }
}

#[test]
fn as_many_clusters_as_points() {
    for d in [1, 5, 40] {
        let points = cloud(60, d, 2);
        for init in inits(&points, 60) {
            let fit = fit_all(&points, &KMeansParams { k: 60, init, ..KMeansParams::default() });
            assert_eq!((fit.inertia, fit.sizes), (0.0, vec![1; 60]), "d = {d}");
        }
    }
}

#[test]
fn all_points_equal() {
    for d in [1, 40] {
        for value in [0.0, 1.0, 255.0, 3.0] {
            let points = Array2::from_elem((50, d), value);
            for init in inits(&points, 7) {
                let params = KMeansParams { k: 7, init, ..KMeansParams::default() };
                for fit in [
                    fit_all(&points, &params),
                    fit_all(&points.mapv(|x| x as f32), &params),
                    fit_all(&points.mapv(|x| x as u8), &params),
                ] {
                    assert_eq!((fit.inertia, fit.converged), (0.0, true));
                    assert!(fit.model.centroids().iter().all(|&x| x == value));
                }
            }
        }
        let points = Array2::from_elem((50, d), 0.1);
        let fit = fit_all(&points, &KMeansParams { k: 7, ..KMeansParams::default() });
        assert_close("centroids", fit.model.centroids(), &vec![0.1; 7 * d], 1e-15);
    }
}

/// Two clear clusters, the first 30 points and the others, must be found.
fn assert_two_clusters<F: Scalar>(what: &str, points: &Array2<F>) {
    for init in [Init::KMeansPlusPlus, Init::Random] {
        let fit = fit_all(points, &KMeansParams { k: 2, init, ..KMeansParams::default() });
        let (first, second) = (fit.assignments[0], fit.assignments[30]);
        assert_ne!(first, second, "{what}");
        let halves = fit.assignments.iter().enumerate();
        assert!(
            halves.into_iter().all(|(i, &label)| label == if i < 30 { first } else { second }),
            "{what}"
        );
        assert_eq!(fit.model.predict(points).unwrap(), fit.assignments, "{what}");
    }
}

#[test]
fn two_clusters_of_any_size() {
    for d in [1, 2, 33] {
        let mut centers = Array2::zeros((2, d));
        centers.row_mut(1).fill(10.0);
        let points = blobs(&centers, 30, 1.0, 3);
        for factor in [1e-30, 1e-20, 1e-10, 1.0, 1e10, 1e17] {
            let what = format!("d = {d}, times {factor:e}");
            assert_two_clusters(&what, &points.mapv(|x| (factor * x) as f32));
        }
        for factor in [1e-150, 1e-30, 1e-10, 1.0, 1e10, 1e30, 1e150] {
            assert_two_clusters(
                &format!("d = {d}, times {factor:e}"),
                &points.mapv(|x| factor * x),
            );
        }
        // The largest of f32: squares of these are in f64 alone.
        assert_two_clusters(
            &format!("d = {d}, f32 near 1e30"),
            &points.mapv(|x| (1e30 * x) as f32),
        );
        // 1e-12 apart, around 0 and around 1.
        assert_two_clusters("1e-12 apart", &points.mapv(|x| 1e-13 * x));
        assert_two_clusters("1e-12 apart, at 1", &points.mapv(|x| 1.0 + 1e-13 * x));
    }
}

#[test]
fn mixed_magnitudes_by_feature() {
    // The clusters differ in a feature that is far smaller than the other, which does not vary.
    for (large, small) in [(1e6, 1.0), (1e3, 1e-9), (1e30, 1e17)] {
        let mut points = blobs(&array![[0.0, 0.0], [0.0, 10.0]], 30, 1.0, 4) * small;
        points.column_mut(0).fill(large);
        assert_two_clusters(&format!("{large:e} and {small:e}"), &points);
    }
    let mut points = blobs(&array![[0.0, 0.0], [0.0, 10.0]], 30, 1.0, 4).mapv(|x| x as f32);
    points.column_mut(0).fill(1e5);
    assert_two_clusters("1e5 and 1 in f32", &points);
}

#[test]
fn mixed_magnitudes_by_point() {
    // One far outlier; the others are as good as one place beside it.
    for far in [1e10, 1e20, 1e30] {
        let mut points = cloud(100, 3, 5);
        points.row_mut(41).fill(far);
        for narrow in [false, true] {
            let params = KMeansParams { k: 2, ..KMeansParams::default() };
            let fit = if narrow {
                fit_all(&points.mapv(|x| x as f32), &params)
            } else {
                fit_all(&points, &params)
            };
            let alone = fit.assignments[41];
            assert_eq!(fit.sizes[alone as usize], 1, "{far:e}");
            assert!(
                fit.model.centroids().row(1 - alone as usize).iter().all(|x| x.abs() < 1.0),
                "{far:e}"
            );
        }
    }
}

#[test]
fn one_dimension() {
    let points =
        Array2::from_shape_fn((400, 1), |(i, _)| f64::from((i % 8) as u8) + i as f64 * 1e-4);
    let fit = fit_all(&points, &KMeansParams { k: 8, ..KMeansParams::default() });
    assert_eq!(fit.sizes, [50; 8]);
}

#[test]
fn ten_thousand_dimensions() {
    let centers = cloud(5, 10_000, 6).mapv(|x| 127.0 * (x + 1.0));
    let points = blobs(&centers, 8, 40.0, 7).mapv(|x| x.clamp(0.0, 255.0));
    let params = KMeansParams { k: 5, starts: 3, ..KMeansParams::default() };
    for fit in [
        fit_all(&points, &params),
        fit_all(&points.mapv(|x| x as f32), &params),
        fit_all(&points.mapv(|x| x as u8), &params),
    ] {
        assert_eq!(fit.sizes, [8; 5]);
    }
}

#[test]
fn three_points_and_eight_threads() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(8).build().unwrap();
    let points = array![[0.0, 1.0], [0.0, 2.0], [9.0, 9.0]];
    let fit = pool.install(|| fit_all(&points, &KMeansParams { k: 2, ..KMeansParams::default() }));
    assert_eq!(fit.inertia, 0.5);
}

#[test]
fn empty_clusters_are_filled() {
    // Most of the centroids lie where no point is; all must have points in the end.
    for (n, d) in [(300, 3), (300, 40)] {
        let points = cloud(n, d, 8);
        let mut initial = cloud(20, d, 9);
        initial.slice_mut(ndarray::s![4.., ..]).fill(1e3);
        for narrow in [false, true] {
            let params = KMeansParams { tol: 0.0, ..from_centroids(initial.clone()) };
            let fit = if narrow {
                fit_all(&points.mapv(|x| x as f32), &params)
            } else {
                fit_all(&points, &params)
            };
            assert!(fit.converged && fit.sizes.iter().all(|&size| size > 0), "{:?}", fit.sizes);
        }
        let bytes = points.mapv(|x| (127.0 * (x + 1.0)) as u8);
        let fit = fit_all(&bytes, &from_centroids(initial * 100.0));
        assert!(fit.sizes.iter().all(|&size| size > 0), "{:?}", fit.sizes);
    }
}

#[test]
fn two_empty_clusters_and_one_that_they_empty() {
    // Both far points are in cluster 0, which has nothing else: it ends with a centroid and no
    // points of its own.
    let points = array![[0.0], [0.5], [90.0], [110.0]];
    let params =
        KMeansParams { max_iter: 1, ..from_centroids(array![[100.0], [1e6], [0.0], [1e7]]) };
    fit_all(&points, &params);
    let fit = fit_all(&points, &KMeansParams { max_iter: 50, ..params });
    assert_eq!((fit.inertia, fit.sizes), (0.0, vec![1; 4]));
}

#[test]
fn points_far_from_zero_keep_their_digits() {
    // In f32, at 1000, |x|^2 - 2 x.c + |c|^2 would have no digit of a distance of 0.01 left.
    let points = blobs(&array![[1000.0, 1000.0], [1000.01, 1000.0]], 30, 0.001, 10);
    assert_two_clusters("f32 at 1000", &points.mapv(|x| x as f32));
    let params = KMeansParams { k: 2, ..KMeansParams::default() };
    let scaled = fit_kmeans(Points::new(points.view()).scale(1e-3), &params).unwrap();
    assert_eq!(scaled.sizes, [30; 2]);
}
