//! Points as a caller gives them ([`Points`]); as checked [`Rows`] for the engines in [`rows`], and
//! copies of some of them in [`weighted`].

mod rows;
mod weighted;

use ndarray::{ArrayBase, ArrayView2, CowArray, Data, Ix1, Ix2};

pub(crate) use self::rows::{Rows, TypedRows, for_type};
pub(crate) use self::weighted::Subset;

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
    ///
    /// ```
    /// use clustering::Points;
    /// use ndarray::array;
    ///
    /// let array = array![[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]];
    /// assert_eq!(Points::new(array.view()).dim(), (3, 2));
    /// // A column-major view serves, too.
    /// assert_eq!(Points::new(array.t()).dim(), (2, 3));
    /// ```
    pub fn new(array: ArrayView2<'a, F>) -> Self {
        Self { array, scale: 1.0, weights: None }
    }

    /// Sets the factor that turns stored values into the unit of the model (default 1).
    ///
    /// Centroids, means, covariances and inertia are in the scaled unit. Gray levels `0..=255` with
    /// a scale of 1/255 are clustered as bytes, without a larger copy. Functions that take the
    /// points refuse a scale that is not finite and above 0.
    ///
    /// ```
    /// use clustering::Points;
    /// use clustering::kmeans::KMeans;
    /// use ndarray::array;
    ///
    /// let model = KMeans::new(array![[0.0], [1.0]])?;
    /// let bytes = array![[10_u8], [250]];
    /// let labels = model.predict(Points::new(bytes.view()).scale(1.0 / 255.0))?;
    /// assert_eq!(labels, array![0, 1]);
    /// # Ok::<(), clustering::Error>(())
    /// ```
    pub fn scale(self, scale: f64) -> Self {
        Self { scale, ..self }
    }

    /// Sets how often each point counts: shape `(n,)`, finite, at least 0 and not all 0.
    ///
    /// A point of weight 0 takes no part in a fit and gets its label from the model. Functions that
    /// take the points refuse other weights with [`Error::Shape`](crate::Error::Shape) or [`Error::SampleWeights`](crate::Error::SampleWeights).
    ///
    /// ```
    /// use clustering::Points;
    /// use clustering::kmeans::{self, KMeansParams};
    /// use ndarray::array;
    ///
    /// let array = array![[0.0], [3.0]];
    /// let points = Points::new(array.view()).weights(&[2.0, 1.0]);
    /// let params = KMeansParams { k: 1, ..KMeansParams::default() };
    /// let fit = kmeans::fit(points, &params, &mut |_| {})?;
    /// assert_eq!(fit.model.centroids()[[0, 0]], 1.0);
    /// # Ok::<(), clustering::Error>(())
    /// ```
    pub fn weights(self, weights: &'a [f64]) -> Self {
        Self { weights: Some(weights), ..self }
    }

    /// Returns the number of points and of features, `(n, d)`.
    ///
    /// [`Points::new`] has an example.
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

/// Counts the points of each cluster: shape `(k,)`.
pub(crate) fn sizes<S: Data<Elem = i32>>(assignments: &ArrayBase<S, Ix1>, k: usize) -> Vec<usize> {
    let mut sizes = vec![0; k];
    for &label in assignments {
        sizes[label as usize] += 1;
    }
    sizes
}
