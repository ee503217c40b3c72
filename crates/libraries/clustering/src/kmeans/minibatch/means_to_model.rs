//! Makes a model of running means.

use ndarray::Array2;

use crate::kmeans::metric::Metric;
use crate::kmeans::model::KMeans;
use crate::kmeans::relocate_empty::Centroids;
use crate::kmeans::unit_length::directions;

/// Makes the model of centroids `(k, d)` that are given as differences from `origin` `(d,)`.
///
/// With [`Metric::Cosine`] they are scaled to unit length. One without a direction stays as it was
/// in the model `before`.
pub(super) fn model_of(
    origin: &[f64],
    differences: &Array2<f64>,
    metric: Metric,
    before: Option<&KMeans>,
) -> KMeans {
    let centroids = Centroids::new(differences.clone()).in_model_units(origin, 1.0);
    let centroids = match metric {
        Metric::Euclidean => centroids,
        Metric::Cosine => {
            let before = before.map_or(&centroids, KMeans::centroids);
            directions::<f32>(&centroids, &vec![0.0; origin.len()], before)
        }
    };
    KMeans::from_fit(centroids, metric)
}
