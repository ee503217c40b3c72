//! Labels of new points.

use hdbscan::{Error, Hdbscan, Metric, Params, Parts, fit};
use ndarray::{Array2, array};

use crate::support::blobs;

#[test]
fn points_that_were_clustered_keep_their_labels() {
    for metric in [Metric::Euclidean, Metric::Cosine] {
        for allow_single_cluster in [false, true] {
            let params =
                Params { metric, min_cluster_size: 12, allow_single_cluster, ..Params::default() };
            let points = blobs(800, 4, 2);
            let fit = fit(points.view(), None, &params, &mut |_| ()).unwrap();
            assert!(fit.labels.iter().any(|&label| label < 0), "{metric:?}: no noise");
            let new = fit.model.predict(points.view()).unwrap();
            let same = (0..800).filter(|&i| new.labels[i] == fit.labels[i]).count();
            // A noise point may be as near to a cluster as its core distance.
            assert!(same >= 780, "{metric:?}: {same} of 800");
            assert!(
                (0..800).all(|i| fit.labels[i] < 0 || new.labels[i] == fit.labels[i]),
                "{metric:?}"
            );
        }
    }
}

#[test]
fn a_new_point_is_noise_where_its_cluster_has_died() {
    let points = Array2::from_shape_fn((60, 1), |(i, _)| (i % 2 * 100) as f64 + (i / 2) as f64);
    let params = Params { min_cluster_size: 10, min_samples: Some(3), ..Params::default() };
    let fit = fit(points.view(), None, &params, &mut |_| ()).unwrap();
    assert_eq!(fit.model.k(), 2);
    let new = array![[10.4], [110.4], [45.0], [-200.0], [31.5]];
    let found = fit.model.predict(new.view()).unwrap();
    assert_eq!(found.labels.to_vec()[..2], [fit.labels[0], fit.labels[1]]);
    // The clusters part at a distance of 71, and 200 is beyond it.
    assert_eq!(found.labels.to_vec()[2..], [fit.labels[0], -1, fit.labels[0]]);
    assert_eq!(found.probabilities[3], 0.0);
    // The core distances within a cluster are 1; that of the last new point is 4.5.
    assert!((found.probabilities[4] - 1.0 / 4.5).abs() < 1e-6, "{}", found.probabilities[4]);
}

#[test]
fn a_single_cluster_takes_no_far_points() {
    let points = blobs(300, 2, 4).select(
        ndarray::Axis(0),
        &(0..300).filter(|i| i % 5 == 0 && i % 10 != 9).collect::<Vec<_>>(),
    );
    let params = Params { allow_single_cluster: true, ..Params::default() };
    let params = Params { min_cluster_size: 25, min_samples: Some(3), ..params };
    let fit = fit(points.view(), None, &params, &mut |_| ()).unwrap();
    assert_eq!(fit.model.k(), 1);
    let found = fit.model.predict(array![[1e4, 1e4]].view()).unwrap();
    assert_eq!((found.labels[0], found.probabilities[0]), (-1, 0.0));
}

#[test]
fn other_features_and_no_points() {
    let points = blobs(100, 2, 4);
    let model = fit(points.view(), None, &Params::default(), &mut |_| ()).unwrap().model;
    let error = model.predict(Array2::<f32>::zeros((3, 5)).view()).unwrap_err();
    assert_eq!(error, Error::Features { expected: 2, found: 5 });
    let error = model.predict(array![[0.0, f64::NAN]].view()).unwrap_err();
    assert!(error.to_string().contains("found NaN in row 0, column 1"), "{error}");
    assert_eq!(model.predict(Array2::<f64>::zeros((0, 2)).view()).unwrap().labels.len(), 0);
}

#[test]
fn damaged_parts_are_refused() {
    let points = blobs(100, 2, 4);
    let model = fit(points.view(), None, &Params::default(), &mut |_| ()).unwrap().model;
    type Damage = fn(&mut Parts);
    let damages: [(Damage, &str); 12] = [
        (|parts| parts.points[[3, 1]] = f32::NAN, "finite points"),
        (|parts| parts.core_distances[0] = -1.0, "core distances of at least 0"),
        (|parts| parts.core_distances = array![0.0], "of 100 points"),
        (|parts| parts.lambdas[7] = f64::NAN, "lambdas of at least 0"),
        (|parts| parts.min_samples = 0, "min_samples from 1 to 100"),
        (|parts| parts.min_samples = 101, "min_samples from 1 to 100"),
        (|parts| parts.alpha = 0.0, "an alpha above 0"),
        (|parts| parts.clusters.clear(), "a tree with a root"),
        (|parts| parts.clusters[1].parent = 1, "cluster 1 after its parent"),
        (|parts| parts.clusters[1].birth = f64::NAN, "cluster 1 after its parent"),
        (|parts| parts.cluster_of[9] = 1 << 30, "clusters of points below"),
        (|parts| parts.selected = vec![2, 1], "ascending selected clusters"),
    ];
    for (damage, told) in damages {
        let mut parts = model.parts().clone();
        damage(&mut parts);
        let error = Hdbscan::new(parts).unwrap_err().to_string();
        assert!(error.contains(told), "{told}: {error}");
    }
}
