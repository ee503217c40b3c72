//! The update step: new centroids from sums, with empty clusters relocated as in scikit-learn.

use kernels::centered_squared_distance;
use ndarray::Array2;

use super::cluster_sums::{Totals, difference, two_sum};
use super::frame::Frame;
use crate::parallel::map_chunks;
use crate::points::Rows;
use crate::{Scalar, Work};

/// Centroids `(k, d)`, as differences from the origin in the values of points.
pub(super) struct Centroids {
    /// The rounded differences, shape `(k, d)`.
    pub(super) differences: Array2<f64>,
    /// Sums that the differences are means of, shape `(k, d)`: they restore what rounding took.
    sums: Array2<f64>,
    /// Rounding errors of the sums, shape `(k, d)`.
    errors: Array2<f64>,
    /// Weights of the clusters, shape `(k,)`.
    weights: Vec<f64>,
}

impl Centroids {
    /// Takes exact differences `(k, d)`.
    pub(super) fn new(differences: Array2<f64>) -> Self {
        let (sums, errors) = (differences.clone(), Array2::zeros(differences.dim()));
        let weights = vec![1.0; differences.nrows()];
        Self { differences, sums, errors, weights }
    }

    /// Returns the centroids as a model holds them. A value of 1 stands for `scale`.
    pub(super) fn in_model_units(&self, origin: &[f64], scale: f64) -> Array2<f64> {
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
    /// `centroids` are the differences of those that `labels` were assigned with. If every point
    /// lies on its centroid, there are fewer distinct points than clusters, and nothing is moved.
    /// This is `_relocate_empty_clusters_dense` of scikit-learn, with a fixed order of equally far
    /// points: lowest index first.
    pub(super) fn relocate_empty<F: Scalar>(
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

    /// Returns the centroids. A cluster that is still empty gets the centroid of the largest one.
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

/// Returns the `count` points farthest from their centroid, farthest first; none if all lie on it.
fn farthest<F: Scalar>(
    points: Rows<F>,
    frame: &Frame<impl Work>,
    centroids: &Array2<f64>,
    labels: &[u32],
    count: usize,
) -> Vec<usize> {
    let (origin, unit) = (frame.origin(), frame.unit());
    let centroids = centroids.mapv(|value| value * unit);
    let centroid =
        |label: u32| centroids.row(label as usize).to_slice().expect("centroids are in C order");
    let distances = map_chunks(points.n(), 0, |rows| {
        let labeled = points.iter(rows.clone()).zip(&labels[rows]);
        let squared = |(point, &label): (&[F], &u32)| {
            centered_squared_distance(point, origin, unit, centroid(label))
        };
        labeled.map(squared).collect::<Vec<f64>>()
    })
    .concat();
    // A point of weight 0 cannot fill a cluster.
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

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::Points;
    use crate::kmeans::cluster_sums::{ClusterSums, UNASSIGNED};

    #[test]
    fn a_mean_of_one_point_is_that_point() {
        // The differences of these points from the origin are not numbers of this type.
        let array = array![[0.1, 1e-3], [0.7, -1e9], [1e6, 1e-30]];
        let points = Points::from(&array);
        let values = points.in_order();
        let points = Rows::new(&points, &values).unwrap();
        let origin = [1e3 + 0.3, 7.0 / 3.0];
        let mut sums = ClusterSums::new(points, &origin, 3);
        sums.move_points(points, &[UNASSIGNED; 3], &[2, 0, 1]);
        let centroids = sums.totals().centroids();
        let expected = array![[0.7, -1e9], [1e6, 1e-30], [0.1, 1e-3]];
        assert_eq!(centroids.in_model_units(&origin, 1.0), expected);
    }
}
