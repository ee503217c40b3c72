//! Other engines on the same points: a plain Lloyd written here, and linfa's.

use clustering::gmm::{CovarianceType, GaussianMixture, GmmParams};
use clustering::kmeans::{Algorithm, KMeansParams};
use linfa::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array2, ArrayView1, Axis, array};

use crate::support::{
    ALGORITHMS, assert_close, blobs, cloud, fit_gmm, fit_kmeans, from_centroids, golden_points,
};

fn squared(a: ArrayView1<f64>, b: ArrayView1<f64>) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}

/// Lloyd's algorithm as a textbook has it, for centroids that all keep points.
fn plain_lloyd(points: &Array2<f64>, mut centroids: Array2<f64>) -> (Array2<f64>, Vec<i32>, usize) {
    let mut labels = vec![-1; points.nrows()];
    for iteration in 1.. {
        let nearest = |point: ArrayView1<f64>| {
            let distance = |j: &usize| squared(point, centroids.row(*j));
            (0..centroids.nrows()).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap()
                as i32
        };
        let new: Vec<i32> = points.outer_iter().map(nearest).collect();
        let unchanged = new == labels;
        labels = new;
        for (j, mut centroid) in centroids.outer_iter_mut().enumerate() {
            let members: Vec<usize> =
                (0..labels.len()).filter(|&i| labels[i] == j as i32).collect();
            centroid.assign(&points.select(Axis(0), &members).mean_axis(Axis(0)).unwrap());
        }
        if unchanged {
            return (centroids, labels, iteration);
        }
    }
    unreachable!("the loop only ends by returning")
}

#[test]
fn plain_lloyd_agrees() {
    for (n, d, k, seed) in [(1_500, 9, 8, 1), (700, 17, 5, 2), (300, 1, 3, 3), (900, 45, 12, 4)] {
        let points = cloud(n, d, seed);
        let initial = points.select(Axis(0), &(0..k).collect::<Vec<_>>());
        let (centroids, labels, iterations) = plain_lloyd(&points, initial.clone());
        for algorithm in ALGORITHMS {
            let params = KMeansParams { tol: 0.0, algorithm, ..from_centroids(initial.clone()) };
            let fit = fit_kmeans(points.view(), &params).unwrap();
            assert_eq!(fit.assignments.to_vec(), labels, "{}", algorithm.as_str());
            assert_eq!(fit.iterations, iterations, "{}", algorithm.as_str());
            assert_close(algorithm.as_str(), fit.model.centroids(), &centroids, 1e-12);
        }
    }
}

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
