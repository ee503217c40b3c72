//! How wide clusters are for how far apart they lie: scores that need no labels and look at centres alone.

use ndarray::{Array2, ArrayView1, ArrayView2};
use serde::Serialize;

use crate::Error;
use crate::silhouette::{Labels, check, scale};

/// Points that are summed before they are added to what was summed before: less rounding, and the same whatever the threads.
const BLOCK_ROWS: usize = 4096;

/// Widths of clusters against the distances of their centres, in the space that the points are given in.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Dispersion {
    /// The Davies-Bouldin index, 0 or more, less is better; `None` where fewer than two clusters have points.
    ///
    /// For each cluster the worst of the others, by the sum of their mean distances to their centres over the distance of these;
    /// then the mean. Davies and Bouldin, *A cluster separation measure*, IEEE PAMI 1 (1979). Of centres in the same place
    /// the quotient counts as 0, as scikit-learn has it.
    pub davies_bouldin: Option<f64>,
    /// The Calinski-Harabasz index, 0 or more, more is better; `None` where fewer than two clusters have points, or each point
    /// is a cluster.
    ///
    /// Variance of the centres over variance within, each for its degrees of freedom. Calinski and Harabasz, *A dendrite method for
    /// cluster analysis*, Communications in Statistics 3 (1974), equation 3. 1 where nothing varies within, as
    /// scikit-learn has it.
    pub calinski_harabasz: Option<f64>,
}

impl Dispersion {
    /// Of `points` (n, d) under `assignments` (n,), which are 0 or more, or -1 for noise, which is left out. The unit of the points
    /// does not matter.
    ///
    /// # Errors
    /// Other numbers of points and assignments, an assignment below -1, a value that is not finite.
    ///
    /// Tested against scikit-learn's `davies_bouldin_score` and `calinski_harabasz_score`.
    pub fn of<T: Copy + Into<f64>>(
        points: ArrayView2<T>,
        assignments: ArrayView1<i64>,
    ) -> Result<Self, Error> {
        check(points.nrows(), assignments)?;
        let labels = Labels::of(assignments);
        let clusters = labels.sizes.len();
        let mut largest = 0.0_f64;
        for (row, (point, &label)) in points.outer_iter().zip(&labels.labels).enumerate() {
            for (column, &value) in point.iter().enumerate().filter(|_| label < clusters) {
                let value: f64 = value.into();
                if !value.is_finite() {
                    return Err(Error::NotFinite { row, column });
                }
                largest = largest.max(value.abs());
            }
        }
        let n: usize = labels.sizes.iter().sum();
        if clusters < 2 {
            return Ok(Self { davies_bouldin: None, calinski_harabasz: None });
        }
        let unit = scale(largest);
        let centres = centres(points, &labels, unit);
        let (widths, within) = spreads(points, &labels, &centres, unit);
        let mean =
            centres.outer_iter().zip(&labels.sizes).fold(vec![0.0; points.ncols()], |mut mean, centre| {
                mean.iter_mut().zip(centre.0).for_each(|(sum, x)| *sum += x * *centre.1 as f64 / n as f64);
                mean
            });
        let apart =
            |centre: ArrayView1<f64>| centre.iter().zip(&mean).map(|(x, m)| (x - m).powi(2)).sum::<f64>();
        let between: f64 =
            centres.outer_iter().zip(&labels.sizes).map(|(centre, &size)| size as f64 * apart(centre)).sum();
        let variances = || {
            if within == 0.0 { 1.0 } else { between / (clusters - 1) as f64 * (n - clusters) as f64 / within }
        };
        Ok(Self {
            davies_bouldin: Some(davies_bouldin(&centres, &widths)),
            calinski_harabasz: (n > clusters).then(variances),
        })
    }
}

/// Centres of the clusters, in the unit, shape (clusters, d).
fn centres<T: Copy + Into<f64>>(points: ArrayView2<T>, labels: &Labels, unit: f64) -> Array2<f64> {
    let shape = (labels.sizes.len(), points.ncols());
    let mut centres = Array2::<f64>::zeros(shape);
    for start in (0..points.nrows()).step_by(BLOCK_ROWS) {
        let mut sums = Array2::<f64>::zeros(shape);
        for (i, &label) in labels.labels.iter().enumerate().skip(start).take(BLOCK_ROWS) {
            if label < labels.sizes.len() {
                sums.row_mut(label)
                    .iter_mut()
                    .zip(points.row(i))
                    .for_each(|(sum, &x)| *sum += x.into() * unit);
            }
        }
        centres += &sums;
    }
    for (mut centre, &size) in centres.outer_iter_mut().zip(&labels.sizes) {
        centre /= size as f64;
    }
    centres
}

/// Mean distance of the points of each cluster to its centre, and the sum of the squares of all.
fn spreads<T: Copy + Into<f64>>(
    points: ArrayView2<T>,
    labels: &Labels,
    centres: &Array2<f64>,
    unit: f64,
) -> (Vec<f64>, f64) {
    let clusters = labels.sizes.len();
    let (mut widths, mut within) = (vec![0.0; clusters], 0.0);
    for start in (0..points.nrows()).step_by(BLOCK_ROWS) {
        let (mut distances, mut squares) = (vec![0.0; clusters], 0.0);
        for (i, &label) in labels.labels.iter().enumerate().skip(start).take(BLOCK_ROWS) {
            if label < clusters {
                let centre = centres.row(label);
                let square: f64 =
                    points.row(i).iter().zip(centre).map(|(&x, c)| (x.into() * unit - c).powi(2)).sum();
                distances[label] += square.sqrt();
                squares += square;
            }
        }
        widths.iter_mut().zip(distances).for_each(|(sum, distance)| *sum += distance);
        within += squares;
    }
    widths.iter_mut().zip(&labels.sizes).for_each(|(width, &size)| *width /= size as f64);
    (widths, within)
}

fn davies_bouldin(centres: &Array2<f64>, widths: &[f64]) -> f64 {
    let likeness = |a: usize, b: usize| {
        let squares = centres.row(a).iter().zip(centres.row(b)).map(|(x, y)| (x - y).powi(2)).sum::<f64>();
        if squares == 0.0 { 0.0 } else { (widths[a] + widths[b]) / squares.sqrt() }
    };
    let worst = |a: usize| (0..widths.len()).filter(|&b| b != a).map(|b| likeness(a, b)).fold(0.0, f64::max);
    (0..widths.len()).map(worst).sum::<f64>() / widths.len() as f64
}
