//! Sums of the points of each cluster, updated as points move between clusters.

use std::ops::Range;

use kernels::simd::{Isa, Kernel, dispatch};
use ndarray::{Array2, Axis, s};
use rayon::prelude::*;

use crate::Scalar;
use crate::kernel::mul_add;
use crate::points::Rows;

/// Label of a point that is not assigned yet.
pub(super) const UNASSIGNED: u32 = u32::MAX;

/// Most bytes of partial sums, unless a single set needs more.
const MAX_PARTIAL_BYTES: usize = 4 << 20;

/// Most runs of rows with partial sums of their own.
const MAX_RUNS: usize = 32;

/// Fewest rows of a run.
const MIN_RUN_ROWS: usize = 1024;

/// Fewest clusters whose sums are worth a task of their own.
const MIN_CLUSTERS_PER_TASK: usize = 4;

/// Fewest features of a piece.
const MIN_PIECE_FEATURES: usize = 64;

/// Sums and weights of the points of each cluster.
///
/// After a few iterations few points change their cluster, so sums are not computed anew: a point
/// that moves is subtracted from one sum and added to the other. The rounding error of each
/// addition is kept beside the sums (Knuth's two-sum). So errors do not accumulate, and an outlier
/// that leaves takes no digits with it. Sums of bytes are exact and need no errors.
///
/// The work is cut into pieces, each a run of rows by a run of features, by rules that know only
/// the sizes. A piece adds its rows in order and pieces are added in order, so the number of
/// threads does not change a result.
pub(super) struct ClusterSums {
    /// Partial sums, in the order of rows and then features.
    pieces: Vec<Piece>,
    k: usize,
    /// Origin of the sums, shape `(d,)`, in the values of points.
    origin: Vec<f64>,
}

/// Partial sums over a run of rows and a run of features.
struct Piece {
    rows: Range<usize>,
    features: Range<usize>,
    /// The sums, shape `(k, features)`.
    sums: Vec<f64>,
    /// Rounding errors of `sums`, of the same shape; empty if sums are exact.
    errors: Vec<f64>,
    /// Weights of the clusters, then their rounding errors, shape `(2 k,)`. Only the first run of
    /// features keeps them.
    weights: Vec<f64>,
    /// Points of positive weight in each cluster, shape `(k,)`, kept likewise.
    counts: Vec<usize>,
}

/// Sums `(k, d)`, weights `(k,)` and counts `(k,)` of the points in each cluster.
pub(super) struct Totals {
    /// Sums of the weighted differences from the origin, in the values of points.
    pub(super) sums: Array2<f64>,
    /// Rounding errors of the sums.
    pub(super) errors: Array2<f64>,
    pub(super) weights: Vec<f64>,
    pub(super) counts: Vec<usize>,
}

impl ClusterSums {
    /// Starts with k empty clusters. Sums are measured from `origin` `(d,)`, in the values of
    /// points.
    pub(super) fn new<F: Scalar>(points: Rows<F>, origin: &[f64], k: usize) -> Self {
        let (n, d) = (points.n(), points.d());
        let exact =
            F::BYTES && points.weights().is_none() && origin.iter().all(|s| s.fract() == 0.0);
        let arrays = if exact { 1 } else { 2 };
        let runs = MAX_PARTIAL_BYTES / (arrays * size_of::<f64>() * k * d).max(1);
        let run = n.div_ceil(runs.clamp(1, MAX_RUNS)).max(MIN_RUN_ROWS);
        let few_rows = n.div_ceil(run) < MAX_RUNS;
        let width = if few_rows { d.div_ceil(MAX_RUNS).max(MIN_PIECE_FEATURES) } else { d };
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
        Self { pieces, k, origin: origin.to_vec() }
    }

    /// Moves points from the clusters in `old` `(n,)` to those in `new` `(n,)`. Returns how many
    /// moved.
    pub(super) fn move_points<F: Scalar>(
        &mut self,
        points: Rows<F>,
        old: &[u32],
        new: &[u32],
    ) -> usize {
        let Self { pieces, origin, .. } = self;
        pieces
            .par_iter_mut()
            .map(|piece| dispatch(MovePoints { piece, points, origin, old, new }))
            .sum()
    }

    /// Adds up the pieces.
    pub(super) fn totals(&self) -> Totals {
        let shape = (self.k, self.origin.len());
        let (mut sums, mut errors) = (Array2::zeros(shape), Array2::zeros(shape));
        let rows = sums.axis_iter_mut(Axis(0)).into_par_iter().zip(errors.axis_iter_mut(Axis(0)));
        rows.enumerate().with_min_len(MIN_CLUSTERS_PER_TASK).for_each(
            |(cluster, (mut sums, mut errors))| {
                for piece in &self.pieces {
                    let features = s![piece.features.clone()];
                    let (sums, errors) = (sums.slice_mut(features), errors.slice_mut(features));
                    let contiguous = "a row of a new array is contiguous";
                    let sums = sums.into_slice().expect(contiguous);
                    piece.add_to(cluster, sums, errors.into_slice().expect(contiguous));
                }
                for (sum, error) in sums.iter_mut().zip(&mut errors) {
                    let all = *sum + *error;
                    (*sum, *error) = (all, *error - (all - *sum));
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
        Totals { sums, errors, weights, counts }
    }
}

/// Moves the points of one piece. Returns how many moved, for the first run of features; else 0.
struct MovePoints<'a, F> {
    piece: &'a mut Piece,
    points: Rows<'a, F>,
    origin: &'a [f64],
    old: &'a [u32],
    new: &'a [u32],
}

impl<F: Scalar> Kernel for MovePoints<'_, F> {
    type Output = usize;

    #[inline(always)]
    fn run<I: Isa>(self) -> usize {
        let Self { piece, points, origin, old, new } = self;
        let origin = &origin[piece.features.clone()];
        // Number of labels that are compared at a time, because most stay the same.
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
                    piece.add::<I, F>(old as usize, point, origin, -weight);
                }
                piece.add::<I, F>(new as usize, point, origin, weight);
                moved += 1;
            }
        }
        if piece.features.start == 0 { moved } else { 0 }
    }
}

/// Tells whether L labels are the same; false for fewer labels.
#[inline(always)]
fn same<const L: usize>(old: &[u32], new: &[u32]) -> bool {
    match (old.first_chunk::<L>(), new.first_chunk::<L>()) {
        (Some(old), Some(new)) => old == new,
        _ => false,
    }
}

impl Piece {
    /// Adds the sums of a cluster to `sums`, and all rounding errors to `errors`, each of shape
    /// `(features,)`.
    fn add_to(&self, cluster: usize, sums: &mut [f64], errors: &mut [f64]) {
        let row = cluster * sums.len()..(cluster + 1) * sums.len();
        for ((sum, error), &value) in sums.iter_mut().zip(&mut *errors).zip(&self.sums[row.clone()])
        {
            two_sum(sum, error, value);
        }
        if let Some(own) = self.errors.get(row) {
            errors.iter_mut().zip(own).for_each(|(to, error)| *to += error);
        }
    }

    /// Adds a point with this weight to a cluster.
    #[inline(always)]
    fn add<I: Isa, F: Scalar>(&mut self, cluster: usize, point: &[F], origin: &[f64], weight: f64) {
        let row = cluster * point.len()..(cluster + 1) * point.len();
        if self.errors.is_empty() {
            for ((sum, &x), s) in self.sums[row].iter_mut().zip(point).zip(origin) {
                let x: f64 = x.into();
                *sum += weight * (x - s);
            }
        } else {
            let sums = self.sums[row.clone()].iter_mut().zip(&mut self.errors[row]);
            for ((sum, error), (&x, &s)) in sums.zip(point.iter().zip(origin)) {
                let (difference, lost) = difference(x.into(), s);
                let term = weight * difference;
                two_sum(sum, error, term);
                *error += mul_add::<I, f64>(weight, difference, -term) + weight * lost;
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

/// Returns `x - s`, rounded, and the rounding error.
#[inline(always)]
pub(super) fn difference(x: f64, s: f64) -> (f64, f64) {
    let (mut difference, mut lost) = (x, 0.0);
    two_sum(&mut difference, &mut lost, -s);
    (difference, lost)
}

/// Adds `term` to `sum`, and the rounding error to `error`.
#[inline(always)]
pub(super) fn two_sum(sum: &mut f64, error: &mut f64, term: f64) {
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
        let mut sums = ClusterSums::new(points, &[0.0], 2);
        assert_eq!(sums.move_points(points, &[UNASSIGNED; 3], &[0, 0, 0]), 3);
        assert_eq!(sums.move_points(points, &[0, 0, 0], &[0, 1, 0]), 1);
        let totals = sums.totals();
        assert_eq!(
            (totals.sums, totals.counts, totals.weights),
            (array![[1.5], [1e20]], vec![2, 1], vec![2., 1.])
        );
    }
}
