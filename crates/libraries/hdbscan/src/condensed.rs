//! The condensed tree: the hierarchy without splits into fewer points than a cluster has.

use std::collections::VecDeque;

use crate::hierarchy::{Merge, size};

/// A cluster of the condensed tree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cluster {
    /// The cluster that this one split from; 0, the root, for itself.
    pub parent: u32,
    /// Inverse of the distance at which it split off; 0 for the root.
    pub birth: f64,
    /// Inverse of the distance at which its last point or its children leave it.
    pub death: f64,
    /// Number of points.
    pub size: u32,
    /// Sum over its points of the spans of inverse distances in which they belong to it.
    pub stability: f64,
}

/// The condensed tree of n points. Cluster 0 is the root and holds all of them.
///
/// A cluster comes after its parent. McInnes and Healy, *Accelerated Hierarchical Density Based
/// Clustering*, 2017, section 3.
#[derive(Debug, Clone, PartialEq)]
pub struct CondensedTree {
    /// The clusters, parents first.
    pub clusters: Vec<Cluster>,
    /// For each point the last cluster that it belongs to, shape `(n,)`.
    pub cluster_of: Vec<u32>,
    /// Inverse of the distance at which each point leaves that cluster, shape `(n,)`.
    pub lambdas: Vec<f64>,
}

impl CondensedTree {
    /// Condenses the hierarchy of `n` points.
    pub(crate) fn of(n: usize, merges: &[Merge], min_cluster_size: usize) -> Self {
        let root = Cluster { parent: 0, birth: 0.0, death: 0.0, size: n as u32, stability: 0.0 };
        let mut tree = Self { clusters: vec![root], cluster_of: vec![0; n], lambdas: vec![0.0; n] };
        let mut nodes: VecDeque<(u32, u32)> = VecDeque::new();
        if let Some(last) = merges.len().checked_sub(1) {
            nodes.push_back(((n + last) as u32, 0));
        }
        // From the root on, one level after the other, as scikit-learn numbers clusters.
        while let Some((node, cluster)) = nodes.pop_front() {
            let Merge { left, right, distance, .. } = merges[node as usize - n];
            let lambda = if distance > 0.0 { 1.0 / distance } else { f64::INFINITY };
            let large = |node| size(merges, n, node) as usize >= min_cluster_size;
            let splits = large(left) && large(right);
            for child in [left, right] {
                if splits {
                    let size = size(merges, n, child);
                    tree.leave(cluster, lambda, size);
                    let of = Cluster {
                        parent: cluster,
                        birth: lambda,
                        death: 0.0,
                        size,
                        stability: 0.0,
                    };
                    nodes.push_back((child, tree.clusters.len() as u32));
                    tree.clusters.push(of);
                } else if large(child) {
                    nodes.push_back((child, cluster));
                } else {
                    tree.leave_all(n, merges, child, cluster, lambda);
                }
            }
        }
        tree
    }

    /// Lets all points of a node leave a cluster.
    fn leave_all(&mut self, n: usize, merges: &[Merge], node: u32, cluster: u32, lambda: f64) {
        let mut nodes = vec![node];
        while let Some(node) = nodes.pop() {
            match (node as usize).checked_sub(n) {
                Some(merge) => nodes.extend([merges[merge].left, merges[merge].right]),
                None => {
                    self.leave(cluster, lambda, 1);
                    self.cluster_of[node as usize] = cluster;
                    self.lambdas[node as usize] = lambda;
                }
            }
        }
    }

    /// Lets so many points leave a cluster.
    fn leave(&mut self, cluster: u32, lambda: f64, points: u32) {
        let cluster = &mut self.clusters[cluster as usize];
        cluster.death = cluster.death.max(lambda);
        cluster.stability += (lambda - cluster.birth) * f64::from(points);
    }

    /// Lists the children of each cluster.
    pub(crate) fn children(&self) -> Vec<Vec<u32>> {
        let mut children = vec![Vec::new(); self.clusters.len()];
        for (cluster, at) in self.clusters.iter().zip(0..).skip(1) {
            children[cluster.parent as usize].push(at);
        }
        children
    }
}
