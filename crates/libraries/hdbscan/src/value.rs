//! Element types of points.

use ndarray::{Array2, ArrayView2};
use umap::{Frame, Metric};

use crate::error::Result;

/// Spans of points whose squared distances are far from both ends of `f32`.
const PLAIN_SPANS: std::ops::RangeInclusive<f64> = 1e-9..=1e12;

/// Power of 2 of the spans to which [`Frame::of`] brings points that are not plain.
const LARGE_SPAN: i32 = 40;

/// An element type of points: `f32` or `f64`.
pub trait Value: Copy + Into<f64> + Send + Sync + 'static {
    /// Brings finite points to `f32`, in a frame that tells them apart.
    ///
    /// # Errors
    /// Points that no frame holds.
    #[doc(hidden)]
    fn narrow(points: ArrayView2<Self>) -> Result<(Array2<f32>, Frame)>;
}

impl Value for f32 {
    fn narrow(points: ArrayView2<Self>) -> Result<(Array2<f32>, Frame)> {
        let span = points.columns().into_iter().fold(0.0_f64, |most, column| {
            let low = column.iter().fold(f32::INFINITY, |low, &x| low.min(x));
            let high = column.iter().fold(f32::NEG_INFINITY, |high, &x| high.max(x));
            most.max(f64::from(high) - f64::from(low))
        });
        if span == 0.0 || PLAIN_SPANS.contains(&span) {
            let frame = Frame::identity(points.ncols(), Metric::Euclidean);
            return Ok((points.as_standard_layout().into_owned(), frame));
        }
        f64::narrow(points.mapv(f64::from).view())
    }
}

impl Value for f64 {
    fn narrow(points: ArrayView2<Self>) -> Result<(Array2<f32>, Frame)> {
        let mut frame = Frame::of(points, Metric::Euclidean);
        if frame.exponent() != 0 {
            // The frame brings very large and small points to the upper end of what is plain.
            let exponent = frame.exponent() - LARGE_SPAN;
            frame = Frame::new(frame.center().clone(), exponent, Metric::Euclidean)?;
        }
        Ok((frame.narrow(points)?.into_points(), frame))
    }
}
