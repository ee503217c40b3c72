//! Open points against groups of centroids, by computing every distance to the centroids of a group.

use super::bounds::{Chunk, Pass, Workspace};
use super::sums::UNASSIGNED;
use crate::simd::Isa;
use crate::{Scalar, Work};

/// The nearest centroid so far of a point that is being looked at.
#[derive(Clone, Copy)]
struct Candidate<W> {
    score: W,
    /// The second lowest score so far.
    second: W,
    label: u32,
    group: usize,
}

impl<F: Scalar> Chunk<'_, F> {
    /// Compares the open points with every group that may hold a nearer centroid, and with their own. Returns how many
    /// distances that took.
    #[inline(always)]
    pub(super) fn compare<I: Isa>(&mut self, work: &mut Workspace<F::Work>) -> u64 {
        let Workspace { open, wanted, block, lowest, alone, near, .. } = work;
        let Pass { points, centres, groups, rounding, .. } = self.pass;
        let infinity = F::Work::INFINITY;
        let nobody = Candidate { score: infinity, second: infinity, label: UNASSIGNED, group: usize::MAX };
        let mut nearest = vec![nobody; open.len()];
        block.load(open.iter().map(|&i| self.first + i));
        for (slot, &i) in open.iter().enumerate() {
            self.ask(i, slot as u32, wanted);
        }
        let mut distances = 0;
        for (group, slots) in wanted.iter_mut().enumerate() {
            // The groups before may have brought a point's centroid nearer.
            if group > 0 {
                slots.retain(|&slot| self.needs(open[slot as usize], group));
            }
            if slots.is_empty() {
                continue;
            }
            let range = groups.range(group);
            distances += (slots.len() * range.len()) as u64;
            block.score::<I, F>(*points, centres, slots, range.clone());
            lowest.find::<true>(block, range.len());
            for (lane, &slot) in slots.iter().enumerate() {
                let label = groups.order()[range.start + lowest.index[lane] as usize] as u32;
                let new = Candidate { score: lowest.best[lane], second: lowest.second[lane], label, group };
                self.consider(open[slot as usize], &mut nearest[slot as usize], new);
            }
            slots.clear();
        }
        for (&i, nearest) in open.iter().zip(nearest) {
            self.labels[i] = nearest.label;
            if nearest.second - nearest.score > rounding.doubt() {
                continue;
            }
            alone.load(std::iter::once(self.first + i));
            alone.score::<I, F>(*points, centres, &[0], 0..centres.len());
            let scores = groups.order().iter().enumerate();
            let scores = scores.map(|(at, &label)| ((at, label as u32), alone.of(at)[0]));
            self.decide(i, nearest.score, scores, near);
        }
        distances
    }

    /// [`Chunk::compare`] where there is but one group: the nearest is its nearest.
    #[inline(always)]
    pub(super) fn compare_with_all<I: Isa>(&mut self, work: &mut Workspace<F::Work>) -> u64 {
        let Workspace { open, slots, block, lowest, near, .. } = work;
        let Pass { points, norms, centres, groups, rounding, .. } = self.pass;
        slots.clear();
        slots.extend(0..open.len() as u32);
        block.load(open.iter().map(|&i| self.first + i));
        block.score::<I, F>(*points, centres, slots, 0..centres.len());
        lowest.find::<true>(block, centres.len());
        let found = lowest.index.iter().zip(&lowest.best).zip(&lowest.second);
        for ((lane, &i), ((&index, &best), &second)) in open.iter().enumerate().zip(found) {
            let norm = norms[self.first + i];
            self.labels[i] = groups.order()[index as usize] as u32;
            self.upper[i] = rounding.at_most(norm, best);
            self.lower[i] = rounding.at_least(norm, second);
            if second - best > rounding.doubt() {
                continue;
            }
            let scores = groups.order().iter().enumerate();
            let scores = scores.map(|(at, &label)| ((at, label as u32), block.of(at)[lane]));
            self.decide(i, best, scores, near);
        }
        (open.len() * centres.len()) as u64
    }

    /// Puts a point on the lists of the groups that it has to be compared with.
    #[inline(always)]
    fn ask(&self, i: usize, slot: u32, wanted: &mut [Vec<u32>]) {
        let (label, t) = (self.labels[i], self.groups());
        if label == UNASSIGNED {
            wanted.iter_mut().for_each(|slots| slots.push(slot));
            return;
        }
        let (own, upper) = (self.pass.groups.of(label), self.upper[i]);
        for (group, &lower) in self.lower[i * t..(i + 1) * t].iter().enumerate() {
            if lower <= upper || group == own {
                wanted[group].push(slot);
            }
        }
    }

    /// Whether a point has to be compared with the centroids of a group: one of them may be the nearest, or is so far.
    #[inline(always)]
    fn needs(&self, i: usize, group: usize) -> bool {
        let label = self.labels[i];
        label == UNASSIGNED
            || self.lower[i * self.groups() + group] <= self.upper[i]
            || self.pass.groups.of(label) == group
    }

    /// Takes in the two nearest centroids of a group, and what they say about the bounds.
    #[inline(always)]
    fn consider(&mut self, i: usize, best: &mut Candidate<F::Work>, new: Candidate<F::Work>) {
        let t = self.groups();
        let Pass { norms, rounding, .. } = self.pass;
        let norm = norms[self.first + i];
        let lower = &mut self.lower[i * t..(i + 1) * t];
        if new.score < best.score || (new.score == best.score && new.label < best.label) {
            if let Some(lower) = lower.get_mut(best.group) {
                *lower = rounding.at_least(norm, best.score);
            }
            lower[new.group] = rounding.at_least(norm, new.second);
            self.upper[i] = rounding.at_most(norm, new.score);
            let second = if best.score < new.second { best.score } else { new.second };
            *best = Candidate { second, ..new };
        } else {
            lower[new.group] = rounding.at_least(norm, new.score);
            best.second = if new.score < best.second { new.score } else { best.second };
        }
    }
}
