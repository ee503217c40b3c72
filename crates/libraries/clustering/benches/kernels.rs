//! Times iterations from given centroids and seeding, for several sizes.
//!
//! Run `cargo bench -p clustering`. The names contain the element type, n x d and k. An iteration
//! of k-means is one assignment of all points, one update, and the final assignment of `fit`.

use clustering::gmm::{self, GmmParams};
use clustering::kmeans::{self, Algorithm, Init, KMeansParams};
use clustering::{Points, Scalar};
use divan::Bencher;
use ndarray::{Array2, s};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

fn main() {
    divan::main();
}

/// Returns `n` points of `d` features around ten centers, in 0..=255, converted by `convert`.
fn points<F>(n: usize, d: usize, convert: impl Fn(f32) -> F) -> Array2<F> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    let centers = Array2::from_shape_fn((10, d), |_| rng.gen_range(50.0..205.0_f32));
    Array2::from_shape_fn((n, d), |(i, j)| {
        convert(centers[[i % 10, j]] + rng.gen_range(-50.0..50.0))
    })
}

/// Times k-means with `params`.
fn kmeans<F: Scalar>(bencher: Bencher, points: &Array2<F>, params: &KMeansParams) {
    bencher.bench(|| kmeans::fit(points, params, &mut |_| {}));
}

/// Times one iteration from the first k points.
fn assign<F: Scalar>(bencher: Bencher, points: Array2<F>, k: usize) {
    let initial = points.slice(s![..k, ..]).mapv(Into::into);
    let params = KMeansParams {
        k,
        max_iter: 1,
        init: Init::Centroids(initial),
        algorithm: Algorithm::Lloyd,
        ..KMeansParams::default()
    };
    kmeans(bencher, &points, &params);
}

#[divan::bench(sample_count = 8)]
fn assign_u8_60000x784_k10(bencher: Bencher) {
    assign(bencher, points(60_000, 784, |x| x as u8), 10);
}

#[divan::bench(sample_count = 4)]
fn assign_u8_60000x784_k100(bencher: Bencher) {
    assign(bencher, points(60_000, 784, |x| x as u8), 100);
}

#[divan::bench(sample_count = 8)]
fn assign_f32_60000x784_k10(bencher: Bencher) {
    assign(bencher, points(60_000, 784, |x| x), 10);
}

#[divan::bench(sample_count = 8)]
fn assign_f64_10000x784_k10(bencher: Bencher) {
    assign(bencher, points(10_000, 784, f64::from), 10);
}

#[divan::bench(sample_count = 20)]
fn assign_f32_60000x10_k10(bencher: Bencher) {
    assign(bencher, points(60_000, 10, |x| x), 10);
}

#[divan::bench(sample_count = 20)]
fn assign_f64_60000x10_k10(bencher: Bencher) {
    assign(bencher, points(60_000, 10, f64::from), 10);
}

#[divan::bench(sample_count = 10)]
fn assign_f32_60000x64_k100(bencher: Bencher) {
    assign(bencher, points(60_000, 64, |x| x), 100);
}

/// Times ten iterations of each algorithm, enough for bounds to save distances.
#[divan::bench(sample_count = 4, args = ["auto", "lloyd", "hamerly", "elkan", "yinyang"])]
fn ten_iterations_f32_60000x64_k100(bencher: Bencher, name: &str) {
    use Algorithm::{Auto, Elkan, Hamerly, Lloyd, Yinyang};
    let algorithm = [Auto, Lloyd, Hamerly, Elkan, Yinyang].into_iter().find(|a| a.as_str() == name);
    let points = points(60_000, 64, |x| x);
    let params = KMeansParams {
        k: 100,
        max_iter: 10,
        tol: 0.0,
        init: Init::Centroids(points.slice(s![..100, ..]).mapv(f64::from)),
        algorithm: algorithm.expect("the names are those of algorithms"),
        ..KMeansParams::default()
    };
    kmeans(bencher, &points, &params);
}

/// Times seeding by k-means++, and the one iteration that must follow.
#[divan::bench(sample_count = 4, args = [10, 100])]
fn seed_u8_60000x784(bencher: Bencher, k: usize) {
    let points = points(60_000, 784, |x| x as u8);
    kmeans(
        bencher,
        &points,
        &KMeansParams { k, starts: 1, max_iter: 1, ..KMeansParams::default() },
    );
}

/// Times one iteration of a mixture of ten full covariances.
#[divan::bench(sample_count = 4, args = [10, 50])]
fn mixture_f32_60000_k10_full(bencher: Bencher, d: usize) {
    let points = points(60_000, d, |x| x / 255.0);
    let means = points.slice(s![..10, ..]).mapv(f64::from);
    let params =
        GmmParams { k: 10, max_iter: 1, init: gmm::Init::Means(means), ..GmmParams::default() };
    bencher.bench(|| gmm::fit(Points::from(&points), &params, &mut |_| {}));
}
