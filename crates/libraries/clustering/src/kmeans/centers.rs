//! Centers prepared for scoring, and the rounding errors of their scores.

use std::sync::Arc;

use kernels::simd::Isa;
use kernels::{centered_squared_length, squared_distance};
use ndarray::{ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;

use super::exact_centers::ExactCenters;
use super::frame::Frame;
use crate::kernel::row_products;
use crate::matrix_products::FEATURES_PER_SUM;
use crate::points::Rows;
use crate::{Scalar, Work};

/// Fewest features from which a distance costs more than a look at whether it is needed, and from
/// which blocks of points are scored by [`crate::matrix_products::matrix_products`].
pub(super) const MANY_FEATURES: usize = 32;

/// Fewest centers that are worth a task of their own.
const MIN_CENTERS_PER_TASK: usize = 32;

/// Factor on sums of rounding errors that covers the products of errors.
pub(super) const SECOND_ORDER: f64 = 1.01;

/// Roundings of a product beyond those of its additions: of the coordinates of point and center.
const INPUT_ROUNDINGS: f64 = 4.0;

/// Roundings of the squared lengths of point and center, and of the sums that these enter.
const NORM_ROUNDINGS: f64 = 6.1;

/// Errors by which two scores may differ and yet not tell which center is nearer: two in opposite
/// directions, and half an error of the length of the point.
const NEAR_ERRORS: f64 = 2.5;

/// A list of m centers, prepared for scoring points against them.
///
/// Points and centers are measured from the origin s of a [`Frame`]. With `x' = x - s` and
/// `c' = c - s`, the squared distance is `|x - c|^2 = |x'|^2 + |c'|^2 - 2 x'.c'`. The score leaves
/// out the first term, which all centers share; the second term is the offset. The origin is
/// subtracted as a point is loaded, so no digit is lost if points lie far from zero.
///
/// All lengths are in [`Frame::unit`]. A score depends on the point and the center alone, to the
/// last bit.
pub(super) struct Centers<W> {
    pub(super) frame: Arc<Frame<W>>,
    /// The centers times -2, `-2 c'`, shape `(m, d)`.
    pub(super) scaled: Vec<W>,
    /// The same, transposed to shape `(d, m)`, if there are fewer than [`MANY_FEATURES`] features;
    /// else empty.
    pub(super) features: Vec<W>,
    /// The offsets `|c'|^2`, shape `(m,)`.
    pub(super) offsets: Vec<W>,
    /// Number of features.
    pub(super) d: usize,
}

impl<W: Work> Centers<W> {
    /// Prepares centers `(m, d)`, given as differences from the origin of `frame` in the values of
    /// points.
    pub(super) fn new(frame: &Arc<Frame<W>>, centers: ArrayView2<f64>) -> Self {
        let (d, unit) = (frame.origin().len(), frame.unit());
        let mut scaled = vec![W::ZERO; centers.nrows() * d];
        let rows = scaled.par_chunks_exact_mut(d).zip(centers.axis_iter(Axis(0)).into_par_iter());
        let offset = |(row, center): (&mut [W], ArrayView1<f64>)| {
            let mut offset = 0.0;
            for (scaled_center, &c) in row.iter_mut().zip(center) {
                *scaled_center = W::narrow(-2.0 * (c * unit));
                // The offset is that of the rounded center, which is the one that the product sees.
                let centered = -0.5 * to_f64(*scaled_center);
                offset += centered * centered;
            }
            W::narrow(offset)
        };
        let offsets = rows.with_min_len(MIN_CENTERS_PER_TASK).map(offset).collect();
        Self { frame: frame.clone(), features: by_feature(&scaled, d), scaled, offsets, d }
    }

    /// Returns the number of centers.
    pub(super) fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Computes the score of point `i` against center `c` in another order of additions.
    ///
    /// The result is within [`Centers::error`], but not equal to the last bit to what a block of
    /// points gives.
    #[inline(always)]
    pub(super) fn approximate_score<I: Isa, F: Scalar<Work = W>>(
        &self,
        points: Rows<F>,
        i: usize,
        c: usize,
    ) -> W {
        let (row, scaled_center) = (points.row(i), self.scaled_center(c));
        let [product] = row_products::<I, F, 64, 1>(row, self.frame.centering(), [scaled_center]);
        self.offsets[c] + product
    }

    /// Returns `-2 c'` of center `c`, shape `(d,)`.
    pub(super) fn scaled_center(&self, c: usize) -> &[W] {
        &self.scaled[c * self.d..(c + 1) * self.d]
    }

    /// Computes the squared distance of center `c` to each of `others`, which have the same origin.
    pub(super) fn squared_distances(&self, c: usize, others: &Self) -> Vec<f64> {
        let scaled_center = self.scaled_center(c);
        others
            .scaled
            .chunks_exact(self.d)
            .map(|other| 0.25 * squared_distance(scaled_center, other))
            .collect()
    }

    /// Appends the centers of `other`, which have the same origin.
    pub(super) fn append(&mut self, mut other: Self) {
        self.scaled.append(&mut other.scaled);
        self.features = by_feature(&self.scaled, self.d);
        self.offsets.append(&mut other.offsets);
    }

    /// Bounds the error of a squared distance that is computed as a score plus a squared length.
    ///
    /// It holds for points no longer than `point` and centers no longer than `center`, and for the
    /// center as it was given.
    ///
    /// Higham, *Accuracy and Stability of Numerical Algorithms* (2002), section 3.1: a product of m
    /// terms errs by at most m roundings of the sum of absolute terms, which the lengths bound.
    /// Coordinates of points and centers are rounded once more.
    pub(super) fn error_of(&self, point: f64, center: f64) -> f64 {
        let steps = self.d.min(FEATURES_PER_SUM) + self.d.div_ceil(FEATURES_PER_SUM) + 2;
        let product = 2.0 * point * center;
        let rounded = (steps as f64 + INPUT_ROUNDINGS) * product
            + NORM_ROUNDINGS * (center * center + point * point);
        SECOND_ORDER * W::ROUNDING * rounded + (self.d as f64 + 8.0) * W::TINY
    }

    /// Returns the length of the longest center, rounded up.
    fn longest(&self) -> f64 {
        let squared = self.offsets.iter().map(|&offset| to_f64(offset)).fold(0.0, f64::max);
        squared.sqrt() * (1.0 + W::ROUNDING)
    }

    /// Bounds the error of a squared distance for points no longer than `length`.
    pub(super) fn error(&self, length: f64) -> f64 {
        self.error_of(length, self.longest())
    }

    /// Returns [`Centers::error`] plus the most by which tied squared distances differ in `exact`.
    ///
    /// Scores that differ by more than twice this are in the order of `exact`.
    pub(super) fn score_tolerance(&self, exact: &ExactCenters, length: f64) -> f64 {
        self.error(length) + exact.tie_slack(self.frame.unit(), length + self.longest())
    }

    /// Returns how far above the lowest score, `best`, the score of the nearest center may be.
    ///
    /// `norm` is the squared length of the point. Unlike [`Centers::score_tolerance`] the result
    /// depends on no other point, and on no center that is far from this one.
    fn score_tolerance_near(&self, exact: &ExactCenters, norm: f64, best: W) -> f64 {
        let (length, squared) = (norm.sqrt(), norm + to_f64(best));
        let distance = if squared < 0.0 { 0.0 } else { squared.sqrt() };
        // The nearest center is no longer than the point and its distance; rounding may have
        // changed that by about a thirtieth of the length, which the factor 1.1 covers.
        let center = 1.1 * (2.0 * length + distance);
        NEAR_ERRORS
            * (self.error_of(length, center) + exact.tie_slack(self.frame.unit(), length + center))
    }

    /// Decides by `exact` which center is the nearest to a point.
    ///
    /// `norm` is the squared length of the point, `scores` holds the position, label and score of
    /// every center that may be the nearest, and `best` is the lowest score. Afterwards `near`
    /// holds the centers that scores could not tell apart.
    #[inline(always)]
    pub(super) fn resolve<F: Scalar<Work = W>>(
        &self,
        exact: &ExactCenters,
        (point, norm, best): (&[F], f64, W),
        scores: impl Iterator<Item = ((usize, u32), W)>,
        near: &mut Vec<(usize, u32)>,
    ) -> (usize, u32) {
        let limit = to_f64(best) + self.score_tolerance_near(exact, norm, best);
        near.clear();
        // A NaN is kept, because it may stand for any distance.
        #[allow(clippy::neg_cmp_op_on_partial_ord, reason = "true of what cannot be compared")]
        near.extend(
            scores.filter(|&(_, score)| !(to_f64(score) > limit)).map(|(center, _)| center),
        );
        match near[..] {
            [only] => only,
            _ => exact.nearest(point, near),
        }
    }

    /// Computes the squared length of a point.
    #[inline(always)]
    pub(super) fn norm<F: Scalar<Work = W>>(&self, point: &[F]) -> f64 {
        centered_squared_length(point, self.frame.origin(), self.frame.unit())
    }
}

/// Transposes the scaled centers: see [`Centers::features`].
fn by_feature<W: Work>(scaled: &[W], d: usize) -> Vec<W> {
    let features = if d < MANY_FEATURES { d } else { 0 };
    (0..features).flat_map(|i| scaled.iter().skip(i).step_by(d).copied()).collect()
}

fn to_f64<W: Work>(value: W) -> f64 {
    value.into()
}
