//! The update step: new centroids from sums, with empty clusters filled as scikit-learn fills them.

use ndarray::Array2;

use super::distance::squared_distance;
use super::frame::Frame;
use super::sums::{Totals, difference, two_sum};
use crate::parallel::map_chunks;
use crate::points::Rows;
use crate::{Scalar, Work};

/// Means of clusters, `(k, d)`, by their differences from the origin, in the values of points.
pub(super) struct Centroids {
    pub(super) differences: Array2<f64>,
    /// What the differences are the means of, for what rounding has taken from them: sums and the errors of
    /// these, shape `(k, d)`, and weights, shape `(k,)`.
    sums: Array2<f64>,
    errors: Array2<f64>,
    weights: Vec<f64>,
}

impl Centroids {
    /// Differences that nothing was taken from.
    pub(super) fn new(differences: Array2<f64>) -> Self {
        let (sums, errors) = (differences.clone(), Array2::zeros(differences.dim()));
        let weights = vec![1.0; differences.nrows()];
        Self { differences, sums, errors, weights }
    }

    /// The centroids as a model has them, where a value of 1 stands for `scale`.
    pub(super) fn in_models(&self, origin: &[f64], scale: f64) -> Array2<f64> {
        let mut centroids = self.differences.clone();
        for (at, (mut row, &weight)) in centroids.outer_iter_mut().zip(&self.weights).enumerate() {
            let parts = self.sums.row(at).into_iter().zip(self.errors.row(at));
            for (to, (&s, (&sum, error))) in row.iter_mut().zip(origin.iter().zip(parts)) {
                let rest = (f64::mul_add(-*to, weight, sum) + error) / weight;
                let (mut value, mut lost) = (s, 0.0);
                two_sum(&mut value, &mut lost, *to);
                *to = (value + (lost + rest)) * scale;
            }
        }
        centroids
    }
}

impl Totals {
    /// Moves the points farthest from their centroid into the empty clusters, one each.
    ///
    /// `centroids` are the differences of those that `labels` were assigned with. Where all points lie on their centroid there
    /// are fewer distinct points than clusters, and nothing is moved. As `_relocate_empty_clusters_dense` of
    /// scikit-learn, with the order of equally far points fixed: lowest index first.
    pub(super) fn fill_empty<F: Scalar>(
        &mut self,
        points: Rows<F>,
        frame: &Frame<impl Work>,
        centroids: &Array2<f64>,
        labels: &[u32],
    ) {
        let empty: Vec<usize> = (0..self.counts.len()).filter(|&j| self.counts[j] == 0).collect();
        if empty.is_empty() {
            return;
        }
        let farthest = farthest(points, frame, centroids, labels, empty.len());
        for (&new, i) in empty.iter().zip(farthest) {
            let old = labels[i] as usize;
            let weight = points.weight(i);
            for (feature, (&x, &s)) in points.row(i).iter().zip(frame.origin()).enumerate() {
                let (difference, lost) = difference(x.into(), s);
                let (from, to) = ([old, feature], [new, feature]);
                let term = weight * difference;
                let lost = f64::mul_add(weight, difference, -term) + weight * lost;
                two_sum(&mut self.sums[from], &mut self.errors[from], -term);
                self.errors[from] -= lost;
                (self.sums[to], self.errors[to]) = (term, lost);
            }
            self.counts[old] -= 1;
            self.counts[new] = 1;
            self.weights[old] -= weight;
            self.weights[new] = weight;
        }
    }

    /// The centroids. A cluster that is still empty gets the centroid of the largest one.
    pub(super) fn centroids(self) -> Centroids {
        let Self { mut sums, mut errors, mut weights, counts } = self;
        let largest = (0..counts.len()).rev().max_by_key(|&j| counts[j]).unwrap_or(0);
        for j in (0..counts.len()).filter(|&j| counts[j] == 0) {
            for array in [&mut sums, &mut errors] {
                let row = array.row(largest).to_owned();
                array.row_mut(j).assign(&row);
            }
            weights[j] = weights[largest];
        }
        let mut differences = &sums + &errors;
        for (mut row, &weight) in differences.outer_iter_mut().zip(&weights) {
            row.mapv_inplace(|sum| sum / weight);
        }
        Centroids { differences, sums, errors, weights }
    }
}

/// The `count` points farthest from their centroid, farthest first; none if all lie on it.
fn farthest<F: Scalar>(
    points: Rows<F>,
    frame: &Frame<impl Work>,
    centroids: &Array2<f64>,
    labels: &[u32],
    count: usize,
) -> Vec<usize> {
    let (origin, unit) = (frame.origin(), frame.unit());
    let centroids = centroids.mapv(|value| value * unit);
    let centroid = |label: u32| centroids.row(label as usize).to_slice().expect("centroids are in C order");
    let distances = map_chunks(points.n(), 0, |rows| {
        let labelled = points.iter(rows.clone()).zip(&labels[rows]);
        let squared = |(point, &label): (&[F], &u32)| squared_distance(point, origin, unit, centroid(label));
        labelled.map(squared).collect::<Vec<f64>>()
    })
    .concat();
    // A point without weight cannot fill a cluster.
    let mut order: Vec<usize> = (0..distances.len()).filter(|&i| points.weight(i) > 0.0).collect();
    if order.iter().all(|&i| distances[i] == 0.0) {
        return Vec::new();
    }
    let farther = |&i: &usize, &j: &usize| distances[j].total_cmp(&distances[i]).then(i.cmp(&j));
    if count < order.len() {
        order.select_nth_unstable_by(count, farther);
        order.truncate(count);
    }
    order.sort_unstable_by(farther);
    order
}
