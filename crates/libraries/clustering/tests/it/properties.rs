//! What must hold for any points.

use clustering::Error;
use clustering::gmm::{self, GmmParams, Progress};
use clustering::kmeans::KMeansParams;
use ndarray::{Array2, Axis};
use proptest::prelude::*;

use crate::support::{blobs, fit_kmeans, from_centroids};

/// Points on a coarse grid, so that duplicates, ties and empty clusters occur.
fn grid_points() -> impl Strategy<Value = Array2<f64>> {
    (5..60_usize, 1..4_usize).prop_flat_map(|(n, d)| {
        prop::collection::vec(-4..=4_i32, n * d).prop_map(move |values| {
            Array2::from_shape_vec((n, d), values).unwrap().mapv(|value| 0.5 * f64::from(value))
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(64)
    })]

    #[test]
    fn inertia_never_grows(points in grid_points(), k in 1..5_usize) {
        let initial = points.select(Axis(0), &(0..k).collect::<Vec<_>>());
        let mut before = f64::INFINITY;
        for max_iter in 1..12 {
            let params = KMeansParams { max_iter, tol: 0.0, ..from_centroids(initial.clone()) };
            let fit = fit_kmeans(points.view(), &params).unwrap();
            prop_assert!(fit.inertia <= before * (1.0 + 1e-12), "{} after {before}", fit.inertia);
            before = fit.inertia;
        }
    }

    #[test]
    fn every_point_is_with_its_nearest_centroid(
        points in grid_points(),
        k in 1..5_usize,
        seed: u64,
    ) {
        let params = KMeansParams { k, seed, starts: 2, ..KMeansParams::default() };
        let fit = fit_kmeans(points.view(), &params).unwrap();
        let centroids = fit.model.centroids();
        prop_assert!(centroids.iter().all(|value| value.is_finite()));
        prop_assert_eq!(fit.sizes.iter().sum::<usize>(), points.nrows());
        for (point, &label) in points.outer_iter().zip(&fit.assignments) {
            let distance =
                |j: usize| (&point - &centroids.row(j)).mapv(|value| value * value).sum();
            let own: f64 = distance(label as usize);
            prop_assert!((0..k).all(|j| own <= distance(j) + 1e-9));
        }
    }

    #[test]
    fn likelihood_never_shrinks(seed: u64, kind in 0..4_usize) {
        let covariance_type = ["full", "tied", "diag", "spherical"][kind].parse().unwrap();
        let centers = Array2::from_shape_fn((3, 2), |(i, j)| (i * (j + 1)) as f64);
        let points = blobs(&centers, 30, 1.5, seed);
        // No reg_covar: it is added after the maximization, and so may lower the likelihood a
        // little.
        let params = GmmParams {
            k: 3,
            seed,
            reg_covar: 0.0,
            covariance_type,
            ..GmmParams::default()
        };
        let mut changes = Vec::new();
        let fit = gmm::fit(points.view(), &params, &mut |progress| {
            if let Progress::Iteration(report) = progress {
                changes.push(report.details.change);
            }
        });
        let expected = matches!(fit, Ok(_) | Err(Error::NotPositiveDefinite { .. }));
        prop_assert!(expected, "{fit:?}");
        prop_assert!(changes.iter().all(|change| *change >= -1e-9), "{changes:?}");
    }
}
