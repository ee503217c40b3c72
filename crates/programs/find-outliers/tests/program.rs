//! The program in an empty folder.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use ndarray::{Array2, array};
use test_support::Program;

/// Numbers in -0.5..0.5 that look drawn.
fn scatter(i: usize, j: usize) -> f32 {
    let mixed = (i as u64 * 2_654_435_761) ^ (j as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((mixed >> 40) as f32) / (1 << 24) as f32 - 0.5
}

/// 300 rows of five values; row 17 lies far away, and so do rows 40 and 41, which are equal.
fn prepared() -> Program {
    let program = Program::in_empty_folder("find-outliers");
    let mut points = Array2::from_shape_fn((300, 5), |(i, j)| scatter(i, j));
    points[[17, 2]] += 9.0;
    points[[40, 0]] -= 5.0;
    let copy = points.row(40).to_owned();
    points.row_mut(41).assign(&copy);
    program.write("points.npy", &points);
    let names: String = (0..300).map(|row| format!("{row},\"b, {row}\"\n")).collect();
    program.write_text("names.csv", format!("row,file\n{names}"));
    program
}

const BASE: &str = "--points points.npy --out o.csv";

#[test]
fn rows_least_like_others_come_first() {
    let program = prepared();
    // Medians of points drawn from a cube: about 0.5 between neighbors, and a factor of about 1.
    for (score, medians) in [("distance", 0.2..0.8), ("lof", 0.9..1.2)] {
        let words = format!("{BASE} --names names.csv --count 4 --score {score}");
        let told = program.done(&words);
        assert!(told.contains(&format!("first 4 of 300 rows, {score} ")), "{told}");
        assert!(told.contains("| b, 17 "), "{told}");
        let text = program.text("o.csv");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "rank,row,file,score,nearest_row,nearest_file,nearest_distance");
        assert!(lines[1].starts_with("1,17,\"b, 17\","), "{text}");
        assert!(lines[2].starts_with("2,40,") && lines[3].starts_with("3,41,"), "{text}");
        assert_eq!(lines.len(), 5);
        // The nearest row of a copy is another one.
        assert!(!lines[2].contains(",41,") && !lines[3].contains(",40,"), "{text}");
        let record = program.json("o.csv.json");
        assert!(medians.contains(&record["result"]["median"].as_f64().unwrap()), "{record}");
        assert!(record["result"]["largest"].as_f64().unwrap() > 5.0);
        assert_eq!(record["result"]["listed"], 4);
        assert_eq!(record["parameters"]["score"], score);
    }
    program.done(&format!("{BASE} --names names.csv --count 4"));
    assert_eq!(program.json("o.csv.json")["parameters"]["score"], "distance");
}

#[test]
fn the_bytes_do_not_depend_on_threads() {
    let program = prepared();
    program.done(&format!("{BASE} --threads 1"));
    let expected = program.text("o.csv");
    assert_eq!(expected.lines().count(), 301);
    program.done(&format!("{BASE} --threads 3"));
    assert_eq!(program.text("o.csv"), expected);
    program.done(&format!("{BASE} --share 0.01"));
    assert_eq!(
        program.text("o.csv"),
        expected.lines().take(4).map(|line| format!("{line}\n")).collect::<String>()
    );
}

#[test]
fn few_rows_are_no_fault_and_equal_ones_have_no_order() {
    let program = Program::in_empty_folder("find-outliers");
    program.write("points.npy", &array![[0.0], [1.0], [5.0]]);
    program.done(BASE);
    assert!(program.text("o.csv").starts_with("rank,row,score,nearest_row,nearest_distance\n1,"));
    assert_eq!(program.text("o.csv").lines().count(), 4);
    std::fs::remove_file(program.path("o.csv")).unwrap();
    for n in [1, 30] {
        program.write("points.npy", &Array2::<f32>::ones((n, 2)));
        program.refused(BASE, 1, &format!("expected rows that differ, found {n} equal ones"));
        assert!(!program.has("o.csv"));
    }
}

#[test]
fn rows_of_zeros_have_no_place_by_cosine() {
    let program = Program::in_empty_folder("find-outliers");
    let mut points = Array2::from_shape_fn((60, 5), |(i, j)| scatter(i, j) + 1.0);
    points.row_mut(3).fill(0.0);
    program.write("points.npy", &points);
    let told = program.notes(&format!("{BASE} --metric cosine"));
    assert!(told.contains("1 rows are all zeros and have no direction"), "{told}");
    assert_eq!(program.text("o.csv").lines().count(), 60);
}

#[test]
fn wrong_usage_and_wrong_files_are_told() {
    let program = prepared();
    for (words, told) in [
        ("--count 3 --share 0.1", "leave out one"),
        ("--count 0", "at least 1"),
        ("--score density", "expected distance or lof"),
        ("--share 2", "expected a number above 0, up to 1"),
        ("--metric l1", "expected euclidean or cosine"),
        ("--neighbors 9 --neighbors-in k.npz", "leave out --neighbors"),
    ] {
        program.refused(&format!("{BASE} {words}"), 2, told);
    }
    program.write_text("few.csv", "a\nb\n");
    program.refused(&format!("{BASE} --names few.csv"), 1, "few.csv: expected 300 names");
    program.refused(&format!("{BASE} --neighbors 1"), 1, "expected at least 2 neighbors");
    program.refused("--points points.npy --out names.csv --names names.csv", 1, "names.csv");
    assert!(!program.has("o.csv"));
}
