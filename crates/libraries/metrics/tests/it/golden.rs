//! Against scikit-learn, SciPy and NumPy: `scripts/golden/make_metrics.py` made the file read here.

use metrics::{Contingency, Scores};
use ndarray::Array1;
use serde_json::Value;

/// Largest difference allowed between a score and its golden value.
const TOLERANCE: f64 = 1e-12;

fn integers(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|id| id.as_i64().unwrap()).collect()
}

/// The points a table of counts stands for, class by class.
fn tabulate(case: &Value) -> Contingency {
    let (mut labels, mut assignments) = (vec![], vec![]);
    for (class, row) in
        integers(&case["classes"]).into_iter().zip(case["counts"].as_array().unwrap())
    {
        for (cluster, count) in integers(&case["clusters"]).into_iter().zip(integers(row)) {
            labels.extend((0..count).map(|_| class));
            assignments.extend((0..count).map(|_| cluster));
        }
    }
    Contingency::new(Array1::from(labels).view(), Array1::from(assignments).view()).unwrap()
}

fn golden_cases() -> Vec<Value> {
    let mut golden: Value = serde_json::from_str(include_str!("../golden/scores.json")).unwrap();
    match golden["cases"].take() {
        Value::Array(cases) if cases.len() > 1 => cases,
        other => panic!("the golden cases are a list of several, found {other}"),
    }
}

#[test]
fn every_score_equals_that_of_the_python_libraries() {
    let mut failures = vec![];
    for case in golden_cases() {
        let scores = serde_json::to_value(Scores::of(&tabulate(&case))).unwrap();
        let expected = case["expected"].as_object().unwrap();
        assert_eq!(expected.len(), 9, "every score of {}", case["name"]);
        for (name, expected) in expected {
            let (found, expected) = (scores[name].as_f64().unwrap(), expected.as_f64().unwrap());
            let difference = (found - expected).abs();
            if difference.is_nan() || difference > TOLERANCE {
                failures.push(format!(
                    "{}: {name} is {found}, expected {expected}, off by {difference:e}",
                    case["name"]
                ));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} beyond {TOLERANCE:e}:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn purity_is_what_the_report_calls_accuracy() {
    let cases = golden_cases();
    // Printed there with eight decimals.
    for (case, reported) in cases.iter().zip([0.57643333, 0.60358333]) {
        let purity = tabulate(case).purity();
        assert!(
            (purity - reported).abs() < 5e-9,
            "{}: {purity}, reported {reported}",
            case["name"]
        );
    }
}
