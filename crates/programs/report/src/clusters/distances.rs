//! Distances of points to the centers of clusters.

use artifact::Points;
use ndarray::{Array2, Axis};
use rayon::prelude::*;

/// Centers beyond which no margins are measured.
const MAX_CENTERS: usize = 1000;

/// How far points are from centers, which are the means of the clusters.
pub struct Distances {
    /// Of each point from its own, (n,); 0 of noise.
    pub own: Vec<f64>,
    /// By how much nearer its own center is than the nearest other, as a share of the latter, (n,); below 0 where the other is
    /// the nearer one. None of a single cluster.
    pub margins: Option<Vec<f64>>,
}

impl Distances {
    pub fn compute(points: &Points, cluster_of: &[Option<usize>], k: usize) -> Self {
        let rows = CenteredPoints::new(points);
        let d = points.dim().1;
        let mut centers = vec![0.0f64; k * d];
        let mut counts = vec![0usize; k];
        let mut row = vec![0.0f32; d];
        for (i, cluster) in cluster_of.iter().enumerate() {
            let Some(cluster) = *cluster else { continue };
            rows.fill(i, &mut row);
            counts[cluster] += 1;
            let center = &mut centers[cluster * d..(cluster + 1) * d];
            center.iter_mut().zip(&row).for_each(|(sum, &x)| *sum += f64::from(x));
        }
        for (center, &count) in centers.chunks_mut(d).zip(&counts) {
            center.iter_mut().for_each(|sum| *sum /= count as f64);
        }
        let centers: Vec<f32> = centers.into_iter().map(|x| x as f32).collect();

        let all = k > 1 && k <= MAX_CENTERS;
        let found: Vec<(f64, f64)> = cluster_of
            .par_iter()
            .enumerate()
            .map_init(
                || vec![0.0f32; d],
                |row, (i, cluster)| {
                    let Some(cluster) = *cluster else { return (0.0, f64::INFINITY) };
                    rows.fill(i, row);
                    let own = euclidean(row, &centers[cluster * d..(cluster + 1) * d]);
                    if !all {
                        return (own, f64::NAN);
                    }
                    let others =
                        centers.chunks(d).enumerate().filter(|(other, _)| *other != cluster);
                    let other = others
                        .map(|(_, center)| euclidean(row, center))
                        .fold(f64::INFINITY, f64::min);
                    (own, 1.0 - own / other.max(f64::MIN_POSITIVE))
                },
            )
            .collect();
        let (own, margins) = found.into_iter().unzip();
        Self { own, margins: all.then_some(margins) }
    }
}

/// Euclidean.
fn euclidean(a: &[f32], b: &[f32]) -> f64 {
    f64::from(a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>()).sqrt()
}

/// Points from their mean and in units of the largest value, which changes no order of distances: what is large, or far from
/// 0, would be lost in f32.
struct CenteredPoints<'a> {
    points: &'a Points,
    /// (d)
    mean: Vec<f64>,
    unit: f64,
}

impl<'a> CenteredPoints<'a> {
    fn new(points: &'a Points) -> Self {
        let (mean, unit) = match points {
            Points::U8 { values, .. } => (vec![0.0; values.ncols()], 255.0),
            Points::F32(values) => Self::mean_and_unit(values.mapv(f64::from)),
            Points::F64(values) => Self::mean_and_unit(values.clone()),
        };
        Self { points, mean, unit }
    }

    fn mean_and_unit(values: Array2<f64>) -> (Vec<f64>, f64) {
        let n = values.nrows() as f64;
        // Divided before they are added, so that no sum is too large.
        let mean = values.map_axis(Axis(0), |column| column.iter().map(|x| x / n).sum::<f64>());
        let far = values
            .outer_iter()
            .flat_map(|row| (&row - &mean).into_iter())
            .fold(0.0, |a: f64, x| a.max(x.abs()));
        (mean.to_vec(), far.max(f64::MIN_POSITIVE))
    }

    /// Point `i`.
    fn fill(&self, i: usize, row: &mut [f32]) {
        let put = |to: &mut f32, x: f64, mean: f64| *to = ((x - mean) / self.unit) as f32;
        let to = row.iter_mut().zip(&self.mean);
        match self.points {
            Points::U8 { values, .. } => {
                to.zip(values.row(i)).for_each(|((to, m), &x)| put(to, f64::from(x), *m));
            }
            Points::F32(values) => {
                to.zip(values.row(i)).for_each(|((to, m), &x)| put(to, f64::from(x), *m))
            }
            Points::F64(values) => to.zip(values.row(i)).for_each(|((to, m), &x)| put(to, x, *m)),
        }
    }
}
