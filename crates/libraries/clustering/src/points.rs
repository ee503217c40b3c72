//! Points as a caller gives them ([`Points`]) and as checked rows for the engines (`Rows`).

use std::ops::Range;

use ndarray::{Array1, ArrayBase, ArrayView2, CowArray, Data, Ix1, Ix2};

use crate::error::Error;
use crate::parallel::map_chunks;
use crate::scalar::{Scalar, TypedValues};

/// The points to cluster: n rows of d features, with a scale and optional weights.
///
/// The values are an `(n, d)` view of `u8`, `f32` or `f64` in any memory layout. Functions that
/// take points also take a plain array or view, of scale 1 and without weights:
///
/// ```
/// use clustering::Points;
/// use clustering::kmeans::{self, KMeansParams};
/// use ndarray::{Array2, array};
///
/// // Gray levels stay bytes; centroids and inertia are in units of white.
/// let images: Array2<u8> = array![[0, 255], [0, 255], [255, 51]];
/// let points = Points::new(images.view()).scale(1.0 / 255.0).weights(&[1.0, 2.0, 1.0]);
/// let fit = kmeans::fit(points, &KMeansParams { k: 1, ..KMeansParams::default() }, &mut |_| {})?;
/// assert!((fit.model.centroids()[[0, 1]] - 0.8).abs() < 1e-15);
/// # Ok::<(), clustering::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Points<'a, F> {
    array: ArrayView2<'a, F>,
    scale: f64,
    weights: Option<&'a [f64]>,
}

impl<'a, F> Points<'a, F> {
    /// Takes the rows of `array` `(n, d)` as points of weight 1.
    pub fn new(array: ArrayView2<'a, F>) -> Self {
        Self { array, scale: 1.0, weights: None }
    }

    /// Sets the factor that turns stored values into the unit of the model (default 1).
    ///
    /// Centroids, means, covariances and inertia are in the scaled unit. Gray levels `0..=255` with
    /// a scale of 1/255 are clustered as bytes, without a larger copy.
    pub fn scale(self, scale: f64) -> Self {
        Self { scale, ..self }
    }

    /// Sets how often each point counts: shape `(n,)`, finite, at least 0 and not all 0.
    pub fn weights(self, weights: &'a [f64]) -> Self {
        Self { weights: Some(weights), ..self }
    }

    /// Returns the number of points and of features, `(n, d)`.
    pub fn dim(&self) -> (usize, usize) {
        self.array.dim()
    }

    /// Counts the points of positive weight.
    pub(crate) fn positive(&self) -> usize {
        self.weights.map_or(self.array.nrows(), |weights| {
            weights.iter().filter(|weight| **weight > 0.0).count()
        })
    }

    /// Returns the values in C order, copied only if they are in another order.
    pub(crate) fn in_order(&self) -> CowArray<'_, F, Ix2>
    where
        F: Clone,
    {
        self.array.as_standard_layout()
    }
}

impl<'a, F> From<ArrayView2<'a, F>> for Points<'a, F> {
    fn from(array: ArrayView2<'a, F>) -> Self {
        Self::new(array)
    }
}

impl<'a, F, S: Data<Elem = F>> From<&'a ArrayBase<S, Ix2>> for Points<'a, F> {
    fn from(array: &'a ArrayBase<S, Ix2>) -> Self {
        Self::new(array.view())
    }
}

/// Points that have been checked.
///
/// The rows are in C order, finite and of at least one feature; the weights are finite, not
/// negative and not all 0. A row is one point of the array.
#[derive(Clone, Copy)]
pub struct Rows<'a, F> {
    values: &'a [F],
    n: usize,
    d: usize,
    scale: f64,
    weights: Option<&'a [f64]>,
}

impl<'a, F: Scalar> Rows<'a, F> {
    /// Checks `points`, whose values in C order are `array`.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] if there are no features, [`Error::NonFinite`] with the first row and
    /// column, [`Error::Shape`] and [`Error::SampleWeights`] for weights, [`Error::Parameter`] for
    /// the scale.
    pub(crate) fn new<'p: 'a>(
        points: &Points<'p, F>,
        array: &'a CowArray<'_, F, Ix2>,
    ) -> Result<Self, Error> {
        if array.ncols() == 0 {
            return Err(Error::Empty { what: "points", shape: array.shape().to_vec() });
        }
        if !(points.scale.is_finite() && points.scale > 0.0) {
            let found = points.scale.to_string();
            return Err(Error::Parameter { name: "scale", expected: "finite and above 0", found });
        }
        if let Some(weights) = points.weights {
            check_weights(weights, array.nrows())?;
        }
        let values = array.as_slice().expect("as_standard_layout gives C order");
        let (n, d) = array.dim();
        let weights = points.weights.filter(|weights| are_not_all_one(weights));
        let rows = Self { values, n, d, scale: points.scale, weights };
        rows.check_finite()?;
        Ok(rows)
    }

    /// Returns the points with their element type known at run time.
    pub(crate) fn typed(self) -> TypedRows<'a> {
        let Self { values, n, d, scale, weights } = self;
        match F::typed(values) {
            TypedValues::U8(values) => TypedRows::U8(Rows { values, n, d, scale, weights }),
            TypedValues::F32(values) => TypedRows::F32(Rows { values, n, d, scale, weights }),
            TypedValues::F64(values) => TypedRows::F64(Rows { values, n, d, scale, weights }),
        }
    }

    /// Refuses points with a value that is not finite.
    fn check_finite(self) -> Result<(), Error> {
        if F::BYTES {
            return Ok(());
        }
        let d = self.d;
        let chunks = map_chunks(self.n, 0, |rows| {
            let mut values = self.values[rows.start * d..rows.end * d].iter();
            let finite = values.all(|&value| value.into().is_finite());
            if finite { Ok(()) } else { Err(self.first_not_finite(rows)) }
        });
        chunks.into_iter().collect()
    }

    /// Returns the error for the first value that is not finite in `rows`, which have one.
    fn first_not_finite(self, rows: Range<usize>) -> Error {
        let values =
            self.values[rows.start * self.d..rows.end * self.d].iter().map(|&value| value.into());
        let (i, value) = values
            .enumerate()
            .find(|(_, value): &(usize, f64)| !value.is_finite())
            .expect("called for rows that have one");
        Error::NonFinite { what: "points", row: rows.start + i / self.d, column: i % self.d, value }
    }

    /// Copies the points of positive weight, or returns `None` if no weight is 0.
    ///
    /// A fit of the copy gives the same bytes as a fit of points that never included those of
    /// weight 0: they take part in no mean, unit, random draw or chunk of a sum.
    ///
    /// # Errors
    ///
    /// [`Error::TooFewWeighted`] if fewer than `k` points have positive weight.
    pub(crate) fn of_positive_weight(self, k: usize) -> Result<Option<Weighted<F>>, Error> {
        let Some(weights) = self.weights.filter(|weights| weights.contains(&0.0)) else {
            return Ok(None);
        };
        let (kept, left_out): (Vec<usize>, Vec<usize>) =
            (0..self.n).partition(|&i| weights[i] > 0.0);
        if kept.len() < k {
            return Err(Error::TooFewWeighted { n: kept.len(), k });
        }
        let values = self.gather(&kept);
        let weights = kept.iter().map(|&i| weights[i]).collect();
        Ok(Some(Weighted { values, weights, kept, left_out }))
    }

    /// Copies the values of the points with indices `at`: shape `(at.len(), d)`.
    fn gather(self, at: &[usize]) -> Vec<F> {
        at.iter().flat_map(|&i| self.row(i)).copied().collect()
    }

    /// Returns the number of points.
    pub(crate) fn n(self) -> usize {
        self.n
    }

    /// Returns the number of features.
    pub(crate) fn d(self) -> usize {
        self.d
    }

    /// Returns the factor that turns stored values into the unit of the model.
    pub(crate) fn scale(self) -> f64 {
        self.scale
    }

    /// Returns the weights `(n,)`, or `None` if all are 1.
    pub(crate) fn weights(self) -> Option<&'a [f64]> {
        self.weights
    }

    /// Returns the weight of point `i`.
    #[inline(always)]
    pub(crate) fn weight(self, i: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[i])
    }

    /// Returns the stored (unscaled) values of point `i`, shape `(d,)`.
    #[inline(always)]
    pub(crate) fn row(self, i: usize) -> &'a [F] {
        &self.values[i * self.d..(i + 1) * self.d]
    }

    /// Iterates over the stored (unscaled) values of the points with indices `rows`.
    pub(crate) fn iter(self, rows: Range<usize>) -> impl Iterator<Item = &'a [F]> {
        self.values[rows.start * self.d..rows.end * self.d].chunks_exact(self.d)
    }
}

/// The element types of checked points, as a value.
///
/// Functions of this type are not generic, so they are compiled once, in this crate, and not in
/// every program that calls them. [`for_type`] calls a generic function with what is inside.
#[derive(Clone, Copy)]
pub(crate) enum TypedRows<'a> {
    U8(Rows<'a, u8>),
    F32(Rows<'a, f32>),
    F64(Rows<'a, f64>),
}

/// Evaluates an expression for the [`Rows`] inside [`TypedRows`], whatever their type is.
macro_rules! for_type {
    ($typed:expr, $rows:ident => $body:expr) => {
        match $typed {
            $crate::points::TypedRows::U8($rows) => $body,
            $crate::points::TypedRows::F32($rows) => $body,
            $crate::points::TypedRows::F64($rows) => $body,
        }
    };
}
pub(crate) use for_type;

/// Copies of the points of positive weight of some [`Rows`], with their indices.
pub(crate) struct Weighted<F> {
    /// Shape `(kept, d)`.
    values: Vec<F>,
    /// Shape `(kept,)`.
    weights: Vec<f64>,
    /// Indices of the points of positive weight, ascending.
    kept: Vec<usize>,
    /// Indices of the points of weight 0, ascending.
    left_out: Vec<usize>,
}

impl<F: Scalar> Weighted<F> {
    /// Returns the points of positive weight as rows; `all` are the rows they were copied from.
    pub(crate) fn rows(&self, all: Rows<F>) -> Rows<'_, F> {
        let (values, n) = (&self.values[..], self.kept.len());
        let weights = Some(&self.weights[..]).filter(|weights| are_not_all_one(weights));
        Rows { values, n, d: all.d, scale: all.scale, weights }
    }

    /// Merges the labels of all points: `labels` `(kept,)`, and those `assign` gives to the rest.
    pub(crate) fn merge(
        &self,
        all: Rows<F>,
        labels: &Array1<i32>,
        assign: impl FnOnce(Rows<F>) -> Array1<i32>,
    ) -> Array1<i32> {
        let values = all.gather(&self.left_out);
        let (n, weights) = (self.left_out.len(), None);
        let others = assign(Rows { values: &values, n, weights, ..all });
        let mut merged = Array1::zeros(all.n);
        for (&i, &label) in self.kept.iter().zip(labels).chain(self.left_out.iter().zip(&others)) {
            merged[i] = label;
        }
        merged
    }
}

/// Returns whether any weight differs from 1. Otherwise results are those without weights.
fn are_not_all_one(weights: &[f64]) -> bool {
    weights.iter().any(|&weight| weight != 1.0)
}

/// Refuses weights that are not `(n,)`, finite, at least 0 and of a finite positive sum.
fn check_weights(weights: &[f64], n: usize) -> Result<(), Error> {
    if weights.len() != n {
        return Err(Error::Shape {
            what: "weights",
            expected: vec![n],
            found: vec![weights.len()],
        });
    }
    if let Some((i, weight)) =
        weights.iter().enumerate().find(|(_, w)| !(w.is_finite() && **w >= 0.0))
    {
        return Err(Error::SampleWeights { found: format!("{weight} in row {i}") });
    }
    let sum: f64 = weights.iter().sum();
    if !(sum.is_finite() && sum > 0.0) {
        return Err(Error::SampleWeights { found: format!("a sum of {sum}") });
    }
    Ok(())
}

/// Counts the points of each cluster: shape `(k,)`.
pub(crate) fn sizes<S: Data<Elem = i32>>(assignments: &ArrayBase<S, Ix1>, k: usize) -> Vec<usize> {
    let mut sizes = vec![0; k];
    for &label in assignments {
        sizes[label as usize] += 1;
    }
    sizes
}
