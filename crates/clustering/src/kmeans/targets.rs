//! A few points that all others are measured against.

use std::ops::Range;

use super::centres::{Block, Centres, WIDE};
use super::init::gather;
use super::sketch::{Images, Sketch};
use super::spread::Spread;
use crate::kernel::prefetch;
use crate::parallel::blocks;
use crate::points::Rows;
use crate::simd::{Isa, Kernel, dispatch};
use crate::{Scalar, Work};

/// Points that are asked for ahead of the one that is measured.
const AHEAD: usize = 4;

/// What is done with the distances of points to targets.
pub(super) trait Visitor<W> {
    /// Takes the squared `distances` of `points` to the `target`-th target.
    fn visit(&mut self, target: usize, points: Ids, distances: &[W]);
}

/// Some points.
#[derive(Clone, Copy)]
pub(super) enum Ids<'a> {
    /// As many as are asked for, from this one on.
    From(usize),
    /// These, in ascending order.
    List(&'a [usize]),
}

impl Ids<'_> {
    #[inline(always)]
    pub(super) fn get(self, at: usize) -> usize {
        match self {
            Self::From(first) => first + at,
            Self::List(ids) => ids[at],
        }
    }
}

/// Points that all others are measured against.
pub(super) struct Targets<'a, F: Scalar> {
    points: Rows<'a, F>,
    norms: &'a [F::Work],
    pub(super) centres: Centres<F::Work>,
    /// Images of the points and of the targets.
    sketch: Option<(&'a Sketch, Images)>,
    /// A quarter of the squared distance of each target to each chosen point, made a little smaller than rounding could
    /// make it larger, shape `(targets, chosen)`.
    reach: Vec<Vec<F::Work>>,
}

impl<'a, F: Scalar> Targets<'a, F> {
    /// The points `targets`, where those of `chosen` have been measured already.
    pub(super) fn new(
        points: Rows<'a, F>,
        spread: &'a Spread<F::Work>,
        targets: &[usize],
        chosen: &Centres<F::Work>,
    ) -> Self {
        let rows = gather(points, targets);
        let centres = Centres::around(points, spread.mean.view(), rows.view());
        let sketch = spread.sketch.as_ref().map(|sketch| (sketch, sketch.images(points, rows.view())));
        let error = 4.0 * centres.error(spread.longest, spread.largest_norm);
        let reach = (0..targets.len()).map(|target| {
            let squared = centres.squared_distances(target, chosen);
            squared.into_iter().map(|squared| F::Work::narrow(0.25 * squared - error)).collect()
        });
        Self { points, norms: &spread.norms, reach: reach.collect(), centres, sketch }
    }

    /// Shows `visitor` some of `rows` at a time, until it has seen every point and every target that may be nearer than
    /// `closest`, the squared distance to `nearest` of the chosen points. Returns how many distances were computed.
    pub(super) fn visit(
        &self,
        rows: Range<usize>,
        closest: &[F::Work],
        nearest: &[u32],
        visitor: &mut impl Visitor<F::Work>,
    ) -> u64 {
        dispatch(Visit { targets: self, rows, closest, nearest, visitor })
    }
}

struct Visit<'a, F: Scalar, V> {
    targets: &'a Targets<'a, F>,
    rows: Range<usize>,
    closest: &'a [F::Work],
    nearest: &'a [u32],
    visitor: &'a mut V,
}

impl<F: Scalar, V: Visitor<F::Work>> Kernel for Visit<'_, F, V> {
    type Output = u64;

    #[inline(always)]
    fn run<I: Isa>(self) -> u64 {
        let Targets { points, reach, sketch, .. } = self.targets;
        // With few features a distance costs no more than asking whether it is needed.
        let ask = points.d() >= WIDE && reach.iter().any(|reach| !reach.is_empty());
        match sketch {
            Some((sketch, images)) if ask => self.sift::<I>(sketch, images),
            _ => self.compare::<I>(ask),
        }
    }
}

impl<F: Scalar, V: Visitor<F::Work>> Visit<'_, F, V> {
    /// Leaves out, where it is to `ask`, what the distances between targets and chosen points tell not to matter.
    #[inline(always)]
    fn compare<I: Isa>(self, ask: bool) -> u64 {
        let Self { targets, rows, closest, nearest, visitor } = self;
        let Targets { points, norms, centres, reach, .. } = targets;
        let (first, mut distances) = (rows.start, 0);
        let near = |target: usize, i: usize| closest[i - first] > reach[target][nearest[i - first] as usize];
        let mut block = Block::new();
        let (mut ids, mut slots) = (Vec::new(), Vec::new());
        let (mut near_ids, mut near_norms, mut squared) = (Vec::new(), Vec::new(), Vec::new());
        for rows in blocks(rows) {
            ids.clear();
            if ask {
                ids.extend(rows.clone().filter(|&i| (0..centres.len()).any(|target| near(target, i))));
            } else {
                ids.extend(rows.clone());
            }
            block.load(ids.iter().copied());
            // No closure: what it calls would be compiled for no vectors.
            macro_rules! show {
                ($target:expr, $points:expr, $norms:expr, $scores:expr) => {{
                    squared_distances($norms, $scores, &mut squared);
                    visitor.visit($target, $points, &squared);
                    distances += squared.len() as u64;
                }};
            }
            // Several targets in one product cost little more than one.
            let wanted = |target: usize| ids.iter().filter(|&&i| near(target, i)).count();
            if !ask || 2 * (0..centres.len()).map(wanted).sum::<usize>() >= ids.len() * centres.len() {
                slots.clear();
                slots.extend(0..ids.len() as u32);
                block.score::<I, F>(*points, centres, &slots, 0..centres.len());
                let all = ids.len() == rows.len();
                if !all {
                    near_norms.clear();
                    near_norms.extend(ids.iter().map(|&i| norms[i]));
                }
                for target in 0..centres.len() {
                    if all {
                        show!(target, Ids::From(rows.start), &norms[rows.clone()], block.of(target));
                    } else {
                        show!(target, Ids::List(&ids), &near_norms, block.of(target));
                    }
                }
                continue;
            }
            for target in 0..centres.len() {
                slots.clear();
                slots.extend((0..ids.len() as u32).filter(|&slot| near(target, ids[slot as usize])));
                near_ids.clear();
                near_ids.extend(slots.iter().map(|&slot| ids[slot as usize]));
                near_norms.clear();
                near_norms.extend(near_ids.iter().map(|&i: &usize| norms[i]));
                block.score::<I, F>(*points, centres, &slots, target..target + 1);
                show!(target, Ids::List(&near_ids), &near_norms, block.of(0));
            }
        }
        distances
    }

    /// Leaves out what, by their images, cannot matter either.
    #[inline(always)]
    fn sift<I: Isa>(self, sketch: &Sketch, images: &Images) -> u64 {
        let Self { targets, rows, closest, nearest, visitor } = self;
        let Targets { points, norms, centres, reach, .. } = targets;
        let first = rows.start;
        let (mut keys, mut near) = (Vec::new(), vec![Near::default(); centres.len()]);
        let (mut squared, mut distances) = (Vec::new(), 0);
        for rows in blocks(rows) {
            sketch.keys::<I>(rows.clone(), images, 0..images.panels(), &mut keys);
            for (i, keys) in rows.zip(keys.chunks_exact(images.panels())) {
                let (closest, nearest) = (closest[i - first], nearest[i - first] as usize);
                let limit = sketch.key_within(i, images, closest.into().sqrt());
                for (target, &key) in keys.as_flattened().iter().enumerate().take(centres.len()) {
                    if key <= limit && closest > reach[target][nearest] {
                        near[target].ids.push(i);
                    }
                }
            }
            for (target, Near { ids, norms: near_norms, scores }) in near.iter_mut().enumerate() {
                // A loop: what a closure calls would be compiled for no vectors.
                for (at, &i) in ids.iter().enumerate() {
                    if let Some(&coming) = ids.get(at + AHEAD) {
                        prefetch(points.row(coming));
                    }
                    near_norms.push(norms[i]);
                    scores.push(centres.about::<I, F>(*points, i, target));
                }
                squared_distances(near_norms, scores, &mut squared);
                visitor.visit(target, Ids::List(ids), &squared);
                distances += ids.len() as u64;
                ids.clear();
                near_norms.clear();
                scores.clear();
            }
        }
        distances
    }
}

/// Points that a target may be nearest to.
#[derive(Clone)]
struct Near<W> {
    ids: Vec<usize>,
    norms: Vec<W>,
    scores: Vec<W>,
}

impl<W> Default for Near<W> {
    fn default() -> Self {
        Self { ids: Vec::new(), norms: Vec::new(), scores: Vec::new() }
    }
}

/// Squared distances of points to one target from their norms and scores; there may be more scores.
#[inline(always)]
fn squared_distances<W: Work>(norms: &[W], scores: &[W], squared: &mut Vec<W>) {
    squared.resize(norms.len(), W::ZERO);
    for ((squared, &norm), &score) in squared.iter_mut().zip(norms).zip(scores) {
        let distance = norm + score;
        // Rounding may leave a point a little closer than nothing to itself.
        *squared = if distance > W::ZERO { distance } else { W::ZERO };
    }
}
