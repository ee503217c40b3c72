//! The shape of what is written: readers rely on these names.

use metrics::{Contingency, Scores};
use ndarray::{Array1, array};
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
    assert_eq!(
        scores["majority"]["precision"],
        json!([0.75, null]),
        "nothing is predicted to be a 4"
    );
}

#[test]
fn large_tables_are_lists_of_cells() {
    // Class i is in cluster i but for one point of class 0 in cluster 100, and class 100 is noise.
    let labels = Array1::from_iter((0..101).chain([0]));
    let assignments = labels.mapv(|class| if class == 100 { -1 } else { 2 * class });
    let mut assignments = assignments;
    assignments[101] = 1;
    let scores = Scores::of(&Contingency::new(labels.view(), assignments.view()).unwrap());
    let json = serde_json::to_value(&scores).unwrap();
    assert_eq!(json["nonzero_cells"], 101);
    let cells = json["contingency_cells"].as_array().unwrap();
    assert_eq!(cells[..3], [json!([0, 0, 1]), json!([0, 1, 1]), json!([1, 2, 1])]);
    assert_eq!(cells.len(), 101);
    assert_eq!(json["noise"][100], 1);
    for (name, scores) in [("majority", 102.0 - 1.0), ("one_to_one", 102.0 - 2.0)] {
        assert_eq!(json[name].get("confusion"), None, "{name}");
        assert_eq!(json[name]["recall"].as_array().unwrap().len(), 101, "{name}");
        let score = if name == "majority" { "purity" } else { "acc" };
        assert_eq!(json[score], scores / 102.0, "{name}");
    }
    assert_eq!(json.get("contingency"), None);

    // With few classes their confusion can be read, however many clusters there are.
    let few = labels.mapv(|class| class % 10);
    let json =
        serde_json::to_value(Scores::of(&Contingency::new(few.view(), labels.view()).unwrap()));
    let json = json.unwrap();
    assert_eq!((json.get("contingency"), json["nonzero_cells"].as_u64()), (None, Some(101)));
    assert_eq!(json["majority"]["confusion"].as_array().unwrap().len(), 10);
}

#[test]
fn beyond_a_million_cells_only_their_number_is_written() {
    // 1,200 classes in as many clusters, of each pair of residues one point.
    let n = 1200 * 1200;
    let labels = Array1::from_iter((0..n).map(|i| i % 1200));
    let assignments = Array1::from_iter((0..n).map(|i| i / 1200));
    let scores = Scores::of(&Contingency::new(labels.view(), assignments.view()).unwrap());
    assert_eq!((scores.nonzero_cells, scores.contingency_cells), (Some(n as usize), None));
    assert_eq!(scores.acc, 1.0 / 1200.0);
    assert!(scores.ari.abs() < 1e-2 && scores.nmi < 1e-12, "{} {}", scores.ari, scores.nmi);
}
