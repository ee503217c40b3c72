//! Lloyd's algorithm: assign points to the nearest centroid, move centroids to the mean of theirs.
//!
//! Lloyd, *Least squares quantization in PCM*, IEEE Trans. Inf. Theory 28 (1982). With and without
//! bounds, the same nearest centroid is found.

use ndarray::{Array2, ArrayView1, Axis};
use rayon::prelude::*;

use super::adaptive_bounds::AdaptiveBounds;
use super::assign::nearest;
use super::centers::Centers;
use super::cluster_sums::{ClusterSums, UNASSIGNED};
use super::exact_centers::ExactCenters;
use super::metric::Metric;
use super::model::prepare_model;
use super::point_stats::PointStats;
use super::relocate_empty::Centroids;
use super::report::IterationDetails;
use super::start::{Run, StopRule};
use super::unit_length::{directions, growth};
use crate::Scalar;
use crate::points::Rows;

/// Fewest centroids that are worth a task of their own.
const MIN_CENTROIDS_PER_TASK: usize = 32;

/// Runs one start from `centroids` `(k, d)`, given as differences from the origin, with `bounds` if
/// there are any.
///
/// With [`Metric::Cosine`] the points have unit length, and so have the centroids after each
/// update. Bounds hold, because they follow the moves of the centroids, wherever these go.
/// `on_iteration` gets the number of each iteration, from 1, and what it measured.
pub(super) fn run<F: Scalar>(
    points: Rows<F>,
    stats: &PointStats<F::Work>,
    centroids: Array2<f64>,
    metric: Metric,
    mut bounds: Option<AdaptiveBounds<F::Work>>,
    rule: StopRule,
    on_iteration: &mut dyn FnMut(usize, IterationDetails),
) -> Run {
    let (n, k, frame) = (points.n(), centroids.nrows(), &stats.frame);
    let (mut before, mut labels) = (vec![UNASSIGNED; n], vec![UNASSIGNED; n]);
    let mut sums = ClusterSums::new(points, frame.origin(), k);
    let mut centroids = Centroids::new(centroids);
    let (mut iterations, mut converged, mut all_distances) = (0, false, 0);
    while !converged && iterations < rule.max_iter {
        before.copy_from_slice(&labels);
        let differences = &centroids.differences;
        let distances = match &mut bounds {
            Some(bounds) => bounds.assign(points, stats, differences, &mut labels),
            None => {
                let centers = Centers::new(frame, differences.view());
                let exact = ExactCenters::new(frame.origin(), differences.clone());
                nearest(points, &centers, &exact, Some(stats.longest), &mut labels);
                n as u64 * k as u64
            }
        };
        let moved = sums.move_points(points, &before, &labels);
        let mut totals = sums.totals();
        totals.relocate_empty(points, frame, differences, &labels);
        let weights = totals.weights.clone();
        let mut new = totals.centroids();
        let mut inertia = inertia(stats, points.scale(), &new.differences, &weights);
        if metric == Metric::Cosine {
            let unit = directions::<F::Work>(&new.differences, frame.origin(), differences);
            inertia += growth(&new.differences, &unit, &weights);
            new = Centroids::new(unit);
        }
        let old = std::mem::replace(&mut centroids, new);

        let moves = old.differences.iter().zip(&centroids.differences);
        let shift: f64 = moves.map(|(old, new)| ((new - old) * points.scale()).powi(2)).sum();
        iterations += 1;
        all_distances += distances;
        converged = moved == 0 || shift <= rule.tolerance;
        on_iteration(iterations, IterationDetails { inertia, moved, distances });
    }
    let model = centroids.in_model_units(frame.origin(), points.scale());
    all_distances += match bounds {
        Some(mut bounds) => bounds.finish(points, stats, &model, &mut labels),
        None => {
            let (centers, exact) = prepare_model(points, frame, model.view());
            nearest(points, &centers, &exact, Some(stats.longest), &mut labels);
            n as u64 * k as u64
        }
    };
    let differences = centroids.differences;
    Run { differences, model, labels, iterations, converged, distances: all_distances }
}

/// Computes the sum of squared distances of the points to the means of their clusters: the sum of
/// squared distances to the mean of all, less what the cluster means explain. A value of 1 stands
/// for `scale`.
fn inertia<W: crate::Work>(
    stats: &PointStats<W>,
    scale: f64,
    centroids: &Array2<f64>,
    weights: &[f64],
) -> f64 {
    let explained = |(centroid, weight): (ArrayView1<f64>, &f64)| {
        let squares =
            centroid.iter().zip(&stats.mean).map(|(c, mean)| ((c - mean) * scale).powi(2));
        weight * squares.sum::<f64>()
    };
    let rows = centroids
        .axis_iter(Axis(0))
        .into_par_iter()
        .zip(weights)
        .with_min_len(MIN_CENTROIDS_PER_TASK);
    let explained: Vec<f64> = rows.map(explained).collect();
    (stats.inertia - explained.iter().sum::<f64>()).max(0.0)
}
