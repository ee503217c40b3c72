//! Models and starting points in every memory layout give what those in C order give.

use clustering::gmm::{self, CovarianceType, GaussianMixture, GmmParams};
use clustering::kmeans::{self, KMeans, KMeansParams};
use ndarray::{Array, Array2, Dimension, ShapeBuilder};

/// The same values, the first index moving fastest in memory.
fn columns_first<D: Dimension>(array: &Array<f64, D>) -> Array<f64, D> {
    let mut turned = Array::zeros(array.raw_dim().f());
    turned.assign(array);
    turned
}

fn points() -> Array2<f64> {
    Array2::from_shape_fn((90, 3), |(i, j)| {
        (9 * (i % 3) * (j + 1)) as f64 + ((7 * i + 5 * j) % 11) as f64 / 4.0
    })
}

#[test]
fn centroids_in_any_layout_are_the_same_model() {
    let points = points();
    let params = KMeansParams { k: 3, ..KMeansParams::default() };
    let fit = kmeans::fit(points.view(), &params, &mut |_| {}).unwrap();
    let turned = columns_first(fit.model.centroids());
    assert!(!turned.is_standard_layout());
    let model = KMeans::new(turned.clone()).unwrap();
    assert_eq!(model.predict(points.view()).unwrap(), fit.assignments);
    assert_eq!(
        model.inertia(points.view(), &fit.assignments),
        fit.model.inertia(points.view(), &fit.assignments)
    );
    let from = |centroids| {
        let params = KMeansParams { init: kmeans::Init::Centroids(centroids), ..params.clone() };
        kmeans::fit(points.view(), &params, &mut |_| {}).unwrap()
    };
    assert_eq!(from(turned).model, from(fit.model.centroids().clone()).model);
}

#[test]
fn mixtures_in_any_layout_are_the_same_model() {
    let points = points();
    for kind in [
        CovarianceType::Full,
        CovarianceType::Tied,
        CovarianceType::Diag,
        CovarianceType::Spherical,
    ] {
        let params = GmmParams { k: 3, covariance_type: kind, ..GmmParams::default() };
        let fit = gmm::fit(points.view(), &params, &mut |_| {}).unwrap();
        let model = |means, covariances| {
            GaussianMixture::new(fit.model.weights().clone(), means, covariances, kind).unwrap()
        };
        let (means, covariances) =
            (fit.model.means().clone(), fit.model.covariances().view().to_owned());
        let plain = model(means.clone(), covariances.clone());
        let turned = model(columns_first(&means), columns_first(&covariances));
        assert_eq!(turned.predict_proba(points.view()), plain.predict_proba(points.view()));
        let from = |init| {
            let params = GmmParams { init, ..params.clone() };
            gmm::fit(points.view(), &params, &mut |_| {}).unwrap()
        };
        let of_means = |means| from(gmm::Init::Means(means)).model;
        assert_eq!(of_means(columns_first(&means)), of_means(means));
        assert_eq!(from(gmm::Init::Model(turned)).model, from(gmm::Init::Model(plain)).model);
    }
}
