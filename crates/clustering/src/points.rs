//! Checked points (finite, at least one feature, rows contiguous), and how many have each label.

use std::ops::Range;

use ndarray::{ArrayView1, ArrayView2, CowArray, Ix2};

use crate::parallel::map_chunks;
use crate::{Error, Scalar};

/// The rows of an `(n, d)` array in C order, known to be finite.
#[derive(Clone, Copy)]
pub(crate) struct Points<'a, F> {
    values: &'a [F],
    n: usize,
    d: usize,
}

impl<'a, F: Scalar> Points<'a, F> {
    /// Wraps the array that [`ndarray::ArrayBase::as_standard_layout`] gave.
    ///
    /// Errors: [`Error::Empty`] without features, [`Error::NonFinite`] with the first row and column.
    pub(crate) fn new(array: &'a CowArray<'_, F, Ix2>) -> Result<Self, Error> {
        if array.ncols() == 0 {
            return Err(Error::Empty { what: "points", shape: array.shape().to_vec() });
        }
        let values = array.as_slice().expect("as_standard_layout gives C order");
        let points = Self { values, n: array.nrows(), d: array.ncols() };
        points.check_finite()?;
        Ok(points)
    }

    fn check_finite(self) -> Result<(), Error> {
        let d = self.d;
        let first = map_chunks(self.n(), 0, |rows| {
            let values = &self.values[rows.start * d..rows.end * d];
            values.iter().position(|value| !value.is_finite()).map(|i| rows.start * d + i)
        });
        match first.into_iter().flatten().next() {
            None => Ok(()),
            Some(i) => {
                let value = self.values[i].into();
                Err(Error::NonFinite { what: "points", row: i / d, column: i % d, value })
            }
        }
    }

    /// Number of points.
    pub(crate) fn n(self) -> usize {
        self.n
    }

    /// Number of features.
    pub(crate) fn d(self) -> usize {
        self.d
    }

    /// The whole `(n, d)` array.
    pub(crate) fn view(self) -> ArrayView2<'a, F> {
        self.block(0..self.n)
    }

    /// Point `i`, shape `(d,)`.
    pub(crate) fn row(self, i: usize) -> &'a [F] {
        &self.values[i * self.d..(i + 1) * self.d]
    }

    /// The points of `rows`, one after the other.
    pub(crate) fn iter(self, rows: Range<usize>) -> impl Iterator<Item = &'a [F]> {
        self.values[rows.start * self.d..rows.end * self.d].chunks_exact(self.d)
    }

    /// The points of `rows`, shape `(rows.len(), d)`.
    pub(crate) fn block(self, rows: Range<usize>) -> ArrayView2<'a, F> {
        ArrayView2::from_shape((rows.len(), self.d), &self.values[rows.start * self.d..rows.end * self.d])
            .expect("a run of rows has d values per row")
    }
}

/// Counts the points of each cluster, shape `(k,)`.
pub(crate) fn sizes(assignments: ArrayView1<i32>, k: usize) -> Vec<usize> {
    let mut sizes = vec![0; k];
    for &label in assignments {
        sizes[label as usize] += 1;
    }
    sizes
}
