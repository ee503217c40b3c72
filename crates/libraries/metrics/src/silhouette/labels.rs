//! The clusters of the points that are measured, and the silhouette of one of them.

use std::ops::Range;

use ndarray::ArrayView1;

use crate::Error;
use crate::ids::number;

/// Clusters of the points that are measured.
pub(super) struct Labels {
    /// Number of the cluster of each point, (n,).
    ///
    /// Clusters are counted from 0 in the order of their ids; noise has the number after the last.
    labels: Vec<u32>,
    /// Sum of the weights of each cluster.
    cluster_weights: Vec<f64>,
    /// Number of points in each cluster, at least 1.
    cluster_sizes: Vec<usize>,
}

impl Labels {
    /// Numbers the clusters with these `ids`, one for each point.
    pub(super) fn of(ids: impl Iterator<Item = i64>, point_weights: &[f64]) -> Result<Self, Error> {
        let ids: Vec<i64> = ids.collect();
        let (known, labels) = number(ArrayView1::from(&ids))?;
        let mut found = Self {
            cluster_weights: vec![0.0; known.len() + 1],
            cluster_sizes: vec![0; known.len() + 1],
            labels,
        };
        for (&label, weight) in found.labels.iter().zip(point_weights) {
            found.cluster_weights[label as usize] += weight;
            found.cluster_sizes[label as usize] += 1;
        }
        // The last one is noise.
        found.cluster_weights.pop();
        found.cluster_sizes.pop();
        Ok(found)
    }

    /// Number of clusters.
    pub(super) fn clusters(&self) -> usize {
        self.cluster_weights.len()
    }

    /// Number of points that are in a cluster.
    pub(super) fn clustered_points(&self) -> usize {
        self.cluster_sizes.iter().sum()
    }

    /// Numbers of the clusters of the points at `places`; that of noise is [`Labels::clusters`].
    pub(super) fn range(&self, places: Range<usize>) -> &[u32] {
        &self.labels[places]
    }

    /// Returns whether the point at `place` is in a cluster, and no noise.
    pub(super) fn is_clustered(&self, place: usize) -> bool {
        (self.labels[place] as usize) < self.clusters()
    }

    /// Returns the silhouette of the point at `place`; 0 for noise, which the mean leaves out.
    ///
    /// `sums` are the weighted sums of its distances to the points of each cluster, and to noise.
    pub(super) fn silhouette(&self, place: usize, weight: f64, sums: &[f64]) -> f64 {
        let own = self.labels[place] as usize;
        if !self.is_clustered(place) || self.cluster_sizes[own] == 1 {
            return 0.0;
        }
        let a = sums[own] / (self.cluster_weights[own] - weight);
        let mut b = f64::INFINITY;
        for other in (0..self.clusters()).filter(|&other| other != own) {
            b = b.min(sums[other] / self.cluster_weights[other]);
        }
        if a == b { 0.0 } else { (b - a) / a.max(b) }
    }
}
