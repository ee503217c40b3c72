//! Quantized scores of points against centers, and the bounds on distances that they give.

use std::ops::Range;

use kernels::simd::Isa;

use super::codes::{CODE_LANES, CenterCodes, CodeVector, UNKNOWN, second};
use super::projection::Projection;

impl Projection {
    /// Returns the code of point `i`, shape `(p / 2,)`.
    #[inline(always)]
    fn code(&self, i: usize) -> &[i32] {
        &self.pairs[i * self.p / 2..(i + 1) * self.p / 2]
    }

    /// Computes the quantized scores of `points` against the centers of `codes` in `vectors`.
    ///
    /// The quantized score of a point x and a center c is `|c|^2 / 2 - x.c` of their codes: half
    /// the squared distance of the codes without the term that all centers share. The shape is
    /// `(points, vectors, CODE_LANES)`.
    #[inline(always)]
    pub(super) fn quantized_scores<I: Isa>(
        &self,
        points: impl ExactSizeIterator<Item = usize> + Clone,
        codes: &CenterCodes,
        vectors: Range<usize>,
        quantized_scores: &mut Vec<CodeVector>,
    ) {
        const POINTS_PER_TILE: usize = 4;
        let pairs_per_code = self.p / 2;
        let width = vectors.len();
        quantized_scores
            .resize(points.len().next_multiple_of(POINTS_PER_TILE) * width, [0; CODE_LANES]);
        let mut points = points;
        for quantized_scores in quantized_scores.chunks_exact_mut(POINTS_PER_TILE * width) {
            let Some(first) = points.next() else { break };
            let mut rows = [self.code(first); POINTS_PER_TILE];
            for row in &mut rows[1..] {
                if let Some(point) = points.next() {
                    *row = self.code(point);
                }
            }
            let mut at = 0;
            while at < width {
                let vector = |j: usize| {
                    let vector = vectors.start + at + j;
                    &codes.vectors[vector * pairs_per_code..(vector + 1) * pairs_per_code]
                };
                macro_rules! tile {
                    ($count:literal) => {{
                        let products =
                            I::dots::<POINTS_PER_TILE, $count>(rows, std::array::from_fn(vector));
                        for (j, products) in products.iter().enumerate() {
                            let half_norms = &codes.half_norms[vectors.start + at + j];
                            for (r, products) in products.iter().enumerate() {
                                let to = &mut quantized_scores[r * width + at + j];
                                for l in 0..CODE_LANES {
                                    to[l] = half_norms[l].wrapping_sub(products[l]);
                                }
                            }
                        }
                        at += $count;
                    }};
                }
                if width - at >= 2 { tile!(2) } else { tile!(1) }
            }
        }
    }

    /// Returns the highest quantized score of a center within `distance` of point `i`.
    #[inline(always)]
    pub(super) fn highest_score_within(&self, i: usize, codes: &CenterCodes, distance: f64) -> i32 {
        let half_norm = self.half_norms[i];
        if half_norm == UNKNOWN {
            return UNKNOWN - 1;
        }
        let units = (distance + codes.deviation) / self.step;
        // The cast saturates.
        ((0.5 * units * units).ceil() as i64 - i64::from(half_norm))
            .clamp(i32::MIN.into(), (UNKNOWN - 1).into()) as i32
    }

    /// Returns a lower bound on the distance of point `i` to a center of at least this quantized
    /// score.
    #[inline(always)]
    pub(super) fn lower_bound(&self, i: usize, codes: &CenterCodes, quantized_score: i32) -> f64 {
        let half_norm = self.half_norms[i];
        if half_norm == UNKNOWN {
            return 0.0;
        }
        if quantized_score == UNKNOWN {
            return f64::INFINITY;
        }
        let squared = 2.0 * (f64::from(half_norm) + f64::from(quantized_score));
        (squared.max(0.0).sqrt() * self.step - codes.deviation).max(0.0)
    }

    /// Returns an upper bound on the distance of point `i` to center `c` of this quantized score.
    #[inline(always)]
    pub(super) fn upper_bound(
        &self,
        i: usize,
        codes: &CenterCodes,
        c: usize,
        quantized_score: i32,
    ) -> f64 {
        let (half_norm, residual) = (self.half_norms[i], codes.residuals[c]);
        if half_norm == UNKNOWN || residual == UNKNOWN {
            return f64::INFINITY;
        }
        let own = second(self.code(i)[self.p / 2 - 1]);
        // Both half norms were rounded down.
        let squared = 2.0 * (f64::from(half_norm) + f64::from(quantized_score))
            + 2.0
            + 4.0 * f64::from(own) * f64::from(residual);
        squared.max(0.0).sqrt() * self.step + codes.deviation
    }
}
