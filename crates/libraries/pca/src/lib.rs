//! Principal component analysis: the directions in which points vary most.

mod basis;

use ndarray::{Array1, Array2, ArrayView2, s};
use rayon::prelude::*;

use crate::basis::{Operator, leading};

/// Values of the points in a sample, where directions are found in one and these are more than four
/// points a direction.
const SAMPLE_VALUES: usize = 1 << 22;

/// Rows that are projected at once.
const ROWS: usize = 512;

/// Orthonormal directions through the mean of points.
#[derive(Debug, Clone, PartialEq)]
pub struct Principal {
    /// Shape `(d,)`.
    pub mean: Array1<f64>,
    /// Shape `(count, d)`; rows beyond the rank of the points are 0.
    pub directions: Array2<f64>,
}

/// Element type of points: `f32` or `f64`.
pub trait Value: Copy + Into<f64> + Send + Sync {}

impl Value for f32 {}
impl Value for f64 {}

impl Principal {
    /// The first `count` principal directions of `points` `(n, d)`, in the order of falling
    /// variance.
    ///
    /// Everything is computed in `f64` and from the mean, so that points far from zero lose no
    /// digits. Up to 128 features the directions are the eigenvectors of the covariance; beyond,
    /// they come from a randomized subspace iteration (Halko, Martinsson and Tropp, *Finding
    /// structure with randomness*, SIAM Review 2011, algorithms 4.4 and 5.3) with ten vectors more
    /// than were asked for, and a few more iterations than scikit-learn's
    /// `PCA(svd_solver="randomized")` takes. The largest value of a direction is positive. The
    /// result is the same for any number of threads.
    ///
    /// Tested against scikit-learn's exact solver: variances, and angles between directions.
    ///
    /// ```
    /// use ndarray::array;
    /// use pca::Principal;
    ///
    /// let points = array![[1e6, 0.0], [1e6 + 4.0, 3.0], [1e6 + 8.0, 6.0]];
    /// let principal = Principal::of(points.view(), 1);
    /// assert!((&principal.directions - &array![[0.8, 0.6]]).iter().all(|x| x.abs() < 1e-12));
    /// ```
    pub fn of<T: Value>(points: ArrayView2<T>, count: usize) -> Self {
        Self::of_rows(points, &(0..points.nrows()).collect::<Vec<_>>(), count)
    }

    /// [`Principal::of`] a sample of the points, evenly over all of them: four million values, and
    /// at least four points a direction. The mean is that of all points. For bounds and other uses
    /// that any orthonormal directions are right for, and good ones better.
    pub fn of_sample<T: Value>(points: ArrayView2<T>, count: usize) -> Self {
        let (n, d) = points.dim();
        let rows = n.min((SAMPLE_VALUES / d.max(1)).max(4 * count));
        Self::of_rows(points, &(0..rows).map(|at| at * n / rows).collect::<Vec<_>>(), count)
    }

    fn of_rows<T: Value>(points: ArrayView2<T>, rows: &[usize], count: usize) -> Self {
        let mean = mean(points);
        let directions = leading(&Operator::new(points, &mean, rows, count), count);
        Self { mean, directions }
    }

    /// Products of points, from the mean, with the directions, shape `(n, count)`; and the squared length of each point from
    /// the mean.
    pub fn project<T: Value>(&self, points: ArrayView2<T>) -> (Array2<f64>, Vec<f64>) {
        let starts: Vec<usize> = (0..points.nrows()).step_by(ROWS).collect();
        let blocks: Vec<_> = starts
            .into_par_iter()
            .map(|start| {
                let some = points.slice(s![start..points.nrows().min(start + ROWS), ..]);
                let centered = some.mapv(Into::into) - &self.mean;
                let lengths = centered.outer_iter().map(|row| row.dot(&row)).collect::<Vec<_>>();
                (centered.dot(&self.directions.t()), lengths)
            })
            .collect();
        let mut scores = Array2::zeros((points.nrows(), self.directions.nrows()));
        let mut all = Vec::with_capacity(points.nrows());
        for (start, (some, lengths)) in (0..).step_by(ROWS).zip(blocks) {
            scores.slice_mut(s![start..start + some.nrows(), ..]).assign(&some);
            all.extend(lengths);
        }
        (scores, all)
    }
}

/// The mean of `points` `(n, d)`, shape `(d,)`, 0 of none. Sums are taken from the first point, so
/// that they stay small far from zero.
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
