//! The program in an empty folder.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use ndarray::{Array1, Array2};
use serde_json::Value;
use test_support::Program;

/// Point i of blob i % 3, in two embeddings that place the blobs otherwise.
fn embeddings(program: &Program) {
    for (name, places) in [("a", [0.0, 20.0, 50.0]), ("b", [30.0, 0.0, 70.0])] {
        let points = Array2::from_shape_fn((120, 2), |(i, j)| {
            places[i % 3] + ((i * (13 + 4 * j)) % 23) as f64 / 5.0
        });
        program.write(format!("{name}.npy"), &points);
    }
}

/// The blobs, and a candidate with two of them in one cluster and the third in two halves.
fn candidates(program: &Program) -> Array1<i32> {
    let blobs = Array1::from_shape_fn(120, |i| (i % 3) as i32);
    program.write("right.npy", &blobs.mapv(|id| i64::from(7 * id)));
    let wrong = |i: usize| if i % 3 < 2 { 0 } else { 1 + i32::from(i < 60) };
    program.write("wrong.npy", &Array1::from_shape_fn(120, wrong));
    blobs
}

/// The numbers of a column of a table.
fn column(table: &str, name: &str) -> Vec<String> {
    let mut lines = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let at = lines.next().unwrap().iter().position(|&head| head == name).unwrap();
    lines.map(|line| line[at].to_owned()).collect()
}

#[test]
fn the_candidate_that_is_best_on_all_embeddings_is_kept() {
    let program = Program::in_empty_folder("select-clustering");
    embeddings(&program);
    let blobs = candidates(&program);
    for criterion in ["", "--keep information --uncertainty-weight 10", "--keep likelihood"] {
        let told = program.done(&format!(
            "--points a.npy --points b.npy --candidates wrong.npy right.npy {criterion} \
             --out on-a.npy --out on-b.npy --model a.npz --model b.npz --table t.csv"
        ));
        assert!(told.starts_with("kept right.npy: "), "{criterion}: {told}");
        for name in ["on-a.npy", "on-b.npy"] {
            assert_eq!(program.read::<Array1<i32>>(name), blobs, "{criterion}: {name}");
        }
        let table = program.text("t.csv");
        assert_eq!(column(&table, "candidate"), ["wrong.npy", "right.npy"]);
        assert_eq!(column(&table, "kept"), ["no", "yes"]);
        let numbers = |name| -> Vec<f64> {
            column(&table, name).iter().map(|number| number.parse().unwrap()).collect()
        };
        let (mean, first, second) =
            (numbers("criterion"), numbers("criterion_1"), numbers("criterion_2"));
        for at in 0..2 {
            assert!((mean[at] - (first[at] + second[at]) / 2.0).abs() < 1e-12);
        }
        assert!(mean[1] > mean[0]);
        let record: Value = program.json("t.csv.json");
        assert_eq!(record["result"]["kept"], "right.npy");
        assert_eq!(record["inputs"].as_array().unwrap().len(), 4);
    }
}

#[test]
fn noise_is_no_cluster_and_gets_one() {
    let program = Program::in_empty_folder("select-clustering");
    embeddings(&program);
    let blobs = candidates(&program);
    let noisy = Array1::from_shape_fn(120, |i| if i % 10 == 9 { -1 } else { blobs[i] });
    program.write("noisy.npy", &noisy);
    program.done("--points a.npy --candidates noisy.npy --out o.npy");
    assert_eq!(program.read::<Array1<i32>>("o.npy"), blobs);
}

#[test]
fn of_equally_good_candidates_the_first_is_kept() {
    let program = Program::in_empty_folder("select-clustering");
    embeddings(&program);
    candidates(&program);
    std::fs::copy(program.path("right.npy"), program.path("same.npy")).unwrap();
    let told = program.done("--points a.npy --candidates same.npy right.npy --out o.npy");
    assert!(told.starts_with("kept same.npy: "), "{told}");
}

#[test]
fn what_does_not_go_together_is_refused() {
    let program = Program::in_empty_folder("select-clustering");
    embeddings(&program);
    candidates(&program);
    program.write("two.npy", &Array1::from_shape_fn(120, |i| (i % 2) as i32));
    program.write("short.npy", &Array1::from_shape_fn(7, |i| i as i32));
    program.write("low.npy", &Array1::from_shape_fn(120, |i| -(i as i32)));
    program.write("noise.npy", &Array1::from_elem(120, -1));
    program.write("less.npy", &Array2::<f64>::zeros((5, 2)));
    let with = "--points a.npy --out o.npy --candidates";
    for (words, code, told) in [
        ("--candidates right.npy --out o.npy".to_owned(), 2, "give the --points"),
        ("--points a.npy --out o.npy".into(), 2, "give the --candidates"),
        (
            "--points a.npy --points b.npy --candidates right.npy --out o.npy".into(),
            2,
            "give --out once for each of the 2 --points, found 1",
        ),
        (
            format!("{with} right.npy --model m.npz --model n.npz"),
            2,
            "give --model once for each of the 1 --points, found 2",
        ),
        (
            format!("{with} right.npy --keep likelihood --uncertainty-weight 2"),
            2,
            "--uncertainty-weight is for --keep information",
        ),
        (format!("{with} right.npy --keep most"), 2, "expected criterion to be likelihood or"),
        (
            format!("{with} right.npy two.npy"),
            1,
            "two.npy: expected 3 clusters, as in right.npy, found 2",
        ),
        (
            format!("{with} short.npy"),
            1,
            "short.npy: expected 120 cluster ids, one for each of the --points, found 7",
        ),
        (format!("{with} low.npy"), 1, "low.npy: expected cluster ids of at least 0"),
        (format!("{with} noise.npy"), 1, "noise.npy: expected at least one cluster"),
        (
            "--points a.npy --points less.npy --candidates right.npy --out o.npy --out p.npy"
                .into(),
            1,
            "less.npy: expected 120 points, as many as in a.npy, found 5",
        ),
        (format!("{with} right.npy --table o.npy"), 1, "o.npy"),
    ] {
        program.refused(&words, code, told);
    }
}

#[test]
fn a_candidate_without_a_mixture_is_left_out() {
    let program = Program::in_empty_folder("select-clustering");
    embeddings(&program);
    let blobs = candidates(&program);
    // A component of one point has no covariance of its own.
    let alone = Array1::from_shape_fn(120, |i| if i < 1 { 2 } else { i32::from(i % 3 == 0) });
    program.write("alone.npy", &alone);
    let flags = "--points a.npy --reg-covar 0 --out o.npy --table t.csv --candidates";
    let told = program.done(&format!("{flags} alone.npy right.npy"));
    assert!(told.starts_with("kept right.npy: "), "{told}");
    assert_eq!(program.read::<Array1<i32>>("o.npy"), blobs);
    let table = program.text("t.csv");
    assert_eq!(column(&table, "kept"), ["no", "yes"]);
    assert_eq!(column(&table, "criterion")[0], "");
    program.refused(&format!("{flags} alone.npy"), 1, "alone.npy on a.npy: ");
}

#[test]
fn few_points_share_their_covariances() {
    let program = Program::in_empty_folder("select-clustering");
    embeddings(&program);
    candidates(&program);
    // 120 points are enough for three components of two features, but not for those of seven.
    let wide = Array2::from_shape_fn((120, 7), |(i, j)| (i % 3) as f64 + (i * (j + 5) % 17) as f64);
    program.write("wide.npy", &wide);
    for (points, found) in [("a.npy", "full"), ("wide.npy", "tied")] {
        program.done(&format!(
            "--points {points} --candidates right.npy --covariance auto --out o.npy --table t.csv"
        ));
        let record: Value = program.json("t.csv.json");
        assert_eq!(record["parameters"]["covariance"], found, "{points}");
    }
}
