//! Local outlier factors beside those of scikit-learn.

use ndarray::Array2;
use umap::Metric;

use crate::support::{neighborhoods, numbers};

/// Largest relative difference: scikit-learn adds 1e-10 to each mean reachability distance.
const TOLERANCE: f64 = 1e-6;

#[test]
fn factors_are_those_of_scikit_learn() {
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("../golden/local_outlier_factor.json")).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    for case in cases {
        let (n, d) = (case["n"].as_u64().unwrap() as usize, case["d"].as_u64().unwrap() as usize);
        let values = numbers(&case["points"]).into_iter().map(|x| x as f32).collect();
        let points = Array2::from_shape_vec((n, d), values).unwrap();
        let metric = if case["metric"] == "cosine" { Metric::Cosine } else { Metric::Euclidean };
        // Here the point itself counts among its neighbors.
        let k = case["n_neighbors"].as_u64().unwrap() as usize + 1;
        let found = neighborhoods(&points, k, metric).local_outlier_factors();
        for (row, (found, expected)) in found.iter().zip(numbers(&case["factors"])).enumerate() {
            let difference = (found / expected - 1.0).abs();
            assert!(difference < TOLERANCE, "{}, row {row}: {found}, {expected}", case["name"]);
        }
    }
}
