//! Bounds on the rounding errors of codes, which are computed in `f32`.

use super::centers::SECOND_ORDER;
use crate::Work;
use crate::kernel::PADDING;

/// Rounding steps of a product beyond those of its partial sums: adding these up, and rounding the
/// inputs. The count is that of `Centers::error_of`.
const EXTRA_STEPS: usize = 12;

/// How far points lie from what they are measured from, in the unit of distances.
#[derive(Clone, Copy)]
pub(super) struct Extent {
    /// Distance of the farthest point from the mean.
    pub(super) radius: f64,
    /// Distance of the farthest point from the origin.
    pub(super) longest: f64,
}

/// Largest errors of the projection of a point before it is rounded to integers.
pub(super) struct CodeError {
    /// Error of B x, per length of x.
    pub(super) projected: f64,
    /// Error of the squared residual norm, per squared length of x.
    pub(super) squared_norm: f64,
}

impl CodeError {
    /// Bounds the errors of codes of `p` values for points of `d` features.
    ///
    /// Each of the p - 1 products has the error of `Centers::error_of`.
    pub(super) fn new(p: usize, d: usize, extent: Extent) -> Self {
        let rounding = <f32 as Work>::ROUNDING;
        let stride = d.next_multiple_of(PADDING);
        let terms = (stride / <f32 as Work>::FEWEST_LANES + EXTRA_STEPS) as f64;
        // This is the error of subtracting the origin and the mean in f64.
        let offset = 2.0 * f64::EPSILON * (extent.longest / extent.radius + 1.0);
        let projected = SECOND_ORDER * (rounding * ((p as f64).sqrt() * terms + 1.0) + offset);
        let squared_norm = 2.0 * projected
            + projected * projected
            + f64::EPSILON * (d as f64 + 8.0)
            + 8.0 * offset;
        Self { projected, squared_norm }
    }
}
