//! The program in an empty folder.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use ndarray::{Array1, Array2, array};
use test_support::Program;

/// Numbers in -0.5..0.5 that look drawn.
fn scatter(i: usize, j: usize) -> f32 {
    let mixed = (i as u64 * 2_654_435_761) ^ (j as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((mixed >> 40) as f32) / (1 << 24) as f32 - 0.5
}

/// 240 rows of four values: three clusters of 80, of which two are near to each other.
fn prepared() -> Program {
    let program = Program::in_empty_folder("judge");
    let place = [0.0, 9.0, 9.8];
    let points = Array2::from_shape_fn((240, 4), |(i, j)| {
        scatter(i, j) + if j == 0 { place[i / 80] } else { 0.0 }
    });
    program.write("points.npy", &points);
    let ids = |of: fn(usize) -> i32| Array1::from_shape_fn(240, of);
    program.write("good.npy", &ids(|row| (row / 80) as i32));
    // Nearly as good: one row of 240 is elsewhere.
    program.write("near.npy", &ids(|row| if row == 0 { 1 } else { (row / 80) as i32 }));
    program.write("wrong.npy", &ids(|row| (row % 3) as i32));
    // The first cluster and the second are one group, and id 1 is of no row.
    program.write("merged.npy", &ids(|row| if row < 160 { 0 } else { 2 }));
    program.write("noise.npy", &ids(|row| if row < 60 { -1 } else { (row / 80) as i32 }));
    program
}

const BASE: &str = "--points points.npy --out v.md --groups g.csv";

#[test]
fn the_clustering_that_neighbors_agree_with_is_taken() {
    let program = prepared();
    let told = program.done(&format!(
        "{BASE} --assignments wrong=wrong.npy --assignments near=near.npy --assignments \
         good=good.npy --k 3"
    ));
    // Of those as good the first is taken.
    assert!(told.starts_with("take near: "), "{told}");
    assert!(told.contains("; good 0.562, as good"), "{told}");
    assert!(
        told.contains("groups: 3 of 79 to 81 rows; empty: none; in two pieces: none"),
        "{told}"
    );
    let text = program.text("v.md");
    assert!(text.starts_with("# Verdict\n\n- take near: "), "{text}");
    assert!(text.contains("\n## Groups of near\n"), "{text}");
    let record = program.json("v.md.json");
    assert_eq!(record["result"]["chosen"], "near");
    let modularity = |name: &str| record["result"]["modularity"][name].as_f64().unwrap();
    assert!(modularity("good") > modularity("near") && modularity("near") > 0.5);
    assert!(modularity("wrong").abs() < 0.05);
    assert_eq!(record["result"]["stability"], serde_json::Value::Null);

    let table = program.text("g.csv");
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines[0], "group,rows,inside,nearest,to_nearest,lesser_piece,between_pieces,remark");
    assert_eq!(lines.len(), 4);
    assert!(lines[1].starts_with("0,79,") && lines[3].starts_with("2,80,"), "{table}");
}

#[test]
fn an_empty_group_and_one_in_two_pieces_are_said() {
    let program = prepared();
    let told = program.done(&format!("{BASE} --assignments mine=merged.npy --k 4"));
    assert!(told.contains("groups: 2 of 80 to 160 rows; empty: 1, 3; in two pieces: 0"), "{told}");
    assert!(told.contains("next: ask for 2 groups: 2 are empty\n"), "{told}");
    assert!(told.contains("next: try 3 groups: 1 is in two pieces\n"), "{told}");
    assert!(program.text("g.csv").contains(",two pieces (5"), "{}", program.text("g.csv"));
    // Without --k the largest id says how many there should be.
    let told = program.done(&format!("{BASE} --assignments mine=merged.npy"));
    assert!(told.contains("empty: 1; in two pieces: 0"), "{told}");
}

#[test]
fn noise_is_in_no_group_and_a_bad_clustering_is_called_so() {
    let program = prepared();
    let told = program.done(&format!("{BASE} --assignments a=noise.npy --assignments b=wrong.npy"));
    assert!(told.contains("take a: ") && told.contains(", 60 rows in none; "), "{told}");
    let told = program.done(&format!("{BASE} --assignments b=wrong.npy"));
    assert!(told.contains("next: give other features"), "{told}");
    assert!(!told.contains("next: try"), "{told}");
    program.write("one.npy", &Array1::<i32>::zeros(240));
    let told = program.done(&format!("{BASE} --assignments b=one.npy"));
    assert!(told.contains("next: ask for at least two groups"), "{told}");
    program.write("none.npy", &Array1::<i32>::from_elem(240, -1));
    let told = program.done(&format!("{BASE} --assignments b=none.npy"));
    assert!(told.contains("groups: 0 of 0 to 0 rows, 240 rows in none"), "{told}");
}

#[test]
fn runs_tell_how_stable_the_groups_are() {
    let program = prepared();
    let runs = |words: &str| format!("{BASE} --assignments a=good.npy {words}");
    let told = program.done(&runs("--runs good.npy --runs near.npy"));
    assert!(told.contains("stability: runs agree to 0.99 (adjusted Rand index)"), "{told}");
    let told = program.done(&runs("--runs good.npy --runs wrong.npy --runs noise.npy"));
    assert!(told.contains("next: take another number of groups"), "{told}");
    let stability = program.json("v.md.json")["result"]["stability"].as_f64().unwrap();
    assert!((0.1..0.5).contains(&stability), "{stability}");
    program.refused(&runs("--runs good.npy"), 2, "give at least two of them, or none");
}

#[test]
fn the_bytes_do_not_depend_on_threads() {
    let program = prepared();
    let words = format!("{BASE} --assignments a=merged.npy --runs good.npy --runs wrong.npy");
    program.done(&format!("{words} --threads 1"));
    let expected = (program.text("v.md"), program.text("g.csv"));
    program.done(&format!("{words} --threads 3"));
    assert_eq!((program.text("v.md"), program.text("g.csv")), expected);
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let program = prepared();
    let one = "--points points.npy --out v.md --assignments";
    program.refused("--points points.npy --out v.md", 2, "at least one clustering");
    program.refused(&format!("{one} a=good.npy --assignments a=near.npy"), 2, "are named a");
    program.refused(&format!("{one} good.npy"), 2, "expected NAME=FILE");
    program.refused(&format!("{one} a=good.npy --k 0"), 2, "--k");
    program.refused(
        &format!("{one} a=good.npy --neighbors 5 --neighbors-in knn.npz"),
        2,
        "leave out --neighbors",
    );
    program.write("short.npy", &array![0, 1, 2]);
    program.refused(&format!("{one} a=short.npy"), 1, "expected 240 assignments");
    program.write("negative.npy", &Array1::<i32>::from_elem(240, -2));
    program.refused(&format!("{one} a=negative.npy"), 1, "negative.npy");
    program.refused(&format!("{one} a=good.npy --groups good.npy"), 1, "an input of this run");
    assert!(!program.path("v.md").exists());
}
