//! The program in an empty folder.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use ndarray::{Array2, s};
use ndarray_npy::{read_npy, write_npy};
use serde_json::Value;
use tempfile::tempdir;

fn run(folder: &Path, words: &str) -> Output {
    Command::cargo_bin("embed-manifold").unwrap().current_dir(folder).args(words.split(' ')).output().unwrap()
}

fn done(folder: &Path, words: &str) -> String {
    let output = run(folder, words);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn points(folder: &Path) -> Array2<f32> {
    let points =
        Array2::from_shape_fn((300, 6), |(i, j)| (i % 3 * 20) as f32 + ((i * (7 + j)) % 23) as f32 * 0.1);
    write_npy(folder.join("points.npy"), &points).unwrap();
    points
}

#[test]
fn points_are_embedded_and_new_ones_find_their_places() {
    let folder = tempdir().unwrap();
    let points = points(folder.path());
    let words = "--points points.npy --dims 3 --epochs 50 --out e.npy --model m.npz";
    assert_eq!(done(folder.path(), words), "300 points of 6 features to 3 dimensions, 50 epochs\n");
    let embedding: Array2<f32> = read_npy(folder.path().join("e.npy")).unwrap();
    assert_eq!(embedding.dim(), (300, 3));
    let record: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("e.npy.json")).unwrap()).unwrap();
    assert_eq!(record["parameters"]["neighbors"], 20);

    done(folder.path(), "--points points.npy --dims 3 --epochs 50 --out again.npy --threads 1");
    assert_eq!(read_npy::<_, Array2<f32>>(folder.path().join("again.npy")).unwrap(), embedding);

    write_npy(folder.path().join("new.npy"), &points.slice(s![..10, ..])).unwrap();
    done(folder.path(), "--points new.npy --transform m.npz --out n.npy");
    let new: Array2<f32> = read_npy(folder.path().join("n.npy")).unwrap();
    assert_eq!(new.dim(), (10, 3));
}

#[test]
fn what_cannot_be_done_is_refused_in_a_line() {
    let folder = tempdir().unwrap();
    points(folder.path());
    std::fs::write(folder.path().join("broken.npz"), "no archive").unwrap();
    for (words, code, told) in [
        (
            "--points points.npy --neighbors 400 --out e.npy",
            1,
            "points.npy: expected at least as many points",
        ),
        ("--points points.npy --dims 65 --out e.npy", 1, "1 to 64 dims"),
        ("--points points.npy --graph both --out e.npy", 2, "expected union or mutual"),
        ("--points points.npy --transform m.npz --dims 3 --out e.npy", 2, "leave out --dims"),
        ("--points points.npy --transform broken.npz --out e.npy", 1, "broken.npz"),
        ("--points nowhere.npy --out e.npy", 1, "nowhere.npy"),
    ] {
        let output = run(folder.path(), words);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), error.lines().count()), (Some(code), 1), "{words}: {error}");
        assert!(error.contains(told), "{error}");
        assert!(!folder.path().join("e.npy").exists());
    }
}
