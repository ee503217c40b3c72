//! Texts with a delimiter.

use ndarray::{Array1, Array2, array};
use test_support::Program;

const BASE: &str = "--out points.npy --names names.csv --from";

#[test]
fn a_text_becomes_points_and_names() {
    let program = Program::in_empty_folder("import-vectors");
    program.write_text("a.csv", "id,x,y\na.jpg,0.5,1\n\"b, c\",2,3e-3\na\\b,4,5\n");
    let shown = program.done(&format!("{BASE} a.csv"));
    assert_eq!(
        shown,
        "a.csv: comma-separated, with a header, ids in column id\nno value is missing\n\
         points.npy: 3 rows of 2 numbers, f4\n"
    );
    let points: Array2<f32> = program.read("points.npy");
    assert_eq!(points, array![[0.5, 1.0], [2.0, 3e-3], [4.0, 5.0]]);
    assert_eq!(program.text("names.csv"), "row,id\n0,a.jpg\n1,\"b, c\"\n2,a\\\\b\n");
    let (names, _) = names::Names::read(&program.path("names.csv")).unwrap();
    assert_eq!(names.names, ["a.jpg", "b, c", r"a\\b"]);
    let record = program.json("points.npy.json");
    assert_eq!(record["parameters"]["id_column"], "id");
    assert_eq!(
        record["inputs"][0]["sha256"],
        sha256_of("id,x,y\na.jpg,0.5,1\n\"b, c\",2,3e-3\na\\b,4,5\n")
    );
}

/// Hashes a text as another reader of the project does.
fn sha256_of(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text");
    std::fs::write(&path, text).unwrap();
    artifact::read_bytes(&path).unwrap().1.sha256
}

#[test]
fn delimiters_headers_and_marks_are_found() {
    let program = Program::in_empty_folder("import-vectors");
    for (text, told) in [
        ("0.5\t1\n2\t3\n", "tab-separated, without a header, no ids"),
        ("x;y\r\n0.5;1\r\n\r\n2;3\r\n", "semicolon-separated, with a header, no ids"),
        ("\u{feff}0.5,1\n2,3", "comma-separated, without a header, no ids"),
        (",0,1\nu,0.5,1\nv,2,3\n", "comma-separated, with a header, ids in column \n"),
        ("0,1\n0.5,1\n2,3\n", "comma-separated, with a header, no ids"),
        ("u, 0.5 ,1\nv, 2 ,3\n", "comma-separated, without a header, ids in column 1"),
    ] {
        program.write_text("a.csv", text);
        let shown = program.done(&format!("{BASE} a.csv"));
        assert!(shown.contains(told), "{text}: {shown}");
        let points: Array2<f32> = program.read("points.npy");
        assert_eq!(points, array![[0.5, 1.0], [2.0, 3.0]], "{text}");
        let names = program.text("names.csv");
        let expected = if text.contains('u') { "0,u\n1,v\n" } else { "0,0\n1,1\n" };
        assert_eq!(names, format!("row,id\n{expected}"), "{text}");
    }
}

#[test]
fn missing_values_are_refused_or_their_rows_dropped() {
    let program = Program::in_empty_folder("import-vectors");
    program.write_text("a.csv", "x,y\n1,2\n\n,NA\n3,nan\n4,5\n");
    let words = format!("{BASE} a.csv");
    program.refused(
        &words,
        1,
        "a.csv: expected a value in each cell, found 3 missing in 2 of 4 rows, the first in \
         line 4, column x; fill them in, or leave such rows out with --missing drop",
    );
    assert_eq!(program.names(), ["a.csv"]);
    let shown = program.done(&format!("{words} --missing drop"));
    assert!(shown.contains("3 values are missing: 2 rows were left out\n"), "{shown}");
    let points: Array2<f32> = program.read("points.npy");
    assert_eq!(points, array![[1.0, 2.0], [4.0, 5.0]]);
    assert_eq!(program.text("names.csv"), "row,id\n0,0\n1,3\n", "ids are rows of the text");
    let result = &program.json("points.npy.json")["result"];
    assert_eq!((&result["missing_values"], &result["dropped_rows"]), (&3.into(), &2.into()));
    program.write_text("none.csv", "x,y\n1,\n,2\n");
    let told = "none.csv: expected a row without missing values, found none of 2";
    program.refused(&format!("{BASE} none.csv --missing drop"), 1, told);
}

#[test]
fn a_column_of_classes_becomes_labels() {
    let program = Program::in_empty_folder("import-vectors");
    program
        .write_text("a.tsv", "plant\tspecies\tx\np1\trose\t1\np2\tiris\t2\np3\t\t3\np4\trose\t4\n");
    let words = format!(
        "{BASE} a.tsv --label-column species --id-column plant --labels-out labels.npy \
         --classes classes.json"
    );
    let told = "found 1 missing in 1 of 4 rows, the first in line 4, column species";
    program.refused(&words, 1, told);
    let shown = program.done(&format!("{words} --missing drop"));
    assert!(shown.contains("ids in column plant, 2 classes in column species\n"), "{shown}");
    assert_eq!(program.read::<Array1<i32>>("labels.npy"), array![1, 0, 1]);
    assert_eq!(program.read::<Array2<f32>>("points.npy"), array![[1.0], [2.0], [4.0]]);
    assert_eq!(program.text("classes.json"), "[\"iris\",\"rose\"]\n");
    assert_eq!(program.text("names.csv"), "row,id,class\n0,p1,rose\n1,p2,iris\n2,p4,rose\n");

    program.write_text("b.csv", "label,x\n0,1.5\n1,2.5\n");
    let told = program.notes(&format!("{BASE} b.csv"));
    assert!(told.contains("warning: b.csv: column label is taken as a part of the vectors"));
}

#[test]
fn f8_is_written_where_f4_would_lose_digits() {
    let program = Program::in_empty_folder("import-vectors");
    program.write_text("a.csv", "x,y\n1000000000.25,0.5\n1000000000.75,0.25\n");
    let told = program.notes(&format!("{BASE} a.csv"));
    assert!(told.contains("warning: a.csv: f4 would lose digits of column x, so f8 is written"));
    let points: Array2<f64> = program.read("points.npy");
    assert_eq!(points, array![[1000000000.25, 0.5], [1000000000.75, 0.25]]);
}

#[test]
fn vectors_of_length_1_are_told_and_the_threads_change_nothing() {
    let program = Program::in_empty_folder("import-vectors");
    program.write_text("a.csv", "0.6,0.8\n-1,0\n0.7071,0.7071\n");
    let shown = program.done(&format!("{BASE} a.csv --threads 1"));
    let told = "all rows have length 1: cosine is their metric, as in embed-umap --metric cosine\n";
    assert!(shown.contains(told), "{shown}");
    let bytes = program.bytes("points.npy");
    let json = program.done(&format!("{BASE} a.csv --threads 3 --json"));
    let result: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(result["result"]["unit_length"], true);
    assert_eq!(program.bytes("points.npy"), bytes);
}

#[test]
fn a_text_longer_than_a_block_is_the_same_as_a_short_one() {
    let program = Program::in_empty_folder("import-vectors");
    let n = 20_000;
    let line = |row: usize| {
        let cells: Vec<String> = (0..60).map(|column| (row * 60 + column).to_string()).collect();
        format!("r{row},{}\n", cells.join(","))
    };
    program.write_text("a.csv", (0..n).map(line).collect::<String>());
    program.done(&format!("{BASE} a.csv"));
    let points: Array2<f32> = program.read("points.npy");
    assert_eq!(points, Array2::from_shape_fn((n, 60), |(row, column)| (row * 60 + column) as f32));
    assert!(program.text("names.csv").ends_with("\n19999,r19999\n"));
}
