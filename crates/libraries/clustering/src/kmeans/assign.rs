//! The assignment step of Lloyd's algorithm without bounds: every distance is computed.

use std::ops::Range;

use kernels::simd::{Isa, Kernel, dispatch};

use super::centers::{Centers, ROW_WISE_FROM};
use super::exact_centers::ExactCenters;
use super::lowest::Lowest;
use super::score_block::Block;
use crate::parallel::{map, pieces, split_mut};
use crate::points::Rows;
use crate::{Scalar, Work};

/// Points that are scored together.
const BLOCK: usize = 128;

/// Centers that are scored before the lowest score is searched.
const RANGE: usize = 256;

/// Assigns each point to its nearest center: labels `(n,)`, the lowest index on ties.
///
/// `exact` holds the same centers. `longest` is the length of the longest point from the origin of
/// the frame, if that is known.
pub(super) fn nearest<F: Scalar>(
    points: Rows<F>,
    centers: &Centers<F::Work>,
    exact: &ExactCenters,
    longest: Option<f64>,
    labels: &mut [u32],
) {
    if centers.len() == 1 {
        return labels.fill(0);
    }
    let chunks = pieces(points.n(), points.d());
    let parts = split_mut(labels, &chunks, 1);
    let tolerance = longest.map(|longest| 2.0 * centers.score_tolerance(exact, longest));
    map(chunks.iter().cloned().zip(parts), |(rows, labels)| {
        dispatch(Nearest { points, centers, exact, tolerance, rows, labels });
    });
}

/// Assigns a run of points to their nearest centers.
struct Nearest<'a, F: Scalar> {
    points: Rows<'a, F>,
    centers: &'a Centers<F::Work>,
    exact: &'a ExactCenters,
    /// Difference from which on scores tell which of two centers is nearer, if `longest` is known.
    tolerance: Option<f64>,
    rows: Range<usize>,
    labels: &'a mut [u32],
}

impl<F: Scalar> Kernel for Nearest<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self { points, centers, exact, tolerance, rows, labels } = self;
        let (m, narrow) = (centers.len(), points.d() < ROW_WISE_FROM);
        let slots: Vec<u32> = (0..BLOCK as u32).collect();
        let (mut block, mut lowest) = (Block::new(), Lowest::new());
        let (mut single, mut near) = (Block::new(), Vec::new());
        let (mut best, mut second) = ([F::Work::INFINITY; BLOCK], [F::Work::INFINITY; BLOCK]);
        for (start, labels) in rows.step_by(BLOCK).zip(labels.chunks_mut(BLOCK)) {
            block.load(start..start + labels.len());
            if narrow {
                block.lowest::<I, F>(points, centers, &slots[..labels.len()], &mut lowest);
                let lanes = 0..labels.len();
                labels.copy_from_slice(&lowest.index[lanes.clone()]);
                best[lanes.clone()].copy_from_slice(&lowest.best[lanes.clone()]);
                second[lanes.clone()].copy_from_slice(&lowest.second[lanes]);
            }
            for first in (0..if narrow { 0 } else { m }).step_by(RANGE) {
                let range = first..m.min(first + RANGE);
                block.score::<I, F>(points, centers, &slots[..labels.len()], range.clone());
                block.find_lowest(range.len(), &mut lowest);
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
            let mut limit = tolerance.unwrap_or(0.0);
            if tolerance.is_none() {
                // This is a loop, because a closure would be compiled without SIMD vectors.
                let mut longest: f64 = 0.0;
                for point in points.iter(start..start + labels.len()) {
                    longest = longest.max(centers.norm(point));
                }
                limit = 2.0 * centers.score_tolerance(exact, longest.sqrt());
            }
            let limit = F::Work::narrow(limit * (1.0 + 4.0 * F::Work::ROUNDING));
            // Few blocks have a point to decide, and counting takes a few vector instructions. A
            // NaN counts as one.
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
                let known = (point, centers.norm(point), best[lane]);
                let nearest = if m <= RANGE && !narrow {
                    let scores = (0..m).map(|c| ((c, c as u32), block.center_scores(c)[lane]));
                    centers.resolve(exact, known, scores, &mut near)
                } else {
                    single.load(std::iter::once(start + lane));
                    single.score::<I, F>(points, centers, &[0], 0..m);
                    let scores = (0..m).map(|c| ((c, c as u32), single.center_scores(c)[0]));
                    centers.resolve(exact, known, scores, &mut near)
                };
                *label = nearest.1;
            }
        }
    }
}
