//! Finds the centroids of a group whose codes are near enough that they may be the nearest.

use kernels::simd::Isa;

use super::bounded_chunk::Chunk;
use super::codes::{CODE_LANES, CenterCodes, CodeVector};
use super::outward_rounding::OutwardRounding;
use super::projection::Projection;
use crate::{Scalar, Work};

/// The nearest centroid found so far for a point. Scores are those of `Centers::approximate_score`.
#[derive(Clone, Copy)]
pub(super) struct Best<W> {
    /// Infinite until the centroid is measured.
    pub(super) score: W,
    /// The second lowest measured score.
    pub(super) second: W,
    pub(super) label: u32,
    pub(super) group: usize,
}

impl<F: Scalar> Chunk<'_, F> {
    /// Computes the quantized scores of the points in `slots` of `active`.
    #[inline(always)]
    pub(super) fn quantized_scores<I: Isa>(
        &self,
        active: &[usize],
        slots: &[u32],
        projection: &Projection,
        codes: &CenterCodes,
        quantized_scores: &mut Vec<CodeVector>,
    ) {
        let points = slots.iter().map(|&slot| self.first + active[slot as usize]);
        projection.quantized_scores::<I>(points, codes, 0..codes.vectors(), quantized_scores);
    }

    /// Labels active points without labels with the centroid of the nearest code.
    #[inline(always)]
    pub(super) fn label_by_codes<I: Isa>(
        &mut self,
        active: &[usize],
        slots: &[u32],
        projection: &Projection,
        codes: &[CenterCodes],
        quantized_scores: &mut Vec<CodeVector>,
    ) {
        let mut nearest = vec![i32::MAX; active.len()];
        active.iter().for_each(|&i| self.labels[i] = self.step.groups.order()[0] as u32);
        for (group, codes) in codes.iter().enumerate() {
            self.quantized_scores::<I>(active, slots, projection, codes, quantized_scores);
            let order = &self.step.groups.order()[self.step.groups.range(group)];
            for ((quantized_scores, nearest), &i) in
                quantized_scores.chunks_exact(codes.vectors()).zip(&mut nearest).zip(active)
            {
                for (&quantized_score, &label) in quantized_scores.as_flattened().iter().zip(order)
                {
                    if quantized_score < *nearest {
                        (*nearest, self.labels[i]) = (quantized_score, label as u32);
                    }
                }
            }
        }
    }

    /// Adds the centroids of a group that may be nearer than the nearest so far to `survivors`.
    /// Returns the lowest quantized score of the others.
    #[inline(always)]
    pub(super) fn find_survivors(
        &mut self,
        i: usize,
        found: &Best<F::Work>,
        group: usize,
        (projection, codes): (&Projection, &CenterCodes),
        quantized_scores: &[CodeVector],
        survivors: &mut Vec<(u32, i32)>,
    ) -> i32 {
        let groups = self.step.groups;
        let point = self.first + i;
        let own = if found.group == group {
            groups.position(found.label) - groups.range(group).start
        } else {
            usize::MAX
        };
        if let (Some(&quantized_score), true) =
            (quantized_scores.as_flattened().get(own), found.score == F::Work::INFINITY)
        {
            let most =
                OutwardRounding::up(projection.upper_bound(point, codes, own, quantized_score));
            self.upper[i] = smaller(self.upper[i], self.step.rounding.inflate(most));
        }
        let limit = projection.highest_score_within(point, codes, self.upper[i].into());
        split_survivors(quantized_scores, limit, own, survivors)
    }
}

/// Adds the centers with quantized scores up to `limit` to `survivors`, except the own center of
/// the point. Returns the lowest of the other quantized scores.
#[inline(always)]
fn split_survivors(
    quantized_scores: &[CodeVector],
    limit: i32,
    own: usize,
    survivors: &mut Vec<(u32, i32)>,
) -> i32 {
    let mut rest = i32::MAX;
    for (vector, quantized_scores) in quantized_scores.iter().enumerate() {
        let lowest = quantized_scores
            .iter()
            .fold(i32::MAX, |lowest, &quantized_score| lowest.min(quantized_score));
        if lowest > limit {
            rest = rest.min(lowest);
            continue;
        }
        let first = vector * CODE_LANES;
        for (c, &quantized_score) in (first..).zip(quantized_scores) {
            if c == own {
                continue;
            }
            if quantized_score <= limit {
                survivors.push((c as u32, quantized_score));
            } else {
                rest = rest.min(quantized_score);
            }
        }
    }
    rest
}

/// Returns the smaller of two numbers, `a` if they cannot be compared.
#[inline(always)]
pub(super) fn smaller<W: Work>(a: W, b: W) -> W {
    if b < a { b } else { a }
}
