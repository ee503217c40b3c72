//! Points as a caller gives them ([`Points`]) and as the engines see them (`Rows`), and how many have each label.

use std::ops::Range;

use ndarray::{Array1, ArrayBase, ArrayView2, CowArray, Data, Ix1, Ix2};

use crate::parallel::map_chunks;
use crate::{Error, Scalar};

/// n points of d features: an `(n, d)` view of `u8`, `f32` or `f64` in any memory layout, with the length of their unit
/// and the weight of each.
///
/// A view alone will do wherever points are asked for; `Points::new` says more:
///
/// ```
/// use clustering::Points;
/// use clustering::kmeans::{self, KMeansParams};
/// use ndarray::{Array2, array};
///
/// // Grey levels stay bytes; what comes out is in units of white.
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
    /// The rows of `array`, all of weight 1.
    pub fn new(array: ArrayView2<'a, F>) -> Self {
        Self { array, scale: 1.0, weights: None }
    }

    /// The values are in units of `scale`: a value of v stands for v times this. Models and inertias are in the unit
    /// that results. Grey levels 0..=255 with a scale of 1/255 are clustered as bytes, without a larger copy.
    pub fn scale(self, scale: f64) -> Self {
        Self { scale, ..self }
    }

    /// Each point counts as many times as its weight says, shape `(n,)`, finite, at least 0 and not all 0.
    pub fn weights(self, weights: &'a [f64]) -> Self {
        Self { weights: Some(weights), ..self }
    }

    /// `(n, d)`
    pub fn dim(&self) -> (usize, usize) {
        self.array.dim()
    }

    /// Number of points of positive weight.
    pub(crate) fn positive(&self) -> usize {
        self.weights
            .map_or(self.array.nrows(), |weights| weights.iter().filter(|weight| **weight > 0.0).count())
    }

    /// The values in C order: in place, or copied once if they are in any other.
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

/// Checked points: rows in C order, finite, of at least one feature, with weights that can be used.
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
    /// Errors: [`Error::Empty`] without features, [`Error::NonFinite`] with the first row and column,
    /// [`Error::Shape`] and [`Error::SampleWeights`] for weights, [`Error::Parameter`] for the scale.
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
        let weights = points.weights.filter(|weights| tells(weights));
        let rows = Self { values, n, d, scale: points.scale, weights };
        rows.check_finite()?;
        Ok(rows)
    }

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

    fn first_not_finite(self, rows: Range<usize>) -> Error {
        let values = self.values[rows.start * self.d..rows.end * self.d].iter().map(|&value| value.into());
        let (i, value) = values
            .enumerate()
            .find(|(_, value): &(usize, f64)| !value.is_finite())
            .expect("called for rows that have one");
        Error::NonFinite { what: "points", row: rows.start + i / self.d, column: i % self.d, value }
    }

    /// The points of positive weight, if there are others; none where no point has a weight of 0.
    ///
    /// A fit that begins with this gives the same bytes as one without the other points, whatever
    /// it computes: means, units, random draws, the pieces that sums are made in.
    ///
    /// Errors: [`Error::TooFewWeighted`] when fewer than `k` points are left.
    pub(crate) fn of_positive_weight(self, k: usize) -> Result<Option<Weighted<F>>, Error> {
        let Some(weights) = self.weights.filter(|weights| weights.contains(&0.0)) else {
            return Ok(None);
        };
        let (kept, left_out): (Vec<usize>, Vec<usize>) = (0..self.n).partition(|&i| weights[i] > 0.0);
        if kept.len() < k {
            return Err(Error::TooFewWeighted { n: kept.len(), k });
        }
        let values = self.gather(&kept);
        let weights = kept.iter().map(|&i| weights[i]).collect();
        Ok(Some(Weighted { values, weights, kept, left_out }))
    }

    /// The values of the points `at`, shape `(at.len(), d)`.
    fn gather(self, at: &[usize]) -> Vec<F> {
        at.iter().flat_map(|&i| self.row(i)).copied().collect()
    }

    /// Number of points.
    pub(crate) fn n(self) -> usize {
        self.n
    }

    /// Number of features.
    pub(crate) fn d(self) -> usize {
        self.d
    }

    /// What a value of 1 stands for.
    pub(crate) fn scale(self) -> f64 {
        self.scale
    }

    /// The weights `(n,)`, if they were given.
    pub(crate) fn weights(self) -> Option<&'a [f64]> {
        self.weights
    }

    /// Weight of point `i`.
    #[inline(always)]
    pub(crate) fn weight(self, i: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[i])
    }

    /// Point `i` as it was given, shape `(d,)`.
    #[inline(always)]
    pub(crate) fn row(self, i: usize) -> &'a [F] {
        &self.values[i * self.d..(i + 1) * self.d]
    }

    /// The points of `rows`, one after the other, as they were given.
    pub(crate) fn iter(self, rows: Range<usize>) -> impl Iterator<Item = &'a [F]> {
        self.values[rows.start * self.d..rows.end * self.d].chunks_exact(self.d)
    }
}

/// The points of positive weight of some [`Rows`], copied, and which they are.
pub(crate) struct Weighted<F> {
    /// Shape `(kept, d)`.
    values: Vec<F>,
    /// Shape `(kept,)`.
    weights: Vec<f64>,
    /// The points with a weight, and those without, in ascending order.
    kept: Vec<usize>,
    left_out: Vec<usize>,
}

impl<F: Scalar> Weighted<F> {
    /// The points with a weight, as if there were no others. `all` are the points they are from.
    pub(crate) fn rows(&self, all: Rows<F>) -> Rows<'_, F> {
        let (values, n) = (&self.values[..], self.kept.len());
        let weights = Some(&self.weights[..]).filter(|weights| tells(weights));
        Rows { values, n, d: all.d, scale: all.scale, weights }
    }

    /// The labels of `all` points: `labels` `(kept,)` of those with a weight, and what `assign`
    /// says of the others.
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

/// Whether the weights say anything: where all are 1 they are as good as none, to the last bit.
fn tells(weights: &[f64]) -> bool {
    weights.iter().any(|&weight| weight != 1.0)
}

fn check_weights(weights: &[f64], n: usize) -> Result<(), Error> {
    if weights.len() != n {
        return Err(Error::Shape { what: "weights", expected: vec![n], found: vec![weights.len()] });
    }
    if let Some((i, weight)) = weights.iter().enumerate().find(|(_, w)| !(w.is_finite() && **w >= 0.0)) {
        return Err(Error::SampleWeights { found: format!("{weight} in row {i}") });
    }
    let sum: f64 = weights.iter().sum();
    if !(sum.is_finite() && sum > 0.0) {
        return Err(Error::SampleWeights { found: format!("a sum of {sum}") });
    }
    Ok(())
}

/// Counts the points of each cluster, shape `(k,)`.
pub(crate) fn sizes<S: Data<Elem = i32>>(assignments: &ArrayBase<S, Ix1>, k: usize) -> Vec<usize> {
    let mut sizes = vec![0; k];
    for &label in assignments {
        sizes[label as usize] += 1;
    }
    sizes
}
