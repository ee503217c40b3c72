//! Measures the distances of points to the means of clusters.

use artifact::Points;
use ndarray::{Array2, ArrayView1};
use rayon::prelude::*;

use crate::groups::Group;

/// Euclidean distances of a point, in the units of the points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distance {
    /// Distance to the mean of the cluster of the point; `None` for noise.
    pub own: Option<f64>,
    /// The nearest other mean: its cluster and the distance; `None` without another cluster.
    pub other: Option<(i64, f64)>,
}

impl Distance {
    /// Gives the margin d2 / (d1 + d2), where d1 is the own distance and d2 the other.
    ///
    /// It is 1 at the mean of the cluster, or without another cluster, 0.5 where both means are
    /// equally far, and falls towards 0. It orders points as 1 - d1 / d2 does, but does not fall
    /// below 0 for a point that is nearer to another mean, as in mixtures of wide and narrow
    /// clusters. For two clusters it is the membership of fuzzy c-means with fuzzifier 3 (Bezdek,
    /// *Pattern Recognition with Fuzzy Objective Function Algorithms*, 1981).
    pub fn margin(&self) -> f64 {
        let (Some(own), Some((_, other))) = (self.own, self.other) else { return 1.0 };
        let margin = other / (own + other);
        // Both distances are 0, or too large for a number.
        if margin.is_finite() { margin } else { 0.5 }
    }
}

/// Means of clusters.
pub struct Means {
    clusters: Vec<i64>,
    /// Shape (clusters, d).
    means: Array2<f64>,
}

impl Means {
    /// Computes the mean of each of the `groups` of `points`; noise has none.
    pub fn of(points: &Points, groups: &[Group]) -> Self {
        let clusters = groups.iter().filter(|group| group.cluster.is_some());
        let clusters: Vec<Group> = clusters.cloned().collect();
        Self {
            means: means(points, &clusters),
            clusters: clusters.iter().filter_map(|group| group.cluster).collect(),
        }
    }
}

/// Measures the distances of each of `points`, whose clusters are `assignments` (n,), to `means`.
pub fn distances(points: &Points, assignments: ArrayView1<i64>, means: &Means) -> Vec<Distance> {
    let (n, d) = points.dim();
    let measure = |row: &mut Vec<f64>, i: usize| {
        copy_row(points, i, row);
        let mut distance = Distance { own: None, other: None };
        for (&cluster, mean) in means.clusters.iter().zip(means.means.outer_iter()) {
            let squares = row.iter().zip(mean).map(|(x, m)| (x - m) * (x - m));
            let length = squares.sum::<f64>().sqrt();
            if cluster == assignments[i] {
                distance.own = Some(length);
            } else if distance.other.is_none_or(|(_, least)| length < least) {
                distance.other = Some((cluster, length));
            }
        }
        distance
    };
    (0..n).into_par_iter().map_init(|| vec![0.0; d], measure).collect()
}

/// Gives the mean of each group, (groups, d).
fn means(points: &Points, groups: &[Group]) -> Array2<f64> {
    let d = points.dim().1;
    let mean = |group: &Group| {
        let (mut sum, mut row) = (vec![0.0; d], vec![0.0; d]);
        for &i in &group.members {
            copy_row(points, i, &mut row);
            sum.iter_mut().zip(&row).for_each(|(sum, x)| *sum += x);
        }
        sum.iter_mut().for_each(|sum| *sum /= group.members.len() as f64);
        sum
    };
    // Each sum is over the members of one group in their order, whatever the number of threads.
    let rows: Vec<Vec<f64>> = groups.par_iter().map(mean).collect();
    Array2::from_shape_fn((groups.len(), d), |(row, column)| rows[row][column])
}

fn copy_row(points: &Points, i: usize, row: &mut [f64]) {
    match points {
        Points::U8 { values, scale } => {
            let values = values.row(i);
            row.iter_mut().zip(values).for_each(|(to, &x)| *to = f64::from(x) * scale);
        }
        Points::F32(points) => {
            row.iter_mut().zip(points.row(i)).for_each(|(to, &x)| *to = f64::from(x));
        }
        Points::F64(points) => row.iter_mut().zip(points.row(i)).for_each(|(to, &x)| *to = x),
    }
}
