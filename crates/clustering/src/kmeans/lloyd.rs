//! Lloyd's algorithm: assign every point to the nearest centroid, move every centroid to the mean of its points.
//!
//! Lloyd, *Least squares quantization in PCM*, IEEE Trans. Inf. Theory 28 (1982). How the nearest centroid is found is
//! the business of `assign.rs`; all ways find the same one.

use ndarray::{Array2, ArrayView1, Axis};
use rayon::prelude::*;

use super::assign::nearest;
use super::bounds::Bounds;
use super::centres::Centres;
use super::spread::Spread;
use super::sums::{Sums, UNASSIGNED};
use super::{Iteration, Run, StopRule};
use crate::Scalar;
use crate::points::Rows;

/// Fewest centroids that are worth the while of a thread.
const MIN_ROWS: usize = 32;

/// Runs one start from `centroids` `(k, d)` to its end, with bounds or without.
pub(super) fn run<F: Scalar>(
    points: Rows<F>,
    spread: &Spread<F::Work>,
    centroids: Array2<f64>,
    mut bounds: Option<Bounds<F::Work>>,
    rule: StopRule,
    on_iteration: &mut dyn FnMut(&Iteration),
) -> Run {
    let (n, k) = (points.n(), centroids.nrows());
    let (mut before, mut labels) = (vec![UNASSIGNED; n], vec![UNASSIGNED; n]);
    let mut sums = Sums::new(points, k);
    let mut run = Run { centroids, labels: Vec::new(), iterations: 0, converged: false, distances: 0 };
    while !run.converged && run.iterations < rule.max_iter {
        before.copy_from_slice(&labels);
        let distances = match &mut bounds {
            Some(bounds) => bounds.assign(points, spread, &run.centroids, &mut labels),
            None => {
                nearest(
                    points,
                    &Centres::around(points, spread.mean.view(), run.centroids.view()),
                    &mut labels,
                );
                n as u64 * k as u64
            }
        };
        let moved = sums.follow(points, &before, &labels);
        let mut totals = sums.totals();
        totals.fill_empty(points, &run.centroids, &labels);
        let weights = totals.weights.clone();
        let old = std::mem::replace(&mut run.centroids, totals.centroids(points.scale()));

        let shift: f64 = old.iter().zip(&run.centroids).map(|(old, new)| (new - old).powi(2)).sum();
        run.iterations += 1;
        run.distances += distances;
        run.converged = moved == 0 || shift <= rule.tolerance;
        let inertia = inertia(spread, &run.centroids, &weights);
        on_iteration(&Iteration { iteration: run.iterations, inertia, moved, distances });
    }
    run.distances += match bounds {
        Some(bounds) => bounds.finish(points, spread, &run.centroids, &mut labels),
        None => {
            nearest(points, &Centres::of_model(points, run.centroids.view()), &mut labels);
            n as u64 * k as u64
        }
    };
    Run { labels, ..run }
}

/// Sum of squared distances of the points to the means of their clusters: what it is to the mean of all, less what the
/// means explain.
fn inertia<W: crate::Work>(spread: &Spread<W>, centroids: &Array2<f64>, weights: &[f64]) -> f64 {
    let explained = |(centroid, weight): (ArrayView1<f64>, &f64)| {
        weight * centroid.iter().zip(&spread.mean).map(|(c, mean)| (c - mean).powi(2)).sum::<f64>()
    };
    let rows = centroids.axis_iter(Axis(0)).into_par_iter().zip(weights).with_min_len(MIN_ROWS);
    let explained: Vec<f64> = rows.map(explained).collect();
    (spread.inertia - explained.iter().sum::<f64>()).max(0.0)
}
