//! linfa's engines on the same points: the reference algorithm of k-means, and its mixture.

use clustering::gmm::{CovarianceType, GaussianMixture, GmmParams};
use clustering::kmeans::{Algorithm, KMeansParams};
use clustering::{Error, Points};
use linfa::DatasetBase;
use linfa::traits::Fit;
use ndarray::array;

use crate::support::{
    assert_close, blobs, cloud, fit_gmm, fit_kmeans, from_centroids, golden_points,
};

#[test]
fn linfa_engine_is_close() {
    let points = golden_points("blobs");
    let ours =
        fit_kmeans(points.view(), &KMeansParams { k: 6, ..KMeansParams::default() }).unwrap();
    let params = KMeansParams { k: 6, algorithm: Algorithm::Linfa, ..KMeansParams::default() };
    let mut starts = Vec::new();
    let fit = clustering::kmeans::fit(points.view(), &params, &mut |event| {
        if let clustering::kmeans::Progress::Start(report) = event {
            starts.push(report.start);
        }
    })
    .unwrap();
    assert_eq!(starts, (0..10).collect::<Vec<_>>());
    assert!(fit.converged && fit.iterations > 1);
    assert_close("inertia", &[fit.inertia], &[ours.inertia], 1e-3);
    assert_eq!(fit.assignments, fit.model.predict(points.view()).unwrap());
    assert_eq!(fit.inertia, fit.model.inertia(points.view(), &fit.assignments).unwrap());
    assert_eq!(fit.sizes.iter().sum::<usize>(), points.nrows());
}

#[test]
fn linfa_engine_from_given_centroids_on_f32() {
    let centers = array![[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]];
    let points = blobs(&centers, 100, 1.0, 1).mapv(|value| value as f32);
    let initial = array![[1.0, 1.0], [7.0, 1.0], [1.0, 7.0]];
    let ours = fit_kmeans(points.view(), &from_centroids(initial.clone())).unwrap();
    let params = KMeansParams { algorithm: Algorithm::Linfa, ..from_centroids(initial) };
    let linfa = fit_kmeans(points.view(), &params).unwrap();
    assert_eq!(ours.assignments, linfa.assignments);
    assert_close("centroids", linfa.model.centroids(), ours.model.centroids(), 1e-5);
}

#[test]
fn linfa_mixture_converges_to_the_same_likelihood() {
    let centers = array![[0.0, 0.0, 0.0], [12.0, 0.0, 1.0], [0.0, 12.0, -1.0], [12.0, 12.0, 5.0]];
    let points = blobs(&centers, 250, 2.0, 7);
    let linfa = linfa_clustering::GaussianMixtureModel::params(4)
        .tolerance(1e-8)
        .max_n_iterations(500)
        .fit(&DatasetBase::from(points.clone()))
        .unwrap();
    let (weights, means) = (linfa.weights().clone(), linfa.means().clone());
    let covariances = linfa.covariances().clone().into_dyn();
    let linfa = GaussianMixture::new(weights, means, covariances, CovarianceType::Full).unwrap();
    let theirs = linfa.score_samples(points.view()).unwrap().mean().unwrap();

    let params = GmmParams { k: 4, tol: 1e-8, max_iter: 500, ..GmmParams::default() };
    let ours = fit_gmm(points.view(), &params).unwrap();
    assert!(ours.converged);
    assert_close("log-likelihood", &[ours.log_likelihood], &[theirs], 1e-6);
}

#[test]
fn linfa_knows_no_weights() {
    let points = cloud(4, 2, 0);
    let params = KMeansParams { k: 2, algorithm: Algorithm::Linfa, ..KMeansParams::default() };
    let error = fit_kmeans(Points::new(points.view()).weights(&[2.0; 4]), &params).unwrap_err();
    assert!(matches!(error, Error::Linfa(_)));
    let message = "expected linfa's k-means to run, found: weights, which it does not know; \
                   use the default engine";
    assert_eq!(error.to_string(), message);
}
