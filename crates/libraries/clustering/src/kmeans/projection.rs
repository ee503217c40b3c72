//! Projects points to short integer codes whose distances bound the distances of the points.
//!
//! Let B be a matrix of p - 1 orthonormal components, slightly shrunk so that `|B x| <= |x|`. The
//! code of a point x is `(B x, g)`, where the residual norm g is the length of the part of x that B
//! does not see: `g^2 = |x|^2 - |B x|^2`. For a point x and a center c with residual norms g and h,
//! `|B (x - c)|^2 + (g - h)^2 <= |x - c|^2 <= |B (x - c)|^2 + (g + h)^2`. So codes are never
//! farther apart than what they stand for, and a center whose code is too far away needs no exact
//! distance.
//!
//! This is the lower-bounding lemma of Faloutsos, Ranganathan and Manolopoulos, *Fast subsequence
//! matching in time-series databases*, SIGMOD 1994; Bottesch et al., *Speeding up k-means by
//! approximating Euclidean distances via block vectors*, ICML 2016, use another map for k-means.
//! The bound is tight if B holds the directions in which the points vary most, because centroids
//! are means and hardly leave these.
//!
//! The values of a code are rounded to integers. Distances of codes are then exact, and the most
//! that rounding moved a code is known.

use kernels::simd::dispatch;
use ndarray::{Array1, Array2, ArrayView2, s};

use super::code_error::{CodeError, Extent};
use super::codes::{CODE_LANES, CenterCodes, UNKNOWN, half_norm, join, second};
use super::components::components;
use super::frame::Frame;
use super::point_codes::{COMPONENTS_PER_TILE, EncodePoints};
use crate::Scalar;
use crate::kernel::PADDING;
use crate::parallel::{map, pieces, split_mut};
use crate::points::Rows;

/// Most values of a code.
const MAX_CODE_LEN: usize = 48;

/// Fewest values of a code. Shorter codes prune too little for what they cost.
const MIN_CODE_LEN: usize = 32;

/// Length of the longest code. All partial sums of products of two codes then fit in `i32`.
const CODE_RADIUS: f64 = 32_000.0;

/// Bytes of a point for each value of its code: a code of 2-byte values takes a sixth of its point.
const POINT_BYTES_PER_VALUE: usize = 12;

/// Share by which the longest code is made longer than the radius, so that rounding stays within.
const RADIUS_SLACK: f64 = 1e-6;

/// Largest error of a code, as a share of the radius. Codes that err more prune too little.
const MAX_ERROR_SHARE: f64 = 0.05;

/// Residual norms down to this share of the usual one are trusted.
const MIN_RESIDUAL_SHARE: f64 = 0.25;

/// Most that rounding to an integer moves a value: a half, and a little for rounding in f64.
const MAX_QUANTIZATION_ERROR: f64 = 0.51;

/// Relative error of the code of a center before it becomes integers: in f64, about the square root
/// of the rounding of a sum of 10,000 squares, which a residual norm near 0 consists of.
const CENTER_ERROR: f64 = 2e-6;

/// Centers whose products with the components are computed by one task.
const CENTERS_PER_PRODUCT: usize = 32;

/// The projection of a set of points, and the codes of the points.
pub(super) struct Projection {
    /// The matrix B, shape `(p - 1, d)`. No vector is longer after multiplication by it.
    components: Array2<f64>,
    /// The mean of the points, which codes are measured from, less the origin: shape `(d,)`, in the
    /// values of the points.
    mean: Array1<f64>,
    /// The codes, shape `(n, p / 2)`. Each entry holds two values of 16 bits.
    pub(super) pairs: Vec<i32>,
    /// Half the squared length of each code, rounded down, shape `(n,)`; [`UNKNOWN`] for a code
    /// that is not to be trusted.
    pub(super) half_norms: Vec<i32>,
    /// Number of values of a code.
    pub(super) p: usize,
    /// Length that a value of 1 in a code stands for.
    pub(super) step: f64,
    /// Most that a code differs from the exact projection of its point.
    deviation: f64,
}

impl Projection {
    /// Returns the bytes of a code and its number of values; `None` if the points are too short.
    pub(super) fn size<F: Scalar>(points: Rows<F>) -> Option<(usize, usize)> {
        let bytes = points.d() * size_of::<F>();
        let p = (bytes / POINT_BYTES_PER_VALUE / PADDING * PADDING)
            .min(MAX_CODE_LEN)
            .min(points.d() / 2 / PADDING * PADDING);
        (p >= MIN_CODE_LEN).then_some((2 * p + size_of::<i32>(), p))
    }

    /// Computes the projection and the codes of `points`, which have this `mean` and `extent`.
    ///
    /// Returns `None` if the points are too short, if all are equal, or if `f32` is too coarse for
    /// them.
    pub(super) fn fit<F: Scalar>(
        points: Rows<F>,
        frame: &Frame<F::Work>,
        mean: &[f64],
        extent: Extent,
    ) -> Option<Self> {
        let (_, p) = Self::size(points)?;
        let longest = extent.radius * (1.0 + RADIUS_SLACK);
        if !(longest > 0.0 && f64::from(longest as f32).is_normal()) {
            return None;
        }
        let components = components(points, frame, mean, p - 1)?;
        let step = longest / CODE_RADIUS;
        let mut projection = Self {
            components,
            mean: Array1::from(mean.to_vec()),
            pairs: vec![0; points.n() * p / 2],
            half_norms: vec![0; points.n()],
            p,
            step,
            deviation: 0.0,
        };
        projection.encode_points(points, frame, extent);
        // With very many features, rounding in f32 leaves nothing to prune by.
        (projection.deviation < MAX_ERROR_SHARE * longest).then_some(projection)
    }

    /// Computes the codes of all points, and marks those that are not to be trusted.
    fn encode_points<F: Scalar>(
        &mut self,
        points: Rows<F>,
        frame: &Frame<F::Work>,
        extent: Extent,
    ) {
        let Self { components, mean, p, step, .. } = self;
        let (p, step, d) = (*p, *step, points.d());
        let stride = d.next_multiple_of(PADDING);
        let mut rows = vec![0.0_f32; (p - 1).next_multiple_of(COMPONENTS_PER_TILE) * stride];
        for (row, component) in rows.chunks_exact_mut(stride).zip(components.outer_iter()) {
            row.iter_mut().zip(component).for_each(|(to, &x)| *to = x as f32);
        }
        let mean = mean.as_slice().expect("a vector that was made here is contiguous");
        let center: Vec<f64> = mean.iter().map(|mean| mean * frame.unit()).collect();
        let mut norms = vec![0.0; points.n()];
        let chunks = pieces(points.n(), d);
        let parts = split_mut(&mut self.pairs, &chunks, p / 2)
            .into_iter()
            .zip(split_mut(&mut self.half_norms, &chunks, 1))
            .zip(split_mut(&mut norms, &chunks, 1));
        let squared_residuals =
            map(chunks.iter().zip(parts), |(rows_of, ((pairs, half_norms), norms))| {
                let (first, components, center) = (rows_of.start, &rows[..], &center[..]);
                dispatch(EncodePoints {
                    points,
                    first,
                    frame,
                    center,
                    norms,
                    components,
                    p,
                    step,
                    pairs,
                    half_norms,
                })
            });

        let error = CodeError::new(p, d, extent);
        // The error of a square root is the larger the smaller the root is. A code whose residual
        // norm may be off by more than that of a usual point is not trusted.
        let n = points.n() as f64;
        let usual = (squared_residuals.iter().sum::<f64>() / n).sqrt();
        let mean = norms.iter().sum::<f64>() / n;
        let longest = extent.radius;
        let max_residual_error = (error.squared_norm * mean / (MIN_RESIDUAL_SHARE * usual))
            .min((error.squared_norm * longest * longest).sqrt());
        for ((half_norm, pairs), &norm) in
            self.half_norms.iter_mut().zip(self.pairs.chunks_exact(p / 2)).zip(&norms)
        {
            let residual = f64::from(second(pairs[p / 2 - 1])) - 1.0;
            let error = error.squared_norm * norm;
            if error.sqrt().min(error / (residual * step).max(f64::MIN_POSITIVE))
                > max_residual_error
            {
                *half_norm = UNKNOWN;
            }
        }
        self.deviation = error.projected * longest
            + max_residual_error
            + MAX_QUANTIZATION_ERROR * step * (p as f64).sqrt();
    }

    /// Computes the codes of `centers` `(m, d)`, given as differences from the origin in the values
    /// of the points. Distances are in `unit` ([`Frame::unit`]).
    pub(super) fn codes(&self, unit: f64, centers: ArrayView2<f64>) -> CenterCodes {
        let (m, pairs_per_code) = (centers.nrows(), self.p / 2);
        let count = m.div_ceil(CODE_LANES);
        let mut codes = CenterCodes {
            vectors: vec![[0; CODE_LANES]; count * pairs_per_code],
            half_norms: vec![[UNKNOWN; CODE_LANES]; count],
            residuals: Vec::with_capacity(m),
            deviation: self.deviation
                + self.step
                    * (MAX_QUANTIZATION_ERROR * (self.p as f64).sqrt()
                        + CENTER_ERROR * CODE_RADIUS),
        };
        let blocks = map((0..m).step_by(CENTERS_PER_PRODUCT), |first| {
            let some = centers.slice(s![first..m.min(first + CENTERS_PER_PRODUCT), ..]);
            let centered = (&some - &self.mean) * unit;
            let projected = centered.dot(&self.components.t());
            let lengths: Vec<f64> = centered.outer_iter().map(|row| row.dot(&row)).collect();
            (projected, lengths)
        });
        let rows =
            blocks.iter().flat_map(|(projected, lengths)| projected.outer_iter().zip(lengths));
        let mut code = vec![0; self.p];
        for (c, (projected, &length)) in rows.enumerate() {
            let residual = (length - projected.dot(&projected)).max(0.0).sqrt();
            // A center outside the sphere around the points is moved to the sphere, which brings it
            // nearer to every point.
            let scale = 1.0 / (self.step * (length.sqrt() / (self.step * CODE_RADIUS)).max(1.0));
            for (to, &x) in code.iter_mut().zip(projected.iter().chain([&residual])) {
                *to = (x * scale).round() as i32;
            }
            let (vector, lane) = (c / CODE_LANES, c % CODE_LANES);
            for (to, pair) in
                codes.vectors[vector * pairs_per_code..].iter_mut().zip(code.as_chunks::<2>().0)
            {
                to[lane] = join(pair[0], pair[1]);
            }
            codes.half_norms[vector][lane] = half_norm(&code);
            codes.residuals.push(if length.sqrt() > self.step * CODE_RADIUS {
                UNKNOWN
            } else {
                code[self.p - 1]
            });
        }
        codes
    }
}

#[cfg(test)]
mod tests;
