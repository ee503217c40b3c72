//! The fitted model: centroids, and what they say about points.

use std::ops::Range;

use ndarray::{Array1, Array2};

use super::assign::nearest;
use super::centres::Centres;
use super::distance::squared_distance;
use crate::check::check_matrix;
use crate::parallel::map_chunks;
use crate::points::{Points, Rows};
use crate::simd::{Isa, Kernel, dispatch};
use crate::{Error, Scalar};

/// k centroids; a point belongs to the nearest one.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeans {
    centroids: Array2<f64>,
}

impl KMeans {
    /// A model from centroids of shape `(k, d)`, for example from a file.
    ///
    /// Errors: [`Error::Empty`], [`Error::NonFinite`].
    pub fn new(centroids: Array2<f64>) -> Result<Self, Error> {
        check_matrix("centroids", centroids.view())?;
        Ok(Self { centroids })
    }

    /// A model from the centroids that a fit of finite points ended with.
    pub(super) fn from_finite(centroids: Array2<f64>) -> Self {
        Self { centroids }
    }

    /// The centroids, shape `(k, d)`.
    pub fn centroids(&self) -> &Array2<f64> {
        &self.centroids
    }

    /// Assigns each point of `points` `(n, d)` to its nearest centroid: shape `(n,)`, values in `0..k`, the
    /// lowest index on ties.
    ///
    /// Distances are compared in f32, for points in f64 in f64. On the points of a fit this gives the fit's
    /// assignments.
    ///
    /// Errors: [`Error::Features`] when d is not the model's, [`Error::NonFinite`] and the others of bad points.
    pub fn predict<'a, F: Scalar>(&self, points: impl Into<Points<'a, F>>) -> Result<Array1<i32>, Error> {
        let points = points.into();
        let array = points.in_order();
        let points = Rows::new(&points, &array)?;
        self.check_features(points)?;
        Ok(F::nearest(self, points))
    }

    /// Sum over the points of their weight times the squared distance to the centroid of their `assignments` `(n,)`,
    /// by differences in f64.
    ///
    /// Errors: as [`KMeans::predict`]; [`Error::Shape`] when there is not one assignment per point;
    /// [`Error::Parameter`] for an assignment outside `0..k`.
    pub fn inertia<'a, F: Scalar>(
        &self,
        points: impl Into<Points<'a, F>>,
        assignments: &Array1<i32>,
    ) -> Result<f64, Error> {
        let points = points.into();
        let array = points.in_order();
        let points = Rows::new(&points, &array)?;
        self.check_features(points)?;
        if assignments.len() != points.n() {
            let (expected, found) = (vec![points.n()], vec![assignments.len()]);
            return Err(Error::Shape { what: "assignments", expected, found });
        }
        let k = self.centroids.nrows();
        if let Some(label) = assignments.iter().find(|label| !(0..k as i32).contains(label)) {
            let found = format!("{label} with k = {k}");
            return Err(Error::Parameter { name: "assignments", expected: "in 0..k", found });
        }
        Ok(self.sum_of_squares(points, assignments))
    }

    pub(super) fn check_features<F: Scalar>(&self, points: Rows<F>) -> Result<(), Error> {
        let (expected, found) = (self.centroids.ncols(), points.d());
        if expected != found {
            return Err(Error::Features { expected, found });
        }
        Ok(())
    }

    /// [`KMeans::predict`] on checked points.
    pub(crate) fn assign<F: Scalar>(&self, points: Rows<F>) -> Array1<i32> {
        let mut labels = vec![0; points.n()];
        nearest(points, &Centres::of_model(points, self.centroids.view()), &mut labels);
        labels.into_iter().map(|label| label as i32).collect()
    }

    /// [`KMeans::inertia`] on checked points.
    pub(super) fn sum_of_squares<F: Scalar>(&self, points: Rows<F>, assignments: &Array1<i32>) -> f64 {
        let (unit, scale) = (points.unit(), points.scale());
        let centroids = self.centroids.mapv(|value| value / scale * unit);
        let sums = map_chunks(points.n(), 0, |rows| {
            dispatch(SumOfSquares { points, rows, assignments, centroids: &centroids })
        });
        sums.iter().sum::<f64>() * (scale / unit).powi(2)
    }
}

struct SumOfSquares<'a, F> {
    points: Rows<'a, F>,
    rows: Range<usize>,
    assignments: &'a Array1<i32>,
    centroids: &'a Array2<f64>,
}

impl<F: Scalar> Kernel for SumOfSquares<'_, F> {
    type Output = f64;

    #[inline(always)]
    fn run<I: Isa>(self) -> f64 {
        let Self { points, rows, assignments, centroids } = self;
        let mut sum = 0.0;
        // A loop: what a closure calls would be compiled for no vectors.
        for (point, i) in points.iter(rows.clone()).zip(rows) {
            let centroid = centroids.row(assignments[i] as usize);
            let centroid = centroid.to_slice().expect("centroids are in C order");
            sum += points.weight(i) * squared_distance(point, points.unit(), centroid);
        }
        sum
    }
}
