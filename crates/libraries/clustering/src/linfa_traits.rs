//! linfa's traits, so that code written for the models of linfa-clustering can take these.
//!
//! Records are `u8`, `f32` or `f64`. The weights of a dataset, if it has any, are those of its points.

use linfa::DatasetBase;
use linfa::traits::{Fit, PredictInplace};
use ndarray::{Array1, ArrayBase, Data, Ix2};

use crate::gmm::{self, GaussianMixture, GmmParams};
use crate::kmeans::{self, KMeans, KMeansParams};
use crate::{Error, Points, Scalar};

impl From<linfa::Error> for Error {
    fn from(error: linfa::Error) -> Self {
        Self::Linfa(error.to_string())
    }
}

impl<F: Scalar, D: Data<Elem = F>, T> Fit<ArrayBase<D, Ix2>, T, Error> for KMeansParams {
    type Object = KMeans;

    /// [`kmeans::fit`] on the records `(n, d)` and weights of a dataset; its targets are not looked at. Errors as there.
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<KMeans, Error> {
        let weights = weights(dataset);
        Ok(kmeans::fit(points(dataset, weights.as_deref()), self, &mut |_| {})?.model)
    }
}

impl<F: Scalar, D: Data<Elem = F>, T> Fit<ArrayBase<D, Ix2>, T, Error> for GmmParams {
    type Object = GaussianMixture;

    /// [`gmm::fit`] on the records `(n, d)` and weights of a dataset; its targets are not looked at. Errors as there.
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<GaussianMixture, Error> {
        let weights = weights(dataset);
        Ok(gmm::fit(points(dataset, weights.as_deref()), self, &mut |_| {})?.model)
    }
}

impl<F: Scalar, D: Data<Elem = F>> PredictInplace<ArrayBase<D, Ix2>, Array1<usize>> for KMeans {
    /// [`KMeans::predict`] of points `(n, d)` into `assignments` `(n,)`.
    ///
    /// Panics where that has an error, which this trait cannot return: when d is not the model's or a point is not
    /// finite. Panics when there is not one assignment per point, as linfa's own.
    fn predict_inplace(&self, points: &ArrayBase<D, Ix2>, assignments: &mut Array1<usize>) {
        put(points, self.predict(points), assignments);
    }

    fn default_target(&self, points: &ArrayBase<D, Ix2>) -> Array1<usize> {
        Array1::zeros(points.nrows())
    }
}

impl<F: Scalar, D: Data<Elem = F>> PredictInplace<ArrayBase<D, Ix2>, Array1<usize>> for GaussianMixture {
    /// [`GaussianMixture::predict`] of points `(n, d)` into `assignments` `(n,)`.
    ///
    /// Panics where that has an error, which this trait cannot return: when d is not the model's or a point is not
    /// finite. Panics when there is not one assignment per point, as linfa's own.
    fn predict_inplace(&self, points: &ArrayBase<D, Ix2>, assignments: &mut Array1<usize>) {
        put(points, self.predict(points), assignments);
    }

    fn default_target(&self, points: &ArrayBase<D, Ix2>) -> Array1<usize> {
        Array1::zeros(points.nrows())
    }
}

fn weights<D: Data, T>(dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Option<Vec<f64>> {
    // linfa's way to say that there are none.
    let weights = Some(&dataset.weights).filter(|weights| !weights.is_empty());
    weights.map(|weights| weights.iter().copied().map(f64::from).collect())
}

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

fn put<D: Data>(
    points: &ArrayBase<D, Ix2>,
    found: Result<Array1<i32>, Error>,
    assignments: &mut Array1<usize>,
) {
    assert_eq!(
        points.nrows(),
        assignments.len(),
        "The number of data points must match the number of assignments."
    );
    match found {
        Ok(found) => assignments.zip_mut_with(&found, |to, &label| *to = label as usize),
        Err(error) => panic!("{error}"),
    }
}
