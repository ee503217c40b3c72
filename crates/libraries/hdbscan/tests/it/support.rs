//! Points and reference results that several tests share.

use hdbscan::{Metric, Params, TreeEdge};
use ndarray::{Array1, Array2, ArrayView1};

/// Numbers from 0 to 1 that look random, the same in every run.
pub fn scatter(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Blobs of different density by turns, with a tenth of noise around them, `(n, d)`.
pub fn blobs(n: usize, d: usize, seed: u64) -> Array2<f32> {
    let mut draw = scatter(seed);
    let mut normal = move || (0..12).map(|_| draw()).sum::<f64>() - 6.0;
    let mut noise = scatter(seed + 1);
    let centers = Array2::from_shape_fn((5, d), |_| 6.0 * (noise() - 0.5));
    let mut points = Array2::zeros((n, d));
    for (i, mut row) in points.outer_iter_mut().enumerate() {
        for (j, x) in row.iter_mut().enumerate() {
            *x = match i % 10 {
                9 => 12.0 * (noise() - 0.5),
                _ => centers[[i % 5, j]] + 0.1 * (1 + i % 5) as f64 * normal(),
            } as f32;
        }
    }
    points
}

/// Computes the distance of two points.
pub fn distance(a: ArrayView1<f64>, b: ArrayView1<f64>, metric: Metric) -> f64 {
    let length = |a: ArrayView1<f64>| a.dot(&a).sqrt();
    match metric {
        Metric::Euclidean => length((&a - &b).view()),
        Metric::Cosine => match (length(a), length(b)) {
            (0.0, 0.0) => 0.0,
            (0.0, _) | (_, 0.0) => 1.0,
            (p, q) => 0.5 * (&a / p - &b / q).mapv(|x| x * x).sum(),
        },
    }
}

/// Computes the distances of all pairs of points.
fn all_distances(points: &Array2<f64>, metric: Metric) -> Array2<f64> {
    let n = points.nrows();
    Array2::from_shape_fn((n, n), |(i, j)| distance(points.row(i), points.row(j), metric))
}

/// Sorts the distances from each point and takes that of its `samples`-th, itself the first.
fn cores_of(all: &Array2<f64>, samples: usize) -> Array1<f64> {
    let core = |row: ArrayView1<f64>| {
        let mut row = row.to_vec();
        row.sort_by(f64::total_cmp);
        row[samples - 1]
    };
    all.outer_iter().map(core).collect()
}

/// Computes Euclidean core distances from all pairs of points.
pub fn core_distances(points: &Array2<f64>, samples: usize) -> Array1<f64> {
    cores_of(&all_distances(points, Metric::Euclidean), samples)
}

/// Finds the minimum spanning tree of all pairs of points by Kruskal's algorithm.
pub fn kruskal(points: &Array2<f64>, params: &Params) -> Vec<TreeEdge> {
    let n = points.nrows();
    let all = all_distances(points, params.metric);
    let cores = cores_of(&all, params.min_samples());
    let mut edges: Vec<TreeEdge> = Vec::new();
    for i in 0..n {
        for j in i + 1..n {
            let distance = (all[[i, j]] / params.alpha).max(cores[i]).max(cores[j]);
            edges.push(TreeEdge { low: i as u32, high: j as u32, distance });
        }
    }
    let key = |edge: &TreeEdge| (edge.low, edge.high);
    edges.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(key(a).cmp(&key(b))));
    let mut component: Vec<u32> = (0..n as u32).collect();
    edges.retain(|edge| {
        let (a, b) = (component[edge.low as usize], component[edge.high as usize]);
        component.iter_mut().filter(|c| **c == b).for_each(|c| *c = a);
        a != b
    });
    edges
}
