//! Distances of points to all centroids of a model.

use std::ops::Range;

use kernels::centered_squared_distance;
use kernels::simd::{Isa, Kernel, dispatch};
use ndarray::Array2;

use super::metric::{Metric, compared};
use super::model::KMeans;
use crate::parallel::{map, pieces, split_mut};
use crate::points::{Points, Rows, for_type};
use crate::{Error, Scalar};

/// Points that are measured with one centroid after the other, so that both stay in the cache.
const BLOCK: usize = 16;

impl KMeans {
    /// Computes the distance of each point of `points` `(n, d)` to each centroid: shape `(n, k)`.
    ///
    /// The distances are Euclidean, not squared, as those of `KMeans.transform` of scikit-learn. Of
    /// a model with [`Metric::Cosine`] they are cosine distances, 1 - cosine, in 0..=2. They are
    /// computed from differences in f64, so that the distance of the points from 0 does not matter.
    /// The result takes 8 n k bytes: give many points in parts.
    ///
    /// A distance is infinite only if it is beyond the range of f64. The same point has the same
    /// bits among any others, and from any number of threads.
    ///
    /// Tested against scikit-learn 1.9 and a plain loop.
    ///
    /// # Errors
    ///
    /// The errors are those of [`KMeans::predict`].
    ///
    /// # Examples
    ///
    /// ```
    /// use clustering::kmeans::KMeans;
    /// use ndarray::array;
    ///
    /// let model = KMeans::new(array![[0.0, 0.0], [3.0, 0.0]])?;
    /// let distances = model.distances(&array![[3.0, 4.0], [1.0, 0.0]])?;
    /// assert_eq!(distances, array![[5.0, 4.0], [1.0, 2.0]]);
    /// # Ok::<(), clustering::Error>(())
    /// ```
    pub fn distances<'a, F: Scalar>(
        &self,
        points: impl Into<Points<'a, F>>,
    ) -> Result<Array2<f64>, Error> {
        let points = points.into();
        let array = points.in_order();
        let points = Rows::new(&points, &array)?;
        self.check_features(points)?;
        let values = self.metric().values(points)?;
        let shape = (points.n(), self.centroids().nrows());
        let squares = for_type!(compared(points, &values), points => {
            distances(points, self.centroids())
        });
        let mut found = Array2::from_shape_vec(shape, squares).expect("a distance for each pair");
        if self.metric() == Metric::Cosine {
            // |x - c|^2 = 2 (1 - cosine) of unit vectors; rounding may make it more than 4.
            found.mapv_inplace(|distance| (0.5 * distance * distance).min(2.0));
        }
        Ok(found)
    }
}

/// Computes the Euclidean distances of checked points to `centroids` `(k, d)`: shape `(n, k)`.
fn distances<F: Scalar>(points: Rows<F>, centroids: &Array2<f64>) -> Vec<f64> {
    let k = centroids.nrows();
    let centroids = &(centroids / points.scale());
    let mut distances = vec![0.0; points.n() * k];
    let chunks = pieces(points.n(), points.d() * k);
    let parts = split_mut(&mut distances, &chunks, k);
    map(chunks.iter().cloned().zip(parts), |(rows, distances)| {
        dispatch(Distances { points, rows, centroids, distances });
    });
    distances
}

/// Measures a run of points.
struct Distances<'a, F> {
    points: Rows<'a, F>,
    rows: Range<usize>,
    /// The centroids, in the values of points.
    centroids: &'a Array2<f64>,
    /// The distances to write, shape `(rows, k)`.
    distances: &'a mut [f64],
}

impl<F: Scalar> Kernel for Distances<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        /// Squares in this range keep all their digits.
        const SAFE_SQUARES: Range<f64> = 1e-280..1e300;
        let Self { points, rows, centroids, distances } = self;
        let (k, zero) = (centroids.nrows(), vec![0.0; points.d()]);
        let (start, end) = (rows.start, rows.end);
        for first in rows.step_by(BLOCK) {
            let block = first..end.min(first + BLOCK);
            for (c, centroid) in centroids.outer_iter().enumerate() {
                let centroid = centroid.to_slice().expect("centroids are in C order");
                for i in block.clone() {
                    let point = points.row(i);
                    let square = centered_squared_distance(point, &zero, 1.0, centroid);
                    let distance = if SAFE_SQUARES.contains(&square) {
                        square.sqrt()
                    } else {
                        extreme_distance(point, centroid)
                    };
                    distances[(i - start) * k + c] = distance * points.scale();
                }
            }
        }
    }
}

/// Computes a distance whose square may leave the range of f64.
fn extreme_distance<F: Scalar>(point: &[F], centroid: &[f64]) -> f64 {
    let differences = || point.iter().zip(centroid).map(|(&x, c)| x.into() - c);
    let largest = differences().map(f64::abs).fold(0.0, f64::max);
    if largest == 0.0 || largest.is_infinite() {
        return largest;
    }
    // Both this number and its inverse have an exponent in this range.
    let unit = (-largest.log2().floor().clamp(-1000.0, 1000.0)).exp2();
    differences().map(|difference| (difference * unit).powi(2)).sum::<f64>().sqrt() / unit
}
