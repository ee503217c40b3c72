//! How much of each system fits on the page.

use crate::inputs::{Inputs, System};

/// Clusters that are shown of a system at most, the largest ones if there are more; and where images are large or systems many.
const CLUSTER_RANGE: (usize, usize) = (10, 40);

/// Members that are shown of each of three kinds, where there is budget, and where there is little.
const MEMBER_RANGE: (usize, usize) = (4, 12);

/// Pixels of all members on the page, about.
const PIXEL_BUDGET: usize = 1_900_000;

/// How much of each system fits on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Clusters that are shown.
    pub clusters: usize,
    /// Members that are shown of each kind.
    pub members: usize,
}

impl Budget {
    /// By how many systems and clusters there are, and how large their images are.
    pub fn new(inputs: &Inputs) -> Self {
        let pixels = inputs.images.as_ref().map_or(1, |images| images.height * images.width);
        let images = PIXEL_BUDGET / pixels;
        let fit = images / (inputs.systems.len().max(1) * (3 * MEMBER_RANGE.0 + 1));
        let clusters = fit.clamp(CLUSTER_RANGE.0, CLUSTER_RANGE.1);
        let shown: usize =
            inputs.systems.iter().map(|system| cluster_sizes(system).len().min(clusters)).sum();
        Self {
            clusters,
            members: (images / (3 * shown.max(1))).clamp(MEMBER_RANGE.0, MEMBER_RANGE.1),
        }
    }
}

/// Number of points by cluster, by id.
pub fn cluster_sizes(system: &System) -> Vec<(i64, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    system
        .assignments
        .iter()
        .filter(|&&id| id >= 0)
        .for_each(|&id| *counts.entry(id).or_insert(0) += 1);
    counts.into_iter().collect()
}
