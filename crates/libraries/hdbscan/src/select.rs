//! Selection of clusters from the condensed tree.

use crate::condensed::CondensedTree;
use crate::params::{Params, Selection};

/// Selects clusters of the tree; returns for each whether it was selected.
///
/// Excess of mass is section 3.3 of Campello, Moulavi and Sander, 2013, and `epsilon` that of
/// Malzer and Baum, *A Hybrid Approach to Hierarchical Density-based Cluster Selection*, 2020. What
/// these leave open is as in scikit-learn.
pub(crate) fn select(tree: &CondensedTree, params: &Params) -> Vec<bool> {
    let children = tree.children();
    let selected: Vec<bool> = match params.selection {
        Selection::Eom => excess_of_mass(tree, &children, params),
        Selection::Leaf => {
            let leaf = |at: usize| at > 0 && children[at].is_empty();
            (0..tree.clusters.len()).map(leaf).collect()
        }
    };
    // A root that was selected is the only cluster, and split off from nothing.
    if params.cluster_selection_epsilon == 0.0 || selected[0] {
        return selected;
    }
    merge_below(tree, &children, &selected, params)
}

/// Selects the clusters of the largest stability, none within another.
fn excess_of_mass(tree: &CondensedTree, children: &[Vec<u32>], params: &Params) -> Vec<bool> {
    let count = tree.clusters.len();
    let mut stability: Vec<f64> = tree.clusters.iter().map(|cluster| cluster.stability).collect();
    let mut selected = vec![true; count];
    let first = usize::from(!params.allow_single_cluster);
    selected[..first].fill(false);
    for at in (first..count).rev() {
        // scikit-learn counts for the root the points of its children.
        let size: u64 = if at > 0 {
            u64::from(tree.clusters[at].size)
        } else {
            children[0].iter().map(|&child| u64::from(tree.clusters[child as usize].size)).sum()
        };
        let below: f64 = children[at].iter().map(|&child| stability[child as usize]).sum();
        let too_large = params.max_cluster_size.is_some_and(|most| size > most as u64);
        if below > stability[at] || too_large {
            selected[at] = false;
            stability[at] = below;
        } else {
            clear_below(children, at, &mut selected);
        }
    }
    selected
}

/// Deselects all clusters below one.
fn clear_below(children: &[Vec<u32>], at: usize, selected: &mut [bool]) {
    let mut below: Vec<u32> = children[at].clone();
    while let Some(at) = below.pop() {
        selected[at as usize] = false;
        below.extend(&children[at as usize]);
    }
}

/// Replaces selected clusters that split off below epsilon by the first ancestor that did not.
fn merge_below(
    tree: &CondensedTree,
    children: &[Vec<u32>],
    selected: &[bool],
    params: &Params,
) -> Vec<bool> {
    let epsilon = params.cluster_selection_epsilon;
    let distance = |at: usize| 1.0 / tree.clusters[at].birth;
    let mut merged = vec![false; selected.len()];
    let mut within = vec![false; selected.len()];
    for at in (1..selected.len()).filter(|&at| selected[at]) {
        if distance(at) >= epsilon {
            merged[at] = true;
            continue;
        }
        if within[at] {
            continue;
        }
        let mut up = at;
        loop {
            let parent = tree.clusters[up].parent as usize;
            if parent == 0 {
                // The root is a cluster only where that is allowed.
                up = if params.allow_single_cluster { 0 } else { up };
                break;
            }
            up = parent;
            if distance(up) > epsilon {
                break;
            }
        }
        merged[up] = true;
        let mut below = children[up].clone();
        while let Some(at) = below.pop() {
            within[at as usize] = true;
            below.extend(&children[at as usize]);
        }
    }
    // Points that are in the root alone are noise if it is not the only cluster.
    merged[0] &= merged.iter().skip(1).all(|&other| !other);
    merged
}

/// Numbers of the selected clusters, and which of them each cluster of the tree belongs to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Labels {
    /// Label of each cluster of the tree; -1 for those above the selected ones.
    pub(crate) of_cluster: Vec<i32>,
    /// The cluster of the tree that has each label.
    pub(crate) clusters: Vec<u32>,
    /// Least inverse distance at which a point of the root is in a cluster, not noise.
    pub(crate) threshold: f64,
}

impl Labels {
    /// Numbers the clusters that are `selected`, in the order of the tree.
    pub(crate) fn of(tree: &CondensedTree, selected: &[bool], params: &Params) -> Self {
        let mut of_cluster = vec![-1; selected.len()];
        let mut clusters = Vec::new();
        for (at, cluster) in tree.clusters.iter().enumerate() {
            if selected[at] {
                of_cluster[at] = clusters.len() as i32;
                clusters.push(at as u32);
            } else if at > 0 {
                of_cluster[at] = of_cluster[cluster.parent as usize];
            }
        }
        let threshold = match params.cluster_selection_epsilon {
            0.0 => tree.clusters[0].death,
            epsilon => 1.0 / epsilon,
        };
        Self { of_cluster, clusters, threshold }
    }

    /// Labels a point that leaves a cluster of the tree at an inverse distance.
    ///
    /// If the root is the cluster, points that leave before the last ones of the root are noise.
    pub(crate) fn label(&self, cluster: u32, lambda: f64) -> i32 {
        let label = self.of_cluster[cluster as usize];
        let in_root = label >= 0 && self.clusters[label as usize] == 0;
        if in_root && lambda < self.threshold { -1 } else { label }
    }

    /// Gives the probability of a label for a point that leaves its cluster at `lambda`.
    pub(crate) fn probability(&self, tree: &CondensedTree, label: i32, lambda: f64) -> f64 {
        let Ok(label) = usize::try_from(label) else { return 0.0 };
        let death = tree.clusters[self.clusters[label] as usize].death;
        if death == 0.0 || lambda.is_infinite() { 1.0 } else { lambda.min(death) / death }
    }
}
