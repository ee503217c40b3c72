//! The shape of what is written: readers rely on these names.

use metrics::{Contingency, Scores};
use ndarray::array;
use serde_json::json;

#[test]
fn the_json_of_a_small_split() {
    //        2  4  7  noise
    //    0   2  0  0  0
    //    3   0  1  0  1
    let labels = array![0, 0, 3, 3];
    let assignments = array![2, 2, 4, -1];
    let mut scores = Scores::of(&Contingency::new(labels.view(), assignments.view()).unwrap());
    (scores.nmi, scores.ami, scores.ari) = (0.5, 0.25, 0.125);
    (scores.homogeneity, scores.completeness) = (0.75, 0.375);
    (scores.v_measure, scores.fowlkes_mallows) = (0.5, 0.625); // their values are tested elsewhere

    let mapped = json!({
        "map": {"2": 0, "4": 3},
        "confusion": [[2, 0], [0, 1]],
        "unassigned": [0, 1],
        "recall": [1.0, 0.5],
        "precision": [1.0, 1.0],
    });
    let expected = json!({
        "n": 4,
        "classes": 2,
        "clusters": 2,
        "noise_share": 0.25,
        "purity": 0.75,
        "acc": 0.75,
        "nmi": 0.5,
        "ami": 0.25,
        "ari": 0.125,
        "homogeneity": 0.75,
        "completeness": 0.375,
        "v_measure": 0.5,
        "fowlkes_mallows": 0.625,
        "class_ids": [0, 3],
        "cluster_ids": [2, 4],
        "contingency": [[2, 0], [0, 1]],
        "noise": [0, 1],
        "majority": mapped,
        "one_to_one": mapped,
    });
    assert_eq!(serde_json::to_value(scores).unwrap(), expected);
}

#[test]
fn a_cluster_without_a_class_is_null() {
    let table = Contingency::new(array![0, 0, 0].view(), array![1, 1, 8].view()).unwrap();
    let scores = serde_json::to_value(Scores::of(&table)).unwrap();
    assert_eq!(scores["majority"]["map"], json!({"1": 0, "8": 0}));
    assert_eq!(scores["one_to_one"]["map"], json!({"1": 0, "8": null}));
    let table = Contingency::new(array![0, 0, 0, 4].view(), array![1, 1, 1, 1].view()).unwrap();
    let scores = serde_json::to_value(Scores::of(&table)).unwrap();
    assert_eq!(scores["majority"]["precision"], json!([0.75, null]), "nothing is predicted to be a 4");
}
