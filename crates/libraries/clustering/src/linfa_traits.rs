//! Implements linfa's traits, so that code written for linfa-clustering can use these models.
//!
//! Records are `u8`, `f32` or `f64`. The weights of a dataset, if it has any, are the weights of
//! its points.

use linfa::DatasetBase;
use linfa::traits::{Fit, PredictInplace};
use ndarray::{Array1, ArrayBase, Data, Ix2};

use crate::error::Error;
use crate::gmm::{self, GaussianMixture, GmmParams};
use crate::kmeans::{self, KMeans, KMeansParams};
use crate::points::Points;
use crate::scalar::Scalar;

impl From<linfa::Error> for Error {
    fn from(error: linfa::Error) -> Self {
        Self::Linfa(error.to_string())
    }
}

impl<F: Scalar, D: Data<Elem = F>, T> Fit<ArrayBase<D, Ix2>, T, Error> for KMeansParams {
    type Object = KMeans;

    /// Calls [`kmeans::fit`] with the records `(n, d)` and the weights of a dataset.
    ///
    /// The targets of the dataset are ignored.
    ///
    /// # Errors
    ///
    /// Those of [`kmeans::fit`].
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<KMeans, Error> {
        let weights = weights(dataset);
        Ok(kmeans::fit(points(dataset, weights.as_deref()), self, &mut |_| {})?.model)
    }
}

impl<F: Scalar, D: Data<Elem = F>, T> Fit<ArrayBase<D, Ix2>, T, Error> for GmmParams {
    type Object = GaussianMixture;

    /// Calls [`gmm::fit`] with the records `(n, d)` and the weights of a dataset.
    ///
    /// The targets of the dataset are ignored.
    ///
    /// # Errors
    ///
    /// Those of [`gmm::fit`].
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<GaussianMixture, Error> {
        let weights = weights(dataset);
        Ok(gmm::fit(points(dataset, weights.as_deref()), self, &mut |_| {})?.model)
    }
}

impl<F: Scalar, D: Data<Elem = F>> PredictInplace<ArrayBase<D, Ix2>, Array1<usize>> for KMeans {
    /// Writes [`KMeans::predict`] of points `(n, d)` to `assignments` `(n,)`.
    ///
    /// # Panics
    ///
    /// If d is not the model's or a point is not finite, because this trait cannot return errors.
    /// As linfa's own models, if there is not one assignment per point.
    fn predict_inplace(&self, points: &ArrayBase<D, Ix2>, assignments: &mut Array1<usize>) {
        write_labels(points, self.predict(points), assignments);
    }

    fn default_target(&self, points: &ArrayBase<D, Ix2>) -> Array1<usize> {
        Array1::zeros(points.nrows())
    }
}

impl<F: Scalar, D: Data<Elem = F>> PredictInplace<ArrayBase<D, Ix2>, Array1<usize>>
    for GaussianMixture
{
    /// Writes [`GaussianMixture::predict`] of points `(n, d)` to `assignments` `(n,)`.
    ///
    /// # Panics
    ///
    /// If d is not the model's or a point is not finite, because this trait cannot return errors.
    /// As linfa's own models, if there is not one assignment per point.
    fn predict_inplace(&self, points: &ArrayBase<D, Ix2>, assignments: &mut Array1<usize>) {
        write_labels(points, self.predict(points), assignments);
    }

    fn default_target(&self, points: &ArrayBase<D, Ix2>) -> Array1<usize> {
        Array1::zeros(points.nrows())
    }
}

/// Returns the weights of a dataset in `f64`, or `None` if it has none.
fn weights<D: Data, T>(dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Option<Vec<f64>> {
    // A dataset without weights has an empty array of them.
    let weights = Some(&dataset.weights).filter(|weights| !weights.is_empty());
    weights.map(|weights| weights.iter().copied().map(f64::from).collect())
}

/// Returns the records of a dataset as points.
fn points<'a, F: Scalar, D: Data<Elem = F>, T>(
    dataset: &'a DatasetBase<ArrayBase<D, Ix2>, T>,
    weights: Option<&'a [f64]>,
) -> Points<'a, F> {
    let points = Points::from(&dataset.records);
    match weights {
        Some(weights) => points.weights(weights),
        None => points,
    }
}

/// Writes predicted labels to `assignments`, or panics with the error.
fn write_labels<D: Data>(
    points: &ArrayBase<D, Ix2>,
    labels: Result<Array1<i32>, Error>,
    assignments: &mut Array1<usize>,
) {
    assert_eq!(
        points.nrows(),
        assignments.len(),
        "The number of data points must match the number of assignments."
    );
    match labels {
        Ok(labels) => assignments.zip_mut_with(&labels, |to, &label| *to = label as usize),
        Err(error) => panic!("{error}"),
    }
}
