//! A few points that all others are measured against.

use std::ops::Range;

use ndarray::Array2;

use super::centres::{Block, Centres, WIDE};
use super::distance::squared_distance;
use super::init::gather;
use super::sketch::{Images, Sketch};
use super::spread::Spread;
use crate::parallel::blocks;
use crate::points::Rows;
use crate::simd::{Isa, Kernel, dispatch};
use crate::{Scalar, Work};

/// A squared distance is computed anew where it is not this many times larger than it may be off.
const COARSE: f64 = 64.0;

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
    /// The targets, by their differences from the origin in the unit of distances, shape `(targets, d)`.
    exact: Array2<f64>,
    /// Squared distances that are a smaller share of the squared length of a point are computed anew.
    coarse: F::Work,
    /// How far squared distances may be off.
    error: f64,
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
        let frame = &spread.frame;
        let rows = gather(points, frame.origin(), targets);
        let centres = Centres::new(frame, rows.view());
        let images = |sketch: &'a Sketch| (sketch, sketch.images(frame.unit(), rows.view()));
        let sketch = spread.sketch.as_ref().map(images);
        let error = centres.error(spread.longest);
        let reach = (0..targets.len()).map(|target| {
            let squared = centres.squared_distances(target, chosen);
            squared.into_iter().map(|squared| F::Work::narrow(0.25 * squared - 4.0 * error)).collect()
        });
        let (reach, exact) = (reach.collect(), rows * frame.unit());
        // A target that is near a point is about as long.
        let coarse = F::Work::narrow(COARSE * centres.error_of(1.0, 1.0));
        Self { points, norms: &spread.norms, centres, exact, coarse, error, reach, sketch }
    }

    /// Computes by differences those of the squared distances of points to a target that have lost most of
    /// their digits: those of points that are near the target and far from the origin.
    #[inline(always)]
    fn mend(&self, target: usize, points: Ids, norms: &[F::Work], squared: &mut [F::Work]) {
        let Self { centres, exact, coarse, .. } = self;
        let (origin, unit) = (centres.frame.origin(), centres.frame.unit());
        let centre = exact.row(target).to_slice().expect("targets are in C order");
        for (at, (squared, &norm)) in squared.iter_mut().zip(norms).enumerate() {
            if *squared < norm * *coarse {
                let point = self.points.row(points.get(at));
                *squared = F::Work::narrow(squared_distance(point, origin, unit, centre));
            }
        }
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
                    if squared_distances($norms, $scores, targets.coarse, &mut squared) {
                        targets.mend($target, $points, $norms, &mut squared);
                    }
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

    /// Leaves out what, by their images, cannot matter either. What is not left out has the bytes that
    /// [`Visit::compare`] gives it, and comes in the same order, so that images change no result.
    #[inline(always)]
    fn sift<I: Isa>(self, sketch: &Sketch, images: &Images) -> u64 {
        let Self { targets, rows, closest, nearest, visitor } = self;
        let Targets { points, norms, centres, reach, error, .. } = targets;
        let first = rows.start;
        let (mut keys, mut near) = (Vec::new(), vec![Vec::<u32>::new(); centres.len()]);
        let mut block = Block::new();
        let (mut ids, mut slots, mut near_ids, mut near_norms) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut squared, mut distances) = (Vec::new(), 0);
        for rows in blocks(rows) {
            sketch.keys::<I>(rows.clone(), images, 0..images.panels(), &mut keys);
            ids.clear();
            near.iter_mut().for_each(Vec::clear);
            for (i, keys) in rows.zip(keys.chunks_exact(images.panels())) {
                let (closest, nearest) = (closest[i - first], nearest[i - first] as usize);
                // Rounding may bring a target that is a little farther below what is closest so far.
                let limit = sketch.key_within(i, images, (closest.into() + 3.0 * error).sqrt());
                let slot = ids.len() as u32;
                for (target, &key) in keys.as_flattened().iter().enumerate().take(centres.len()) {
                    if key <= limit && closest > reach[target][nearest] {
                        near[target].push(slot);
                    }
                }
                if near.iter().any(|near| near.last() == Some(&slot)) {
                    ids.push(i);
                }
            }
            block.load(ids.iter().copied());
            let count: usize = near.iter().map(Vec::len).sum();
            // Several targets in one product cost little more than one.
            let together = 4 * count >= ids.len() * centres.len();
            if together {
                slots.clear();
                slots.extend(0..ids.len() as u32);
                block.score::<I, F>(*points, centres, &slots, 0..centres.len());
            }
            for (target, near) in near.iter().enumerate().filter(|(_, near)| !near.is_empty()) {
                let (slots, at) = if together { (&slots, target) } else { (near, 0) };
                if !together {
                    block.score::<I, F>(*points, centres, near, target..target + 1);
                }
                near_ids.clear();
                near_ids.extend(slots.iter().map(|&slot| ids[slot as usize]));
                near_norms.clear();
                near_norms.extend(near_ids.iter().map(|&i: &usize| norms[i]));
                if squared_distances(&near_norms, block.of(at), targets.coarse, &mut squared) {
                    targets.mend(target, Ids::List(&near_ids), &near_norms, &mut squared);
                }
                visitor.visit(target, Ids::List(&near_ids), &squared);
                distances += near_ids.len() as u64;
            }
        }
        distances
    }
}

/// Squared distances of points to one target from their norms and scores; there may be more scores. Returns whether
/// one of them is less than its norm times `coarse`.
#[inline(always)]
fn squared_distances<W: Work>(norms: &[W], scores: &[W], coarse: W, squared: &mut Vec<W>) -> bool {
    squared.resize(norms.len(), W::ZERO);
    let mut lost = 0_u32;
    for ((squared, &norm), &score) in squared.iter_mut().zip(norms).zip(scores) {
        let distance = norm + score;
        lost += u32::from(distance < norm * coarse);
        // Rounding may leave a point a little closer than nothing to itself.
        *squared = if distance > W::ZERO { distance } else { W::ZERO };
    }
    lost > 0
}
