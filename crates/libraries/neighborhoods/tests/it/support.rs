//! Points and their neighborhoods.

use ndarray::{Array2, Axis, concatenate};
use neighborhoods::Neighborhoods;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use umap::{Metric, distinct_neighbors};

/// Draws points from a normal distribution, nearly.
pub fn normal(n: usize, d: usize, seed: u64) -> Array2<f32> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    Array2::from_shape_fn((n, d), |_| (0..12).map(|_| rng.gen_range(-0.5..0.5_f32)).sum())
}

/// Stacks arrays of points.
pub fn stack(parts: &[&Array2<f32>]) -> Array2<f32> {
    let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
    concatenate(Axis(0), &views).unwrap()
}

/// The neighborhoods of points with `k` neighbors, themselves among them.
pub fn neighborhoods(points: &Array2<f32>, k: usize, metric: Metric) -> Neighborhoods {
    let neighbors = distinct_neighbors(points.view(), k, metric, &mut |_| ()).unwrap();
    Neighborhoods::new(points.clone(), &neighbors, metric).unwrap()
}

/// The rows of each group.
pub fn rows(groups: &[Vec<neighborhoods::Member>]) -> Vec<Vec<usize>> {
    groups.iter().map(|group| group.iter().map(|member| member.row).collect()).collect()
}

/// Reads a list of numbers.
pub fn numbers(value: &serde_json::Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}
