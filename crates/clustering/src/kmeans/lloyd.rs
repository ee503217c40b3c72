//! Lloyd's algorithm, several starts in step.
//!
//! Lloyd, *Least squares quantization in PCM*, IEEE Trans. Inf. Theory 28 (1982). Reading 60,000 images costs
//! more than comparing them with ten centroids, so all starts of a batch share each pass over the points and
//! one matrix product per block. Starts do not influence one another: each result is the one it would have
//! alone.

use std::ops::Range;

use ndarray::Array2;
use rayon::prelude::*;

use super::distance::{Scorer, lowest};
use super::tally::Tally;
use super::update::Totals;
use super::{Run, StopRule};
use crate::Scalar;
use crate::parallel::{blocks, chunks};
use crate::points::Points;

/// Runs every start of `initial` (centroids of shape `(k, d)`) to its end.
///
/// `on_stop(i, run)` is called when start `i` ends: earlier in time first, then in order of `i`. Skipping
/// distances by bounds (Hamerly 2010) would go into [`Chunk::assign`], which alone decides what is computed
/// for a point.
pub(super) fn run<F: Scalar>(
    points: Points<F>,
    initial: Vec<Array2<f64>>,
    rule: StopRule,
    on_stop: &mut dyn FnMut(usize, Run),
) {
    let mut chunks = Chunk::split(points, &initial);
    let mut active: Vec<Start> = initial.into_iter().enumerate().map(Start::new).collect();
    while !active.is_empty() {
        let scorers: Vec<_> = active.iter().map(|start| Scorer::of_model(start.centroids.view())).collect();
        let scorer = Scorer::stack(&scorers);
        chunks.par_iter_mut().for_each(|chunk| chunk.assign(points, &scorer));
        active.par_iter_mut().enumerate().for_each(|(slot, start)| start.update(points, &chunks, slot, rule));

        let stopped: Vec<bool> = active.iter().map(|start| start.stopped).collect();
        for chunk in &mut chunks {
            let mut stopped = stopped.iter();
            chunk.tallies.retain(|_| stopped.next() == Some(&false));
        }
        for start in active.extract_if(.., |start| start.stopped) {
            let Start { index, centroids, iterations, converged, .. } = start;
            on_stop(index, Run { centroids, iterations, converged });
        }
    }
}

/// A run of points with one tally per active start.
struct Chunk {
    rows: Range<usize>,
    tallies: Vec<Tally>,
}

impl Chunk {
    fn split<F: Scalar>(points: Points<F>, initial: &[Array2<f64>]) -> Vec<Self> {
        let partial_bytes =
            initial.iter().map(|centroids| Tally::bytes(centroids.nrows(), centroids.ncols())).sum();
        let tallies = |len: usize| initial.iter().map(|centroids| Tally::new(len, centroids.dim())).collect();
        chunks(points.n(), partial_bytes)
            .into_iter()
            .map(|rows| Self { tallies: tallies(rows.len()), rows })
            .collect()
    }

    /// The assignment step of all active starts; their centroids lie behind one another in `scorer`.
    fn assign<F: Scalar>(&mut self, points: Points<F>, scorer: &Scorer<F>) {
        let Some(k) = self.tallies.first().map(|tally| tally.counts.len()) else { return };
        for tally in &mut self.tallies {
            tally.moved = 0;
        }
        let mut scratch = Vec::new();
        for block in blocks(self.rows.clone()) {
            let scores = scorer.score(points.block(block.clone()), &mut scratch);
            for (i, scores) in block.zip(scores) {
                for (tally, scores) in self.tallies.iter_mut().zip(scores.chunks_exact(k)) {
                    tally.assign(i - self.rows.start, points.row(i), lowest(scores));
                }
            }
        }
    }
}

/// A start that is under way.
struct Start {
    index: usize,
    centroids: Array2<f64>,
    iterations: usize,
    converged: bool,
    stopped: bool,
}

impl Start {
    fn new((index, centroids): (usize, Array2<f64>)) -> Self {
        Self { index, centroids, iterations: 0, converged: false, stopped: false }
    }

    /// The update step, from the tallies in `slot` of each chunk.
    fn update<F: Scalar>(&mut self, points: Points<F>, chunks: &[Chunk], slot: usize, rule: StopRule) {
        let tallies = || chunks.iter().map(|chunk| &chunk.tallies[slot]);
        let mut totals = Totals::zeros(self.centroids.dim());
        tallies().for_each(|tally| tally.add_to(&mut totals.sums, &mut totals.counts));
        let labels = || tallies().flat_map(|tally| tally.labels.iter().copied()).collect();
        totals.fill_empty(points, &self.centroids, labels);

        let old = std::mem::replace(&mut self.centroids, totals.centroids());
        let shift: f64 = old.iter().zip(&self.centroids).map(|(old, new)| (new - old).powi(2)).sum();
        let moved: usize = tallies().map(|tally| tally.moved).sum();
        self.iterations += 1;
        self.converged = moved == 0 || shift <= rule.tolerance;
        self.stopped = self.converged || self.iterations == rule.max_iter;
    }
}
