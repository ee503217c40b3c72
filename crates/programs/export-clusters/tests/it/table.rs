//! The table, and what is refused before it is written.

use ndarray::{Array1, array};

use crate::{BASE, prepared};

#[test]
fn the_table_names_each_row_and_its_cluster() {
    let program = prepared();
    let shown = program.done(BASE);
    assert!(shown.contains("| noise   |    1 |"), "{shown}");
    assert_eq!(
        program.text("clusters.csv"),
        "file,row,cluster\ncats/1.jpg,0,1\ncats/2.jpg,1,0\ndogs/1.jpg,2,1\n\
         \"dogs/b, c.jpg\",3,-1\né.png,4,0\na\\\\b,5,1\n"
    );
    let record = program.json("clusters.csv.json");
    assert_eq!(record["inputs"].as_array().unwrap().len(), 2);
    assert_eq!((&record["result"]["clusters"], &record["result"]["noise"]), (&2.into(), &1.into()));
    let json: serde_json::Value =
        serde_json::from_str(&program.done(&format!("{BASE} --json"))).unwrap();
    assert_eq!(json["result"]["sizes"]["1"], 3);
}

#[test]
fn certainty_and_points_add_columns_whatever_the_threads() {
    let program = prepared();
    program.write("points.npy", &array![[0.0_f32], [4.0], [1.0], [2.0], [5.0], [2.0]]);
    program.write("agreement.npy", &array![1.0_f32, 0.8, 1.0, 0.0, 1.0, 0.6]);
    let words = format!("{BASE} --points points.npy --certainty agreement.npy");
    program.done(&format!("{words} --threads 1"));
    let one = program.text("clusters.csv");
    let lines: Vec<&str> = one.lines().collect();
    assert_eq!(lines[0], "file,row,cluster,certainty,distance,second_cluster");
    // The means are 1 and 4.5: 0.8 * 3 / (0.5 + 3), and half of that for the row at 2 ...
    assert_eq!(lines[2], "cats/2.jpg,1,0,0.6857143,0.5,1");
    assert_eq!(lines[3], "dogs/1.jpg,2,1,1,0,0");
    assert_eq!(lines[4], "\"dogs/b, c.jpg\",3,-1,,,1");
    assert_eq!(lines[6], r"a\\b,5,1,0.42857143,1,0");
    program.done(&format!("{words} --threads 3"));
    assert_eq!(program.text("clusters.csv"), one);
}

#[test]
fn options_that_do_not_go_together_are_wrong_usage() {
    let program = prepared();
    for (words, told) in [
        ("--link copy", "leave out --link"),
        ("--from photos", "leave out --from"),
        ("--images ids.npy", "leave out --images"),
        ("--into clusters.csv", "--out lies in --into"),
        ("--into .", "--out lies in --into"),
        ("--into groups --link soft", "expected hard, symbolic or copy"),
    ] {
        program.refused(&format!("{BASE} {words}"), 2, told);
    }
    let words = "--assignments ids.npy --names names.csv --out g/c.csv --into g";
    program.refused(words, 2, "--out lies in --into");
    assert!(!program.has("g"));
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let program = prepared();
    program.write("low.npy", &array![0_i32, -2]);
    program.write("short.npy", &Array1::<f32>::ones(5));
    program.write("large.npy", &Array1::<f32>::from_elem(6, 1.5));
    program.write("narrow.npy", &ndarray::Array2::<f64>::ones((6, 1)));
    program.write("points.npy", &ndarray::Array2::<f64>::ones((5, 1)));
    program.write("few.npy", &array![0_i32, 1]);
    let few = "--assignments few.npy --names names.csv --out c.csv";
    let low = "--assignments low.npy --names names.csv --out c.csv";
    for (words, told) in [
        (few.to_owned(), "names.csv: expected 2 names, one for each row of few.npy, found 6"),
        (low.to_owned(), "low.npy: assignment -2 at row 1"),
        (format!("{BASE} --certainty short.npy"), "short.npy: expected 6 rows"),
        (format!("{BASE} --certainty large.npy"), "found 1.5 in row 0"),
        (format!("{BASE} --certainty narrow.npy"), "expected responsibilities of cluster 1"),
        (format!("{BASE} --points points.npy"), "points.npy: expected 6 rows"),
    ] {
        program.refused(&words, 1, told);
        assert!(!program.has("clusters.csv") && !program.has("c.csv"));
    }
}
