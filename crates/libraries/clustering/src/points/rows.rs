//! Checked points, of an element type that is known when the crate is compiled or at run time.

use std::ops::Range;

use ndarray::{CowArray, Ix2};

use super::Points;
use crate::error::Error;
use crate::parallel::map_chunks;
use crate::scalar::{Scalar, TypedValues};

/// Points that have been checked.
///
/// The rows are in C order, finite and of at least one feature; the weights are finite, not
/// negative and not all 0. A row is one point of the array.
#[derive(Clone, Copy)]
pub struct Rows<'a, F> {
    pub(super) values: &'a [F],
    pub(super) n: usize,
    pub(super) d: usize,
    pub(super) scale: f64,
    pub(super) weights: Option<&'a [f64]>,
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

    /// Returns points with other finite `values` `(n, d)`, on a scale of 1, and the same weights.
    pub(crate) fn with_values<'b, G: Scalar>(self, values: &'b [G]) -> Rows<'b, G>
    where
        'a: 'b,
    {
        let Self { n, d, weights, .. } = self;
        Rows { values, n, d, scale: 1.0, weights }
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

/// Returns whether any weight differs from 1. Otherwise results are those without weights.
pub(super) fn are_not_all_one(weights: &[f64]) -> bool {
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
