//! Lloyd's algorithm: assign every point to the nearest centroid, move every centroid to the mean of its points.
//!
//! Lloyd, *Least squares quantization in PCM*, IEEE Trans. Inf. Theory 28 (1982). How the nearest centroid is found is
//! the business of `assign.rs`; all ways find the same one.

use ndarray::{Array2, ArrayView1, Axis};
use rayon::prelude::*;

use super::assign::nearest;
use super::bounds::Bounds;
use super::centres::Centres;
use super::exact::Exact;
use super::model::of_model;
use super::spread::Spread;
use super::sums::{Sums, UNASSIGNED};
use super::update::Centroids;
use super::{Iteration, Run, StopRule};
use crate::Scalar;
use crate::points::Rows;

/// Fewest centroids that are worth the while of a thread.
const MIN_ROWS: usize = 32;

/// Runs one start from `centroids` `(k, d)`, given by their differences from the origin, to its end,
/// with bounds or without.
pub(super) fn run<F: Scalar>(
    points: Rows<F>,
    spread: &Spread<F::Work>,
    centroids: Array2<f64>,
    mut bounds: Option<Bounds<F::Work>>,
    rule: StopRule,
    on_iteration: &mut dyn FnMut(&Iteration),
) -> Run {
    let (n, k, frame) = (points.n(), centroids.nrows(), &spread.frame);
    let (mut before, mut labels) = (vec![UNASSIGNED; n], vec![UNASSIGNED; n]);
    let mut sums = Sums::new(points, frame.origin(), k);
    let mut centroids = Centroids::new(centroids);
    let (mut iterations, mut converged, mut all_distances) = (0, false, 0);
    while !converged && iterations < rule.max_iter {
        before.copy_from_slice(&labels);
        let differences = &centroids.differences;
        let distances = match &mut bounds {
            Some(bounds) => bounds.assign(points, spread, differences, &mut labels),
            None => {
                let centres = Centres::new(frame, differences.view());
                let exact = Exact::new(frame.origin(), differences.clone());
                nearest(points, &centres, &exact, Some(spread.longest), &mut labels);
                n as u64 * k as u64
            }
        };
        let moved = sums.follow(points, &before, &labels);
        let mut totals = sums.totals();
        totals.fill_empty(points, frame, differences, &labels);
        let weights = totals.weights.clone();
        let old = std::mem::replace(&mut centroids, totals.centroids());

        let moves = old.differences.iter().zip(&centroids.differences);
        let shift: f64 = moves.map(|(old, new)| ((new - old) * points.scale()).powi(2)).sum();
        iterations += 1;
        all_distances += distances;
        converged = moved == 0 || shift <= rule.tolerance;
        let inertia = inertia(spread, points.scale(), &centroids.differences, &weights);
        on_iteration(&Iteration { iteration: iterations, inertia, moved, distances });
    }
    let model = centroids.in_models(frame.origin(), points.scale());
    all_distances += match bounds {
        Some(bounds) => bounds.finish(points, spread, &model, &mut labels),
        None => {
            let (centres, exact) = of_model(points, frame, model.view());
            nearest(points, &centres, &exact, Some(spread.longest), &mut labels);
            n as u64 * k as u64
        }
    };
    let differences = centroids.differences;
    Run { differences, model, labels, iterations, converged, distances: all_distances }
}

/// Sum of squared distances of the points to the means of their clusters: what it is to the mean of all, less what the
/// means explain. `scale` is what a value of 1 stands for.
fn inertia<W: crate::Work>(spread: &Spread<W>, scale: f64, centroids: &Array2<f64>, weights: &[f64]) -> f64 {
    let explained = |(centroid, weight): (ArrayView1<f64>, &f64)| {
        let squares = centroid.iter().zip(&spread.mean).map(|(c, mean)| ((c - mean) * scale).powi(2));
        weight * squares.sum::<f64>()
    };
    let rows = centroids.axis_iter(Axis(0)).into_par_iter().zip(weights).with_min_len(MIN_ROWS);
    let explained: Vec<f64> = rows.map(explained).collect();
    (spread.inertia - explained.iter().sum::<f64>()).max(0.0)
}
