//! Principal component analysis (PCA): the orthonormal axes along which points vary most.
//!
//! # The algorithm
//!
//! The covariance of n points x with the mean m is `C = sum (x - m)(x - m)^T / (n - 1)`. Its
//! eigenvectors, in the order of falling eigenvalues, are the *components*: the first is the axis
//! along which the points vary most, the second the axis orthogonal to it along which they vary
//! most, and so on. The eigenvalues are the variances along the components. The *scores* of a
//! point are its coordinates along the components, seen from the mean. As few numbers a point
//! as there are components they keep as much of the squared distances as is possible linearly.
//!
//! How the eigenvectors are found depends on the shape of the points:
//!
//! | points | method |
//! | --- | --- |
//! | up to 128 features | all eigenvectors of the matrix, exact |
//! | up to 256 points | all eigenvectors in the space that the points span, exact |
//! | others, more points than features | randomized subspace iteration |
//! | others, fewer points than features | the same with the matrix of all pairs of points |
//!
//! Randomized subspace iteration (Halko, Martinsson and Tropp, *Finding structure with
//! randomness: probabilistic algorithms for constructing approximate matrix decompositions*, SIAM
//! Review 53, 2011, algorithms 4.4 and 5.3) multiplies random vectors by the matrix several times
//! and makes them orthonormal after each time. They soon span nearly the same space as the leading
//! eigenvectors, and the eigenvectors of the small matrix within that space (Rayleigh and Ritz) are
//! the result. Where points are fewer than features, the products of all pairs of points make a
//! smaller matrix with the same eigenvalues, and the components are sums of points weighted by its
//! eigenvectors. The random vectors are always the same, and the number of threads changes nothing,
//! so the same points give the same bytes.
//!
//! # Variants
//!
//! [`Pca::fit`] takes all points, [`Pca::fit_sample`] finds the components from some of them.
//! [`Pca::from_parts`] makes a model that was fitted before, and read from a file. [`Encoder`] adds
//! what comes before and after: standardized features, whitened scores, and as many components as
//! hold a share of the variance.
//!
//! # A walk through an example
//!
//! Measurements in a hundred features often have only a few causes. Here there are two, each of
//! which moves every feature by its own amount, and a little noise:
//!
//! ```
//! use ndarray::{Array2, Axis};
//! use pca::Pca;
//!
//! let cause = |i: usize, period: usize| (i % period) as f64 / period as f64 - 0.5;
//! let points = Array2::from_shape_fn((300, 100), |(i, j)| {
//!     let noise = 1e-3 * ((i * 7 + j * 13) % 11) as f64;
//!     let (first, second) = (8.0 * cause(i, 17), 2.0 * cause(i, 5));
//!     first * (j as f64 * 0.3).sin() + second * (j as f64 * 0.3).cos() + noise
//! });
//! let pca = Pca::fit(points.view(), 4);
//!
//! // Two components hold nearly all of the variance.
//! let variances = pca.explained_variance().expect("the model was fitted");
//! assert!(variances[1] > 1.0 && variances[2] < 1e-3);
//!
//! // The scores along both tell all that there is to tell about a point.
//! let pca = Pca::fit(points.view(), 2);
//! let scores = pca.transform(points.view());
//! assert_eq!(scores.dim(), (300, 2));
//! let restored = scores.dot(pca.components()) + pca.mean();
//! assert!((&restored - &points).iter().all(|difference| difference.abs() < 0.02));
//!
//! // Their variances are those of the model.
//! let found = scores.var_axis(Axis(0), 1.0);
//! assert!((found / variances.slice(ndarray::s![..2]) - 1.0).iter().all(|x| x.abs() < 1e-6));
//! ```

#![deny(missing_docs)]

mod eigenvectors;
mod encoder;
mod encoder_params;
mod error;
mod fitting;
mod gram;
mod scatter_matrix;
mod value;

use ndarray::{Array1, Array2, ArrayView2, s};
use rayon::prelude::*;

use crate::eigenvectors::leading;
use crate::scatter_matrix::ScatterMatrix;

pub use encoder::Encoder;
pub use encoder_params::{Keep, Params};
pub use error::{Error, Result};
pub use value::Value;

/// Values in the sample that [`Pca::fit_sample`] takes, unless it needs more points.
const SAMPLE_VALUES: usize = 1 << 22;

/// Points for each component that the sample holds at least.
const SAMPLE_POINTS_PER_COMPONENT: usize = 4;

/// Points that are transformed at once by one thread.
const ROWS: usize = 512;

/// A fitted principal component analysis: a mean, orthonormal components and their variances.
///
/// See the [crate's page](crate) for the algorithm.
#[derive(Debug, Clone, PartialEq)]
pub struct Pca {
    mean: Array1<f64>,
    components: Array2<f64>,
    /// `None` for a model that was made from its parts.
    explained_variance: Option<Array1<f64>>,
}

impl Pca {
    /// Finds the first `count` components of `points` `(n, d)`, by falling variance.
    ///
    /// Everything is computed in `f64` and from the mean, so points far from zero lose no digits.
    /// Up to 128 features the components are the eigenvectors of the covariance; beyond, they come
    /// from a randomized subspace iteration (Halko, Martinsson and Tropp, *Finding structure with
    /// randomness*, SIAM Review 2011, algorithms 4.4 and 5.3) with ten more vectors than asked
    /// for, and a few more iterations than scikit-learn's `PCA(svd_solver="randomized")` takes.
    /// The entry of a component that is largest in magnitude is positive. The number of threads
    /// does not change the result.
    ///
    /// `count` may be larger than the rank of the points: components beyond it are 0, and so are
    /// their variances.
    ///
    /// Tested against scikit-learn's exact solver: variances, and angles between components.
    ///
    /// ```
    /// use ndarray::array;
    /// use pca::Pca;
    ///
    /// let points = array![[1e6, 0.0], [1e6 + 4.0, 3.0], [1e6 + 8.0, 6.0]];
    /// let pca = Pca::fit(points.view(), 1);
    /// assert!((pca.components() - &array![[0.8, 0.6]]).iter().all(|x| x.abs() < 1e-12));
    /// ```
    pub fn fit<T: Value>(points: ArrayView2<T>, count: usize) -> Self {
        Self::fit_rows(points, &(0..points.nrows()).collect::<Vec<_>>(), count)
    }

    /// Finds components as [`Pca::fit`] does, but from a sample of the points.
    ///
    /// The sample is spread evenly over `points` `(n, d)`: about four million values, and at least
    /// four points for each component. The mean is that of all points, and variances are those of
    /// the sample around it. Use it where any orthonormal basis gives right results and a good one
    /// makes them faster, as for bounds on distances.
    ///
    /// ```
    /// use ndarray::Array2;
    /// use pca::Pca;
    ///
    /// let points = Array2::from_shape_fn((100, 3), |(i, j)| ((i * (j + 1)) % 17) as f32);
    /// // All points fit into the sample.
    /// assert_eq!(Pca::fit_sample(points.view(), 2), Pca::fit(points.view(), 2));
    /// ```
    pub fn fit_sample<T: Value>(points: ArrayView2<T>, count: usize) -> Self {
        let (n, d) = points.dim();
        let rows = n.min((SAMPLE_VALUES / d.max(1)).max(SAMPLE_POINTS_PER_COMPONENT * count));
        Self::fit_rows(points, &(0..rows).map(|at| at * n / rows).collect::<Vec<_>>(), count)
    }

    /// Finds components of the `rows` of `points`, around the mean of all points.
    fn fit_rows<T: Value>(points: ArrayView2<T>, rows: &[usize], count: usize) -> Self {
        let mean = mean(points);
        let (eigenvalues, components) = if gram::is_cheapest(rows.len(), points.ncols(), count) {
            gram::leading(points, &mean, rows, count)
        } else {
            leading(&ScatterMatrix::new(points, &mean, rows, count), count)
        };
        // One point varies by nothing around itself.
        let freedom = rows.len().saturating_sub(1).max(1);
        Self { mean, components, explained_variance: Some(eigenvalues / freedom as f64) }
    }

    /// Makes a model from its mean `(d,)` and its orthonormal components `(count, d)`.
    ///
    /// This is for models that were fitted before and kept without their variances. Whether the
    /// components are orthonormal is not checked.
    ///
    /// ```
    /// use ndarray::array;
    /// use pca::Pca;
    ///
    /// let pca = Pca::from_parts(array![1.0, 1.0], array![[0.0, 1.0]])?;
    /// assert_eq!(pca.transform(array![[5.0, 3.0]].view()), array![[2.0]]);
    /// assert!(Pca::from_parts(array![1.0, 1.0], array![[1.0]]).is_err());
    /// # Ok::<(), pca::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Features`] if mean and components have different numbers of features.
    pub fn from_parts(mean: Array1<f64>, components: Array2<f64>) -> Result<Self> {
        let (expected, found) = (mean.len(), components.ncols());
        if expected != found {
            return Err(Error::Features { expected, found });
        }
        Ok(Self { mean, components, explained_variance: None })
    }

    /// Returns the mean of the points, shape `(d,)`.
    ///
    /// ```
    /// use ndarray::array;
    /// use pca::Pca;
    ///
    /// let pca = Pca::fit(array![[0.0, 1.0], [2.0, 7.0]].view(), 1);
    /// assert_eq!(pca.mean(), array![1.0, 4.0]);
    /// ```
    pub fn mean(&self) -> &Array1<f64> {
        &self.mean
    }

    /// Returns the components in rows, shape `(count, d)`, in the order of falling variance.
    ///
    /// They are orthonormal; rows beyond the rank of the points are 0.
    ///
    /// ```
    /// use ndarray::array;
    /// use pca::Pca;
    ///
    /// // These points lie on a line.
    /// let pca = Pca::fit(array![[0.0, 0.0], [0.0, 2.0], [0.0, 3.0]].view(), 2);
    /// let expected = array![[0.0, 1.0], [0.0, 0.0]];
    /// assert!((pca.components() - &expected).iter().all(|x| x.abs() < 1e-12));
    /// ```
    pub fn components(&self) -> &Array2<f64> {
        &self.components
    }

    /// Returns the variance of the points along each component, shape `(count,)`.
    ///
    /// These are the largest eigenvalues of the covariance, in the square of the unit of the
    /// points: sums of squares are divided by n - 1, as in scikit-learn's `explained_variance_`.
    /// They are 0 along components beyond the rank of the points. `None` for a model
    /// [from parts](Pca::from_parts), which knows no points.
    ///
    /// Tested by hand and against scikit-learn.
    ///
    /// ```
    /// use ndarray::array;
    /// use pca::Pca;
    ///
    /// // Scores -5, 0 and 5: the sum of their squares is 50, over n - 1 = 2.
    /// let pca = Pca::fit(array![[0.0, 0.0], [4.0, 3.0], [8.0, 6.0]].view(), 1);
    /// let variances = pca.explained_variance().expect("the model was fitted");
    /// assert!((variances[0] - 25.0).abs() < 1e-12);
    /// ```
    pub fn explained_variance(&self) -> Option<&Array1<f64>> {
        self.explained_variance.as_ref()
    }

    /// Gives the scores of `points` `(n, d)`: coordinates along the components, `(n, count)`.
    ///
    /// ```
    /// use ndarray::array;
    /// use pca::Pca;
    ///
    /// let pca = Pca::from_parts(array![1.0, 1.0], array![[0.0, 1.0]])?;
    /// assert_eq!(pca.transform(array![[5.0, 3.0]].view()), array![[2.0]]);
    /// # Ok::<(), pca::Error>(())
    /// ```
    ///
    /// # Panics
    /// If the points have another number of features than the model.
    pub fn transform<T: Value>(&self, points: ArrayView2<T>) -> Array2<f64> {
        self.transform_with_norms(points).0
    }

    /// Gives the scores of `points` `(n, d)` and their squared distances from the mean.
    ///
    /// The scores have shape `(n, count)`, the squared distances length `n`. A squared distance
    /// less the squared length of the scores is the squared length of what the components leave
    /// out.
    ///
    /// ```
    /// use ndarray::array;
    /// use pca::Pca;
    ///
    /// let pca = Pca::from_parts(array![1.0, 1.0], array![[0.0, 1.0]])?;
    /// let (scores, squared_norms) = pca.transform_with_norms(array![[5.0, 3.0]].view());
    /// assert_eq!((scores, squared_norms), (array![[2.0]], vec![20.0]));
    /// # Ok::<(), pca::Error>(())
    /// ```
    ///
    /// # Panics
    /// If the points have another number of features than the model.
    pub fn transform_with_norms<T: Value>(&self, points: ArrayView2<T>) -> (Array2<f64>, Vec<f64>) {
        let starts: Vec<usize> = (0..points.nrows()).step_by(ROWS).collect();
        let blocks: Vec<_> = starts
            .into_par_iter()
            .map(|start| {
                let block = points.slice(s![start..points.nrows().min(start + ROWS), ..]);
                let centered = block.mapv(Into::into) - &self.mean;
                let norms = centered.outer_iter().map(|row| row.dot(&row)).collect::<Vec<_>>();
                (centered.dot(&self.components.t()), norms)
            })
            .collect();
        let mut scores = Array2::zeros((points.nrows(), self.components.nrows()));
        let mut squared_norms = Vec::with_capacity(points.nrows());
        for (start, (block, norms)) in (0..).step_by(ROWS).zip(blocks) {
            scores.slice_mut(s![start..start + block.nrows(), ..]).assign(&block);
            squared_norms.extend(norms);
        }
        (scores, squared_norms)
    }
}

/// Computes the mean of `points` `(n, d)`, shape `(d,)`; 0 if there are none.
///
/// Sums are taken of differences from the first point, so they stay small far from zero.
fn mean<T: Value>(points: ArrayView2<T>) -> Array1<f64> {
    let Some(first) = points.outer_iter().next() else { return Array1::zeros(points.ncols()) };
    let first: Array1<f64> = first.mapv(Into::into);
    let mut sums = Array1::<f64>::zeros(points.ncols());
    for row in points.outer_iter() {
        for ((sum, &x), first) in sums.iter_mut().zip(row).zip(&first) {
            *sum += x.into() - first;
        }
    }
    first + sums / points.nrows() as f64
}
