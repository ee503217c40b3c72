//! The assignment step of Lloyd's algorithm, plainly: each point to the nearest centroid, by computing every distance.

use std::ops::Range;

use super::centres::{Block, Centres, Lowest};
use crate::parallel::{map, pieces, split_mut};
use crate::points::Rows;
use crate::simd::{Isa, Kernel, dispatch};
use crate::{Scalar, Work};

/// Points that are scored together, without bounds.
const BLOCK: usize = 128;

/// Centres that are scored before the best of them is looked for.
const RANGE: usize = 256;

/// Finds the nearest of all centres for every point, by computing every distance: labels `(n,)`. The lowest index wins
/// ties.
pub(super) fn nearest<F: Scalar>(points: Rows<F>, centres: &Centres<F::Work>, labels: &mut [u32]) {
    let chunks = pieces(points.n(), points.d());
    let parts = split_mut(labels, &chunks, 1);
    map(chunks.iter().cloned().zip(parts), |(rows, labels)| {
        dispatch(Nearest { points, centres, rows, labels });
    });
}

struct Nearest<'a, F: Scalar> {
    points: Rows<'a, F>,
    centres: &'a Centres<F::Work>,
    rows: Range<usize>,
    labels: &'a mut [u32],
}

impl<F: Scalar> Kernel for Nearest<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self { points, centres, rows, labels } = self;
        let slots: Vec<u32> = (0..BLOCK as u32).collect();
        let (mut block, mut lowest) = (Block::new(), Lowest::new());
        let mut best = [F::Work::INFINITY; BLOCK];
        for (start, labels) in rows.step_by(BLOCK).zip(labels.chunks_mut(BLOCK)) {
            block.load(start..start + labels.len());
            for first in (0..centres.len()).step_by(RANGE) {
                let range = first..centres.len().min(first + RANGE);
                block.score::<I, F>(points, centres, &slots[..labels.len()], range.clone());
                lowest.find::<false>(&block, range.len());
                if range.len() == centres.len() {
                    labels.copy_from_slice(&lowest.index[..labels.len()]);
                    continue;
                }
                for (lane, label) in labels.iter_mut().enumerate() {
                    if first == 0 || lowest.best[lane] < best[lane] {
                        best[lane] = lowest.best[lane];
                        *label = first as u32 + lowest.index[lane];
                    }
                }
            }
        }
    }
}
