//! Davies-Bouldin and Calinski-Harabasz: scores that need no labels and look at centers alone.

use kernels::squared_distance;
use ndarray::{ArrayView1, ArrayView2};
use rayon::prelude::*;
use serde::Serialize;

use crate::Error;
use crate::ids::{NOISE, number};
use crate::points::{check_points, max_abs, scale};

/// Points that are summed at a time, before their sum is added to the total.
///
/// Loses fewer digits, and gives the same bits for any number of threads.
const BLOCK_ROWS: usize = 4096;

/// Scores of the width of clusters against the distances of their centers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Dispersion {
    /// The Davies-Bouldin index, 0 or more, lower is better; `None` for fewer than two clusters.
    ///
    /// For each cluster takes the largest ratio, over all other clusters, of the sum of their mean
    /// distances to their centers to the distance of the centers; then the mean. Davies and Bouldin
    /// 1979, *A cluster separation measure*, IEEE PAMI 1. As in scikit-learn, the ratio is 0 if two
    /// centers coincide.
    pub davies_bouldin: Option<f64>,
    /// The Calinski-Harabasz index, 0 or more, higher is better.
    ///
    /// `None` for fewer than two clusters, or if each point is a cluster. The variance between
    /// centers over the variance within clusters, each divided by its degrees of freedom. Calinski
    /// and Harabasz 1974, *A dendrite method for cluster analysis*, Communications in Statistics 3,
    /// equation 3. As in scikit-learn, 1 if nothing varies within clusters.
    pub calinski_harabasz: Option<f64>,
}

impl Dispersion {
    /// Scores `points` (n, d) under `assignments` (n,), which are 0 or more, or -1 for noise.
    ///
    /// Leaves out noise. Neither the unit of the points nor their distance from the origin matters.
    ///
    /// # Errors
    ///
    /// Fails if the numbers of points and assignments differ, an assignment is below -1, or a value
    /// is not finite.
    ///
    /// Tested against scikit-learn's `davies_bouldin_score` and `calinski_harabasz_score`.
    ///
    /// ```
    /// use metrics::Dispersion;
    /// use ndarray::array;
    ///
    /// // Clusters around 0.5 and 9.5, all points 0.5 from their centers.
    /// let points = array![[0.0], [1.0], [9.0], [10.0]];
    /// let found = Dispersion::of(points.view(), array![0, 0, 1, 1].view())?;
    /// assert!((found.davies_bouldin.unwrap() - 1.0 / 9.0).abs() < 1e-12);
    /// // Between 4 * 4.5^2 over 1, within 4 * 0.5^2 over 2.
    /// assert!((found.calinski_harabasz.unwrap() - 162.0).abs() < 1e-9);
    /// # Ok::<(), metrics::Error>(())
    /// ```
    pub fn of<T: Copy + Into<f64> + Sync>(
        points: ArrayView2<T>,
        assignments: ArrayView1<i64>,
    ) -> Result<Self, Error> {
        check_points(points.nrows(), assignments)?;
        let (known, labels) = number(assignments)?;
        let clusters = known.len();
        let rows: Vec<usize> = (0..labels.len()).filter(|&row| assignments[row] != NOISE).collect();
        let unit = scale(max_abs(points, &rows)?);
        if clusters < 2 {
            return Ok(Self { davies_bouldin: None, calinski_harabasz: None });
        }
        let (n, d) = (rows.len(), points.ncols());

        // Far from the origin, sums of coordinates lose the digits in which points differ.
        let mut origin = vec![0.0; d];
        for &row in &rows {
            let values = points.row(row);
            origin.iter_mut().zip(values).for_each(|(sum, &x)| *sum += x.into() * unit / n as f64);
        }
        let measured = CenteredPoints { points, origin, unit };
        let members = members(&rows, &labels, clusters);
        let found: Vec<ClusterSpread> =
            members.par_iter().map(|members| measured.spread(members)).collect();
        let within: f64 = found.iter().map(|cluster| cluster.squares).sum();
        let mut mean = vec![0.0; d];
        for (cluster, members) in found.iter().zip(&members) {
            let share = members.len() as f64 / n as f64;
            mean.iter_mut().zip(&cluster.center).for_each(|(sum, x)| *sum += share * x);
        }
        let apart = found.iter().zip(&members);
        let between: f64 = apart
            .map(|(cluster, members)| {
                members.len() as f64 * squared_distance(&cluster.center, &mean)
            })
            .sum();
        let variances = || {
            if within == 0.0 {
                1.0
            } else {
                between / (clusters - 1) as f64 * (n - clusters) as f64 / within
            }
        };
        Ok(Self {
            davies_bouldin: Some(davies_bouldin(&found)),
            calinski_harabasz: (n > clusters).then(variances),
        })
    }
}

/// Lists the rows of each cluster, ascending.
fn members(rows: &[usize], labels: &[u32], clusters: usize) -> Vec<Vec<usize>> {
    let mut sizes = vec![0; clusters];
    rows.iter().for_each(|&row| sizes[labels[row] as usize] += 1);
    let mut members: Vec<Vec<usize>> = sizes.into_iter().map(Vec::with_capacity).collect();
    rows.iter().for_each(|&row| members[labels[row] as usize].push(row));
    members
}

/// Points relative to `origin`, in the unit `unit`.
struct CenteredPoints<'a, T> {
    points: ArrayView2<'a, T>,
    /// Origin in the unit, (d,).
    origin: Vec<f64>,
    unit: f64,
}

/// Center, width and sum of squares of a cluster.
struct ClusterSpread {
    /// Mean of the points, relative to the origin and in the unit, (d,).
    center: Vec<f64>,
    /// Mean distance of the points to the center.
    width: f64,
    /// Sum of the squared distances.
    squares: f64,
}

impl<T: Copy + Into<f64>> CenteredPoints<'_, T> {
    /// Copies point `row` to `values`.
    fn fill(&self, row: usize, values: &mut [f64]) {
        let from = self.points.row(row);
        for ((to, &x), origin) in values.iter_mut().zip(from).zip(&self.origin) {
            *to = x.into() * self.unit - origin;
        }
    }

    /// Measures the cluster of the points `members`, at least one.
    fn spread(&self, members: &[usize]) -> ClusterSpread {
        let d = self.origin.len();
        let (mut center, mut point) = (vec![0.0; d], vec![0.0; d]);
        for block in members.chunks(BLOCK_ROWS) {
            let mut sums = vec![0.0; d];
            for &row in block {
                self.fill(row, &mut point);
                sums.iter_mut().zip(&point).for_each(|(sum, x)| *sum += x);
            }
            center.iter_mut().zip(sums).for_each(|(center, sum)| *center += sum);
        }
        center.iter_mut().for_each(|sum| *sum /= members.len() as f64);
        let (mut width, mut squares) = (0.0, 0.0);
        for block in members.chunks(BLOCK_ROWS) {
            let (mut distances, mut sum) = (0.0, 0.0);
            for &row in block {
                self.fill(row, &mut point);
                let square = squared_distance(&point, &center);
                distances += square.sqrt();
                sum += square;
            }
            width += distances;
            squares += sum;
        }
        ClusterSpread { center, width: width / members.len() as f64, squares }
    }
}

fn davies_bouldin(clusters: &[ClusterSpread]) -> f64 {
    let likeness = |a: &ClusterSpread, b: &ClusterSpread| {
        let square = squared_distance(&a.center, &b.center);
        if square == 0.0 { 0.0 } else { (a.width + b.width) / square.sqrt() }
    };
    let worst = |a: usize| {
        let others = (0..clusters.len()).filter(|&b| b != a);
        others.map(|b| likeness(&clusters[a], &clusters[b])).fold(0.0, f64::max)
    };
    let worst: Vec<f64> = (0..clusters.len()).into_par_iter().map(worst).collect();
    worst.iter().sum::<f64>() / clusters.len() as f64
}
