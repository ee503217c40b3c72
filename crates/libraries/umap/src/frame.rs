//! Conversion of points from `f64` to `f32` that keeps their differences.

use std::cmp::Ordering;
use std::ops::RangeInclusive;

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, Zip};
use rayon::prelude::*;

use crate::distinct::first_equal;
use crate::error::{Error, Result};
use crate::metric::Metric;
use crate::scale::{PLAIN_SPANS, SPAN};

/// Rows that medians are taken over, at most.
const SAMPLE: usize = 1001;

/// Relative difference below which rows differ by rounding alone, and may become equal.
const NOISE: f64 = 1.0 / (1u64 << 40) as f64;

/// A center and a power of 2 that bring points of `f64` to where `f32` tells them apart.
///
/// Squared distances of points of `f32` that lie far from the origin, or are very large or small,
/// lose what tells the points apart. The center is made of values of the points, so `x + c` and
/// `x`, where both are exact, become the same `f32`.
///
/// ```
/// use umap::{Frame, Metric};
/// use ndarray::array;
///
/// let points = array![[1e9 + 1.0], [1e9 + 2.0], [1e9 + 2.5]];
/// let frame = Frame::of(points.view(), Metric::Euclidean);
/// assert_eq!(frame.narrow(points.view())?.points(), array![[-1.0_f32], [0.0], [0.5]]);
/// # Ok::<(), umap::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    center: Array1<f64>,
    exponent: i32,
    metric: Metric,
}

/// Points as `f32`, and what rounding took from them.
#[derive(Debug, Clone, PartialEq)]
pub struct Narrowed {
    /// Shape `(n, d)`.
    pub(crate) points: Array2<f32>,
    /// Length of what rounding took from each point, shape `(n,)`.
    pub(crate) rounding: Vec<f32>,
    /// Rows that became equal to others, though they differ by more than noise.
    pub(crate) merged: usize,
}

/// Exponents that a frame can have: those of `f64`, and what it takes to bring `f64` into `f32`.
const EXPONENTS: RangeInclusive<i32> = -1200..=1200;

impl Frame {
    /// Makes a frame from its parts, such as those read from a file.
    ///
    /// `center` has shape `(d,)`. Differences from it are multiplied by 2 to the power `exponent`.
    ///
    /// ```
    /// use umap::{Frame, Metric};
    /// use ndarray::array;
    ///
    /// let frame = Frame::new(array![1.0, 2.0], -3, Metric::Euclidean)?;
    /// let narrowed = frame.narrow(array![[9.0, 2.0]].view())?;
    /// assert_eq!(narrowed.points(), array![[1.0_f32, 0.0]]);
    /// # Ok::<(), umap::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Model`] if a value of the center is not finite, or the exponent is beyond 1,200 in
    /// magnitude.
    pub fn new(center: Array1<f64>, exponent: i32, metric: Metric) -> Result<Self> {
        if let Some(wrong) = center.iter().find(|x| !x.is_finite()) {
            let expected = "a center of finite values".into();
            return Err(Error::Model { expected, found: wrong.to_string() });
        }
        if !EXPONENTS.contains(&exponent) {
            let expected = format!("an exponent of {EXPONENTS:?}");
            return Err(Error::Model { expected, found: exponent.to_string() });
        }
        Ok(Self { center, exponent, metric })
    }

    /// Makes the frame that leaves points of `d` features as they are.
    ///
    /// ```
    /// use umap::{Frame, Metric};
    ///
    /// assert_eq!(Frame::identity(3, Metric::Euclidean).exponent(), 0);
    /// ```
    pub fn identity(d: usize, metric: Metric) -> Self {
        Self { center: Array1::zeros(d), exponent: 0, metric }
    }

    /// Finds the frame of finite `points` `(n, d)`.
    ///
    /// Its center is the median of each feature, over at most 1,001 rows. Under [`Metric::Cosine`],
    /// which takes angles at the origin, the center is 0.
    ///
    /// Tested on points that are moved and scaled: their embedding is the same.
    ///
    /// ```
    /// use umap::{Frame, Metric};
    /// use ndarray::array;
    ///
    /// let points = array![[1e9, 0.0], [1e9 + 1.0, 5.0], [1e9 + 7.0, 6.0]];
    /// let frame = Frame::of(points.view(), Metric::Euclidean);
    /// assert_eq!(frame.center(), array![1e9 + 1.0, 5.0]);
    /// ```
    pub fn of(points: ArrayView2<f64>, metric: Metric) -> Self {
        let d = points.ncols();
        if metric == Metric::Cosine || points.is_empty() {
            return Self::identity(d, metric);
        }
        let center = medians(points, f64::total_cmp);
        // Halves, since the difference of two large values may overflow.
        let largest = points
            .outer_iter()
            .map(|row| {
                Zip::from(row)
                    .and(&center)
                    .fold(0.0, |most: f64, x, c| most.max((0.5 * x - 0.5 * c).abs()))
            })
            .fold(0.0, f64::max);
        let span = if largest == 0.0 { 0 } else { largest.log2().floor() as i32 + 1 };
        let exponent = if PLAIN_SPANS.contains(&span) { 0 } else { SPAN - span };
        Self { center, exponent, metric }
    }

    /// Returns the center, shape `(d,)`.
    ///
    /// ```
    /// use umap::{Frame, Metric};
    /// use ndarray::array;
    ///
    /// assert_eq!(Frame::identity(2, Metric::Cosine).center(), array![0.0, 0.0]);
    /// ```
    pub fn center(&self) -> &Array1<f64> {
        &self.center
    }

    /// Returns the power of 2 by which differences from the center are multiplied; mostly 0.
    ///
    /// ```
    /// use umap::{Frame, Metric};
    /// use ndarray::array;
    ///
    /// // Squared distances of such points would overflow f32.
    /// let huge = array![[0.0], [1e30], [3e30]];
    /// assert!(Frame::of(huge.view(), Metric::Euclidean).exponent() < 0);
    /// ```
    pub fn exponent(&self) -> i32 {
        self.exponent
    }

    /// Returns the metric of distances between points.
    ///
    /// ```
    /// use umap::{Frame, Metric};
    ///
    /// assert_eq!(Frame::identity(2, Metric::Cosine).metric(), Metric::Cosine);
    /// ```
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// Brings finite `points` `(n, d)` into the frame.
    ///
    /// ```
    /// use umap::{Frame, Metric};
    /// use ndarray::array;
    ///
    /// let frame = Frame::new(array![1e9], 0, Metric::Euclidean)?;
    /// let narrowed = frame.narrow(array![[1e9 + 0.5]].view())?;
    /// assert_eq!(narrowed.points(), array![[0.5_f32]]);
    /// # Ok::<(), umap::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`Error::TooFar`] if a point is so far from the center that it overflows `f32`.
    /// - [`Error::Features`] if the number of features is not the frame's.
    pub fn narrow(&self, points: ArrayView2<f64>) -> Result<Narrowed> {
        if points.ncols() != self.center.len() {
            return Err(Error::Features { expected: self.center.len(), found: points.ncols() });
        }
        let factors = power_of_two_factors(self.exponent);
        let into = |row: ArrayView1<f64>, j: usize| {
            let scaled = |x: f64| x * factors[0] * factors[1];
            scaled(row[j]) - scaled(self.center[j])
        };
        // Under `Cosine` each row may have a scale of its own.
        let own = |row: ArrayView1<f64>| match self.metric {
            Metric::Euclidean => [1.0, 1.0],
            Metric::Cosine => {
                let largest = row.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
                let exponent = if largest == 0.0 { 0 } else { largest.log2().floor() as i32 };
                power_of_two_factors(if PLAIN_SPANS.contains(&exponent) { 0 } else { -exponent })
            }
        };
        let exact = |row: ArrayView1<f64>| -> Vec<f64> {
            let own = own(row);
            (0..row.len()).map(|j| into(row, j) * own[0] * own[1]).collect()
        };
        let mut narrowed = Array2::<f32>::zeros(points.dim());
        let rounding: Vec<f32> = narrowed
            .axis_iter_mut(Axis(0))
            .into_par_iter()
            .zip(points.axis_iter(Axis(0)))
            .map(|(mut to, row)| {
                let mut lost = 0.0;
                for (to, x) in to.iter_mut().zip(exact(row)) {
                    *to = x as f32;
                    lost += (x - f64::from(*to)).powi(2);
                }
                // Under `Cosine` relative to the length, since only directions are compared.
                (lost.sqrt() / length(to.view(), self.metric)) as f32
            })
            .collect();
        if let Some(((row, _), _)) = narrowed.indexed_iter().find(|(_, x)| !x.is_finite()) {
            return Err(Error::TooFar { row });
        }
        let first = first_equal(narrowed.view());
        let differ = |(i, &first): (usize, &u32)| {
            let (a, b) = (points.row(i), points.row(first as usize));
            let largest = a.iter().chain(b).fold(0.0_f64, |most, x| most.max(x.abs()));
            first as usize != i
                && a.iter().zip(b).any(|(x, y)| (0.5 * x - 0.5 * y).abs() > 0.5 * NOISE * largest)
        };
        let merged = first.iter().enumerate().filter(|&row| differ(row)).count();
        Ok(Narrowed { points: narrowed, rounding, merged })
    }
}

impl Narrowed {
    /// Returns the points in the frame, shape `(n, d)`.
    ///
    /// ```
    /// use umap::{Frame, Metric};
    /// use ndarray::array;
    ///
    /// let narrowed = Frame::identity(1, Metric::Euclidean).narrow(array![[0.5]].view())?;
    /// assert_eq!(narrowed.points(), array![[0.5_f32]]);
    /// # Ok::<(), umap::Error>(())
    /// ```
    pub fn points(&self) -> &Array2<f32> {
        &self.points
    }

    /// Returns the points in the frame, shape `(n, d)`, without a copy.
    ///
    /// ```
    /// use umap::{Frame, Metric};
    /// use ndarray::array;
    ///
    /// let narrowed = Frame::identity(1, Metric::Euclidean).narrow(array![[0.5]].view())?;
    /// assert_eq!(narrowed.into_points(), array![[0.5_f32]]);
    /// # Ok::<(), umap::Error>(())
    /// ```
    pub fn into_points(self) -> Array2<f32> {
        self.points
    }
}

/// Finds the median of each feature of `points` `(n, d)`, over at most [`SAMPLE`] rows.
pub(crate) fn medians<T: Copy>(
    points: ArrayView2<T>,
    order: impl Fn(&T, &T) -> Ordering,
) -> Array1<T> {
    let count = points.nrows().min(SAMPLE);
    let rows: Vec<usize> = (0..count).map(|at| at * points.nrows() / count).collect();
    let sample = points.select(Axis(0), &rows);
    let median = |column: ArrayView1<T>| {
        let mut values = column.to_vec();
        *values.select_nth_unstable_by(count / 2, &order).1
    };
    sample.axis_iter(Axis(1)).map(median).collect()
}

/// Computes the length of a row under [`Metric::Cosine`], else 1.
fn length(row: ArrayView1<f32>, metric: Metric) -> f64 {
    match metric {
        Metric::Euclidean => 1.0,
        Metric::Cosine => {
            row.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt().max(f64::MIN_POSITIVE)
        }
    }
}

/// Splits 2 to the power of `exponent` into two factors, since one may be beyond `f64`.
fn power_of_two_factors(exponent: i32) -> [f64; 2] {
    [2.0_f64.powi(exponent / 2), 2.0_f64.powi(exponent - exponent / 2)]
}
