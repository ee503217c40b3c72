//! Prints how the time of a fit grows with points, features and clusters, as Markdown.
//!
//! ```sh
//! cargo run --release --package clustering --example growth -- [MOST_POINTS]
//! ```
//!
//! A fit is ten iterations of k-means (with the algorithm that `auto` picks) or five of a mixture
//! of full covariances, from given centroids, with the final assignments. The points are made in
//! memory, in `f32`; the largest array takes 400 MB. The argument limits the number of points.
//! `RAYON_NUM_THREADS` sets the number of threads.

use std::time::Instant;

use clustering::gmm::{self, GmmParams};
use clustering::kmeans::{self, Init, KMeansParams};
use ndarray::{Array2, s};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Number of iterations of k-means and of a mixture.
const ITERATIONS: (usize, usize) = (10, 5);

/// Most features of a mixture, because five iterations with 784 features take minutes.
const MIXTURE_FEATURES: usize = 200;

fn main() {
    let most = std::env::args()
        .nth(1)
        .map_or(usize::MAX, |n| n.parse().expect("the argument is a number of points"));
    println!("{} threads\n", rayon::current_num_threads());
    println!(
        "| n | d | k | k-means, {} iterations (s) | mixture, {} iterations (s) |",
        ITERATIONS.0, ITERATIONS.1
    );
    println!("|---:|---:|---:|---:|---:|");
    for n in [10_000, 100_000, 1_000_000, 10_000_000] {
        row(n.min(most), 10, 10, true);
    }
    for d in [10, 50, 200, 784] {
        row(most.min(60_000), d, 10, d <= MIXTURE_FEATURES);
    }
    for k in [10, 100, 1000] {
        row(most.min(60_000), 64, k, false);
    }
}

/// Measures one size and prints its row of the table.
fn row(n: usize, d: usize, k: usize, mixture: bool) {
    let points = points(n, d);
    let initial = points.slice(s![..k, ..]).mapv(f64::from);
    let kmeans = kmeans(&points, initial.clone());
    let mixture =
        if mixture { format!("{:.3}", self::mixture(&points, initial)) } else { String::new() };
    println!("| {n} | {d} | {k} | {kmeans:.3} | {mixture} |");
}

/// Returns points around twenty overlapping centers.
///
/// They overlap as much with many features as with few, so that no fit converges early.
fn points(n: usize, d: usize) -> Array2<f32> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    let radius = (10.0 / d as f32).sqrt();
    let centers = Array2::from_shape_fn((20, d), |_| rng.gen_range(-radius..radius));
    Array2::from_shape_fn((n, d), |(i, j)| centers[[i % 20, j]] + rng.gen_range(-2.0..2.0_f32))
}

/// Measures the seconds that k-means takes.
fn kmeans(points: &Array2<f32>, initial: Array2<f64>) -> f64 {
    let params = KMeansParams {
        k: initial.nrows(),
        max_iter: ITERATIONS.0,
        tol: 0.0,
        init: Init::Centroids(initial),
        ..KMeansParams::default()
    };
    let before = Instant::now();
    let fit = kmeans::fit(points, &params, &mut |_| {}).expect("the points are finite");
    assert_eq!(
        fit.iterations, params.max_iter,
        "the fit converged early, so that times cannot be compared"
    );
    before.elapsed().as_secs_f64()
}

/// Measures the seconds that a mixture takes.
fn mixture(points: &Array2<f32>, means: Array2<f64>) -> f64 {
    let params = GmmParams {
        k: means.nrows(),
        max_iter: ITERATIONS.1,
        tol: 0.0,
        init: gmm::Init::Means(means),
        ..GmmParams::default()
    };
    let before = Instant::now();
    let fit = gmm::fit(points, &params, &mut |_| {})
        .expect("the points are finite and cover all directions");
    assert_eq!(
        fit.iterations, params.max_iter,
        "the fit converged early, so that times cannot be compared"
    );
    before.elapsed().as_secs_f64()
}
