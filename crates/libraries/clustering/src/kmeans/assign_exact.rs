//! Assigns active points to groups of centroids by computing every distance to a group.

use kernels::simd::Isa;

use super::bounded_chunk::{AssignmentStep, Chunk, Workspace};
use super::cluster_sums::UNASSIGNED;
use super::score_block::BLOCK_POINTS;
use crate::{Scalar, Work};

/// The nearest centroid found so far for a point.
#[derive(Clone, Copy)]
struct Nearest<W> {
    score: W,
    /// The second lowest score so far.
    second: W,
    label: u32,
    group: usize,
}

impl<F: Scalar> Chunk<'_, F> {
    /// Assigns the active points to the nearest of their own centroid and of the groups that may
    /// hold a nearer one. Returns the number of computed distances.
    #[inline(always)]
    pub(super) fn assign_exact<I: Isa>(&mut self, work: &mut Workspace<F::Work>) -> u64 {
        let Workspace { active, active_by_group, block, lowest, close, near, .. } = work;
        let AssignmentStep { points, centers, groups, rounding, .. } = self.step;
        let infinity = F::Work::INFINITY;
        let unknown =
            Nearest { score: infinity, second: infinity, label: UNASSIGNED, group: usize::MAX };
        let mut nearest = vec![unknown; active.len()];
        block.load(active.iter().map(|&i| self.first + i));
        for (slot, &i) in active.iter().enumerate() {
            self.enqueue(i, slot as u32, active_by_group);
        }
        let mut distances = 0;
        for (group, slots) in active_by_group.iter_mut().enumerate() {
            // Earlier groups may have brought the nearest centroid of a point closer.
            if group > 0 {
                slots.retain(|&slot| self.needs_group(active[slot as usize], group));
            }
            if slots.is_empty() {
                continue;
            }
            let range = groups.range(group);
            distances += (slots.len() * range.len()) as u64;
            block.score::<I, F>(*points, centers, slots, range.clone());
            block.find_lowest(range.len(), lowest);
            for (lane, &slot) in slots.iter().enumerate() {
                let label = groups.order()[range.start + lowest.index[lane] as usize] as u32;
                let new =
                    Nearest { score: lowest.best[lane], second: lowest.second[lane], label, group };
                self.merge_group(active[slot as usize], &mut nearest[slot as usize], new);
            }
            slots.clear();
        }
        close.clear();
        for ((slot, &i), nearest) in (0..).zip(active.iter()).zip(&nearest) {
            self.labels[i] = nearest.label;
            // A NaN is not told apart from anything.
            let apart = nearest.second - nearest.score > rounding.tolerance();
            if !apart {
                close.push(slot);
            }
        }
        for close in close.chunks(BLOCK_POINTS) {
            block.score::<I, F>(*points, centers, close, 0..centers.len());
            for (at, &slot) in close.iter().enumerate() {
                let scores = groups.order().iter().enumerate();
                let scores =
                    scores.map(|(c, &label)| ((c, label as u32), block.center_scores(c)[at]));
                self.decide(active[slot as usize], nearest[slot as usize].score, scores, near);
            }
        }
        distances
    }

    /// Assigns the active points if there is one group: the nearest centroid is the nearest of the
    /// group.
    #[inline(always)]
    pub(super) fn assign_exact_one_group<I: Isa>(&mut self, work: &mut Workspace<F::Work>) -> u64 {
        let Workspace { active, slots, block, lowest, close, near, .. } = work;
        let AssignmentStep { points, norms, centers, groups, rounding, .. } = self.step;
        slots.clear();
        slots.extend(0..active.len() as u32);
        block.load(active.iter().map(|&i| self.first + i));
        for (slots, active) in slots.chunks(BLOCK_POINTS).zip(active.chunks(BLOCK_POINTS)) {
            block.lowest::<I, F>(*points, centers, slots, lowest);
            close.clear();
            let found = lowest.index.iter().zip(&lowest.best).zip(&lowest.second);
            for ((&slot, &i), ((&index, &best), &second)) in slots.iter().zip(active).zip(found) {
                let norm = norms[self.first + i];
                self.labels[i] = groups.order()[index as usize] as u32;
                self.upper[i] = rounding.upper_bound(norm, best);
                self.lower[i] = rounding.lower_bound(norm, second);
                // A NaN is not told apart from anything.
                let apart = second - best > rounding.tolerance();
                if !apart {
                    close.push(slot);
                }
            }
            block.score::<I, F>(*points, centers, close, 0..centers.len());
            for (at, &slot) in close.iter().enumerate() {
                let slot = (slot - slots[0]) as usize;
                let scores = groups.order().iter().enumerate();
                let scores =
                    scores.map(|(c, &label)| ((c, label as u32), block.center_scores(c)[at]));
                self.decide(active[slot], lowest.best[slot], scores, near);
            }
        }
        (active.len() * centers.len()) as u64
    }

    /// Adds a point to the lists of the groups that it has to be compared with.
    #[inline(always)]
    fn enqueue(&self, i: usize, slot: u32, active_by_group: &mut [Vec<u32>]) {
        let (label, t) = (self.labels[i], self.groups());
        if label == UNASSIGNED {
            active_by_group.iter_mut().for_each(|slots| slots.push(slot));
            return;
        }
        let (own, upper) = (self.step.groups.group_of(label), self.upper[i]);
        for (group, &lower) in self.lower[i * t..(i + 1) * t].iter().enumerate() {
            if lower <= upper || group == own {
                active_by_group[group].push(slot);
            }
        }
    }

    /// Tells whether a point has to be compared with a group, because the group holds the own
    /// centroid or may hold a nearer one.
    #[inline(always)]
    fn needs_group(&self, i: usize, group: usize) -> bool {
        let label = self.labels[i];
        label == UNASSIGNED
            || self.lower[i * self.groups() + group] <= self.upper[i]
            || self.step.groups.group_of(label) == group
    }

    /// Merges the two nearest centroids of a group into the nearest so far, and updates the bounds.
    #[inline(always)]
    fn merge_group(&mut self, i: usize, best: &mut Nearest<F::Work>, new: Nearest<F::Work>) {
        let t = self.groups();
        let AssignmentStep { norms, rounding, .. } = self.step;
        let norm = norms[self.first + i];
        let lower = &mut self.lower[i * t..(i + 1) * t];
        if new.score < best.score || (new.score == best.score && new.label < best.label) {
            if let Some(lower) = lower.get_mut(best.group) {
                *lower = rounding.lower_bound(norm, best.score);
            }
            lower[new.group] = rounding.lower_bound(norm, new.second);
            self.upper[i] = rounding.upper_bound(norm, new.score);
            let second = if best.score < new.second { best.score } else { new.second };
            *best = Nearest { second, ..new };
        } else {
            lower[new.group] = rounding.lower_bound(norm, new.score);
            best.second = if new.score < best.second { new.score } else { best.second };
        }
    }
}
