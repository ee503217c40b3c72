//! A chunk of points with their bounds, and what pruned and exact assignment share.

use kernels::simd::Isa;

use super::centers::Centers;
use super::centroid_groups::CentroidGroups;
use super::codes::{CenterCodes, CodeVector};
use super::exact_centers::ExactCenters;
use super::lowest::Lowest;
use super::outward_rounding::OutwardRounding;
use super::projection::Projection;
use super::score_block::Block;
use crate::points::Rows;
use crate::{Scalar, Work};

/// Input of one assignment step, shared by all chunks.
pub(super) struct AssignmentStep<'a, F: Scalar> {
    pub(super) points: Rows<'a, F>,
    /// Squared length of each point, shape `(n,)`.
    pub(super) norms: &'a [F::Work],
    /// The centers, in the order of groups.
    pub(super) centers: &'a Centers<F::Work>,
    /// The same centers in f64, for points that scores are too coarse for.
    pub(super) exact: &'a ExactCenters,
    pub(super) groups: &'a CentroidGroups,
    /// The projection with the codes of the points, and the codes of the centers of each group.
    pub(super) projection: Option<(&'a Projection, Vec<CenterCodes>)>,
    pub(super) rounding: OutwardRounding<F::Work>,
    /// Whether there are labels and bounds from an earlier step.
    pub(super) known: bool,
    /// How far each centroid has moved, in the order of labels, shape `(k,)`.
    pub(super) moves: Vec<F::Work>,
    /// The largest move in each group, shape `(t,)`.
    pub(super) group_moves: Vec<F::Work>,
}

/// A chunk of consecutive points with their labels and bounds.
pub(super) struct Chunk<'a, F: Scalar> {
    pub(super) step: &'a AssignmentStep<'a, F>,
    /// Index of the first point.
    pub(super) first: usize,
    pub(super) labels: &'a mut [u32],
    /// Upper bounds on the distances to the own centroids, shape `(points,)`.
    pub(super) upper: &'a mut [F::Work],
    /// Lower bounds for each group, shape `(points, t)`.
    pub(super) lower: &'a mut [F::Work],
}

/// Buffers of the assignment of one chunk.
pub(super) struct Workspace<W> {
    /// The active points: those that have to be compared with some groups.
    pub(super) active: Vec<usize>,
    /// Approximate score of each active point against its own centroid; infinite if not measured.
    pub(super) scores: Vec<W>,
    /// Slots of all active points.
    pub(super) slots: Vec<u32>,
    /// For each group, the slots of the active points that may have to be compared with it.
    pub(super) active_by_group: Vec<Vec<u32>>,
    pub(super) block: Block<W>,
    pub(super) lowest: Lowest<W>,
    pub(super) quantized_scores: Vec<CodeVector>,
    /// Slots of points whose lowest scores are too close to tell which centroid is the nearest.
    pub(super) close: Vec<u32>,
    /// Positions and labels of the centers that may be the nearest to a point.
    pub(super) near: Vec<(usize, u32)>,
}

impl<W: Work> Workspace<W> {
    /// Makes empty buffers for this many groups.
    pub(super) fn new(groups: usize) -> Self {
        let (block, lowest) = (Block::new(), Lowest::new());
        Self {
            active: Vec::new(),
            scores: Vec::new(),
            slots: Vec::new(),
            active_by_group: vec![Vec::new(); groups],
            block,
            lowest,
            quantized_scores: Vec::new(),
            close: Vec::new(),
            near: Vec::new(),
        }
    }
}

impl<F: Scalar> Chunk<'_, F> {
    /// Returns the number of groups.
    pub(super) fn groups(&self) -> usize {
        self.step.groups.len()
    }

    /// Returns the lower bounds of a point, one for each group.
    #[inline(always)]
    pub(super) fn lower(&self, i: usize) -> &[F::Work] {
        &self.lower[i * self.groups()..(i + 1) * self.groups()]
    }

    /// Labels a point with the nearest of its contenders, and updates its bounds. `scores` holds
    /// the position, label and score of each contender; `best` is the lowest score.
    #[inline(always)]
    pub(super) fn decide(
        &mut self,
        i: usize,
        best: F::Work,
        scores: impl Iterator<Item = ((usize, u32), F::Work)> + Clone,
        near: &mut Vec<(usize, u32)>,
    ) {
        let AssignmentStep { points, norms, centers, exact, groups, rounding, .. } = self.step;
        let norm = norms[self.first + i];
        let known = (points.row(self.first + i), norm.into(), best);
        let nearest = centers.resolve(exact, known, scores.clone(), near);
        let lower = &mut self.lower[i * groups.len()..(i + 1) * groups.len()];
        for (center, score) in scores {
            if center == nearest {
                self.labels[i] = center.1;
                self.upper[i] = rounding.upper_bound(norm, score);
            } else if near.contains(&center) {
                let lower = &mut lower[groups.group_of(center.1)];
                let bound = rounding.lower_bound(norm, score);
                *lower = if bound < *lower { bound } else { *lower };
            }
        }
    }

    /// Measures the distance of a point to its own centroid and returns its approximate score.
    #[inline(always)]
    pub(super) fn measure_own<I: Isa>(&mut self, i: usize) -> F::Work {
        let AssignmentStep { points, norms, centers, groups, rounding, .. } = self.step;
        let score = centers.approximate_score::<I, F>(
            *points,
            self.first + i,
            groups.position(self.labels[i]),
        );
        self.upper[i] = rounding.upper_bound(norms[self.first + i], score);
        score
    }
}
