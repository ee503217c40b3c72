//! The origin and the unit that points are measured in.

use std::ops::Range;

use ndarray::{Array2, ArrayView2, Axis};

use crate::kernel::Centering;
use crate::points::Rows;
use crate::{Scalar, Work};

/// Number of points whose median is the origin of a fit.
const SAMPLE: usize = 256;

/// Maps a value to `(x - origin) * unit`, with an origin for each feature.
///
/// If points lie far from 0, `|x|^2 - 2 x.c + |c|^2` loses the digits in which they differ. The
/// differences from a number of the same type near the points keep these digits. The origin of a
/// fit consists of values of the points, so points that are all moved by a constant have the same
/// differences to the last bit, and so has whatever is computed from these.
pub(super) struct Frame<W> {
    /// The origin, shape `(d,)`, in the given values; each is a number of type W.
    origin: Vec<f64>,
    /// The unit: a power of two, which is 1 unless squares could leave the range of W.
    unit: f64,
    /// `-origin * min(unit, 1)`, shape `(d,)`.
    shifts: Vec<W>,
}

impl<W: Work> Frame<W> {
    /// Makes a frame with this `origin` `(d,)` for values that differ from it by at most `largest`.
    pub(super) fn new(origin: Vec<f64>, largest: f64) -> Self {
        let unit = unit::<W>(largest);
        let shifts = origin.iter().map(|s| W::narrow(-s * unit.min(1.0))).collect();
        Self { origin, unit, shifts }
    }

    /// Makes a frame for the centroids `(k, d)` of a model, given in the values of points. The
    /// origin is their median, so that a centroid far from the others costs these no digits.
    /// Nothing but the model enters.
    pub(super) fn for_model(centroids: ArrayView2<f64>) -> Self {
        let median = |column: ndarray::ArrayView1<f64>| {
            let mut values = column.to_vec();
            let narrowed: f64 = W::narrow(lower_median(&mut values, f64::total_cmp)).into();
            if narrowed.is_finite() { narrowed } else { 0.0 }
        };
        let origin: Vec<f64> = centroids.columns().into_iter().map(median).collect();
        let differences = centroids.rows().into_iter().flat_map(|row| {
            row.into_iter().zip(&origin).map(|(c, s)| (c - s).abs()).collect::<Vec<_>>()
        });
        let largest = differences.fold(0.0, f64::max);
        Self::new(origin, largest)
    }

    /// Returns the origin, shape `(d,)`, in the given values.
    pub(super) fn origin(&self) -> &[f64] {
        &self.origin
    }

    /// Returns the unit: the factor on differences in a distance.
    pub(super) fn unit(&self) -> f64 {
        self.unit
    }

    /// Returns the frame as kernels apply it.
    #[inline(always)]
    pub(super) fn centering(&self) -> Centering<'_, W> {
        let (shrink, stretch) = (W::narrow(self.unit.min(1.0)), W::narrow(self.unit.max(1.0)));
        Centering { shrink, shifts: &self.shifts, stretch }
    }
}

/// Returns the origin of a fit to `points`, shape `(d,)`: for each feature the lower median of
/// points that are spread evenly over all.
pub(super) fn median<F: Scalar>(points: Rows<F>) -> Vec<f64> {
    let rows = points.n().min(SAMPLE);
    let sample: Vec<&[F]> = (0..rows).map(|at| points.row(at * points.n() / rows)).collect();
    let mut column = Vec::with_capacity(rows);
    let mut of_feature = |feature: usize| {
        column.clear();
        column.extend(sample.iter().map(|row| row[feature].to_work()));
        let order = |a: &F::Work, b: &F::Work| a.partial_cmp(b).expect("points are finite");
        lower_median(&mut column, order).into()
    };
    (0..points.d()).map(&mut of_feature).collect()
}

/// Returns the lower median of `values`, which are reordered.
fn lower_median<T: Copy>(values: &mut [T], order: impl FnMut(&T, &T) -> std::cmp::Ordering) -> T {
    let middle = (values.len() - 1) / 2;
    *values.select_nth_unstable_by(middle, order).1
}

/// Returns a power of two that brings differences up to `largest` near 1, if their squares could
/// overflow or vanish; else 1.
fn unit<W: Work>(largest: f64) -> f64 {
    /// Sizes whose squares neither overflow nor vanish, in f32 as well.
    const SAFE_SIZES: Range<f64> = 1e-9..1e9;
    if largest == 0.0 || SAFE_SIZES.contains(&largest) {
        return 1.0;
    }
    // The exponent stays in the range in which both the unit and its inverse are normal numbers.
    let exponent = largest.log2().floor().clamp(-W::EXPONENT, W::EXPONENT);
    (-exponent).exp2()
}

/// Returns the differences of the points at `indices` from `origin`, shape `(indices.len(), d)`.
pub(super) fn gather_centered<F: Scalar>(
    points: Rows<F>,
    origin: &[f64],
    indices: &[usize],
) -> Array2<f64> {
    let mut rows = Array2::zeros((indices.len(), points.d()));
    for (mut row, &i) in rows.axis_iter_mut(Axis(0)).zip(indices) {
        for (to, (&x, s)) in row.iter_mut().zip(points.row(i).iter().zip(origin)) {
            let x: f64 = x.into();
            *to = x - s;
        }
    }
    rows
}
