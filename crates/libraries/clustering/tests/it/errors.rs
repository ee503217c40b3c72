//! What is refused, and in which words.

use clustering::Error;
use clustering::gmm::{self, CovarianceType, GaussianMixture, GmmParams};
use clustering::kmeans::{Algorithm, Init, KMeans, KMeansParams};
use ndarray::{Array2, array};

use crate::support::{cloud, fit_gmm, fit_kmeans, from_centroids};

fn kmeans_error(points: &Array2<f64>, params: KMeansParams) -> String {
    fit_kmeans(points.view(), &params).unwrap_err().to_string()
}

fn gmm_error(points: &Array2<f64>, params: GmmParams) -> String {
    fit_gmm(points.view(), &params).unwrap_err().to_string()
}

#[test]
fn parameters_out_of_range() {
    let points = cloud(20, 2, 0);
    let base = || KMeansParams { k: 3, ..KMeansParams::default() };
    for (params, message) in [
        (KMeansParams { k: 0, ..base() }, "expected k between 1 and 2147483647, found 0"),
        (
            KMeansParams { k: 21, ..base() },
            "expected at least k = 21 points, found 20: give more points or lower k",
        ),
        (KMeansParams { starts: 0, ..base() }, "expected starts of at least 1, found 0"),
        (KMeansParams { max_iter: 0, ..base() }, "expected max_iter of at least 1, found 0"),
        (KMeansParams { tol: -1.0, ..base() }, "expected tol finite and at least 0, found -1"),
        (KMeansParams { tol: f64::NAN, ..base() }, "expected tol finite and at least 0, found NaN"),
    ] {
        assert_eq!(kmeans_error(&points, params), message);
    }
    let params = GmmParams { k: 3, reg_covar: f64::INFINITY, ..GmmParams::default() };
    assert_eq!(gmm_error(&points, params), "expected reg_covar finite and at least 0, found inf");
}

#[test]
fn starting_centers_that_do_not_fit() {
    let points = cloud(20, 2, 0);
    let wrong = Array2::zeros((3, 5));
    assert_eq!(
        kmeans_error(&points, from_centroids(wrong.clone())),
        "expected starting centroids of shape [3, 2], found [3, 5]"
    );
    let params = GmmParams { k: 3, init: gmm::Init::Means(wrong), ..GmmParams::default() };
    assert_eq!(gmm_error(&points, params), "expected starting means of shape [3, 2], found [3, 5]");
    let infinite = array![[0.0, 0.0], [1.0, f64::INFINITY]];
    assert_eq!(
        kmeans_error(&points, from_centroids(infinite)),
        "expected finite starting centroids, found inf in row 1, column 1: \
         remove or replace that value"
    );
}

#[test]
fn points_that_are_no_numbers() {
    let mut points = cloud(2_000, 3, 0);
    points[[1_500, 2]] = f64::NAN;
    points[[1_700, 0]] = f64::INFINITY;
    let message =
        "expected finite points, found NaN in row 1500, column 2: remove or replace that value";
    for &algorithm in Algorithm::ALL {
        assert_eq!(
            kmeans_error(&points, KMeansParams { algorithm, ..KMeansParams::default() }),
            message
        );
    }
    assert_eq!(gmm_error(&points, GmmParams::default()), message);
    assert_eq!(
        KMeans::new(Array2::zeros((1, 3))).unwrap().predict(points.view()).unwrap_err().to_string(),
        message
    );
}

#[test]
fn points_without_rows_or_columns() {
    let params = KMeansParams { k: 1, init: Init::Random, ..KMeansParams::default() };
    assert!(matches!(
        fit_kmeans(Array2::<f32>::zeros((0, 3)).view(), &params),
        Err(Error::TooFewPoints { n: 0, k: 1 })
    ));
    assert!(matches!(
        fit_kmeans(Array2::<f32>::zeros((3, 0)).view(), &params),
        Err(Error::Empty { .. })
    ));
}

#[test]
fn points_too_large_to_square() {
    let points = array![[1e200], [-1e200], [0.0]];
    let params = KMeansParams { k: 2, ..KMeansParams::default() };
    assert!(matches!(fit_kmeans(points.view(), &params), Err(Error::Magnitude { .. })));
    let huge = array![[f64::MAX], [f64::MAX], [-f64::MAX]];
    assert!(matches!(fit_kmeans(huge.view(), &params), Err(Error::Magnitude { .. })));
}

#[test]
fn points_of_another_width() {
    let message = "expected points with 3 features, as the model was fitted on, found 2";
    let points = cloud(5, 2, 0);
    let kmeans = KMeans::new(Array2::zeros((1, 3))).unwrap();
    assert_eq!(kmeans.predict(points.view()).unwrap_err().to_string(), message);
    let gmm = GaussianMixture::new(
        array![1.0],
        Array2::zeros((1, 3)),
        array![1.0].into_dyn(),
        CovarianceType::Spherical,
    );
    assert_eq!(gmm.unwrap().predict_proba(points.view()).unwrap_err().to_string(), message);
}

#[test]
fn assignments_that_do_not_fit() {
    let model = KMeans::new(Array2::zeros((2, 1))).unwrap();
    let points = array![[0.0], [1.0]];
    assert!(matches!(model.inertia(points.view(), &array![0]), Err(Error::Shape { .. })));
    for label in [-1, 2] {
        let error = model.inertia(points.view(), &array![0, label]).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("expected assignments in 0..k, found {label} with k = 2")
        );
    }
}

#[test]
fn a_component_that_collapses() {
    let points = array![[0.0, 0.0], [1.0, 3.0], [2.0, 1.0], [50.0, 50.0], [50.0, 50.0]];
    let base = || GmmParams { k: 2, reg_covar: 0.0, ..GmmParams::default() };
    let init = || gmm::Init::Means(array![[1.0, 1.0], [50.0, 50.0]]);
    for covariance_type in [CovarianceType::Full, CovarianceType::Diag, CovarianceType::Spherical] {
        let error = gmm_error(&points, GmmParams { covariance_type, init: init(), ..base() });
        assert_eq!(
            error,
            "expected symmetric positive definite covariances, found that the one of component 1 \
             is not: raise reg_covar, lower k or scale the points"
        );
    }
    let line = array![[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [50.0, 50.0]];
    let error = gmm_error(
        &line,
        GmmParams { covariance_type: CovarianceType::Tied, init: init(), ..base() },
    );
    assert!(error.contains("the one that all components share"), "{error}");
}

#[test]
fn mixtures_that_are_none() {
    let new = |weights: [f64; 2], covariances: [f64; 2]| {
        let (weights, covariances) = (weights.to_vec().into(), covariances.to_vec());
        let covariances = ndarray::Array1::from(covariances).into_dyn();
        GaussianMixture::new(weights, array![[0.0], [1.0]], covariances, CovarianceType::Spherical)
    };
    assert!(new([0.5, 0.5], [1.0, 2.0]).is_ok());
    for weights in [[0.5, 0.6], [1.0, 0.0], [1.5, -0.5], [f64::NAN, 0.5]] {
        assert!(matches!(new(weights, [1.0, 1.0]), Err(Error::Weights { .. })), "{weights:?}");
    }
    for covariances in [[1.0, 0.0], [-1.0, 1.0], [f64::NAN, 1.0], [1.0, f64::INFINITY]] {
        assert!(
            matches!(new([0.5, 0.5], covariances), Err(Error::ModelCovariance { .. })),
            "{covariances:?}"
        );
    }
    let full = |matrix: Array2<f64>| {
        let covariances = matrix.insert_axis(ndarray::Axis(0)).into_dyn();
        GaussianMixture::new(array![1.0], array![[0.0, 0.0]], covariances, CovarianceType::Full)
    };
    assert!(full(array![[2.0, 1.0], [1.0, 2.0]]).is_ok());
    assert!(
        matches!(full(array![[2.0, 1.0], [0.5, 2.0]]), Err(Error::ModelCovariance { .. })),
        "not symmetric"
    );
    assert!(matches!(full(Array2::eye(3)), Err(Error::Shape { .. })));
    assert!(matches!(KMeans::new(array![[f64::NAN]]), Err(Error::NonFinite { .. })));
}

#[test]
fn covariance_types_by_name() {
    for name in ["full", "tied", "diag", "spherical"] {
        assert_eq!(name.parse::<CovarianceType>().unwrap().to_string(), name);
    }
    assert_eq!(
        "round".parse::<CovarianceType>().unwrap_err().to_string(),
        "expected covariance type to be full, tied, diag or spherical, found round"
    );
}
