//! What a chunk of points knows about one start: labels, and sums that follow the points as they move.

use ndarray::Array2;

use crate::Scalar;

/// Label of a point that no centroid has been assigned to yet.
const UNASSIGNED: i32 = -1;

/// Assignments of one chunk under one start, with the sum of the points in each cluster.
///
/// After a few iterations hardly any point changes its cluster, so sums are not formed anew: a point that
/// moves is subtracted from one sum and added to the other. The rounding errors of each addition are kept
/// beside the sums (Knuth's two-sum), so they do not pile up, and a far outlier that leaves takes nothing
/// with it.
pub(super) struct Tally {
    /// Label of each point of the chunk.
    pub(super) labels: Vec<i32>,
    /// Points per cluster, shape `(k,)`.
    pub(super) counts: Vec<usize>,
    /// Points that changed cluster in the last pass.
    pub(super) moved: usize,
    /// Sum of the points of each cluster, shape `(k, d)`.
    sums: Vec<f64>,
    /// What rounding has taken from `sums`, shape `(k, d)`.
    errors: Vec<f64>,
}

impl Tally {
    /// Bytes of sums that one tally holds.
    pub(super) fn bytes(k: usize, d: usize) -> usize {
        2 * size_of::<f64>() * k * d
    }

    /// A chunk of `len` points, none of them assigned.
    pub(super) fn new(len: usize, (k, d): (usize, usize)) -> Self {
        Self {
            labels: vec![UNASSIGNED; len],
            counts: vec![0; k],
            moved: 0,
            sums: vec![0.0; k * d],
            errors: vec![0.0; k * d],
        }
    }

    /// Puts the chunk's `i`-th point into cluster `label`.
    pub(super) fn assign<F: Scalar>(&mut self, i: usize, point: &[F], label: usize) {
        let old = std::mem::replace(&mut self.labels[i], label as i32);
        if old == label as i32 {
            return;
        }
        self.moved += 1;
        if old != UNASSIGNED {
            self.counts[old as usize] -= 1;
            self.add(old as usize, point, -1.0);
        }
        self.counts[label] += 1;
        self.add(label, point, 1.0);
    }

    fn add<F: Scalar>(&mut self, cluster: usize, point: &[F], sign: f64) {
        let row = cluster * point.len()..(cluster + 1) * point.len();
        let sums = self.sums[row.clone()].iter_mut().zip(&mut self.errors[row]);
        for ((sum, error), &x) in sums.zip(point) {
            let term = sign * x.into();
            let new = *sum + term;
            let seen = new - *sum;
            *error += (*sum - (new - seen)) + (term - seen);
            *sum = new;
        }
    }

    /// Adds this chunk's sums `(k, d)` and counts `(k,)` to totals.
    pub(super) fn add_to(&self, sums: &mut Array2<f64>, counts: &mut [usize]) {
        for ((total, sum), error) in sums.iter_mut().zip(&self.sums).zip(&self.errors) {
            *total += sum + error;
        }
        for (total, count) in counts.iter_mut().zip(&self.counts) {
            *total += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn an_outlier_that_leaves_takes_nothing_with_it() {
        let mut tally = Tally::new(3, (2, 1));
        tally.assign(0, &[1.0], 0);
        tally.assign(1, &[1e20], 0);
        tally.assign(2, &[0.5], 0);
        tally.assign(1, &[1e20], 1);
        let (mut sums, mut counts) = (Array2::zeros((2, 1)), [0, 0]);
        tally.add_to(&mut sums, &mut counts);
        assert_eq!((sums, counts, tally.moved), (array![[1.5], [1e20]], [2, 1], 4));
    }
}
