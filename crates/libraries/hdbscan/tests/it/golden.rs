//! scikit-learn's clusterings, from scripts/golden/make_hdbscan.py.

use std::collections::HashMap;

use hdbscan::{Metric, Params, Selection, fit};
use ndarray::Array2;
use serde_json::Value;

/// Largest difference of a probability from scikit-learn's.
const TOLERANCE: f64 = 1e-6;

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

#[test]
fn clusters_and_probabilities_are_those_of_scikit_learn() {
    let golden: Value = serde_json::from_str(include_str!("../golden/clusters.json")).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert!(cases.len() > 15);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let numbers = |value: &Value| -> Vec<f64> {
            value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
        };
        let rows: Vec<Vec<f64>> = case["points"].as_array().unwrap().iter().map(numbers).collect();
        let points = Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j]);
        let found = fit(points.view(), None, &params(&case["params"]), &mut |_| ()).unwrap();

        // Clusters are numbered by their first point.
        let mut names = HashMap::from([(-1, -1)]);
        for (i, &label) in found.labels.iter().enumerate() {
            let next = names.len() as i64 - 1;
            let label = *names.entry(label).or_insert(next);
            assert_eq!(label, case["labels"][i].as_i64().unwrap(), "{name}: row {i}");
        }
        assert_eq!(found.model.k(), names.len() - 1, "{name}");
        let expected = numbers(&case["probabilities"]);
        for (i, (found, expected)) in found.probabilities.iter().zip(expected).enumerate() {
            assert!((found - expected).abs() <= TOLERANCE, "{name}: row {i}: {found}, {expected}");
        }
        assert_eq!(found.merged, 0, "{name}");
    }
}
