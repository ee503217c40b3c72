//! Points that the tests embed, and measures of embeddings.

use ndarray::{Array2, ArrayView2, Axis};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use umap::{Metric, neighbors};

/// Makes `n` points of `d` features around `k` centers, point i of center i % k.
pub fn blobs(n: usize, d: usize, k: usize, seed: u64) -> Array2<f32> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let centers = Array2::from_shape_fn((k, d), |_| rng.gen_range(-10.0..10.0_f32));
    Array2::from_shape_fn((n, d), |(i, j)| centers[[i % k, j]] + rng.gen_range(-1.0..1.0_f32))
}

/// Draws a roughly normal number.
pub fn normal(rng: &mut Xoshiro256PlusPlus) -> f32 {
    (0..12).map(|_| rng.gen_range(-0.5..0.5_f32)).sum()
}

/// Computes distances to all other points, with their indices, nearest first.
pub fn by_hand(points: ArrayView2<f32>, i: usize, metric: Metric) -> Vec<(f64, usize)> {
    let point = |i: usize| points.row(i).mapv(f64::from);
    let distance = |j: usize| match metric {
        Metric::Euclidean => (&point(i) - &point(j)).mapv(|x| x * x).sum().sqrt(),
        Metric::Cosine => {
            let length = |i: usize| point(i).dot(&point(i)).sqrt();
            1.0 - point(i).dot(&point(j)) / (length(i) * length(j))
        }
    };
    let mut all: Vec<(f64, usize)> =
        (0..points.nrows()).filter(|&j| j != i).map(|j| (distance(j), j)).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    all
}

/// Computes the share of points whose nearest other point in the embedding is of the same blob.
pub fn kept(embedding: ArrayView2<f32>, k: usize) -> f64 {
    let found = neighbors(embedding, 1, Metric::Euclidean).unwrap();
    let same = found
        .indices
        .column(0)
        .iter()
        .enumerate()
        .filter(|&(i, &j)| i % k == j as usize % k)
        .count();
    same as f64 / embedding.nrows() as f64
}

pub fn span(embedding: ArrayView2<f32>) -> f32 {
    let ends = |column: ndarray::ArrayView1<f32>| {
        column
            .iter()
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)))
    };
    embedding.axis_iter(Axis(1)).map(|column| ends(column).1 - ends(column).0).fold(0.0, f32::max)
}
