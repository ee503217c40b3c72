//! Another engine on the same points: a plain Lloyd written here.

use clustering::kmeans::KMeansParams;
use ndarray::{Array2, ArrayView1, Axis};

use crate::support::{ALGORITHMS, assert_close, cloud, fit_kmeans, from_centroids};

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
