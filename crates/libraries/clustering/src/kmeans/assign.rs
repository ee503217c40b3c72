//! The assignment step of Lloyd's algorithm, plainly: each point to the nearest centroid, by computing every distance.

use std::ops::Range;

use super::centres::{Block, Centres, Lowest, WIDE};
use super::exact::Exact;
use crate::parallel::{map, pieces, split_mut};
use crate::points::Rows;
use crate::simd::{Isa, Kernel, dispatch};
use crate::{Scalar, Work};

/// Points that are scored together, without bounds.
const BLOCK: usize = 128;

/// Centres that are scored before the best of them is looked for.
const RANGE: usize = 256;

/// Finds the nearest of all centres for every point, by computing every distance: labels `(n,)`. The
/// lowest index wins ties. `exact` are the same centres, `longest` is the length of the longest point
/// from the origin of the frame, where that is known.
pub(super) fn nearest<F: Scalar>(
    points: Rows<F>,
    centres: &Centres<F::Work>,
    exact: &Exact,
    longest: Option<f64>,
    labels: &mut [u32],
) {
    if centres.len() == 1 {
        return labels.fill(0);
    }
    let chunks = pieces(points.n(), points.d());
    let parts = split_mut(labels, &chunks, 1);
    let doubt = longest.map(|longest| 2.0 * centres.doubt(exact, longest));
    map(chunks.iter().cloned().zip(parts), |(rows, labels)| {
        dispatch(Nearest { points, centres, exact, doubt, rows, labels });
    });
}

struct Nearest<'a, F: Scalar> {
    points: Rows<'a, F>,
    centres: &'a Centres<F::Work>,
    exact: &'a Exact,
    /// Scores that are farther apart tell which of two centres is nearer, if that is known.
    doubt: Option<f64>,
    rows: Range<usize>,
    labels: &'a mut [u32],
}

impl<F: Scalar> Kernel for Nearest<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self { points, centres, exact, doubt, rows, labels } = self;
        let (m, narrow) = (centres.len(), points.d() < WIDE);
        let slots: Vec<u32> = (0..BLOCK as u32).collect();
        let (mut block, mut lowest) = (Block::new(), Lowest::new());
        let (mut alone, mut near) = (Block::new(), Vec::new());
        let (mut best, mut second) = ([F::Work::INFINITY; BLOCK], [F::Work::INFINITY; BLOCK]);
        for (start, labels) in rows.step_by(BLOCK).zip(labels.chunks_mut(BLOCK)) {
            block.load(start..start + labels.len());
            if narrow {
                block.lowest::<I, F>(points, centres, &slots[..labels.len()], &mut lowest);
                let lanes = 0..labels.len();
                labels.copy_from_slice(&lowest.index[lanes.clone()]);
                best[lanes.clone()].copy_from_slice(&lowest.best[lanes.clone()]);
                second[lanes.clone()].copy_from_slice(&lowest.second[lanes]);
            }
            for first in (0..if narrow { 0 } else { m }).step_by(RANGE) {
                let range = first..m.min(first + RANGE);
                block.score::<I, F>(points, centres, &slots[..labels.len()], range.clone());
                lowest.find::<true>(&block, range.len());
                let found = lowest.best.iter().zip(&lowest.second).zip(&lowest.index);
                let known = labels.iter_mut().zip(best.iter_mut().zip(&mut second));
                for ((label, (best, second)), ((&new, &new_second), &index)) in known.zip(found) {
                    if first == 0 {
                        (*label, *best, *second) = (index, new, new_second);
                    } else if new < *best {
                        let other = if *best < new_second { *best } else { new_second };
                        (*label, *best, *second) = (first as u32 + index, new, other);
                    } else if new < *second {
                        *second = new;
                    }
                }
            }
            let mut limit = doubt.unwrap_or(0.0);
            if doubt.is_none() {
                // A loop: what a closure calls would be compiled for no vectors.
                let mut longest: f64 = 0.0;
                for point in points.iter(start..start + labels.len()) {
                    longest = longest.max(centres.norm(point));
                }
                limit = 2.0 * centres.doubt(exact, longest.sqrt());
            }
            let limit = F::Work::narrow(limit * (1.0 + 4.0 * F::Work::ROUNDING));
            // Hardly any block has such a point, and to count them takes a few vectors. What is no number counts.
            let mut apart = 0;
            for lane in 0..BLOCK {
                apart += u32::from(second[lane] - best[lane] > limit);
            }
            if apart == BLOCK as u32 {
                continue;
            }
            for (lane, label) in labels.iter_mut().enumerate() {
                if second[lane] - best[lane] > limit {
                    continue;
                }
                let point = points.row(start + lane);
                let known = (point, centres.norm(point), best[lane]);
                let nearest = if m <= RANGE && !narrow {
                    let scores = (0..m).map(|c| ((c, c as u32), block.of(c)[lane]));
                    centres.settle(exact, known, scores, &mut near)
                } else {
                    alone.load(std::iter::once(start + lane));
                    alone.score::<I, F>(points, centres, &[0], 0..m);
                    let scores = (0..m).map(|c| ((c, c as u32), alone.of(c)[0]));
                    centres.settle(exact, known, scores, &mut near)
                };
                *label = nearest.1;
            }
        }
    }
}
