//! The assignment step of Lloyd's algorithm without bounds: every distance is computed.

use std::ops::Range;

use kernels::simd::{Isa, Kernel, dispatch};

use super::centers::Centers;
use super::exact_centers::ExactCenters;
use super::lowest::Lowest;
use super::score_block::{BLOCK_POINTS, Block};
use crate::parallel::{map, pieces, split_mut};
use crate::points::Rows;
use crate::{Scalar, Work};

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
        let m = centers.len();
        let slots: Vec<u32> = (0..BLOCK_POINTS as u32).collect();
        let (mut block, mut lowest) = (Block::new(), Lowest::new());
        let (mut close, mut near) = (Vec::new(), Vec::new());
        let (mut best, mut second) =
            ([F::Work::INFINITY; BLOCK_POINTS], [F::Work::INFINITY; BLOCK_POINTS]);
        for (start, labels) in rows.step_by(BLOCK_POINTS).zip(labels.chunks_mut(BLOCK_POINTS)) {
            block.load(start..start + labels.len());
            let filled = &slots[..labels.len()];
            block.lowest::<I, F>(points, centers, filled, &mut lowest);
            let lanes = 0..labels.len();
            labels.copy_from_slice(&lowest.index[lanes.clone()]);
            best[lanes.clone()].copy_from_slice(&lowest.best[lanes.clone()]);
            second[lanes.clone()].copy_from_slice(&lowest.second[lanes]);
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
            let told_apart = |lane: usize| second[lane] - best[lane] > limit;
            let mut apart = 0;
            for lane in 0..BLOCK_POINTS {
                apart += u32::from(second[lane] - best[lane] > limit);
            }
            if apart == BLOCK_POINTS as u32 {
                continue;
            }
            close.clear();
            close.extend(slots[..labels.len()].iter().filter(|&&lane| !told_apart(lane as usize)));
            block.score::<I, F>(points, centers, &close, 0..m);
            for (at, &lane) in close.iter().enumerate() {
                let point = points.row(start + lane as usize);
                let known = (point, centers.norm(point), best[lane as usize]);
                let scores = (0..m).map(|c| ((c, c as u32), block.center_scores(c)[at]));
                labels[lane as usize] = centers.resolve(exact, known, scores, &mut near).1;
            }
        }
    }
}
