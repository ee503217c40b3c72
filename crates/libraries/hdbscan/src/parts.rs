//! What a clustering is made of, to write it to a file and read it again.

use ndarray::{Array1, Array2};
use umap::Frame;

use crate::condensed::Cluster;
use crate::error::{Error, Result};

/// What a [`Hdbscan`](crate::Hdbscan) is made of, to write it to a file and read it again.
#[derive(Debug, Clone, PartialEq)]
pub struct Parts {
    /// The points in the coordinates of the frame, shape `(n, d)`.
    pub points: Array2<f32>,
    /// The frame that brings other points to these coordinates, with the metric.
    pub frame: Frame,
    /// Core distances of the points, shape `(n,)`.
    pub core_distances: Array1<f64>,
    /// Points within the core distance of a point.
    pub min_samples: usize,
    /// Divisor of distances in mutual reachability.
    pub alpha: f64,
    /// The clusters of the condensed tree, parents first; see
    /// [`CondensedTree`](crate::CondensedTree).
    pub clusters: Vec<Cluster>,
    /// For each point the last cluster of the tree that it belongs to, shape `(n,)`.
    pub cluster_of: Vec<u32>,
    /// Inverse of the distance at which each point leaves that cluster, shape `(n,)`.
    pub lambdas: Vec<f64>,
    /// The cluster of the tree that has each label, shape `(k,)`, ascending.
    pub selected: Vec<u32>,
    /// Least inverse distance at which a point is in the root, if that is the cluster.
    pub threshold: f64,
}

impl Parts {
    /// Checks that the parts fit one another, so that no method panics.
    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |expected: String, found: String| Err(Error::Model { expected, found });
        let (n, d) = self.points.dim();
        if n < 2 || d == 0 {
            return wrong("at least 2 points".into(), format!("shape {:?}", (n, d)));
        }
        if let Some(x) = self.points.iter().find(|x| !x.is_finite()) {
            return wrong("finite points".into(), x.to_string());
        }
        if self.frame.center().len() != d {
            return wrong(
                format!("a center of {d} features"),
                self.frame.center().len().to_string(),
            );
        }
        let lengths = [self.core_distances.len(), self.cluster_of.len(), self.lambdas.len()];
        if lengths != [n; 3] {
            return wrong(format!("core distances, clusters and lambdas of {n} points"), {
                format!("{lengths:?}")
            });
        }
        if let Some(x) = self.core_distances.iter().find(|x| !(x.is_finite() && **x >= 0.0)) {
            return wrong("finite core distances of at least 0".into(), x.to_string());
        }
        if let Some(x) = self.lambdas.iter().find(|x| x.is_nan() || **x < 0.0) {
            return wrong("lambdas of at least 0".into(), x.to_string());
        }
        if !(1..=n).contains(&self.min_samples) {
            return wrong(format!("min_samples from 1 to {n}"), self.min_samples.to_string());
        }
        if !(self.alpha.is_finite() && self.alpha > 0.0) {
            return wrong("an alpha above 0".into(), self.alpha.to_string());
        }
        if self.threshold.is_nan() {
            return wrong("a threshold".into(), "NaN".into());
        }
        let count = self.clusters.len();
        if count == 0 {
            return wrong("a tree with a root".into(), "no clusters".into());
        }
        for (at, cluster) in self.clusters.iter().enumerate() {
            let Cluster { parent, birth, death, .. } = *cluster;
            if (parent as usize) >= at.max(1) || !(birth >= 0.0 && death >= birth) {
                return wrong(
                    format!("cluster {at} after its parent, with a death after its birth"),
                    format!("parent {parent}, birth {birth}, death {death}"),
                );
            }
        }
        if let Some(x) = self.cluster_of.iter().find(|x| **x as usize >= count) {
            return wrong(format!("clusters of points below {count}"), x.to_string());
        }
        let ascending = self.selected.windows(2).all(|pair| pair[0] < pair[1]);
        if !ascending || self.selected.last().is_some_and(|&last| last as usize >= count) {
            return wrong(format!("ascending selected clusters below {count}"), {
                format!("{} others", self.selected.len())
            });
        }
        Ok(())
    }
}
