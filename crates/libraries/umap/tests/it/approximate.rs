//! Approximate neighbors, held against exact ones.

use std::collections::HashSet;

use ndarray::Array2;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use umap::{
    Metric, Neighbors, Params, Progress, approximate_neighbors, distinct_neighbors,
    fit_with_neighbors,
};

const NEIGHBORS: usize = 15;

/// Points on curved sheets of three dimensions, with noise, in 20 dimensions.
fn sheets(n: usize) -> Array2<f32> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
    let mut points = Array2::zeros((n, 20));
    for (i, mut point) in points.outer_iter_mut().enumerate() {
        let places = [(); 3].map(|()| rng.gen_range(-3.0..3.0_f32));
        for (j, x) in point.iter_mut().enumerate() {
            let bent = (places[j % 3] + (j + i % 4) as f32).sin();
            *x = bent + 3.0 * (i % 4) as f32 + rng.gen_range(-0.05..0.05);
        }
    }
    points
}

fn found(points: &Array2<f32>, metric: Metric) -> (Neighbors, f64) {
    let mut recall = None;
    let found = approximate_neighbors(points.view(), NEIGHBORS, metric, &mut |event| {
        if let Progress::Recall { found, of } = event {
            recall = Some(found as f64 / of as f64);
        }
    });
    (found.unwrap(), recall.unwrap())
}

#[test]
fn most_of_the_nearest_are_found_and_the_recall_is_told() {
    let points = sheets(9000);
    for metric in [Metric::Euclidean, Metric::Cosine] {
        let (near, told) = found(&points, metric);
        let exact = distinct_neighbors(points.view(), NEIGHBORS, metric, &mut |_| ()).unwrap();
        let mut hits = 0;
        for i in 0..points.nrows() {
            let of = |neighbors: &Neighbors| -> Vec<u32> { neighbors.indices.row(i).to_vec() };
            let (near_of, exact_of) = (of(&near), of(&exact));
            let set: HashSet<u32> = near_of.iter().copied().collect();
            assert_eq!((near_of[0] as usize, set.len()), (i, NEIGHBORS), "{near_of:?}");
            hits += exact_of[1..].iter().filter(|&j| set.contains(j)).count();
            // Found neighbors lie as far as the exact search says, and in order.
            for (at, j) in near_of.iter().enumerate() {
                let distance = near.distances[[i, at]];
                assert!(at == 0 || near.distances[[i, at - 1]] <= distance);
                if let Some(other) = exact_of.iter().position(|other| other == j) {
                    assert_eq!(distance, exact.distances[[i, other]]);
                }
            }
        }
        let recall = hits as f64 / (points.nrows() * (NEIGHBORS - 1)) as f64;
        assert!(recall > 0.97, "{metric:?}: recall {recall}");
        assert!((recall - told).abs() < 0.02, "{metric:?}: recall {recall}, told {told}");
    }
}

#[test]
fn the_neighbors_of_neighbors_are_needed() {
    // Points of no structure: near blocks alone have less than half of the nearest.
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(4);
    let points = Array2::from_shape_fn((12_000, 16), |_| rng.gen_range(-1.0..1.0_f32));
    let (_, recall) = found(&points, Metric::Euclidean);
    assert!(recall > 0.9, "recall {recall}");
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let points = sheets(5000);
    let with_threads = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| found(&points, Metric::Euclidean))
    };
    let one = with_threads(1);
    assert_eq!(with_threads(3), one);
    let params = Params { neighbors: NEIGHBORS, epochs: Some(5), ..Params::default() };
    assert!(fit_with_neighbors(points.view(), &one.0, &params, &mut |_| ()).is_ok());
}
