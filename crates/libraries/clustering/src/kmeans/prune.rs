//! Assigns active points to groups of centroids, with codes that prune exact distances.

use std::ops::Range;

use kernels::simd::Isa;
use kernels::{ROWS_AHEAD, prefetch};

use super::bounded_chunk::{AssignmentStep, Chunk, Workspace};
use super::codes::CenterCodes;
use super::outward_rounding::OutwardRounding;
use super::projection::Projection;
use super::survivors::{Best, smaller};
use crate::{Scalar, Work};

/// A measured centroid that is or may be the nearest.
#[derive(Clone, Copy)]
struct Contender<W> {
    slot: u32,
    /// Position of the centroid in the order of groups.
    position: usize,
    score: W,
}

/// A point with centroids of a group that were not pruned.
struct Pending {
    slot: u32,
    /// The lowest quantized score of the pruned centroids.
    rest: i32,
    /// Range of its survivors: their places in the group and their quantized scores.
    survivors: Range<usize>,
}

impl<F: Scalar> Chunk<'_, F> {
    /// Assigns the active points to the nearest of the centroids that codes do not prune. Returns
    /// the number of computed distances.
    #[inline(always)]
    pub(super) fn assign_pruned<I: Isa>(
        &mut self,
        work: &mut Workspace<F::Work>,
        projection: &Projection,
        codes: &[CenterCodes],
    ) -> u64 {
        let Workspace { active, scores, slots, active_by_group, quantized_scores, near, .. } = work;
        if !self.step.known {
            slots.clear();
            slots.extend(0..active.len() as u32);
            self.label_by_codes::<I>(active, slots, projection, codes, quantized_scores);
        }
        let groups = self.step.groups;
        let own = active.iter().zip(&*scores).map(|(&i, &score)| {
            let label = self.labels[i];
            Best { score, second: F::Work::INFINITY, label, group: groups.group_of(label) }
        });
        let mut found: Vec<_> = own.collect();
        let mut contenders = Vec::new();
        for (slot, own) in (0..).zip(&found) {
            if own.score < F::Work::INFINITY {
                contenders.push(Contender {
                    slot,
                    position: groups.position(own.label),
                    score: own.score,
                });
            }
        }
        for (slot, &i) in active.iter().enumerate() {
            for (slots, &lower) in active_by_group.iter_mut().zip(self.lower(i)) {
                if lower <= self.upper[i] {
                    slots.push(slot as u32);
                }
            }
        }
        let mut distances = 0;
        let (mut survivors, mut pending) = (Vec::new(), Vec::new());
        for (group, (slots, codes)) in active_by_group.iter_mut().zip(codes).enumerate() {
            // Earlier groups may have brought the nearest centroid of a point closer.
            if group > 0 {
                slots.retain(|&slot| {
                    let i = active[slot as usize];
                    self.lower(i)[group] <= self.upper[i]
                });
            }
            self.quantized_scores::<I>(active, slots, projection, codes, quantized_scores);
            for (quantized_scores, &slot) in
                quantized_scores.chunks_exact(codes.vectors()).zip(&*slots)
            {
                let (i, found) = (active[slot as usize], &found[slot as usize]);
                let first = survivors.len();
                let rest = self.find_survivors(
                    i,
                    found,
                    group,
                    (projection, codes),
                    quantized_scores,
                    &mut survivors,
                );
                if survivors.len() > first {
                    pending.push(Pending { slot, rest, survivors: first..survivors.len() });
                } else {
                    self.set_lower_bound(i, group, (projection, codes), rest, F::Work::INFINITY);
                }
            }
            for (at, some) in pending.iter().enumerate() {
                if let Some(coming) = pending.get(at + ROWS_AHEAD) {
                    prefetch(self.step.points.row(self.first + active[coming.slot as usize]));
                }
                let (i, found) = (active[some.slot as usize], &mut found[some.slot as usize]);
                let survivors = &survivors[some.survivors.clone()];
                let codes = (projection, codes);
                distances += self.measure_survivors::<I>(
                    i,
                    found,
                    group,
                    codes,
                    some,
                    survivors,
                    &mut contenders,
                );
            }
            slots.clear();
            survivors.clear();
            pending.clear();
        }
        for (&i, found) in active.iter().zip(&found) {
            self.labels[i] = found.label;
        }
        self.decide_ties(active, &found, contenders, near);
        distances
    }

    /// Decides between contenders that are as near as the nearest centroid up to rounding.
    ///
    /// `found` holds the nearest measured centroid of each of the `active` points.
    #[inline(always)]
    fn decide_ties(
        &mut self,
        active: &[usize],
        found: &[Best<F::Work>],
        mut contenders: Vec<Contender<F::Work>>,
        near: &mut Vec<(usize, u32)>,
    ) {
        let groups = self.step.groups;
        contenders.retain(|one| {
            let Best { score, second, .. } = found[one.slot as usize];
            let tolerance = self.step.rounding.tolerance();
            second < F::Work::INFINITY
                && second - score <= tolerance
                && one.score - score <= tolerance
        });
        contenders.sort_unstable_by_key(|one| (one.slot, one.position));
        contenders.dedup_by_key(|one| (one.slot, one.position));
        for contenders in contenders.chunk_by(|a, b| a.slot == b.slot) {
            let slot = contenders[0].slot as usize;
            let label = |position: usize| groups.order()[position] as u32;
            let scores =
                contenders.iter().map(|one| ((one.position, label(one.position)), one.score));
            self.decide(active[slot], found[slot].score, scores, near);
        }
    }

    /// Measures the survivors of a group while they may be nearer than the nearest so far. Returns
    /// the number of computed distances.
    #[inline(always)]
    #[allow(clippy::too_many_arguments, reason = "the state of one step of a loop")]
    fn measure_survivors<I: Isa>(
        &mut self,
        i: usize,
        found: &mut Best<F::Work>,
        group: usize,
        (projection, codes): (&Projection, &CenterCodes),
        &Pending { slot, mut rest, .. }: &Pending,
        survivors: &[(u32, i32)],
        contenders: &mut Vec<Contender<F::Work>>,
    ) -> u64 {
        let AssignmentStep { points, norms, centers, groups, rounding, .. } = self.step;
        let (point, first) = (self.first + i, groups.range(group).start);
        let (mut distances, mut lower) = (0, F::Work::INFINITY);
        if found.score == F::Work::INFINITY {
            found.score = self.measure_own::<I>(i);
            contenders.push(Contender {
                slot,
                position: groups.position(found.label),
                score: found.score,
            });
            distances += 1;
        }
        let mut limit = projection.highest_score_within(point, codes, self.upper[i].into());
        for &(c, quantized_score) in survivors {
            if quantized_score > limit {
                rest = rest.min(quantized_score);
                continue;
            }
            let position = first + c as usize;
            let score = centers.approximate_score::<I, F>(*points, point, position);
            distances += 1;
            if score - found.score <= rounding.tolerance() {
                contenders.push(Contender { slot, position, score });
            }
            if score >= found.score {
                found.second = smaller(found.second, score);
                lower = smaller(lower, rounding.lower_bound(norms[point], score));
                continue;
            }
            let before = std::mem::replace(
                found,
                Best { score, second: found.score, label: groups.order()[position] as u32, group },
            );
            self.upper[i] = rounding.upper_bound(norms[point], score);
            limit = projection.highest_score_within(point, codes, self.upper[i].into());
            let other = rounding.lower_bound(norms[point], before.score);
            if before.group == group {
                lower = smaller(lower, other);
            } else {
                let bound = &mut self.lower[i * groups.len() + before.group];
                *bound = smaller(*bound, other);
            }
        }
        self.set_lower_bound(i, group, (projection, codes), rest, lower);
        distances
    }

    /// Sets the lower bound of a point and a group. `rest` is the lowest quantized score of the
    /// pruned centroids; `lower` bounds the measured ones.
    #[inline(always)]
    fn set_lower_bound(
        &mut self,
        i: usize,
        group: usize,
        (projection, codes): (&Projection, &CenterCodes),
        rest: i32,
        lower: F::Work,
    ) {
        let skipped = OutwardRounding::down(projection.lower_bound(self.first + i, codes, rest));
        self.lower[i * self.groups() + group] = smaller(lower, skipped);
    }
}
