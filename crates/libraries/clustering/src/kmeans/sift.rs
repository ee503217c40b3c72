//! Open points against groups of centroids, where images of both tell which distances need not be computed.

use std::ops::Range;

use super::bounds::{Chunk, Pass, Rounding, Workspace};
use super::sketch::{Images, PANEL, Panel, Sketch};
use crate::kernel::prefetch;
use crate::simd::Isa;
use crate::{Scalar, Work};

/// Points that are asked for ahead of the one that is measured.
const AHEAD: usize = 4;

/// The nearest centroid so far of a point that is being looked at. Scores are those of `Centres::about`.
#[derive(Clone, Copy)]
struct Found<W> {
    /// More than any while it has not been measured.
    score: W,
    /// The second lowest that was measured.
    second: W,
    label: u32,
    group: usize,
}

/// A centroid that was measured, and is or may be the nearest.
#[derive(Clone, Copy)]
struct Contender<W> {
    slot: u32,
    /// In the order of groups.
    position: usize,
    score: W,
}

/// A point whose survivors of a group have to be measured.
struct Pending {
    slot: u32,
    /// The lowest key of the centroids that did not survive.
    rest: i32,
    /// Where its survivors are: their places in the group and their keys.
    survivors: Range<usize>,
}

impl<F: Scalar> Chunk<'_, F> {
    /// Compares the open points with the centroids that their images leave. Returns how many distances that took.
    #[inline(always)]
    pub(super) fn sift<I: Isa>(
        &mut self,
        work: &mut Workspace<F::Work>,
        sketch: &Sketch,
        images: &[Images],
    ) -> u64 {
        let Workspace { open, scores, slots, wanted, keys, near, .. } = work;
        if !self.pass.known {
            slots.clear();
            slots.extend(0..open.len() as u32);
            self.guess::<I>(open, slots, sketch, images, keys);
        }
        let groups = self.pass.groups;
        let own = open.iter().zip(&*scores).map(|(&i, &score)| {
            let label = self.labels[i];
            Found { score, second: F::Work::INFINITY, label, group: groups.of(label) }
        });
        let mut found: Vec<_> = own.collect();
        let mut contenders = Vec::new();
        for (slot, own) in (0..).zip(&found) {
            if own.score < F::Work::INFINITY {
                contenders.push(Contender { slot, position: groups.position(own.label), score: own.score });
            }
        }
        for (slot, &i) in open.iter().enumerate() {
            for (slots, &lower) in wanted.iter_mut().zip(self.lower(i)) {
                if lower <= self.upper[i] {
                    slots.push(slot as u32);
                }
            }
        }
        let mut distances = 0;
        let (mut survivors, mut pending) = (Vec::new(), Vec::new());
        for (group, (slots, images)) in wanted.iter_mut().zip(images).enumerate() {
            // The groups before may have brought a point's centroid nearer.
            if group > 0 {
                slots.retain(|&slot| {
                    let i = open[slot as usize];
                    self.lower(i)[group] <= self.upper[i]
                });
            }
            self.keys::<I>(open, slots, sketch, images, keys);
            for (keys, &slot) in keys.chunks_exact(images.panels()).zip(&*slots) {
                let (i, found) = (open[slot as usize], &found[slot as usize]);
                let first = survivors.len();
                let rest = self.look(i, found, group, (sketch, images), keys, &mut survivors);
                if survivors.len() > first {
                    pending.push(Pending { slot, rest, survivors: first..survivors.len() });
                } else {
                    self.bound(i, group, (sketch, images), rest, F::Work::INFINITY);
                }
            }
            for (at, some) in pending.iter().enumerate() {
                if let Some(coming) = pending.get(at + AHEAD) {
                    prefetch(self.pass.points.row(self.first + open[coming.slot as usize]));
                }
                let (i, found) = (open[some.slot as usize], &mut found[some.slot as usize]);
                let survivors = &survivors[some.survivors.clone()];
                let images = (sketch, images);
                distances += self.measure::<I>(i, found, group, images, some, survivors, &mut contenders);
            }
            slots.clear();
            survivors.clear();
            pending.clear();
        }
        for (&i, found) in open.iter().zip(&found) {
            self.labels[i] = found.label;
        }
        contenders.retain(|one| {
            let Found { score, second, .. } = found[one.slot as usize];
            let doubt = self.pass.rounding.doubt();
            second < F::Work::INFINITY && second - score <= doubt && one.score - score <= doubt
        });
        contenders.sort_unstable_by_key(|one| (one.slot, one.position));
        contenders.dedup_by_key(|one| (one.slot, one.position));
        for contenders in contenders.chunk_by(|a, b| a.slot == b.slot) {
            let slot = contenders[0].slot as usize;
            let label = |position: usize| groups.order()[position] as u32;
            let scores = contenders.iter().map(|one| ((one.position, label(one.position)), one.score));
            self.decide(open[slot], found[slot].score, scores, near);
        }
        distances
    }

    /// The keys of the points in `slots` of `open`.
    #[inline(always)]
    fn keys<I: Isa>(
        &self,
        open: &[usize],
        slots: &[u32],
        sketch: &Sketch,
        images: &Images,
        keys: &mut Vec<Panel>,
    ) {
        let points = slots.iter().map(|&slot| self.first + open[slot as usize]);
        sketch.keys::<I>(points, images, 0..images.panels(), keys);
    }

    /// Labels open points, of which nothing is known, with the centroid whose image is nearest to theirs.
    #[inline(always)]
    fn guess<I: Isa>(
        &mut self,
        open: &[usize],
        slots: &[u32],
        sketch: &Sketch,
        images: &[Images],
        keys: &mut Vec<Panel>,
    ) {
        let mut nearest = vec![i32::MAX; open.len()];
        open.iter().for_each(|&i| self.labels[i] = self.pass.groups.order()[0] as u32);
        for (group, images) in images.iter().enumerate() {
            self.keys::<I>(open, slots, sketch, images, keys);
            let order = &self.pass.groups.order()[self.pass.groups.range(group)];
            for ((keys, nearest), &i) in keys.chunks_exact(images.panels()).zip(&mut nearest).zip(open) {
                for (&key, &label) in keys.as_flattened().iter().zip(order) {
                    if key < *nearest {
                        (*nearest, self.labels[i]) = (key, label as u32);
                    }
                }
            }
        }
    }

    /// Looks at the keys of a point for a group. Adds the centroids that may be nearer than the nearest so far to `survivors`;
    /// returns the lowest key of the others.
    #[inline(always)]
    fn look(
        &mut self,
        i: usize,
        found: &Found<F::Work>,
        group: usize,
        (sketch, images): (&Sketch, &Images),
        keys: &[Panel],
        survivors: &mut Vec<(u32, i32)>,
    ) -> i32 {
        let groups = self.pass.groups;
        let point = self.first + i;
        let own = if found.group == group {
            groups.position(found.label) - groups.range(group).start
        } else {
            usize::MAX
        };
        if let (Some(&key), true) = (keys.as_flattened().get(own), found.score == F::Work::INFINITY) {
            let most = Rounding::up(sketch.at_most(point, images, own, key));
            self.upper[i] = smaller(self.upper[i], self.pass.rounding.held_off(most));
        }
        let limit = sketch.key_within(point, images, self.upper[i].into());
        split(keys, limit, own, survivors)
    }

    /// Measures the centroids of a group that survived a look, as long as they may be nearer than the nearest so far. Returns
    /// how many distances that took.
    #[inline(always)]
    #[allow(clippy::too_many_arguments, reason = "one step of a loop over what it takes")]
    fn measure<I: Isa>(
        &mut self,
        i: usize,
        found: &mut Found<F::Work>,
        group: usize,
        (sketch, images): (&Sketch, &Images),
        &Pending { slot, mut rest, .. }: &Pending,
        survivors: &[(u32, i32)],
        contenders: &mut Vec<Contender<F::Work>>,
    ) -> u64 {
        let Pass { points, norms, centres, groups, rounding, .. } = self.pass;
        let (point, first) = (self.first + i, groups.range(group).start);
        let (mut distances, mut lower) = (0, F::Work::INFINITY);
        if found.score == F::Work::INFINITY {
            found.score = self.measure_own::<I>(i);
            contenders.push(Contender { slot, position: groups.position(found.label), score: found.score });
            distances += 1;
        }
        let mut limit = sketch.key_within(point, images, self.upper[i].into());
        for &(c, key) in survivors {
            if key > limit {
                rest = rest.min(key);
                continue;
            }
            let position = first + c as usize;
            let score = centres.about::<I, F>(*points, point, position);
            distances += 1;
            if score - found.score <= rounding.doubt() {
                contenders.push(Contender { slot, position, score });
            }
            if score >= found.score {
                found.second = smaller(found.second, score);
                lower = smaller(lower, rounding.at_least(norms[point], score));
                continue;
            }
            let before = std::mem::replace(
                found,
                Found { score, second: found.score, label: groups.order()[position] as u32, group },
            );
            self.upper[i] = rounding.at_most(norms[point], score);
            limit = sketch.key_within(point, images, self.upper[i].into());
            let other = rounding.at_least(norms[point], before.score);
            if before.group == group {
                lower = smaller(lower, other);
            } else {
                let bound = &mut self.lower[i * groups.len() + before.group];
                *bound = smaller(*bound, other);
            }
        }
        self.bound(i, group, (sketch, images), rest, lower);
        distances
    }

    /// Sets the lower bound of a point and a group, of which `rest` is the lowest key of those that were not measured, and
    /// `lower` bounds the others.
    #[inline(always)]
    fn bound(
        &mut self,
        i: usize,
        group: usize,
        (sketch, images): (&Sketch, &Images),
        rest: i32,
        lower: F::Work,
    ) {
        let skipped = Rounding::down(sketch.at_least(self.first + i, images, rest));
        self.lower[i * self.groups() + group] = smaller(lower, skipped);
    }
}

/// Adds the centres with keys up to `limit` to `survivors`, but for the point's own; returns the lowest of the other keys.
#[inline(always)]
fn split(keys: &[Panel], limit: i32, own: usize, survivors: &mut Vec<(u32, i32)>) -> i32 {
    let mut rest = i32::MAX;
    for (panel, keys) in keys.iter().enumerate() {
        let lowest = keys.iter().fold(i32::MAX, |lowest, &key| lowest.min(key));
        if lowest > limit {
            rest = rest.min(lowest);
            continue;
        }
        let first = panel * PANEL;
        for (c, &key) in (first..).zip(keys) {
            if c == own {
                continue;
            }
            if key <= limit {
                survivors.push((c as u32, key));
            } else {
                rest = rest.min(key);
            }
        }
    }
    rest
}

#[inline(always)]
fn smaller<W: Work>(a: W, b: W) -> W {
    if b < a { b } else { a }
}
