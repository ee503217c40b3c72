//! The program in an empty folder. What it refuses is tested for all programs at once in `scripts/tests`.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::path::Path;

use assert_cmd::Command;
use ndarray::{Array1, Array2, Axis, array};
use ndarray_npy::{read_npy, write_npy};
use tempfile::tempdir;

fn done(folder: &Path, words: &str) -> String {
    let output = Command::cargo_bin("cluster-gmm")
        .unwrap()
        .current_dir(folder)
        .args(words.split(' '))
        .output()
        .unwrap();
    assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Two strips that k-means would cut across: wide in x, apart in y.
fn strips(folder: &Path) -> usize {
    let n = 400;
    let point = |(i, column): (usize, usize)| match column {
        0 => (i as f32 * 0.618_034).fract() * 40.0,
        _ => (i % 2) as f32 * 3.0 + (i as f32 * 0.414_214).fract(),
    };
    write_npy(folder.join("points.npy"), &Array2::from_shape_fn((n, 2), point)).unwrap();
    n
}

#[test]
fn it_finds_strips_and_gives_their_posterior() {
    let folder = tempdir().unwrap();
    let n = strips(folder.path());
    write_npy(folder.path().join("means.npy"), &array![[20.0, 0.0], [20.0, 3.0]]).unwrap();
    let shown = done(folder.path(), "--points points.npy --out a.npy --proba p.npy --k 2 --init means.npy");
    assert!(shown.starts_with("log-likelihood -") && shown.contains("converged: true"), "{shown}");
    let a: Array1<i32> = read_npy(folder.path().join("a.npy")).unwrap();
    let right = (0..n).filter(|&i| a[i] == a[i % 2]).count();
    assert!(right == n && a[0] != a[1], "{right} of {n}");

    let p: Array2<f64> = read_npy(folder.path().join("p.npy")).unwrap();
    assert_eq!(p.dim(), (n, 2));
    assert!(p.sum_axis(Axis(1)).iter().all(|sum| (sum - 1.0).abs() < 1e-12));
    assert!((0..n).all(|i| p[[i, a[i] as usize]] >= 0.5));
}

#[test]
fn a_model_of_any_covariance_assigns_its_own_points_as_the_fit_did() {
    let folder = tempdir().unwrap();
    strips(folder.path());
    for covariance in ["full", "tied", "diag", "spherical"] {
        let fit = format!(
            "--points points.npy --out a.npy --proba p.npy --model m.npz --k 3 --covariance {covariance}"
        );
        done(folder.path(), &fit);
        done(folder.path(), "--points points.npy --out b.npy --proba q.npy --predict m.npz");
        let bytes = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
        assert_eq!(bytes("a.npy"), bytes("b.npy"), "{covariance}");
        assert_eq!(bytes("p.npy"), bytes("q.npy"), "{covariance}");
    }
}
