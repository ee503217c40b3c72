//! The fitted model: centroids, and what they say about points.

use ndarray::{Array1, Array2, ArrayView2};

use super::distance::{Scorer, lowest, squared_distance};
use crate::check::check_matrix;
use crate::parallel::{blocks, map_chunks};
use crate::points::Points;
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
    /// Distances are compared in the type of the points. On the points of a fit this gives the fit's
    /// assignments.
    ///
    /// Errors: [`Error::Features`] when d is not the model's, [`Error::NonFinite`].
    pub fn predict<F: Scalar>(&self, points: ArrayView2<F>) -> Result<Array1<i32>, Error> {
        let array = points.as_standard_layout();
        let points = Points::new(&array)?;
        self.check_features(points)?;
        Ok(self.assign(points))
    }

    /// Sum over the points of the squared distance to the centroid of their `assignments` `(n,)`, by
    /// differences in f64.
    ///
    /// Errors: as [`KMeans::predict`]; [`Error::Shape`] when there is not one assignment per point;
    /// [`Error::Parameter`] for an assignment outside `0..k`.
    pub fn inertia<F: Scalar>(&self, points: ArrayView2<F>, assignments: &Array1<i32>) -> Result<f64, Error> {
        let array = points.as_standard_layout();
        let points = Points::new(&array)?;
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

    fn check_features<F: Scalar>(&self, points: Points<F>) -> Result<(), Error> {
        let (expected, found) = (self.centroids.ncols(), points.d());
        if expected != found {
            return Err(Error::Features { expected, found });
        }
        Ok(())
    }

    /// [`KMeans::predict`] on checked points.
    pub(super) fn assign<F: Scalar>(&self, points: Points<F>) -> Array1<i32> {
        let scorer = Scorer::of_model(self.centroids.view());
        let labels = map_chunks(points.n(), 0, |rows| {
            let mut scratch = Vec::new();
            let mut labels = Vec::with_capacity(rows.len());
            for block in blocks(rows) {
                let scores = scorer.score(points.block(block), &mut scratch);
                labels.extend(scores.map(|scores| lowest(scores) as i32));
            }
            labels
        });
        Array1::from_vec(labels.concat())
    }

    /// [`KMeans::inertia`] on checked points.
    pub(super) fn sum_of_squares<F: Scalar>(&self, points: Points<F>, assignments: &Array1<i32>) -> f64 {
        let centroids: Vec<Vec<f64>> =
            self.centroids.outer_iter().map(|centroid| centroid.to_vec()).collect();
        let sums = map_chunks(points.n(), 0, |rows| {
            let labelled = points.iter(rows.clone()).zip(rows);
            labelled
                .map(|(point, i)| squared_distance(point, &centroids[assignments[i] as usize]))
                .sum::<f64>()
        });
        sums.iter().sum()
    }
}
