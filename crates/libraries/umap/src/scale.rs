//! Powers of 2 that bring points to where squared distances are precise in `f32`.

use std::ops::RangeInclusive;

use ndarray::ArrayView2;

/// Spans of points, as powers of 2, whose squared distances are far from both ends of `f32`.
pub(crate) const PLAIN_SPANS: RangeInclusive<i32> = -30..=40;

/// The power of 2 that the span of points outside [`PLAIN_SPANS`] is brought to.
///
/// Squares of sums of such spans stay below the largest `f32`, and distances down to 2^-100 of the
/// span have squares above the smallest.
pub(crate) const SPAN: i32 = 40;

/// Finds the power of 2 that brings points to a span of [`PLAIN_SPANS`]; mostly 0.
///
/// It depends on differences of points alone, so it is the same wherever the origin lies.
pub(crate) fn exponent_of(points: ArrayView2<f32>) -> i32 {
    let span = span_of(points);
    if span == 0.0 || PLAIN_SPANS.contains(&(span.log2().floor() as i32)) {
        return 0;
    }
    SPAN - span.log2().floor() as i32
}

/// Finds the largest difference of two points in one feature.
pub(crate) fn span_of(points: ArrayView2<f32>) -> f64 {
    let d = points.ncols();
    let (mut low, mut high) = (vec![f32::INFINITY; d], vec![f32::NEG_INFINITY; d]);
    for row in points.outer_iter() {
        for (j, &x) in row.iter().enumerate() {
            low[j] = low[j].min(x);
            high[j] = high[j].max(x);
        }
    }
    let spans = (0..d).map(|j| f64::from(high[j]) - f64::from(low[j]));
    spans.fold(0.0, f64::max)
}
