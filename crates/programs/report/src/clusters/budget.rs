//! How much of each system fits on the page and in a figure.

use crate::inputs::{Inputs, System};
use crate::pictures::Pictures;

/// Fewest and most clusters shown of a system: 10 where images are large or systems many.
const CLUSTER_RANGE: (usize, usize) = (10, 40);

/// Fewest and most members shown of each of the three kinds.
const MEMBER_RANGE: (usize, usize) = (4, 12);

/// Longest side of gray images of which six fit side by side on a card.
const TINY: usize = 40;

/// Longest side of images of which five fit side by side on a card.
const SMALL: usize = 64;

/// Pixels of all members in a figure, about; keeps it below some megabytes.
const PIXEL_BUDGET: usize = 1_900_000;

/// How much of each system is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Most clusters shown of a system.
    pub clusters: usize,
    /// Most members shown of each kind.
    pub members: usize,
}

impl Budget {
    /// Returns how many groups and members of each kind the cards of the page show.
    pub fn of_cards(inputs: &Inputs) -> Self {
        let members = match &inputs.images {
            Some(images) if images.longest_side() > SMALL => 4,
            Some(images) if images.channels == 1 && images.longest_side() <= TINY => 6,
            _ => 5,
        };
        Self { clusters: CLUSTER_RANGE.1, members }
    }

    /// Divides the pixels of a figure among systems, clusters and members.
    pub fn new(inputs: &Inputs) -> Self {
        let pixels = inputs.images.as_ref().map_or(1, Pictures::figure_pixels);
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

/// Counts the points of each cluster, ascending by id.
pub fn cluster_sizes(system: &System) -> Vec<(i64, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    system
        .assignments
        .iter()
        .filter(|&&id| id >= 0)
        .for_each(|&id| *counts.entry(id).or_insert(0) += 1);
    counts.into_iter().collect()
}
