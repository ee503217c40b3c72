//! The search that merges two clusters and splits a third: see [`Search`](crate::Search).
//!
//! The inertia tells exactly what a merge costs and a split gains before any point changes its
//! cluster: Ward's distance of the two centroids, and what two-means saves in the third cluster.
//! Lloyd's algorithm then only lowers the inertia. So a move of positive gain always makes the
//! fit better, and of the other moves the most promising are tried. With the metric cosine, what a
//! merge costs is an estimate, because Ward's distance is that of means. A move is then kept, as
//! any other, only if the inertia that it ends with is lower.

use kernels::squared_distance;
use ndarray::Array2;

use super::engine::{EQUALLY_GOOD, Engine, finish};
use super::metric::Metric;
use super::params::KMeansParams;
use super::point_stats::PointStats;
use super::report::{IterationDetails, KMeansFit};
use super::starting_centroids::{differences_from, starting_centroids};
use super::unit_length::directions;
use crate::Scalar;
use crate::error::Error;
use crate::parallel::map;
use crate::points::Rows;
use crate::progress::{Candidate, SearchEvent};
use crate::search::{Move, moves, pairs};

/// Moves that are tried in a round before the search ends.
const TRIED: usize = 8;

/// Most rounds: an end to a search whose every move still gains a little.
const MOST_ROUNDS: usize = 1000;

/// Improves a fit, whose centroids are also given as `differences` from the origin.
///
/// # Errors
///
/// [`Error::Linfa`] from the reference engine.
pub(super) fn improve<F: Scalar>(
    engine: &Engine<F>,
    (mut fit, mut differences): (KMeansFit, Array2<f64>),
    on_event: &mut dyn FnMut(SearchEvent<IterationDetails>),
) -> Result<(KMeansFit, Array2<f64>), Error> {
    if differences.nrows() < 3 {
        return Ok((fit, differences));
    }
    for round in 0..MOST_ROUNDS {
        let proposals = Proposals::find(engine, &fit)?;
        let total = proposals.moves.len();
        let mut better = None;
        for (index, &of) in proposals.moves.iter().enumerate() {
            on_event(SearchEvent::Candidate(Candidate { round, index, total }));
            let start = proposals.apply(engine, &differences, of);
            let before = fit.iterations;
            let run = engine.run(start, &mut |iteration, details| {
                on_event(SearchEvent::Iteration(before + iteration, details));
            })?;
            fit.distances += run.distances;
            let (new, of_new) = finish(engine.points, engine.params.metric, run, fit.start);
            if new.inertia < fit.inertia * (1.0 - EQUALLY_GOOD) {
                better = Some((new, of_new));
                break;
            }
        }
        let Some((mut new, of_new)) = better else { break };
        new.iterations += fit.iterations;
        new.rounds = fit.rounds + 1;
        new.distances = fit.distances;
        (fit, differences) = (new, of_new);
    }
    Ok((fit, differences))
}

/// The moves of a round, most promising first, and what they are made of.
struct Proposals {
    moves: Vec<Move>,
    /// Total weight of each cluster.
    weights: Vec<f64>,
    /// For each cluster that can be split the centroids of its halves, `(2, d)`, in model units.
    halves: Vec<Option<Array2<f64>>>,
}

impl Proposals {
    /// Computes the gain of every move.
    ///
    /// # Errors
    ///
    /// Fails as k-means does.
    fn find<F: Scalar>(engine: &Engine<F>, fit: &KMeansFit) -> Result<Self, Error> {
        let (points, centroids) = (engine.points, fit.model.centroids());
        let mut members = vec![Vec::new(); centroids.nrows()];
        fit.assignments.iter().enumerate().for_each(|(i, &c)| members[c as usize].push(i));
        let weights: Vec<f64> =
            members.iter().map(|members| members.iter().map(|&i| points.weight(i)).sum()).collect();
        let of_cluster = |(c, members): (usize, &Vec<usize>)| {
            let centroid = centroids.row(c).to_vec();
            split(points, engine.params, &centroid, members)
        };
        let splits = map(members.iter().enumerate(), of_cluster);
        let splits = splits.into_iter().collect::<Result<Vec<_>, Error>>()?;
        let (gains, halves): (Vec<_>, Vec<_>) = splits
            .into_iter()
            .map(|split| split.map_or((None, None), |(gain, halves)| (Some(gain), Some(halves))))
            .unzip();
        let ward = |[i, j]: [usize; 2]| {
            let (a, b) = (weights[i], weights[j]);
            let step = &centroids.row(i) - &centroids.row(j);
            let square = step.dot(&step);
            let loss = if a > 0.0 && b > 0.0 { a * b / (a + b) * square } else { 0.0 };
            ([i, j], loss)
        };
        let losses: Vec<_> = pairs(weights.len()).map(ward).collect();
        Ok(Self { moves: moves(losses, &gains, TRIED), weights, halves })
    }

    /// Makes the centroids `(k, d)` that a move begins with, as differences from the origin.
    fn apply<F: Scalar>(
        &self,
        engine: &Engine<F>,
        differences: &Array2<f64>,
        of: Move,
    ) -> Array2<f64> {
        let Move { merged: [kept, freed], split, .. } = of;
        let mut moved = differences.clone();
        let (a, b) = (self.weights[kept], self.weights[freed]);
        if a + b > 0.0 {
            let mean = (&differences.row(kept) * a + &differences.row(freed) * b) / (a + b);
            moved.row_mut(kept).assign(&mean);
            if engine.params.metric == Metric::Cosine {
                moved = directions::<F::Work>(&moved, engine.stats.frame.origin(), differences);
            }
        }
        if let Some(halves) = &self.halves[split] {
            let origin = engine.stats.frame.origin();
            let halves = differences_from(origin, halves, engine.points.scale());
            moved.row_mut(split).assign(&halves.row(0));
            moved.row_mut(freed).assign(&halves.row(1));
        }
        moved
    }
}

/// Fits two-means and keeps the best of a few starts.
///
/// # Errors
///
/// Fails as k-means does.
fn two_means<F: Scalar>(points: Rows<F>, metric: Metric, seed: u64) -> Result<KMeansFit, Error> {
    const STARTS: usize = 3;
    let params =
        KMeansParams { k: 2, metric, max_iter: 100, tol: 1e-4, seed, ..KMeansParams::default() };
    let engine = Engine { points, stats: PointStats::compute(points, None)?, params: &params };
    let start = |start| -> Result<KMeansFit, Error> {
        let (centroids, _) = starting_centroids(points, &engine.stats, &params, start);
        let run = engine.run(centroids, &mut |_, _| ())?;
        Ok(finish(points, metric, run, start).0)
    };
    let mut best = start(0)?;
    for index in 1..STARTS {
        let other = start(index)?;
        if other.inertia < best.inertia {
            best = other;
        }
    }
    Ok(best)
}

/// Splits the points `members` of a cluster: what that saves of its inertia, and the centroids of
/// the halves `(2, d)`. Returns `None` if they cannot be split.
///
/// # Errors
///
/// Fails as k-means does.
fn split<F: Scalar>(
    points: Rows<F>,
    params: &KMeansParams,
    centroid: &[f64],
    members: &[usize],
) -> Result<Option<(f64, Array2<f64>)>, Error> {
    if members.len() < 2 {
        return Ok(None);
    }
    let subset = points.subset(members);
    let rows = subset.rows();
    let halves = two_means(rows, params.metric, params.seed)?;
    if halves.sizes.contains(&0) {
        return Ok(None);
    }
    let inertia: f64 = (0..rows.n())
        .map(|i| {
            let point: Vec<f64> = rows.row(i).iter().map(|&x| x.into() * rows.scale()).collect();
            rows.weight(i) * squared_distance(&point, centroid)
        })
        .sum();
    Ok(Some((inertia - halves.inertia, halves.model.centroids().clone())))
}
