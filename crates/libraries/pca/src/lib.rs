//! Principal component analysis (PCA): the orthonormal axes along which points vary most.
//!
//! [`Pca::fit`] finds the axes, called components, in order of falling variance;
//! [`Pca::transform`] gives the coordinates of points along them, called scores. Arrays go in,
//! arrays come out; no file is touched, and the number of threads changes no result.
//!
//! ```
//! use ndarray::array;
//! use pca::Pca;
//!
//! let points = array![[0.0, 0.0], [4.0, 3.0], [8.0, 6.0]];
//! let pca = Pca::fit(points.view(), 1);
//! let scores = pca.transform(points.view());
//! assert!((&scores - &array![[-5.0], [0.0], [5.0]]).iter().all(|x| x.abs() < 1e-12));
//! ```

mod eigenvectors;
mod scatter_matrix;
mod value;

use ndarray::{Array1, Array2, ArrayView2, s};
use rayon::prelude::*;

use crate::eigenvectors::leading;
use crate::scatter_matrix::ScatterMatrix;

pub use value::Value;

/// Values in the sample that [`Pca::fit_sample`] takes, unless it needs more points.
const SAMPLE_VALUES: usize = 1 << 22;

/// Points for each component that the sample holds at least.
const SAMPLE_POINTS_PER_COMPONENT: usize = 4;

/// Points that are transformed at once by one thread.
const ROWS: usize = 512;

/// A fitted principal component analysis: a mean and orthonormal components.
#[derive(Debug, Clone, PartialEq)]
pub struct Pca {
    /// Mean of the points, shape `(d,)`.
    pub mean: Array1<f64>,
    /// Components in rows, shape `(count, d)`; rows beyond the rank of the points are 0.
    pub components: Array2<f64>,
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
    /// Tested against scikit-learn's exact solver: variances, and angles between components.
    ///
    /// ```
    /// use ndarray::array;
    /// use pca::Pca;
    ///
    /// let points = array![[1e6, 0.0], [1e6 + 4.0, 3.0], [1e6 + 8.0, 6.0]];
    /// let pca = Pca::fit(points.view(), 1);
    /// assert!((&pca.components - &array![[0.8, 0.6]]).iter().all(|x| x.abs() < 1e-12));
    /// ```
    pub fn fit<T: Value>(points: ArrayView2<T>, count: usize) -> Self {
        Self::fit_rows(points, &(0..points.nrows()).collect::<Vec<_>>(), count)
    }

    /// Finds components as [`Pca::fit`] does, but from a sample of the points.
    ///
    /// The sample is spread evenly over `points` `(n, d)`: about four million values, and at least
    /// four points for each component. The mean is that of all points. Use it where any
    /// orthonormal basis gives right results and a good one makes them faster, as for bounds on
    /// distances.
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
        let components = leading(&ScatterMatrix::new(points, &mean, rows, count), count);
        Self { mean, components }
    }

    /// Gives the scores of `points` `(n, d)`: coordinates along the components, `(n, count)`.
    ///
    /// ```
    /// use ndarray::array;
    /// use pca::Pca;
    ///
    /// let pca = Pca { mean: array![1.0, 1.0], components: array![[0.0, 1.0]] };
    /// assert_eq!(pca.transform(array![[5.0, 3.0]].view()), array![[2.0]]);
    /// ```
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
    /// let pca = Pca { mean: array![1.0, 1.0], components: array![[0.0, 1.0]] };
    /// let (scores, squared_norms) = pca.transform_with_norms(array![[5.0, 3.0]].view());
    /// assert_eq!((scores, squared_norms), (array![[2.0]], vec![20.0]));
    /// ```
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
