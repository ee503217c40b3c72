//! Points side by side, as the kernels take them: the same feature of [`LANES`] points in neighbouring numbers.

use std::ops::Range;

use super::centered::Centered;
use crate::Scalar;
pub(super) use crate::kernel::keep_loop;

/// Points in a panel. Each is computed in a lane of its own, by the same operations in the same order, whatever lies in
/// the other lanes.
pub(super) const LANES: usize = 32;

/// One number of each point of a panel.
pub(super) type Lanes = [f64; LANES];

/// Panels that `rows` points fill.
pub(super) fn panels(rows: usize) -> usize {
    rows.div_ceil(LANES)
}

/// Cuts rows into panels; the last may be short.
pub(super) fn panels_of(rows: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = rows.end;
    rows.step_by(LANES).map(move |start| start..end.min(start + LANES))
}

/// Writes the points of `rows` to the columns `panel` `(d, LANES)`; lanes without one are 0.
#[inline(always)]
pub(super) fn load<F: Scalar>(points: Centered<F>, rows: Range<usize>, panel: &mut [Lanes]) {
    if rows.len() < LANES {
        panel.fill([0.0; LANES]);
    }
    for (lane, i) in rows.enumerate() {
        for (column, x) in panel.iter_mut().zip(points.values(i)) {
            keep_loop();
            column[lane] = x;
        }
    }
}
