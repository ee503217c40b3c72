//! Where points are measured from, and in which unit.

use std::ops::Range;

use ndarray::ArrayView2;

use crate::kernel::Centring;
use crate::points::Rows;
use crate::{Scalar, Work};

/// Points whose median is where a fit measures from.
const SAMPLE: usize = 256;

/// Maps a value to `(x - origin) * unit` for the arithmetic, with an origin for each feature.
///
/// Where points lie far from 0, `|x|^2 - 2 x.c + |c|^2` loses the digits in which they differ; the
/// differences from a number of the same type near them keep these. The origin of a fit is made of
/// values of the points, so that points moved by a constant are, with their origin, to the last bit
/// the same differences, and whatever is computed from these is the same.
pub(super) struct Frame<W> {
    /// Shape `(d,)`, in the values as they were given; each is a number of type W.
    origin: Vec<f64>,
    /// A power of two, 1 unless squares could leave the range of W.
    unit: f64,
    /// `-origin * min(unit, 1)`, shape `(d,)`.
    shifts: Vec<W>,
}

impl<W: Work> Frame<W> {
    /// Measures from `origin` `(d,)` what is at most `largest` from it in any feature.
    pub(super) fn new(origin: Vec<f64>, largest: f64) -> Self {
        let unit = unit::<W>(largest);
        let shifts = origin.iter().map(|s| W::narrow(-s * unit.min(1.0))).collect();
        Self { origin, unit, shifts }
    }

    /// Measures from the median of the centroids `(k, d)` of a model, in the values of points, so that
    /// one far from the others takes no digits from them. Nothing but the model enters.
    pub(super) fn of_model(centroids: ArrayView2<f64>) -> Self {
        let median = |column: ndarray::ArrayView1<f64>| {
            let mut values = column.to_vec();
            let narrowed: f64 = W::narrow(lower_median(&mut values, f64::total_cmp)).into();
            if narrowed.is_finite() { narrowed } else { 0.0 }
        };
        let origin: Vec<f64> = centroids.columns().into_iter().map(median).collect();
        let differences = centroids
            .rows()
            .into_iter()
            .flat_map(|row| row.into_iter().zip(&origin).map(|(c, s)| (c - s).abs()).collect::<Vec<_>>());
        let largest = differences.fold(0.0, f64::max);
        Self::new(origin, largest)
    }

    /// Origin that points are measured from, in the values as they were given, shape `(d,)`.
    pub(super) fn origin(&self) -> &[f64] {
        &self.origin
    }

    /// Factor that distances multiply differences by.
    pub(super) fn unit(&self) -> f64 {
        self.unit
    }

    /// The same for kernels.
    #[inline(always)]
    pub(super) fn centring(&self) -> Centring<'_, W> {
        let (shrink, stretch) = (W::narrow(self.unit.min(1.0)), W::narrow(self.unit.max(1.0)));
        Centring { shrink, shifts: &self.shifts, stretch }
    }
}

/// The origin of a fit to `points`, shape `(d,)`: in each feature the lower median of points that are
/// spread evenly over all.
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

fn lower_median<T: Copy>(values: &mut [T], order: impl FnMut(&T, &T) -> std::cmp::Ordering) -> T {
    let middle = (values.len() - 1) / 2;
    *values.select_nth_unstable_by(middle, order).1
}

/// A power of two that brings differences up to `largest` near 1, where they are so large or small that
/// their squares could overflow or vanish; else 1.
fn unit<W: Work>(largest: f64) -> f64 {
    const USUAL: Range<f64> = 1e-9..1e9;
    if largest == 0.0 || USUAL.contains(&largest) {
        return 1.0;
    }
    // Within the exponents that both this number and its inverse have.
    let exponent = largest.log2().floor().clamp(-W::EXPONENT, W::EXPONENT);
    (-exponent).exp2()
}
