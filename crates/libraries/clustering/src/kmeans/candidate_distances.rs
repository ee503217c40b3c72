//! Passes over the points that compute their distances to candidates where these may matter.

use std::ops::Range;

use kernels::simd::{Isa, Kernel, dispatch};

use super::candidates::{CandidateSet, Ids, Visitor};
use super::centers::MANY_FEATURES;
use super::codes::CenterCodes;
use super::projection::Projection;
use super::score_block::Block;
use crate::parallel::blocks;
use crate::{Scalar, Work};

/// Errors of a squared distance by which a pruned candidate has to be farther than the closest.
const PRUNING_ERRORS: f64 = 3.0;

/// If at least one pair in this many may matter, a block is scored against all candidates at once.
const MIN_SHARE: usize = 2;

/// The same for blocks of points that codes have pruned.
const MIN_PRUNED_SHARE: usize = 4;

impl<'a, F: Scalar> CandidateSet<'a, F> {
    /// Passes distances to `visitor`, until it has seen every pair that may matter.
    ///
    /// A pair of a point and a candidate matters if the candidate may be nearer than `closest`, the
    /// squared distance to `nearest` of the chosen points. Returns the number of computed
    /// distances.
    pub(super) fn visit(
        &self,
        rows: Range<usize>,
        closest: &[F::Work],
        nearest: &[u32],
        visitor: &mut impl Visitor<F::Work>,
    ) -> u64 {
        dispatch(VisitRows { candidates: self, rows, closest, nearest, visitor })
    }
}

/// A pass over a run of points.
struct VisitRows<'a, F: Scalar, V> {
    candidates: &'a CandidateSet<'a, F>,
    rows: Range<usize>,
    /// Squared distance of each point of the run to the nearest chosen point.
    closest: &'a [F::Work],
    /// Position of that chosen point.
    nearest: &'a [u32],
    visitor: &'a mut V,
}

impl<F: Scalar, V: Visitor<F::Work>> Kernel for VisitRows<'_, F, V> {
    type Output = u64;

    #[inline(always)]
    fn run<I: Isa>(self) -> u64 {
        let CandidateSet { points, quarter_squared, projection, .. } = self.candidates;
        // With few features a distance costs no more than the test whether it is needed.
        let prune = points.d() >= MANY_FEATURES
            && quarter_squared.iter().any(|quarter_squared| !quarter_squared.is_empty());
        match projection {
            Some((projection, codes)) if prune => self.visit_pruned::<I>(projection, codes),
            _ => self.visit_exact::<I>(prune),
        }
    }
}

impl<F: Scalar, V: Visitor<F::Work>> VisitRows<'_, F, V> {
    /// Computes distances, and with `prune` leaves out those that the distances between candidates
    /// and chosen points rule out.
    #[inline(always)]
    fn visit_exact<I: Isa>(self, prune: bool) -> u64 {
        let Self { candidates, rows, closest, nearest, visitor } = self;
        let CandidateSet { points, norms, centers, quarter_squared, .. } = candidates;
        let (first, mut distances) = (rows.start, 0);
        let near = |candidate: usize, i: usize| {
            closest[i - first] > quarter_squared[candidate][nearest[i - first] as usize]
        };
        let mut block = Block::new();
        let (mut ids, mut slots) = (Vec::new(), Vec::new());
        let (mut near_ids, mut near_norms, mut squared) = (Vec::new(), Vec::new(), Vec::new());
        for rows in blocks(rows) {
            ids.clear();
            if prune {
                ids.extend(
                    rows.clone()
                        .filter(|&i| (0..centers.len()).any(|candidate| near(candidate, i))),
                );
            } else {
                ids.extend(rows.clone());
            }
            block.load(ids.iter().copied());
            // This is a macro, because a closure would be compiled without SIMD vectors.
            macro_rules! show {
                ($candidate:expr, $points:expr, $norms:expr, $scores:expr) => {{
                    if squared_from_scores($norms, $scores, candidates.coarse, &mut squared) {
                        candidates.recompute_inexact($candidate, $points, $norms, &mut squared);
                    }
                    visitor.visit($candidate, $points, &squared);
                    distances += squared.len() as u64;
                }};
            }
            // A product with several candidates costs little more than with one.
            let near_count = |candidate: usize| ids.iter().filter(|&&i| near(candidate, i)).count();
            if !prune
                || MIN_SHARE * (0..centers.len()).map(near_count).sum::<usize>()
                    >= ids.len() * centers.len()
            {
                slots.clear();
                slots.extend(0..ids.len() as u32);
                block.score::<I, F>(*points, centers, &slots, 0..centers.len());
                let all = ids.len() == rows.len();
                if !all {
                    near_norms.clear();
                    near_norms.extend(ids.iter().map(|&i| norms[i]));
                }
                for candidate in 0..centers.len() {
                    if all {
                        show!(
                            candidate,
                            Ids::From(rows.start),
                            &norms[rows.clone()],
                            block.center_scores(candidate)
                        );
                    } else {
                        show!(
                            candidate,
                            Ids::List(&ids),
                            &near_norms,
                            block.center_scores(candidate)
                        );
                    }
                }
                continue;
            }
            for candidate in 0..centers.len() {
                slots.clear();
                slots.extend(
                    (0..ids.len() as u32).filter(|&slot| near(candidate, ids[slot as usize])),
                );
                near_ids.clear();
                near_ids.extend(slots.iter().map(|&slot| ids[slot as usize]));
                near_norms.clear();
                near_norms.extend(near_ids.iter().map(|&i: &usize| norms[i]));
                block.score::<I, F>(*points, centers, &slots, candidate..candidate + 1);
                show!(candidate, Ids::List(&near_ids), &near_norms, block.center_scores(0));
            }
        }
        distances
    }

    /// Leaves out the distances that codes rule out, too. The other distances have the bytes and
    /// the order of [`VisitRows::visit_exact`], so codes change no result.
    #[inline(always)]
    fn visit_pruned<I: Isa>(self, projection: &Projection, codes: &CenterCodes) -> u64 {
        let Self { candidates, rows, closest, nearest, visitor } = self;
        let CandidateSet { points, norms, centers, quarter_squared, error, .. } = candidates;
        let first = rows.start;
        let (mut quantized_scores, mut near) = (Vec::new(), vec![Vec::<u32>::new(); centers.len()]);
        let mut block = Block::new();
        let (mut ids, mut slots, mut near_ids, mut near_norms) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut squared, mut distances) = (Vec::new(), 0);
        for rows in blocks(rows) {
            projection.quantized_scores::<I>(
                rows.clone(),
                codes,
                0..codes.vectors(),
                &mut quantized_scores,
            );
            ids.clear();
            near.iter_mut().for_each(Vec::clear);
            for (i, quantized_scores) in rows.zip(quantized_scores.chunks_exact(codes.vectors())) {
                let (closest, nearest) = (closest[i - first], nearest[i - first] as usize);
                // Rounding may bring a candidate that is a little farther below the closest so far.
                let limit = projection.highest_score_within(
                    i,
                    codes,
                    (closest.into() + PRUNING_ERRORS * error).sqrt(),
                );
                let slot = ids.len() as u32;
                for (candidate, &quantized_score) in
                    quantized_scores.as_flattened().iter().enumerate().take(centers.len())
                {
                    if quantized_score <= limit && closest > quarter_squared[candidate][nearest] {
                        near[candidate].push(slot);
                    }
                }
                if near.iter().any(|near| near.last() == Some(&slot)) {
                    ids.push(i);
                }
            }
            block.load(ids.iter().copied());
            let count: usize = near.iter().map(Vec::len).sum();
            // A product with several candidates costs little more than with one.
            let together = MIN_PRUNED_SHARE * count >= ids.len() * centers.len();
            if together {
                slots.clear();
                slots.extend(0..ids.len() as u32);
                block.score::<I, F>(*points, centers, &slots, 0..centers.len());
            }
            for (candidate, near) in near.iter().enumerate().filter(|(_, near)| !near.is_empty()) {
                let (slots, at) = if together { (&slots, candidate) } else { (near, 0) };
                if !together {
                    block.score::<I, F>(*points, centers, near, candidate..candidate + 1);
                }
                near_ids.clear();
                near_ids.extend(slots.iter().map(|&slot| ids[slot as usize]));
                near_norms.clear();
                near_norms.extend(near_ids.iter().map(|&i: &usize| norms[i]));
                if squared_from_scores(
                    &near_norms,
                    block.center_scores(at),
                    candidates.coarse,
                    &mut squared,
                ) {
                    candidates.recompute_inexact(
                        candidate,
                        Ids::List(&near_ids),
                        &near_norms,
                        &mut squared,
                    );
                }
                visitor.visit(candidate, Ids::List(&near_ids), &squared);
                distances += near_ids.len() as u64;
            }
        }
        distances
    }
}

/// Computes squared distances of points to one candidate from their norms and scores. There may be
/// more scores than norms. Returns whether a distance is below its norm times `coarse`.
#[inline(always)]
fn squared_from_scores<W: Work>(
    norms: &[W],
    scores: &[W],
    coarse: W,
    squared: &mut Vec<W>,
) -> bool {
    squared.resize(norms.len(), W::ZERO);
    let mut lost = 0_u32;
    for ((squared, &norm), &score) in squared.iter_mut().zip(norms).zip(scores) {
        let distance = norm + score;
        lost += u32::from(distance < norm * coarse);
        // Rounding may make the squared distance of a point to itself negative.
        *squared = if distance > W::ZERO { distance } else { W::ZERO };
    }
    lost > 0
}
