//! The program in an empty folder.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use ndarray::{Array1, array};
use ndarray_npy::{read_npy, write_npy};
use serde_json::Value;
use tempfile::tempdir;

fn run(folder: &Path, words: &str) -> Output {
    Command::cargo_bin("consensus").unwrap().current_dir(folder).args(words.split(' ')).output().unwrap()
}

#[test]
fn runs_of_any_tool_become_one() {
    let folder = tempdir().unwrap();
    write_npy(folder.path().join("a.npy"), &array![0_i32, 0, 0, 1, 1, 1]).unwrap();
    write_npy(folder.path().join("b.npy"), &array![7_i64, 7, 7, 3, 3, 7]).unwrap();
    write_npy(folder.path().join("c.npy"), &array![1_u8, 1, 1, 0, 0, 0]).unwrap();
    let output = run(folder.path(), "--assignments a.npy b.npy c.npy --out o.npy --agreement s.npy");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("3 runs, pairwise ARI"), "{shown}");
    let found: Array1<i32> = read_npy(folder.path().join("o.npy")).unwrap();
    assert_eq!(found.mapv(|id| id == found[0]), array![true, true, true, false, false, false]);
    let agreement: Array1<f32> = read_npy(folder.path().join("s.npy")).unwrap();
    assert_eq!(agreement.mapv(|x| (3.0 * x).round() as i32), array![3, 3, 3, 3, 3, 2]);
    let record: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("o.npy.json")).unwrap()).unwrap();
    assert_eq!(record["parameters"]["k"], 2);
    assert_eq!(record["inputs"].as_array().unwrap().len(), 3);
}

#[test]
fn without_an_outcome_it_says_how_much_runs_agree() {
    let folder = tempdir().unwrap();
    // a and b are one partition, and c halves each of its clusters: of 12 ordered pairs 4 are together in a, none in c.
    write_npy(folder.path().join("a.npy"), &array![0_i32, 0, 1, 1]).unwrap();
    write_npy(folder.path().join("b.npy"), &array![7_i64, 7, 3, 3]).unwrap();
    write_npy(folder.path().join("c.npy"), &array![0_u8, 1, 0, 1]).unwrap();
    let names = || {
        let mut names: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    // Pairwise ARI 1, -0.5, -0.5 and NMI 1, 0, 0.
    for (words, told) in [
        ("--assignments a.npy b.npy", "2 runs, pairwise ARI 1.0000, NMI 1.0000 on average\n"),
        ("--assignments a.npy b.npy c.npy", "3 runs, pairwise ARI 0.0000, NMI 0.3333 on average\n"),
    ] {
        let output = run(folder.path(), words);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), told);
    }
    assert_eq!(names(), before, "nothing is written");
}

#[test]
fn what_does_not_go_together_is_refused() {
    let folder = tempdir().unwrap();
    write_npy(folder.path().join("a.npy"), &array![0_i32, 0, 1]).unwrap();
    write_npy(folder.path().join("b.npy"), &array![0_i32, 1]).unwrap();
    for (words, code, told) in [
        ("--assignments a.npy --out o.npy", 2, "at least two runs"),
        ("--assignments a.npy a.npy --k 2", 2, "--agreement and --k go with --out"),
        ("--assignments a.npy a.npy --agreement o.npy", 2, "--agreement and --k go with --out"),
        ("--assignments a.npy b.npy", 1, "b.npy: expected 3 assignments, as many as in a.npy, found 2"),
        (
            "--assignments a.npy b.npy --out o.npy",
            1,
            "b.npy: expected 3 assignments, as many as in a.npy, found 2",
        ),
        ("--assignments a.npy a.npy --k 5 --out o.npy", 1, "expected a run with 5 clusters"),
    ] {
        let output = run(folder.path(), words);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), error.lines().count()), (Some(code), 1), "{error}");
        assert!(error.contains(told), "{error}");
        assert!(!folder.path().join("o.npy").exists());
    }
}
