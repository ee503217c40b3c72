//! Sums of the points of each cluster, which follow the points as they move.

use std::ops::Range;

use ndarray::{Array2, Axis, s};
use rayon::prelude::*;

use crate::Scalar;
use crate::points::Rows;
use crate::simd::{Isa, Kernel, dispatch};

/// Label of a point that no centroid has been assigned to yet.
pub(super) const UNASSIGNED: u32 = u32::MAX;

/// Memory that partial sums may take, unless a single set needs more.
const BYTES: usize = 4 << 20;

/// Most runs of rows with partial sums of their own, and the fewest rows that are worth it.
const RUNS: usize = 32;
const RUN_ROWS: usize = 1024;

/// Fewest clusters whose sums are worth the while of a thread.
const MIN_CLUSTERS: usize = 4;

/// Fewest features that are worth a piece of their own.
const PIECE_FEATURES: usize = 64;

/// Sum and weight of the points of each cluster.
///
/// After a few iterations hardly any point changes its cluster, so sums are not formed anew: a point that moves is
/// subtracted from one sum and added to the other. The rounding errors of each addition are kept beside the sums
/// (Knuth's two-sum), so they do not pile up, and a far outlier that leaves takes nothing with it. Sums of bytes are
/// exact and need none.
///
/// The work is cut into pieces, each a run of rows by a run of features, by rules that know only the sizes. A piece adds
/// its rows in their order, and pieces are added in their order, so the number of threads never shows.
pub(super) struct Sums {
    pieces: Vec<Piece>,
    k: usize,
    d: usize,
}

struct Piece {
    rows: Range<usize>,
    features: Range<usize>,
    /// Shape `(k, features)`.
    sums: Vec<f64>,
    /// What rounding has taken from `sums`; empty where it takes nothing.
    errors: Vec<f64>,
    /// Shape `(k,)`, with the errors of these behind them; kept by the first run of features alone.
    weights: Vec<f64>,
    /// Points of positive weight in each cluster, shape `(k,)`; likewise.
    counts: Vec<usize>,
}

/// Sums `(k, d)`, weights and counts `(k,)` of the points in each cluster.
pub(super) struct Totals {
    /// In the values that were given, times the weights.
    pub(super) sums: Array2<f64>,
    pub(super) weights: Vec<f64>,
    pub(super) counts: Vec<usize>,
}

impl Sums {
    /// No point is in any of k clusters.
    pub(super) fn new<F: Scalar>(points: Rows<F>, k: usize) -> Self {
        let (n, d) = (points.n(), points.d());
        let exact = F::BYTES && points.weights().is_none();
        let arrays = if exact { 1 } else { 2 };
        let runs = BYTES / (arrays * size_of::<f64>() * k * d).max(1);
        let run = n.div_ceil(runs.clamp(1, RUNS)).max(RUN_ROWS);
        let few_rows = n.div_ceil(run) < RUNS;
        let width = if few_rows { d.div_ceil(RUNS).max(PIECE_FEATURES) } else { d };
        let mut pieces = Vec::new();
        for first in (0..n).step_by(run) {
            for feature in (0..d).step_by(width) {
                let features = feature..d.min(feature + width);
                let sums = vec![0.0; k * features.len()];
                let errors = vec![0.0; if exact { 0 } else { sums.len() }];
                let (weights, counts) = (vec![0.0; 2 * k], vec![0; k]);
                pieces.push(Piece {
                    rows: first..n.min(first + run),
                    features,
                    sums,
                    errors,
                    weights,
                    counts,
                });
            }
        }
        Self { pieces, k, d }
    }

    /// Takes points from the clusters in `old` `(n,)` to those in `new`; returns how many moved.
    pub(super) fn follow<F: Scalar>(&mut self, points: Rows<F>, old: &[u32], new: &[u32]) -> usize {
        self.pieces.par_iter_mut().map(|piece| dispatch(Follow { piece, points, old, new })).sum()
    }

    /// Adds the pieces up.
    pub(super) fn totals(&self) -> Totals {
        let mut sums = Array2::zeros((self.k, self.d));
        sums.axis_iter_mut(Axis(0)).into_par_iter().enumerate().with_min_len(MIN_CLUSTERS).for_each(
            |(cluster, mut to)| {
                for piece in &self.pieces {
                    let to = to.slice_mut(s![piece.features.clone()]);
                    piece.add_to(cluster, to.into_slice().expect("a row of a new array is contiguous"));
                }
            },
        );
        let (mut weights, mut counts) = (vec![0.0; self.k], vec![0; self.k]);
        for piece in self.pieces.iter().filter(|piece| piece.features.start == 0) {
            let (sums, errors) = piece.weights.split_at(self.k);
            for (to, (sum, error)) in weights.iter_mut().zip(sums.iter().zip(errors)) {
                *to += sum + error;
            }
            counts.iter_mut().zip(&piece.counts).for_each(|(to, count)| *to += count);
        }
        Totals { sums, weights, counts }
    }
}

/// One piece goes through its rows; returns how many of them moved, of the first features alone.
struct Follow<'a, F> {
    piece: &'a mut Piece,
    points: Rows<'a, F>,
    old: &'a [u32],
    new: &'a [u32],
}

impl<F: Scalar> Kernel for Follow<'_, F> {
    type Output = usize;

    #[inline(always)]
    fn run<I: Isa>(self) -> usize {
        let Self { piece, points, old, new } = self;
        // Labels that are compared at a time: most of them stay the same.
        const LABELS: usize = 16;
        let mut moved = 0;
        let rows = piece.rows.clone();
        let labels = old[rows.clone()].chunks(LABELS).zip(new[rows.clone()].chunks(LABELS));
        for (start, (old, new)) in rows.step_by(LABELS).zip(labels) {
            if same::<LABELS>(old, new) {
                continue;
            }
            for (i, (&old, &new)) in (start..).zip(old.iter().zip(new)) {
                if old == new {
                    continue;
                }
                let (point, weight) = (&points.row(i)[piece.features.clone()], points.weight(i));
                if old != UNASSIGNED {
                    piece.add(old as usize, point, -weight);
                }
                piece.add(new as usize, point, weight);
                moved += 1;
            }
        }
        if piece.features.start == 0 { moved } else { 0 }
    }
}

/// Whether L labels are the same; of fewer it does not say.
#[inline(always)]
fn same<const L: usize>(old: &[u32], new: &[u32]) -> bool {
    match (old.first_chunk::<L>(), new.first_chunk::<L>()) {
        (Some(old), Some(new)) => old == new,
        _ => false,
    }
}

impl Piece {
    /// Adds the sums of a cluster to `to`, shape `(features,)`.
    fn add_to(&self, cluster: usize, to: &mut [f64]) {
        let row = cluster * to.len()..(cluster + 1) * to.len();
        to.iter_mut().zip(&self.sums[row.clone()]).for_each(|(to, value)| *to += value);
        if let Some(errors) = self.errors.get(row) {
            to.iter_mut().zip(errors).for_each(|(to, error)| *to += error);
        }
    }

    #[inline(always)]
    fn add<F: Scalar>(&mut self, cluster: usize, point: &[F], weight: f64) {
        let row = cluster * point.len()..(cluster + 1) * point.len();
        if self.errors.is_empty() {
            for (sum, &x) in self.sums[row].iter_mut().zip(point) {
                let x: f64 = x.into();
                *sum += weight * x;
            }
        } else {
            let sums = self.sums[row.clone()].iter_mut().zip(&mut self.errors[row]);
            for ((sum, error), &x) in sums.zip(point) {
                let x: f64 = x.into();
                two_sum(sum, error, weight * x);
            }
        }
        if self.features.start > 0 {
            return;
        }
        let k = self.weights.len() / 2;
        let (weights, errors) = self.weights.split_at_mut(k);
        two_sum(&mut weights[cluster], &mut errors[cluster], weight);
        if weight > 0.0 {
            self.counts[cluster] += 1;
        } else if weight < 0.0 {
            self.counts[cluster] -= 1;
        }
    }
}

/// Adds `term` to `sum`, and to `error` what that loses.
#[inline(always)]
fn two_sum(sum: &mut f64, error: &mut f64, term: f64) {
    let new = *sum + term;
    let seen = new - *sum;
    *error += (*sum - (new - seen)) + (term - seen);
    *sum = new;
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::Points;

    #[test]
    fn an_outlier_that_leaves_takes_nothing_with_it() {
        let array = array![[1.0], [1e20], [0.5]];
        let points = Points::from(&array);
        let array = points.in_order();
        let points = Rows::new(&points, &array).unwrap();
        let mut sums = Sums::new(points, 2);
        assert_eq!(sums.follow(points, &[UNASSIGNED; 3], &[0, 0, 0]), 3);
        assert_eq!(sums.follow(points, &[0, 0, 0], &[0, 1, 0]), 1);
        let totals = sums.totals();
        assert_eq!(
            (totals.sums, totals.counts, totals.weights),
            (array![[1.5], [1e20]], vec![2, 1], vec![2., 1.])
        );
    }
}
