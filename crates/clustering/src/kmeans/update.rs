//! The update step: new centroids from sums, with empty clusters filled as scikit-learn fills them.

use ndarray::{Array2, Axis};

use super::distance::squared_distance;
use super::sums::Totals;
use crate::Scalar;
use crate::parallel::map_chunks;
use crate::points::Rows;

impl Totals {
    /// Moves the points farthest from their centroid into the empty clusters, one each.
    ///
    /// `centroids` are those that `labels` were assigned with. Where all points lie on their centroid there
    /// are fewer distinct points than clusters, and nothing is moved. As `_relocate_empty_clusters_dense` of
    /// scikit-learn, with the order of equally far points fixed: lowest index first.
    pub(super) fn fill_empty<F: Scalar>(&mut self, points: Rows<F>, centroids: &Array2<f64>, labels: &[u32]) {
        let empty: Vec<usize> = (0..self.counts.len()).filter(|&j| self.counts[j] == 0).collect();
        if empty.is_empty() {
            return;
        }
        let farthest = farthest(points, centroids, labels, empty.len());
        for (&new, i) in empty.iter().zip(farthest) {
            let old = labels[i] as usize;
            let weight = points.weight(i);
            for (feature, &x) in points.row(i).iter().enumerate() {
                let x: f64 = x.into();
                self.sums[[old, feature]] -= weight * x;
                self.sums[[new, feature]] = weight * x;
            }
            self.counts[old] -= 1;
            self.counts[new] = 1;
            self.weights[old] -= weight;
            self.weights[new] = weight;
        }
    }

    /// The centroids `(k, d)`, where a value of 1 stands for `scale`. A cluster that is still empty gets the centroid of
    /// the largest one.
    pub(super) fn centroids(self, scale: f64) -> Array2<f64> {
        let Self { mut sums, weights, counts } = self;
        let largest = (0..counts.len()).rev().max_by_key(|&j| counts[j]).unwrap_or(0);
        for (mut sum, (&count, &weight)) in sums.outer_iter_mut().zip(counts.iter().zip(&weights)) {
            if count > 0 {
                sum.mapv_inplace(|sum| sum / weight * scale);
            }
        }
        for j in (0..counts.len()).filter(|&j| counts[j] == 0) {
            let centroid = sums.index_axis(Axis(0), largest).to_owned();
            sums.index_axis_mut(Axis(0), j).assign(&centroid);
        }
        sums
    }
}

/// The `count` points farthest from their centroid, farthest first; none if all lie on it.
fn farthest<F: Scalar>(points: Rows<F>, centroids: &Array2<f64>, labels: &[u32], count: usize) -> Vec<usize> {
    let unit = points.unit();
    let centroids = centroids.mapv(|value| value / points.scale() * unit);
    let centroid = |label: u32| centroids.row(label as usize).to_slice().expect("centroids are in C order");
    let distances = map_chunks(points.n(), 0, |rows| {
        let labelled = points.iter(rows.clone()).zip(&labels[rows]);
        labelled.map(|(point, &label)| squared_distance(point, unit, centroid(label))).collect::<Vec<f64>>()
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
