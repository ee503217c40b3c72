//! The program in an empty folder.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use ndarray::{Array2, Array3, array, s};
use ndarray_npy::NpzWriter;
use test_support::Program;

/// Numbers in -0.5..0.5 that look drawn.
fn scatter(i: usize, j: usize) -> f32 {
    let mixed = (i as u64 * 2_654_435_761) ^ (j as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((mixed >> 40) as f32) / (1 << 24) as f32 - 0.5
}

/// 400 rows of six values; row 100 equals row 3, rows 101 and 102 are nearly rows 4 and 5.
fn points() -> Array2<f32> {
    let mut points = Array2::from_shape_fn((400, 6), |(i, j)| scatter(i, j));
    for (to, from, noise) in [(100, 3, 0.0), (101, 4, 1e-3), (102, 5, 2e-3)] {
        let near = &points.row(from) + noise;
        points.row_mut(to).assign(&near);
    }
    points
}

fn prepared() -> Program {
    let program = Program::in_empty_folder("find-duplicates");
    program.write("points.npy", &points());
    let mut names = "row,file\n".to_owned();
    for row in 0..400 {
        names += &format!("{row},\"holidays, {row}/é \"\"{row}\"\".jpg\"\n");
    }
    program.write_text("names.csv", names);
    program
}

const BASE: &str = "--points points.npy --out d.csv";

#[test]
fn near_duplicates_are_grouped_by_name() {
    let program = prepared();
    let told = program.done(&format!("{BASE} --names names.csv"));
    assert!(told.starts_with("chance "), "{told}");
    let counts = "3 groups with 6 of 400 rows; 1 rows equal an earlier one: d.csv";
    assert!(told.contains(counts), "{told}");
    let text = program.text("d.csv");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "group,row,file,distance,representative");
    assert_eq!(lines[1], "0,3,\"holidays, 3/é \"\"3\"\".jpg\",0,yes");
    assert_eq!(lines[2], "0,100,\"holidays, 100/é \"\"100\"\".jpg\",0,no");
    assert!(lines[3].starts_with("1,4,") && lines[4].starts_with("1,101,"), "{text}");
    let distance: f64 = lines[5].rsplit(',').nth(1).unwrap().parse().unwrap();
    assert!((distance - 2e-3 * 6.0_f64.sqrt()).abs() < 1e-6, "{text}");

    let record = program.json("d.csv.json");
    assert_eq!(record["inputs"].as_array().unwrap().len(), 2);
    assert_eq!(record["result"]["groups"], 3);
    // The probability that was found gives the same groups when it is given.
    let chance = record["result"]["chance"].as_f64().unwrap();
    let words = format!("--points points.npy --names names.csv --chance {chance} --out e.csv");
    assert!(program.done(&words).starts_with("chance "));
    assert_eq!(program.text("e.csv"), text);
    let json: serde_json::Value =
        serde_json::from_str(&program.done(&format!("{BASE} --json"))).unwrap();
    assert_eq!((&json["result"]["equal"], &json["result"]["duplicates"]), (&1.into(), &6.into()));
}

#[test]
fn the_bytes_do_not_depend_on_threads_or_on_who_found_the_neighbors() {
    let program = prepared();
    program.done(&format!("{BASE} --threads 1"));
    let expected = program.text("d.csv");
    assert!(expected.starts_with("group,row,distance,representative\n0,3,0,yes\n"), "{expected}");
    program.done(&format!("{BASE} --threads 3"));
    assert_eq!(program.text("d.csv"), expected);
    let found = umap::distinct_neighbors(points().view(), 20, umap::Metric::Euclidean, &mut |_| ())
        .unwrap();
    write_neighbors(&program, &found);
    program.done(&format!("{BASE} --neighbors-in k.npz"));
    assert_eq!(program.text("d.csv"), expected);
}

fn write_neighbors(program: &Program, found: &umap::Neighbors) {
    let mut file = NpzWriter::new(std::fs::File::create(program.path("k.npz")).unwrap());
    file.add_array("indices", &found.indices.mapv(|index| index as i32)).unwrap();
    file.add_array("distances", &found.distances).unwrap();
    file.finish().unwrap();
}

#[test]
fn limits_can_be_given() {
    let program = prepared();
    let told = program.done(&format!("{BASE} --threshold 0.003"));
    assert!(told.starts_with("threshold 0.003, as given\n2 groups with 4 of 400 rows"), "{told}");
    let told = program.done(&format!("{BASE} --chance 0"));
    assert!(told.starts_with("chance 0, as given\n1 group with 2 of 400 rows"), "{told}");
    let told = program.done(&format!("{BASE} --metric cosine --threshold 0"));
    assert!(told.contains("1 group with 2 of 400 rows"), "{told}");
    let told = program.done(&format!("{BASE} --chance 0.01"));
    assert!(!told.contains("\n3 groups"), "{told}");
}

#[test]
fn little_or_equal_input_is_no_fault() {
    let program = Program::in_empty_folder("find-duplicates");
    for n in [1, 2, 3, 7] {
        let points = Array2::from_shape_fn((n, 3), |(i, j)| scatter(i, j));
        program.write("points.npy", &points);
        let told = program.done(BASE);
        assert!(told.starts_with("nothing but equal rows stands out"), "{told}");
        assert_eq!(program.text("d.csv"), "group,row,distance,representative\n");
    }
    program.write("points.npy", &Array3::<u8>::from_elem((50, 2, 2), 7));
    let told = program.done(BASE);
    assert!(told.contains("1 group with 50 of 50 rows; 49 rows equal"), "{told}");
    // Wide values of f8 that single precision tells apart only around their median.
    let far = points().mapv(|x| f64::from(x) + 1e6);
    program.write("points.npy", &far);
    assert!(program.done(BASE).contains("3 groups with 6 of 400"), "far from zero");
}

#[test]
fn large_groups_call_for_more_neighbors() {
    let program = Program::in_empty_folder("find-duplicates");
    let mut points = points();
    for copy in 0..15 {
        let near = &points.row(7) + 1e-4 * (copy + 1) as f32;
        points.row_mut(200 + copy).assign(&near);
    }
    program.write("points.npy", &points);
    assert!(program.notes(BASE).contains("raise --neighbors"));
    let words = format!("{BASE} --neighbors 60");
    assert!(!program.notes(&words).contains("raise"));
    assert!(program.done(&words).contains("4 groups with 22 of 400 rows"));
}

#[test]
fn wrong_usage_is_told_before_files_are_read() {
    let program = Program::in_empty_folder("find-duplicates");
    for (words, told) in [
        ("--threshold 0.3 --chance 0.1", "leave out one"),
        ("--chance 1", "--chance is a probability below 1"),
        ("--threshold -1", "at least 0"),
        ("--metric manhattan", "expected euclidean or cosine"),
        ("--neighbors 9 --neighbors-in k.npz", "leave out --neighbors"),
    ] {
        program.refused(&format!("{BASE} {words}"), 2, told);
    }
    program.refused(BASE, 1, "points.npy: cannot read");
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let program = prepared();
    program.write_text("few.csv", "a\nb\n");
    let other = points().slice(s![..40, ..]).to_owned();
    let found =
        umap::distinct_neighbors(other.view(), 8, umap::Metric::Euclidean, &mut |_| ()).unwrap();
    write_neighbors(&program, &found);
    program.write("empty.npy", &Array2::<f32>::zeros((0, 3)));
    program.write("nan.npy", &array![[0.0, f32::NAN]]);
    program.write_text("no.npz", "no archive");
    for (words, told) in [
        (format!("{BASE} --names few.csv"), "few.csv: expected 400 names"),
        (format!("{BASE} --neighbors 1"), "expected at least 2 neighbors of each point"),
        (format!("{BASE} --neighbors-in k.npz"), "k.npz of points.npy: expected neighbors of 400"),
        (format!("{BASE} --neighbors-in no.npz"), "no.npz: expected an .npz archive"),
        ("--points empty.npy --out d.csv".to_owned(), "empty.npy"),
        ("--points nan.npy --out d.csv".to_owned(), "nan.npy"),
        ("--points points.npy --out points.npy".to_owned(), "points.npy"),
    ] {
        program.refused(&words, 1, told);
        assert!(!program.has("d.csv"));
    }
    // Neighbors of the right number that are those of other points.
    let shuffled = points().mapv(|x| x * x);
    let found =
        umap::distinct_neighbors(shuffled.view(), 8, umap::Metric::Euclidean, &mut |_| ()).unwrap();
    write_neighbors(&program, &found);
    program.refused(
        &format!("{BASE} --neighbors-in k.npz"),
        1,
        "give the neighbors of these points, by the same metric",
    );
}
