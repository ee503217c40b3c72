//! scikit-learn's answers, from scripts/golden/make_clustering.py.

use std::collections::BTreeMap;

use clustering::gmm::{self, CovarianceType, GmmParams};
use clustering::kmeans::{self, Init, KMeansParams};
use ndarray::{Array1, Array2};
use serde_json::Value;

use crate::support::{ALGORITHMS, assert_close, fit_gmm, fit_kmeans, golden_path, golden_points};

fn golden(part: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(golden_path("golden.json")).unwrap();
    let golden: BTreeMap<String, Value> = serde_json::from_str(&text).unwrap();
    golden[part].as_array().unwrap().clone()
}

fn vector(value: &Value) -> Array1<f64> {
    value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

fn matrix(value: &Value) -> Array2<f64> {
    let rows: Vec<Array1<f64>> = value.as_array().unwrap().iter().map(vector).collect();
    let views: Vec<_> = rows.iter().map(Array1::view).collect();
    ndarray::stack(ndarray::Axis(0), &views).unwrap()
}

fn labels(value: &Value) -> Array1<i32> {
    vector(value).mapv(|label| label as i32)
}

fn points(set: &Value) -> Array2<f64> {
    golden_points(set["points"].as_str().unwrap())
}

#[test]
fn kmeans_from_the_same_centroids() {
    for set in golden("kmeans") {
        let points = points(&set);
        for (name, case) in set["cases"].as_object().unwrap() {
            let what = format!("{} {name}", set["points"]);
            let initial = matrix(&case["initial"]);
            for algorithm in ALGORITHMS {
                let what = format!("{what} {}", algorithm.as_str());
                let params = KMeansParams {
                    k: initial.nrows(),
                    init: Init::Centroids(initial.clone()),
                    max_iter: case["max_iter"].as_u64().unwrap() as usize,
                    tol: case["tol"].as_f64().unwrap(),
                    algorithm,
                    ..KMeansParams::default()
                };
                let fit = fit_kmeans(points.view(), &params).unwrap();
                assert_eq!(fit.assignments, labels(&case["assignments"]), "{what}");
                assert_eq!(
                    fit.iterations as u64,
                    case["iterations"].as_u64().unwrap(),
                    "{what}: iterations"
                );
                assert_close(&what, fit.model.centroids(), &matrix(&case["centroids"]), 1e-9);
                assert_close(&what, &[fit.inertia], &[case["inertia"].as_f64().unwrap()], 1e-9);
            }
        }
    }
}

#[test]
fn silhouettes() {
    for set in golden("kmeans") {
        let points = points(&set);
        for (name, case) in set["cases"].as_object().unwrap() {
            let found =
                kmeans::silhouette(&points, &labels(&case["assignments"])).unwrap().unwrap();
            let expected = set["silhouettes"][name].as_f64().unwrap();
            assert!(
                (found - expected).abs() < 1e-12,
                "{} {name}: {found} against {expected}",
                set["points"]
            );
        }
    }
}

#[test]
fn kmeans_from_its_own_centroids_is_as_good() {
    for set in golden("kmeans") {
        let points = points(&set);
        let k = set["cases"]["converged"]["initial"].as_array().unwrap().len();
        let fit =
            fit_kmeans(points.view(), &KMeansParams { k, ..KMeansParams::default() }).unwrap();
        let best = set["best_of_10"].as_f64().unwrap();
        assert!(fit.inertia <= 1.001 * best, "{}: {} against {best}", set["points"], fit.inertia);
    }
}

#[test]
fn mixture_from_the_same_start() {
    for set in golden("gmm") {
        let points = points(&set);
        let means = matrix(&set["means"]);
        for (kind, cases) in set["cases"].as_object().unwrap() {
            for (iterations, case) in cases.as_object().unwrap() {
                let what = format!("{} {kind} {iterations}", set["points"]);
                let params = GmmParams {
                    k: means.nrows(),
                    tol: 0.0,
                    max_iter: iterations.parse().unwrap(),
                    covariance_type: kind.parse().unwrap(),
                    init: gmm::Init::Means(means.clone()),
                    ..GmmParams::default()
                };
                let fit = fit_gmm(points.view(), &params).unwrap();
                assert_eq!((fit.iterations, fit.converged), (params.max_iter, false), "{what}");
                assert_close(&what, fit.model.weights(), &vector(&case["weights"]), 1e-6);
                assert_close(&what, fit.model.means(), &matrix(&case["means"]), 1e-6);
                assert_close(
                    &what,
                    fit.model.covariances().view(),
                    &vector(&case["covariances"]),
                    1e-6,
                );
                let criteria = [fit.log_likelihood, fit.bic, fit.aic];
                for (found, name) in criteria.into_iter().zip(["log_likelihood", "bic", "aic"]) {
                    assert_close(
                        &format!("{what} {name}"),
                        &[found],
                        &[case[name].as_f64().unwrap()],
                        1e-9,
                    );
                }
                assert_eq!(fit.assignments, labels(&case["assignments"]), "{what}");
            }
        }
    }
}

#[test]
fn mixture_from_its_own_start_is_as_good() {
    for set in golden("gmm") {
        let points = points(&set);
        let k = set["means"].as_array().unwrap().len();
        for (kind, best) in set["best_of_10"].as_object().unwrap() {
            let covariance_type: CovarianceType = kind.parse().unwrap();
            let params = GmmParams {
                k,
                covariance_type,
                starts: 10,
                tol: 1e-6,
                max_iter: 500,
                ..GmmParams::default()
            };
            let fit = fit_gmm(points.view(), &params).unwrap();
            let best = best.as_f64().unwrap();
            let what = format!("{} {kind}: {} against {best}", set["points"], fit.log_likelihood);
            assert!(fit.log_likelihood >= best - 1e-3 * best.abs(), "{what}");
        }
    }
}
