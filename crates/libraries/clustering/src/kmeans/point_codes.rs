//! Computes the codes of a run of points.

use kernels::centered_squared_distance;
use kernels::simd::{Isa, Kernel};

use super::codes::{half_norm, join};
use super::frame::Frame;
use crate::Scalar;
use crate::kernel::{PADDING, tile_products};
use crate::points::Rows;

/// Components that are multiplied with four points at once.
pub(super) const COMPONENTS_PER_TILE: usize = 5;

/// Computes the codes of a run of points; returns the sum of their squared residual norms.
pub(super) struct EncodePoints<'a, F: Scalar> {
    pub(super) points: Rows<'a, F>,
    /// Index of the first point.
    pub(super) first: usize,
    pub(super) frame: &'a Frame<F::Work>,
    /// The mean less the origin, shape `(d,)`, in the unit of the frame.
    pub(super) center: &'a [f64],
    /// Output: squared distances of the points to the mean.
    pub(super) norms: &'a mut [f64],
    /// The components, shape `(components, stride)`, padded by zeros.
    pub(super) components: &'a [f32],
    /// Number of values of a code.
    pub(super) p: usize,
    /// Length that a value of 1 in a code stands for.
    pub(super) step: f64,
    /// Output: the codes, shape `(points, p / 2)`.
    pub(super) pairs: &'a mut [i32],
    /// Output: half the squared length of each code, shape `(points,)`.
    pub(super) half_norms: &'a mut [i32],
}

impl<F: Scalar> Kernel for EncodePoints<'_, F> {
    type Output = f64;

    #[inline(always)]
    fn run<I: Isa>(self) -> f64 {
        const POINTS_PER_TILE: usize = 4;
        let Self { points, first, frame, center, norms, components, p, step, pairs, half_norms } =
            self;
        let (stride, scale) = (points.d().next_multiple_of(PADDING), 1.0 / step);
        let (origin, unit) = (frame.origin(), frame.unit());
        let mut rows = vec![0.0_f32; POINTS_PER_TILE * stride];
        let mut projected =
            vec![[0.0_f32; POINTS_PER_TILE]; (p - 1).next_multiple_of(COMPONENTS_PER_TILE)];
        let mut code = vec![0; p];
        let mut total = 0.0;
        let outputs = pairs
            .chunks_mut(POINTS_PER_TILE * p / 2)
            .zip(half_norms.chunks_mut(POINTS_PER_TILE))
            .zip(norms.chunks_mut(POINTS_PER_TILE));
        for (at, ((pairs, half_norms), norms)) in (first..).step_by(POINTS_PER_TILE).zip(outputs) {
            for (r, row) in rows.chunks_exact_mut(stride).enumerate().take(norms.len()) {
                let from = origin.iter().zip(center);
                for ((to, &x), (s, c)) in row.iter_mut().zip(points.row(at + r)).zip(from) {
                    let x: f64 = x.into();
                    *to = ((x - s) * unit - c) as f32;
                }
            }
            let rows: [&[f32]; POINTS_PER_TILE] =
                std::array::from_fn(|r| &rows[r * stride..(r + 1) * stride]);
            for (projected, some) in projected
                .chunks_exact_mut(COMPONENTS_PER_TILE)
                .zip(components.chunks_exact(COMPONENTS_PER_TILE * stride))
            {
                let some = std::array::from_fn(|j| &some[j * stride..(j + 1) * stride]);
                projected
                    .copy_from_slice(&tile_products::<I, f32, COMPONENTS_PER_TILE>(rows, some));
            }
            for (r, (pairs, half_norm_out)) in
                pairs.chunks_exact_mut(p / 2).zip(half_norms).enumerate()
            {
                let norm = centered_squared_distance(points.row(at + r), origin, unit, center);
                norms[r] = norm;
                let (mut squared, values) =
                    (0.0, projected[..p - 1].iter().map(|projected| f64::from(projected[r])));
                for (to, value) in code.iter_mut().zip(values) {
                    squared += value * value;
                    *to = (value * scale).round() as i32;
                }
                let squared_residual = (norm - squared).max(0.0);
                total += squared_residual;
                code[p - 1] = (squared_residual.sqrt() * scale).round() as i32;
                for (to, pair) in pairs.iter_mut().zip(code.as_chunks::<2>().0) {
                    *to = join(pair[0], pair[1]);
                }
                *half_norm_out = half_norm(&code);
            }
        }
        total
    }
}
