//! Distances of points to the centers of clusters.

use artifact::Points;
use ndarray::{Array2, Axis};
use rayon::prelude::*;

/// Most clusters for which margins are measured; the time grows with their number.
const MAX_CENTERS: usize = 1000;

/// Distances of points to centers, which are the means of clusters.
pub struct Distances {
    /// Distance of each point to its own center, (n,); 0 for noise.
    pub own: Vec<f64>,
    /// Margin between the nearest other center and the own center, relative to the former, (n,).
    ///
    /// Negative if another center is nearer. `None` for a single cluster.
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

/// Returns the Euclidean distance.
fn euclidean(a: &[f32], b: &[f32]) -> f64 {
    f64::from(a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>()).sqrt()
}

/// Points relative to their mean, in units of the largest coordinate.
///
/// Keeps the order of distances. Large values, or values far from 0, would lose digits in `f32`.
pub(super) struct CenteredPoints<'a> {
    points: &'a Points,
    /// Mean of the points, (d,).
    mean: Vec<f64>,
    unit: f64,
}

impl<'a> CenteredPoints<'a> {
    pub(super) fn new(points: &'a Points) -> Self {
        let (mean, unit) = match points {
            Points::U8 { values, .. } => (vec![0.0; values.ncols()], 255.0),
            Points::F32(values) => Self::mean_and_unit(values.mapv(f64::from)),
            Points::F64(values) => Self::mean_and_unit(values.clone()),
        };
        Self { points, mean, unit }
    }

    fn mean_and_unit(values: Array2<f64>) -> (Vec<f64>, f64) {
        let n = values.nrows() as f64;
        // Divides before adding, so that no sum overflows.
        let mean = values.map_axis(Axis(0), |column| column.iter().map(|x| x / n).sum::<f64>());
        let far = values
            .outer_iter()
            .flat_map(|row| (&row - &mean).into_iter())
            .fold(0.0, |a: f64, x| a.max(x.abs()));
        (mean.to_vec(), far.max(f64::MIN_POSITIVE))
    }

    /// Copies point `i` into `row`.
    pub(super) fn fill(&self, i: usize, row: &mut [f32]) {
        let put = |to: &mut f32, x: f64, mean: f64| *to = ((x - mean) / self.unit) as f32;
        let to = row.iter_mut().zip(&self.mean);
        match self.points {
            Points::U8 { values, .. } => {
                to.zip(values.row(i)).for_each(|((to, m), &x)| put(to, f64::from(x), *m));
            }
            Points::F32(values) => {
                to.zip(values.row(i)).for_each(|((to, m), &x)| put(to, f64::from(x), *m));
            }
            Points::F64(values) => to.zip(values.row(i)).for_each(|((to, m), &x)| put(to, x, *m)),
        }
    }
}
