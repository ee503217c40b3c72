//! The program in an empty folder. What it refuses is tested for all programs at once in
//! `scripts/tests`.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use ndarray::{Array1, Array2, array};
use serde_json::Value;
use test_support::Program;

/// Six points: cluster 5 is all cat, cluster 9 is dog twice and cat once, one dog is noise.
/// Purity and ACC are (2 + 2) / 6.
fn cats_and_dogs(program: &Program) {
    program.write("labels.npy", &array![0u8, 0, 0, 1, 1, 1]);
    program.write("train.npy", &array![5i64, 5, 9, 9, 9, -1]);
    program.write_text("classes.json", r#"["cat", "dog"]"#);
}

#[test]
fn scores_are_written_and_shown() {
    let program = Program::in_empty_folder("evaluate");
    cats_and_dogs(&program);
    let words = "--assignments train.npy --labels labels.npy --classes classes.json --out s.json";
    let shown = program.done(words);
    for told in
        ["train: 6 points, 2 classes, 2 clusters, 16.7 % noise", "0.6667", "| cat ", "| none |"]
    {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    let squeezed = shown.replace(' ', "");
    assert!(
        squeezed.contains("|cat|2|1|0|66.7%|") && squeezed.contains("|dog|0|2|1|66.7%|"),
        "{shown}"
    );
    assert!(squeezed.contains("|precision|100.0%|66.7%|"), "{shown}");
    assert!(shown.contains("V-measure (= NMI)") && shown.contains("Fowlkes-Mallows"), "{shown}");
    let scores: Value = program.json("s.json");
    assert_eq!(scores["class_names"], serde_json::json!(["cat", "dog"]));
    let train = &scores["splits"]["train"];
    assert_eq!(train["purity"], 4.0 / 6.0);
    assert_eq!(train["acc"], 4.0 / 6.0);
    assert_eq!(train["majority"]["confusion"], serde_json::json!([[2, 1], [0, 2]]));
    assert_eq!(train["majority"]["unassigned"], serde_json::json!([0, 1]));
}

#[test]
fn runs_of_one_system_are_averaged_and_stand_beside_published_figures() {
    let program = Program::in_empty_folder("evaluate");
    cats_and_dogs(&program);
    program.write("perfect.npy", &array![0u8, 0, 0, 1, 1, 1]);
    std::fs::create_dir(program.path("run-1")).unwrap();
    std::fs::create_dir(program.path("run-2")).unwrap();
    program.done("--assignments train.npy --labels labels.npy --out run-1/s.json");
    std::fs::rename(program.path("perfect.npy"), program.path("train.npy")).unwrap();
    program.done("--assignments train.npy --labels labels.npy --out run-2/s.json");
    program.write_text("report.json", r#"{"s": {"train": {"purity": 0.75}}}"#);

    let single = program.done("run-1/s.json");
    assert!(single.contains("| s      | train | 0.6667 |"), "{single}");
    let both = program.done("run-1/s.json run-2/s.json --reference report.json");
    // 2/3 and 1: mean 5/6, deviation 1/6 x sqrt 2.
    assert!(both.contains("| s      | train |    2 | 0.8333 +- 0.2357 |"), "{both}");
    assert!(both.trim_end().ends_with("0.7500 |"), "{both}");
}

/// Writes four points in two pairs and returns their silhouette, (b - 1) / b.
///
/// The points of a pair are 1 apart; b is the mean of the other distances, 9 and sqrt(82).
fn pairs(program: &Program) -> f64 {
    program.write("points.npy", &array![[0.0_f32, 0.0], [0.0, 1.0], [9.0, 0.0], [9.0, 1.0]]);
    program.write("train.npy", &array![4i32, 4, 7, 7]);
    program.write("labels.npy", &array![0u8, 0, 1, 1]);
    let b = (9.0 + 82.0_f64.sqrt()) / 2.0;
    (b - 1.0) / b
}

#[test]
fn points_give_a_score_without_labels() {
    let program = Program::in_empty_folder("evaluate");
    let expected = pairs(&program);
    let shown = program.done("--assignments train.npy --points points.npy --out s.json");
    assert!(shown.starts_with("train: 4 points, 2 clusters, 0.0 % noise\n"), "{shown}");
    let told = "internal, without labels, in points.npy: silhouette 0.8892 in 2 features, of all \
        4 points in clusters";
    assert!(shown.contains(told), "{shown}");
    let scores = program.json("s.json");
    let train = &scores["splits"]["train"];
    let keys: Vec<&String> = train.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["n", "clusters", "noise_share", "internal"]);
    let silhouette = &train["internal"]["silhouette"];
    assert!((silhouette["value"].as_f64().unwrap() - expected).abs() < 1e-15, "{silhouette}");
    assert_eq!(train["internal"]["space"], "points.npy");
    for (name, value) in [("sample", 4), ("points", 4), ("features", 2)] {
        assert_eq!(silhouette[name], value, "{name}");
    }
    let record = program.json("s.json.json");
    assert_eq!(record["inputs"].as_array().unwrap().len(), 2);
    assert_eq!(record["result"]["train"]["silhouette"], silhouette["value"]);
    let table = program.done("s.json");
    assert!(table.starts_with("| system | split | silhouette (internal) |\n"), "{table}");
}

#[test]
fn every_point_has_a_silhouette_with_labels_or_without() {
    let program = Program::in_empty_folder("evaluate");
    let mean = pairs(&program);
    let words = "--assignments train.npy --points points.npy --silhouettes each.npy --out s.json";
    program.done(words);
    let each: Array1<f32> = program.read("each.npy");
    assert!(each.iter().all(|&value| (f64::from(value) - mean).abs() < 1e-7), "{each}");
    let bytes = program.bytes("each.npy");
    program.done(&format!("{words} --labels labels.npy --threads 3"));
    assert_eq!(program.bytes("each.npy"), bytes);
    let record = program.json("each.npy.json");
    assert_eq!(record["inputs"].as_array().unwrap().len(), 3);
    // A point alone has 0, and noise has none.
    program.write("one.npy", &array![4i32, 4, 7, -1]);
    program.done(
        "--assignments train.npy --points points.npy --silhouettes each.npy --assignments one.npy \
         --points points.npy --silhouettes others.npy --out s.json",
    );
    assert_eq!(program.bytes("each.npy"), bytes);
    let others: Array1<f32> = program.read("others.npy");
    assert!((others[0] - 8.0 / 9.0).abs() < 1e-7 && others[2] == 0.0 && others[3].is_nan());
    let internal = &program.json("s.json")["splits"]["one"]["internal"];
    assert_eq!((&internal["silhouette"]["sample"], internal.get("each")), (&3.into(), None));
}

#[test]
fn the_mean_is_that_of_all_silhouettes_that_are_written() {
    let program = Program::in_empty_folder("evaluate");
    let n = 6_000;
    let points = Array2::from_shape_fn((n, 2), |(i, j)| (i * (31 + 7 * j) % 255) as u8);
    program.write("points.npy", &points);
    program.write("train.npy", &Array1::from_shape_fn(n, |i| (i % 5) as i64 - 1));
    let words = "--assignments train.npy --points points.npy --out s.json --threads";
    let shown = program.done(&format!("{words} 1 --silhouettes each.npy"));
    assert!(shown.contains("of all 4800 points in clusters"), "{shown}");
    let each: Array1<f32> = program.read("each.npy");
    let scored = each.iter().filter(|value| !value.is_nan()).map(|&value| f64::from(value));
    let silhouette = &program.json("s.json")["splits"]["train"]["internal"]["silhouette"];
    let value = silhouette["value"].as_f64().unwrap();
    assert!((scored.sum::<f64>() / 4_800.0 - value).abs() < 1e-7, "{silhouette}");
    assert!(each.iter().enumerate().all(|(i, value)| value.is_nan() == (i % 5 == 0)));
    assert_eq!(
        (&silhouette["sample"], &silhouette["standard_error"]),
        (&4_800.into(), &0.0.into())
    );
    let bytes = program.bytes("each.npy");
    program.done(&format!("{words} 4 --silhouettes each.npy"));
    assert_eq!(program.bytes("each.npy"), bytes);
}

#[test]
fn silhouettes_that_cannot_be_are_refused() {
    let program = Program::in_empty_folder("evaluate");
    pairs(&program);
    program.write("one.npy", &array![3i32, 3, -1, 3]);
    program.refused(
        "--assignments one.npy --points points.npy --silhouettes each.npy --out s.json",
        1,
        "one.npy: expected at least two clusters with points, found 1",
    );
    assert!(!program.path("each.npy").exists() && !program.path("s.json").exists());
    let told = "give one --silhouettes for each --points";
    let words = "--assignments train.npy --labels labels.npy --silhouettes each.npy --out s.json";
    program.refused(words, 2, told);
    let words = "--assignments train.npy --points points.npy --silhouettes each.npy \
        --silhouettes others.npy --out s.json";
    program.refused(words, 2, told);
    let words = "--assignments train.npy --points points.npy --silhouettes s.json --out s.json";
    program.refused(words, 1, "another output of this run");
}

#[test]
fn points_beside_labels_change_no_other_score() {
    let program = Program::in_empty_folder("evaluate");
    pairs(&program);
    program.write("one.npy", &array![3i32, 3, -1, 3]);
    let words =
        "--assignments train.npy --assignments one.npy --labels labels.npy --labels labels.npy";
    program.done(&format!("{words} --out without.json"));
    let points = "--points points.npy --points points.npy";
    let shown = program.done(&format!("{words} {points} --out with.json"));
    assert!(
        shown.contains("no silhouette for fewer than two clusters, of all 3 points in clusters"),
        "{shown}"
    );
    let (without, mut with) = (program.json("without.json"), program.json("with.json"));
    let one = &with["splits"]["one"]["internal"]["silhouette"];
    assert_eq!(
        *one,
        serde_json::json!({
            "value": null, "standard_error": null,
            "sample": 3, "points": 3, "features": 2,
        })
    );
    for split in ["train", "one"] {
        assert!(with["splits"][split].as_object_mut().unwrap().remove("internal").is_some());
    }
    assert_eq!(with, without);
}

#[test]
fn a_sample_is_the_same_from_any_number_of_threads() {
    let program = Program::in_empty_folder("evaluate");
    let n = 12_000;
    let points = Array2::from_shape_fn((n, 3), |(i, j)| (i * (31 + 7 * j) % 255) as u8);
    program.write("points.npy", &points);
    program.write("train.npy", &Array1::from_shape_fn(n, |i| (i % 4) as i64));
    let words = "--assignments train.npy --points points.npy --out s.json --threads";
    let shown = program.done(&format!("{words} 1"));
    assert!(shown.contains("of 4166 drawn from the 12000 points in clusters"), "{shown}");
    let one = program.json("s.json");
    let silhouette = &one["splits"]["train"]["internal"]["silhouette"];
    assert_eq!(silhouette["sample"], 4166);
    let error = silhouette["standard_error"].as_f64().unwrap();
    assert!(shown.contains(&format!("(standard error {error:.4})")) && error > 0.0, "{shown}");
    assert_eq!(program.done(&format!("{words} 5")), shown);
    assert_eq!(program.json("s.json"), one);
}

#[test]
fn small_clusters_have_the_silhouette_that_they_have() {
    let program = Program::in_empty_folder("evaluate");
    // 4,000 pairs 1 apart on a line, 10 from pair to pair: b is 9.5 or so and a is 1, but at the
    // ends. In a sample that is measured against itself most points are alone.
    let n = 8000;
    let points = Array2::from_shape_fn((n, 1), |(i, _)| (10 * (i / 2) + i % 2) as f32);
    program.write("points.npy", &points);
    program.write("train.npy", &Array1::from_shape_fn(n, |i| (i / 2) as i64));
    program.done("--assignments train.npy --points points.npy --out s.json");
    let silhouette = &program.json("s.json")["splits"]["train"]["internal"]["silhouette"];
    let value = silhouette["value"].as_f64().unwrap();
    // The nearer neighbor of a first point lies 10 and 9 before it, its mean 9.5; and so of a
    // second one.
    assert!((value - 8.5 / 9.5).abs() < 1e-3, "{silhouette}");
    assert_eq!(silhouette["points"], n);
}

#[test]
fn ids_that_mean_something_else_in_the_second_split_show() {
    let program = Program::in_empty_folder("evaluate");
    program.write("labels.npy", &array![0u8, 0, 0, 1, 1, 2]);
    program.write("train.npy", &array![5i64, 5, 9, 9, 9, 7]);
    // The clusters 5 and 9 have changed places; class 3 and cluster 8 are new, and one point is
    // noise.
    program.write("test-labels.npy", &array![0u8, 0, 1, 1, 2, 3, 1, 0]);
    program.write("test.npy", &array![9i64, 9, 5, 5, 7, 8, -1, 5]);
    let words = "--assignments train.npy --assignments test.npy --labels labels.npy --labels \
        test-labels.npy";
    let shown = program.done(&format!("{words} --out s.json"));
    let scores = program.json("s.json");
    let (train, test) = (&scores["splits"]["train"], &scores["splits"]["test"]);
    assert_eq!((train.get("by_training_map"), &test["purity"]), (None, &Value::from(6.0 / 8.0)));
    // By the maps of train, 5 is class 0, 9 is class 1 and 7 is class 2.
    let expected = serde_json::json!({
        "training_split": "train", "majority_accuracy": 2.0 / 8.0, "one_to_one_accuracy": 2.0 / 8.0,
    });
    assert_eq!(test["by_training_map"], expected);
    let told = "accuracy by the maps found on train: majority 0.2500, one-to-one 0.2500\n";
    assert_eq!(shown.matches(told).count(), 1, "{shown}");
    assert_eq!(program.json("s.json.json")["result"]["test"]["by_training_map"], expected);

    let table = program.done("s.json").replace(' ', "");
    assert!(
        table.contains("accuracy,trainingmajoritymap")
            && table.contains("|s|test|0.7500|0.7500|0.2500|"),
        "{table}"
    );
    let csv = program.done("--format csv s.json");
    assert!(csv.contains("s,test,one_to_one_accuracy_by_training_map,1,0.25,"), "{csv}");
    assert!(!csv.contains("s,train,one_to_one_accuracy_by_training_map"), "{csv}");
}

#[test]
fn many_classes_are_scored_and_compared() {
    let program = Program::in_empty_folder("evaluate");
    // 3,000 classes of 4 points; the last of each is in the cluster of the next class.
    let n = 12_000;
    program.write("labels.npy", &Array1::from_shape_fn(n, |i| (i / 4) as i64));
    let clusters = Array1::from_shape_fn(n, |i| ((i + 1) / 4 % 3000) as i64);
    program.write("train.npy", &clusters);
    let shown = program.done("--assignments train.npy --labels labels.npy --out s.json");
    assert!(shown.contains("3000 classes, 3000 clusters") && shown.lines().count() < 20, "{shown}");
    let train = &program.json("s.json")["splits"]["train"];
    assert_eq!((&train["purity"], &train["acc"]), (&Value::from(0.75), &Value::from(0.75)));
    let cells = train["contingency_cells"].as_array().unwrap();
    assert_eq!((cells.len(), &train["nonzero_cells"]), (6000, &Value::from(6000)));
    assert_eq!(cells[..2], [serde_json::json!([0, 0, 3]), serde_json::json!([0, 1, 1])]);
    assert_eq!(train["one_to_one"]["map"]["77"], 77);
    assert!(std::fs::metadata(program.path("s.json")).unwrap().len() < 1_000_000);
    assert!(program.done("s.json").contains("0.7500"));
}

/// Score files as this program writes them, as far as the table reads them.
fn write_run(
    program: &Program,
    run: &str,
    system: &str,
    acc: f64,
    silhouette: Option<f64>,
) -> String {
    std::fs::create_dir_all(program.path(run)).unwrap();
    let mut train = serde_json::json!({ "purity": acc, "acc": acc, "nmi": 0.5, "ari": 0.5 });
    if let Some(value) = silhouette {
        train["internal"] = serde_json::json!({ "silhouette": { "value": value } });
    }
    let scores = serde_json::json!({ "splits": { "train": train } });
    let path = format!("{run}/{system}.json");
    program.write_text(&path, scores.to_string());
    path
}

#[test]
fn runs_say_whether_the_silhouette_predicts_acc() {
    let program = Program::in_empty_folder("evaluate");
    let write = |run: &str, system: &str, acc, silhouette| {
        write_run(&program, run, system, acc, silhouette)
    };
    // The fifth run has no silhouette.
    let mut files = vec![
        write("1", "a", 0.50, Some(0.11)),
        write("2", "a", 0.60, Some(0.13)),
        write("3", "a", 0.70, Some(0.12)),
        write("4", "a", 0.65, Some(0.10)),
        write("5", "a", 0.90, None),
    ];
    let shown = program.done(&format!("--each {}", files.join(" ")));
    let squeezed = shown.replace(' ', "");
    // ACC ranks 1, 2, 4, 3 and silhouette ranks 2, 4, 3, 1 have the squared differences
    // 1 + 4 + 1 + 4, so that the correlation is 1 - 60 / 60.
    assert!(squeezed.contains("|a|4|0.000|1.000|0.6000|0.6125|0.7000|\n"), "{shown}");
    assert!(squeezed.contains("|0.1150+-0.0129(0.1000to0.1300)of4|"), "{shown}");
    assert!(squeezed.contains("|a|train|5/a.json|0.9000|0.9000|0.5000|0.5000||\n"), "{shown}");
    assert!(!shown.contains("together"), "{shown}");

    // Two runs of a system are too few for a line of their own, but count with all.
    files.extend([write("1", "b", 0.20, Some(0.01)), write("2", "b", 0.30, Some(0.02))]);
    let shown = program.done(&format!("--each {}", files.join(" ")));
    let squeezed = shown.replace(' ', "");
    // ACC ranks 3, 4, 6, 5, 1, 2, silhouette ranks 4, 6, 5, 3, 1, 2: 1 - 6 x 10 / 210.
    assert!(squeezed.contains("|allrunstogether|6|0.714|"), "{shown}");
    assert!(!squeezed.contains("|b|2|0.") && !squeezed.contains("|b|2|1."), "{shown}");
    assert!(!program.done(&files.join(" ")).contains("Spearman"), "only with --each");

    // Files as before say nothing about it.
    let before = [("6", 0.5), ("7", 0.6), ("8", 0.7)].map(|(run, acc)| write(run, "c", acc, None));
    let shown = program.done(&format!("--each {}", before.join(" ")));
    assert!(!shown.contains("ilhouette") && !shown.contains("Spearman"), "{shown}");
}

#[test]
fn points_that_do_not_fit_are_refused() {
    let program = Program::in_empty_folder("evaluate");
    pairs(&program);
    program.write("short.npy", &array![[0.0], [1.0], [2.0]]);
    let given = "--assignments train.npy --out s.json";
    for (words, code, told) in [
        (
            format!("{given} --points short.npy"),
            1,
            "short.npy with train.npy: expected 4 points, as many as assignments, found 3; give \
             the points",
        ),
        (format!("{given} --points labels.npy"), 1, "labels.npy: expected points"),
        (given.to_owned(), 2, "--labels"),
        (
            format!("{given} --labels labels.npy --points points.npy --points points.npy"),
            2,
            "--points",
        ),
        (format!("{given} --assignments labels.npy --points points.npy"), 2, "--points"),
        (format!("{given} --points points.npy --classes classes.json"), 2, "--classes"),
        ("--points points.npy scores.json".to_owned(), 2, "not both"),
    ] {
        program.refused(&words, code, told);
        assert!(!program.has("s.json"));
    }
}

#[test]
fn classes_and_score_files_that_do_not_fit_are_refused() {
    let program = Program::in_empty_folder("evaluate");
    cats_and_dogs(&program);
    program.write_text("one.json", r#"["cat"]"#);
    let partial = r#"{"splits": {"train": {"purity": 0.5, "nmi": 0.5}}}"#;
    program.write_text("partial.json", partial);
    program.write_text("object.json", r#"{"cat": 0}"#);
    for (words, told) in [
        (
            "--assignments train.npy --labels labels.npy --out s.json --classes one.json",
            "found 1 names for labels up to 1",
        ),
        (
            "--assignments train.npy --labels labels.npy --out s.json --classes object.json",
            "expected a JSON list",
        ),
        ("classes.json", "expected scores written by evaluate"),
        ("partial.json", "expected scores written by evaluate"),
    ] {
        program.refused(words, 1, told);
        assert!(!program.has("s.json"));
    }
}

#[test]
fn comparisons_come_in_several_formats() {
    let program = Program::in_empty_folder("evaluate");
    cats_and_dogs(&program);
    program.write("perfect.npy", &array![0u8, 0, 0, 1, 1, 1]);
    std::fs::create_dir(program.path("run_1")).unwrap();
    std::fs::create_dir(program.path("run_2")).unwrap();
    program.done("--assignments train.npy --labels labels.npy --out run_1/s.json");
    std::fs::rename(program.path("perfect.npy"), program.path("train.npy")).unwrap();
    program.done("--assignments train.npy --labels labels.npy --out run_2/s.json");

    let csv = program.done("--format csv run_1/s.json run_2/s.json");
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "system,split,metric,runs,mean,deviation,smallest,largest");
    let purity: Vec<&str> = lines[1].split(',').collect();
    assert_eq!((&purity[..4], purity[7]), (&["s", "train", "purity", "2"][..], "1"), "{csv}");
    assert_eq!(
        purity[4].parse::<f64>().unwrap(),
        (4.0 / 6.0 + 1.0) / 2.0,
        "as many digits as there are"
    );
    assert!(lines.iter().any(|line| line.starts_with("s,train,fowlkes_mallows,2,")), "{csv}");
    assert!(!csv.contains("silhouette"), "no points, no lines: {csv}");

    let each = program.done("--each --format csv run_1/s.json run_2/s.json");
    assert!(each.contains("s,train,acc,run_2/s.json,1\n"), "{each}");
    let latex = program.done("--each --format latex run_1/s.json run_2/s.json");
    assert!(
        latex.contains("run\\_1/s.json & 0.6667") && latex.contains("$\\pm$ 0.2357"),
        "{latex}"
    );
    let markdown = program.done("--format markdown run_1/s.json run_2/s.json");
    assert!(
        markdown.contains("| --- | --- |")
            && markdown.contains("| s | train | 2 | 0.8333 +- 0.2357 |"),
        "{markdown}"
    );
    program.refused("--format html run_1/s.json", 2, "markdown or latex, found html");
    program.refused(
        "--format csv --assignments train.npy --labels labels.npy --out x.json",
        2,
        "--format",
    );
}

#[test]
fn a_comparison_is_json_too() {
    let program = Program::in_empty_folder("evaluate");
    pairs(&program);
    program.done("--assignments train.npy --labels labels.npy --out a.json");
    let told: Value = serde_json::from_str(&program.done("--json a.json a.json.json")).unwrap();
    assert_eq!(told["inputs"].as_array().unwrap().len(), 1);
    let row = &told["result"][0];
    assert_eq!((&row["system"], &row["split"]), (&Value::from("a"), &Value::from("train")));
    assert_eq!(
        (&row["scores"]["acc"]["mean"], &row["scores"]["acc"]["runs"]),
        (&Value::from(1.0), &Value::from(1))
    );
    assert!(row["scores"].get("silhouette").is_none());
}
