//! scikit-learn's clusterings, from scripts/golden/make_hdbscan.py, and predictions of the Python
//! package hdbscan, from scripts/golden/make_hdbscan_predict.py.

use std::collections::HashMap;

use hdbscan::{Hdbscan, Metric, Params, Selection, fit};
use ndarray::{Array1, Array2};
use serde_json::Value;

use crate::support::core_distances;

/// Largest difference of a probability from scikit-learn's.
const TOLERANCE: f64 = 1e-6;

/// Largest difference of the probability of a new point, which is compared in single precision.
const PREDICT_TOLERANCE: f64 = 1e-5;

fn params(given: &Value) -> Params {
    let number = |name: &str| given.get(name).and_then(Value::as_f64);
    let count = |name: &str| number(name).map(|x| x as usize);
    let text = |name: &str| given.get(name).and_then(Value::as_str);
    Params {
        min_cluster_size: count("min_cluster_size").unwrap_or(5),
        min_samples: count("min_samples"),
        cluster_selection_epsilon: number("cluster_selection_epsilon").unwrap_or(0.0),
        max_cluster_size: count("max_cluster_size"),
        alpha: number("alpha").unwrap_or(1.0),
        selection: match text("cluster_selection_method") {
            Some("leaf") => Selection::Leaf,
            _ => Selection::Eom,
        },
        allow_single_cluster: given.get("allow_single_cluster").is_some(),
        metric: if text("metric") == Some("cosine") { Metric::Cosine } else { Metric::Euclidean },
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn matrix(value: &Value) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = value.as_array().unwrap().iter().map(numbers).collect();
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
}

/// Numbers labels by their first point, and gives their number.
fn canonical<'a>(labels: impl IntoIterator<Item = &'a i32>) -> (Vec<f64>, usize) {
    let mut names = HashMap::from([(-1, -1)]);
    let mut number = |label: &i32| {
        let next = names.len() as i32 - 1;
        f64::from(*names.entry(*label).or_insert(next))
    };
    (labels.into_iter().map(&mut number).collect(), names.len() - 1)
}

/// Compares probabilities one by one.
fn assert_close(found: &Array1<f64>, expected: &Value, tolerance: f64, what: &str) {
    for (i, (found, expected)) in found.iter().zip(numbers(expected)).enumerate() {
        assert!((found - expected).abs() <= tolerance, "{what}: row {i}: {found}, {expected}");
    }
}

#[test]
fn clusters_and_probabilities_are_those_of_scikit_learn() {
    let golden: Value = serde_json::from_str(include_str!("../golden/clusters.json")).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert!(cases.len() > 15);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let points = matrix(&case["points"]);
        let found = fit(points.view(), None, &params(&case["params"]), &mut |_| ()).unwrap();
        let (labels, k) = canonical(&found.labels);
        assert_eq!(labels, numbers(&case["labels"]), "{name}");
        assert_eq!(found.model.k(), k, "{name}");
        assert_close(&found.probabilities, &case["probabilities"], TOLERANCE, name);
        assert_eq!(found.merged, 0, "{name}");
    }
}

#[test]
fn predictions_are_those_of_the_package_hdbscan() {
    let golden: Value = serde_json::from_str(include_str!("../golden/predict.json")).unwrap();
    for case in golden.as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let points = matrix(&case["points"]);
        // The package does not count a point among its own samples, but does so for the core
        // distances of known points when it predicts.
        let samples = params(&case["params"]).min_samples();
        let params = Params { min_samples: Some(samples + 1), ..params(&case["params"]) };
        let fit = fit(points.view(), None, &params, &mut |_| ()).unwrap();
        let mut parts = fit.model.parts().clone();
        parts.core_distances = core_distances(&points, samples);
        let model = Hdbscan::new(parts).unwrap();
        let new = model.predict(matrix(&case["new"]).view()).unwrap();
        let (labels, _) = canonical(fit.labels.iter().chain(&new.labels));
        let expected = [numbers(&case["labels"]), numbers(&case["new_labels"])].concat();
        let wrong: Vec<usize> = (0..labels.len()).filter(|&i| labels[i] != expected[i]).collect();
        assert!(wrong.is_empty(), "{name}: rows {wrong:?} of {}", points.nrows());
        assert_close(&new.probabilities, &case["new_probabilities"], PREDICT_TOLERANCE, name);
    }
}
