//! The update step: new centroids from sums, with empty clusters filled as scikit-learn fills them.

use ndarray::{Array2, Axis};

use super::distance::squared_distance;
use crate::Scalar;
use crate::parallel::map_chunks;
use crate::points::Points;

/// Sums `(k, d)` and counts `(k,)` of the points in each cluster.
pub(super) struct Totals {
    pub(super) sums: Array2<f64>,
    pub(super) counts: Vec<usize>,
}

impl Totals {
    pub(super) fn zeros((k, d): (usize, usize)) -> Self {
        Self { sums: Array2::zeros((k, d)), counts: vec![0; k] }
    }

    /// Moves the points farthest from their centroid into the empty clusters, one each.
    ///
    /// `centroids` are those that `labels` were assigned with. Where all points lie on their centroid there
    /// are fewer distinct points than clusters, and nothing is moved. As `_relocate_empty_clusters_dense` of
    /// scikit-learn, with the order of equally far points fixed: lowest index first.
    pub(super) fn fill_empty<F: Scalar>(
        &mut self,
        points: Points<F>,
        centroids: &Array2<f64>,
        labels: impl FnOnce() -> Vec<i32>,
    ) {
        let empty: Vec<usize> = (0..self.counts.len()).filter(|&j| self.counts[j] == 0).collect();
        if empty.is_empty() {
            return;
        }
        let labels = labels();
        let farthest = farthest(points, centroids, &labels, empty.len());
        for (&new, i) in empty.iter().zip(farthest) {
            let old = labels[i] as usize;
            for (feature, &x) in points.row(i).iter().enumerate() {
                self.sums[[old, feature]] -= x.into();
                self.sums[[new, feature]] = x.into();
            }
            self.counts[old] -= 1;
            self.counts[new] = 1;
        }
    }

    /// The centroids `(k, d)`. A cluster that is still empty gets the centroid of the largest one.
    pub(super) fn centroids(self) -> Array2<f64> {
        let Self { mut sums, counts } = self;
        let largest = (0..counts.len()).rev().max_by_key(|&j| counts[j]).unwrap_or(0);
        for (mut sum, &count) in sums.outer_iter_mut().zip(&counts) {
            if count > 0 {
                sum /= count as f64;
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
fn farthest<F: Scalar>(
    points: Points<F>,
    centroids: &Array2<f64>,
    labels: &[i32],
    count: usize,
) -> Vec<usize> {
    let centroids: Vec<Vec<f64>> = centroids.outer_iter().map(|centroid| centroid.to_vec()).collect();
    let distances = map_chunks(points.n(), 0, |rows| {
        let labelled = points.iter(rows.clone()).zip(&labels[rows]);
        labelled
            .map(|(point, &label)| squared_distance(point, &centroids[label as usize]))
            .collect::<Vec<f64>>()
    })
    .concat();
    if distances.iter().all(|&distance| distance == 0.0) {
        return Vec::new();
    }
    let farther = |&i: &usize, &j: &usize| distances[j].total_cmp(&distances[i]).then(i.cmp(&j));
    let mut order: Vec<usize> = (0..distances.len()).collect();
    if count < order.len() {
        order.select_nth_unstable_by(count, farther);
        order.truncate(count);
    }
    order.sort_unstable_by(farther);
    order
}
