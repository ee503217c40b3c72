//! The program in an empty folder.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use ndarray::Array2;
use serde_json::Value;
use test_support::Program;

/// Five blobs in two embeddings, which place and shape them otherwise.
fn embeddings(program: &Program) {
    for (name, places) in
        [("a", [0.0, 20.0, 50.0, 90.0, 140.0]), ("b", [60.0, 0.0, 100.0, 30.0, 170.0])]
    {
        let points = Array2::from_shape_fn((300, 2), |(i, j)| {
            places[i % 5] + ((i * (13 + 4 * j)) % 23) as f64 / 5.0
        });
        program.write(format!("{name}.npy"), &points);
    }
}

/// The cells of a column of a table.
fn column(table: &str, name: &str) -> Vec<String> {
    let mut lines = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let at = lines.next().unwrap().iter().position(|&head| head == name).unwrap();
    lines.map(|line| line[at].to_owned()).collect()
}

#[test]
fn the_number_of_blobs_is_suggested() {
    let program = Program::in_empty_folder("suggest-k");
    embeddings(&program);
    let told = program.done("--points a.npy b.npy --k 2..9 --out k.csv --suggestion k.txt");
    assert!(told.starts_with("suggested k = 5; next: "), "{told}");
    assert!(told.contains("structure: strong (agreement 1.000"), "{told}");
    assert_eq!(program.text("k.txt"), "5\n");
    let table = program.text("k.csv");
    assert_eq!(column(&table, "k"), ["2", "3", "4", "5", "6", "7", "8", "9"]);
    let suggested = column(&table, "suggested");
    assert_eq!(suggested.iter().position(|cell| cell == "yes"), Some(3));
    let number = |name, row: usize| -> f64 { column(&table, name)[row].parse().unwrap() };
    for row in 0..8 {
        let score = number("agreement", row) * number("silhouette", row);
        let expected = score * (1.0 - 1.0 / (row as f64 + 2.0));
        assert!((number("score", row) - expected).abs() < 1e-12);
    }
    // The five blobs lie farthest apart.
    let apart = |row: usize| number("davies_bouldin", row);
    assert!((0..8).all(|row| row == 3 || apart(row) > apart(3)), "{table}");
    let record: Value = program.json("k.csv.json");
    assert_eq!(record["result"]["k"], 5);
    assert_eq!(record["inputs"].as_array().unwrap().len(), 2);
}

#[test]
fn a_sample_says_that_it_is_one_and_threads_change_nothing() {
    let program = Program::in_empty_folder("suggest-k");
    embeddings(&program);
    let flags = "--points a.npy --points b.npy --k 2..7 --rows 100 --seed 3";
    for threads in [1, 2, 5] {
        let out = format!("{threads}.csv");
        let told = program.done(&format!("{flags} --threads {threads} --out {out}"));
        assert!(told.contains("seen on 100 of 300 points"), "{told}");
        assert_eq!(program.text(&out), program.text("1.csv"));
    }
    let whole = "--points a.npy --points b.npy --k 2..7 --out whole.csv";
    assert!(!program.done(whole).contains("seen on"));
    assert_ne!(program.text("whole.csv"), program.text("1.csv"));
}

#[test]
fn fewer_points_have_fewer_numbers_to_compare() {
    let program = Program::in_empty_folder("suggest-k");
    let points = Array2::from_shape_fn((45, 2), |(i, j)| {
        40.0 * (i % 3) as f64 + ((i * (5 + 2 * j)) % 11) as f64 / 4.0
    });
    program.write("a.npy", &points);
    program.done("--points a.npy --points a.npy --out k.csv");
    assert_eq!(column(&program.text("k.csv"), "k"), ["2", "3", "4"]);
    let told = "a.npy: expected more than 45 points for as many clusters, found 45";
    program.refused("--points a.npy --points a.npy --k 2..45 --out n.csv", 1, told);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let program = Program::in_empty_folder("suggest-k");
    embeddings(&program);
    program.write("short.npy", &Array2::<f64>::zeros((299, 2)));
    for (code, arguments, told) in [
        (2, "--points a.npy", "at least two embeddings"),
        (2, "--points a.npy --points b.npy --k 1..5", "numbers of at least 2"),
        (2, "--points a.npy --points b.npy --rows 9", "expected at least 10"),
        (1, "--points a.npy --points short.npy", "expected 300 points, as many as in a.npy"),
        (1, "--points a.npy --points none.npy", "none.npy"),
    ] {
        program.refused(&format!("{arguments} --out k.csv"), code, told);
        assert!(!program.has("k.csv"));
    }
}
