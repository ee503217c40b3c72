//! The models through linfa's traits: what our own functions say, and what linfa does with models.

use clustering::Points;
use clustering::gmm::{GaussianMixture, GmmParams};
use clustering::kmeans::{KMeans, KMeansParams};
use linfa::traits::{Fit, Predict, PredictInplace};
use linfa::{Dataset, DatasetBase};
use ndarray::{Array1, Array2, ArrayView2, array};

use crate::support::{blobs, fit_gmm, fit_kmeans};

fn points() -> Array2<f64> {
    blobs(&array![[0.0, 0.0, 0.0], [9.0, 0.0, 2.0], [0.0, 9.0, -2.0]], 40, 1.0, 1)
}

fn kmeans_params() -> KMeansParams {
    KMeansParams { k: 3, ..KMeansParams::default() }
}

fn gmm_params() -> GmmParams {
    GmmParams { k: 3, ..GmmParams::default() }
}

/// What generic code can ask of a model.
fn clusters<M: PredictInplace<Array2<f64>, Array1<usize>>>(
    model: &M,
    points: &Array2<f64>,
) -> Array1<usize> {
    model.predict(points)
}

#[test]
fn fits_and_predictions_are_our_own() {
    let dataset = DatasetBase::from(points());
    let (kmeans, gmm) =
        (kmeans_params().fit(&dataset).unwrap(), gmm_params().fit(&dataset).unwrap());
    let (our_kmeans, our_gmm) = (
        fit_kmeans(&points(), &kmeans_params()).unwrap(),
        fit_gmm(&points(), &gmm_params()).unwrap(),
    );
    assert_eq!((&kmeans, &gmm), (&our_kmeans.model, &our_gmm.model));
    assert_eq!(clusters(&kmeans, &points()), our_kmeans.assignments.mapv(|label| label as usize));
    assert_eq!(clusters(&gmm, &points()), our_gmm.assignments.mapv(|label| label as usize));
    let by_reference: Array1<usize> = Predict::predict(&gmm, &dataset);
    assert_eq!(Predict::predict(&gmm, dataset).targets, by_reference);
}

#[test]
fn bytes_and_views_will_do() {
    let bytes = points().mapv(|value| (20.0 * (value + 4.0)) as u8);
    let dataset = DatasetBase::from(bytes.view());
    let model = kmeans_params().fit(&dataset).unwrap();
    assert_eq!(model, fit_kmeans(&bytes, &kmeans_params()).unwrap().model);
    let found: Array1<usize> = Predict::predict(&model, &dataset);
    assert_eq!(found, model.predict(&bytes).unwrap().mapv(|label| label as usize));
}

#[test]
fn weights_of_a_dataset_count() {
    let weights: Array1<f32> = (0..120).map(|i| (i % 4) as f32 / 2.0).collect();
    let wide = weights.mapv(f64::from).to_vec();
    let dataset = DatasetBase::from(points()).with_weights(weights);
    let ours = fit_kmeans(Points::new(points().view()).weights(&wide), &kmeans_params()).unwrap();
    assert_eq!(kmeans_params().fit(&dataset).unwrap(), ours.model);
    assert_ne!(kmeans_params().fit(&DatasetBase::from(points())).unwrap(), ours.model);
    let short = DatasetBase::from(points()).with_weights(array![1.0]);
    let error = kmeans_params().fit(&short).unwrap_err();
    assert_eq!(error.to_string(), "expected weights of shape [120], found [1]");
}

#[test]
fn cross_validation_of_linfa_takes_them() {
    let labels = Array1::from_shape_fn(120, |i| i / 40);
    let mut dataset = Dataset::new(points(), labels);
    let found = dataset.iter_fold(4, |train: &DatasetBase<ArrayView2<f64>, _>| {
        KMeansParams { k: 2, ..kmeans_params() }.fit(train).unwrap()
    });
    let sizes: Vec<usize> = found
        .map(|(model, valid)| {
            let clusters: Array1<usize> = Predict::predict(&model, &valid);
            clusters.len()
        })
        .collect();
    assert_eq!(sizes, [30; 4]);
}

fn wrong_width<M: PredictInplace<Array2<f64>, Array1<usize>>>(model: M) {
    clusters(&model, &Array2::zeros((2, 5)));
}

fn mixture() -> GaussianMixture {
    gmm_params().fit(&DatasetBase::from(points())).unwrap()
}

#[test]
#[should_panic = "expected points with 3 features, as the model was fitted on, found 5"]
fn kmeans_panics_on_another_width() {
    wrong_width(KMeans::new(Array2::zeros((1, 3))).unwrap());
}

#[test]
#[should_panic = "expected points with 3 features, as the model was fitted on, found 5"]
fn mixtures_panic_on_another_width() {
    wrong_width(mixture());
}

#[test]
#[should_panic = "expected finite points, found NaN in row 1, column 2"]
fn kmeans_panics_on_what_is_no_number() {
    let points = array![[0.0, 0.0, 0.0], [0.0, 0.0, f64::NAN]];
    clusters(&KMeans::new(Array2::zeros((1, 3))).unwrap(), &points);
}

#[test]
#[should_panic = "The number of data points must match"]
fn too_few_places_for_assignments() {
    mixture().predict_inplace(&points(), &mut Array1::zeros(3));
}
