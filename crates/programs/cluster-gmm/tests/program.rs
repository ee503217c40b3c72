//! The program in an empty folder. What it refuses is tested for all programs at once in
//! `scripts/tests`.

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
    let shown =
        done(folder.path(), "--points points.npy --out a.npy --proba p.npy --k 2 --init means.npy");
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
            "--points points.npy --out a.npy --proba p.npy --model m.npz --k 3 \
             --covariance {covariance}"
        );
        done(folder.path(), &fit);
        done(folder.path(), "--points points.npy --out b.npy --proba q.npy --predict m.npz");
        let bytes = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
        assert_eq!(bytes("a.npy"), bytes("b.npy"), "{covariance}");
        assert_eq!(bytes("p.npy"), bytes("q.npy"), "{covariance}");
    }
}

/// What a refused program says; it exits with `code`.
fn refused(folder: &Path, words: &str, code: i32) -> String {
    let output = Command::cargo_bin("cluster-gmm")
        .unwrap()
        .current_dir(folder)
        .args(words.split(' '))
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{words}: {told}");
    assert_eq!(told.lines().count(), 1, "{words}: {told}");
    told
}

#[test]
fn it_keeps_the_most_informative_start() {
    let folder = tempdir().unwrap();
    strips(folder.path());
    done(folder.path(), "--points points.npy --out a.npy --k 3 --starts 5 --keep information");
    let record = std::fs::read(folder.path().join("a.npy.json")).unwrap();
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    let information = record["result"]["information"].as_f64().unwrap();
    assert!(information > 0.5 && information <= 3f64.ln(), "{information}");
    assert_eq!(record["parameters"]["keep"], "information");
    let told = refused(folder.path(), "--points points.npy --out b.npy --keep shortest", 2);
    assert!(told.contains("expected likelihood or information"), "{told}");
    let told = refused(
        folder.path(),
        "--points points.npy --predict m.npz --out b.npy --keep likelihood",
        2,
    );
    assert!(told.contains("leave out --keep"), "{told}");
}

#[test]
fn it_selects_the_number_of_components() {
    let folder = tempdir().unwrap();
    strips(folder.path());
    let shown =
        done(folder.path(), "--points points.npy --select-k 1..4 --out k.csv --covariance diag");
    assert!(shown.starts_with("lowest BIC: k = "), "{shown}");
    let csv = std::fs::read_to_string(folder.path().join("k.csv")).unwrap();
    let lines: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(
        lines[0],
        ["k", "log_likelihood", "parameters", "bic", "aic", "iterations", "converged"]
    );
    assert_eq!(lines.len(), 5);
    for (k, line) in (1..).zip(&lines[1..]) {
        assert_eq!((line[0], line[2]), (&*k.to_string(), &*(5 * k - 1).to_string()));
        let number = |i: usize| line[i].parse::<f64>().unwrap();
        let bic = (5.0 * f64::from(k) - 1.0) * 400_f64.ln() - 2.0 * 400.0 * number(1);
        assert!((number(3) - bic).abs() < 1e-6, "{line:?}");
    }
    assert!(folder.path().join("k.csv.json").exists());
}

#[test]
fn it_goes_on_from_a_model() {
    let folder = tempdir().unwrap();
    strips(folder.path());
    let fit = "--points points.npy --tol 0 --covariance tied";
    done(folder.path(), &format!("{fit} --k 3 --max-iter 8 --out a.npy --densities a8.npy"));
    done(folder.path(), &format!("{fit} --k 3 --max-iter 4 --out b.npy --model m.npz"));
    // Its k and its covariance need not be given again.
    done(
        folder.path(),
        "--points points.npy --tol 0 --max-iter 4 --init m.npz --out c.npy --densities c8.npy",
    );
    let bytes = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert_eq!(bytes("a.npy"), bytes("c.npy"));
    assert_eq!(bytes("a8.npy"), bytes("c8.npy"));
    let densities: Array1<f64> = read_npy(folder.path().join("a8.npy")).unwrap();
    let record: String = std::fs::read_to_string(folder.path().join("a.npy.json")).unwrap();
    assert_eq!(densities.len(), 400);
    assert!(record.contains(r#""bic""#) && record.contains(r#""aic""#), "{record}");
    let told =
        refused(folder.path(), "--points points.npy --init m.npz --out d.npy --covariance full", 1);
    assert!(told.contains("expected a starting model with full covariances, found tied"), "{told}");
}

#[test]
fn a_weight_of_two_is_a_point_twice() {
    let folder = tempdir().unwrap();
    let n = strips(folder.path());
    let points: Array2<f32> = read_npy(folder.path().join("points.npy")).unwrap();
    let weights: Array1<u8> = (0..n).map(|i| (i % 3) as u8).collect();
    let repeated: Vec<usize> = (0..n).flat_map(|i| vec![i; i % 3]).collect();
    write_npy(folder.path().join("twice.npy"), &points.select(Axis(0), &repeated)).unwrap();
    write_npy(folder.path().join("weights.npy"), &weights).unwrap();
    write_npy(folder.path().join("means.npy"), &array![[20.0, 0.0], [20.0, 3.0]]).unwrap();
    let fit = "--k 2 --init means.npy --max-iter 5";
    let weighed = done(
        folder.path(),
        &format!("--points points.npy --weights weights.npy {fit} --out a.npy"),
    );
    let repeated = done(folder.path(), &format!("--points twice.npy {fit} --out b.npy"));
    assert_eq!(weighed.lines().next(), repeated.lines().next());
    let record = std::fs::read_to_string(folder.path().join("a.npy.json")).unwrap();
    assert!(record.contains("weights.npy"), "{record}");
}

#[test]
fn what_does_not_go_together_is_refused() {
    let folder = tempdir().unwrap();
    for (words, option) in [
        ("--select-k 2..4 --k 3", "--k"),
        ("--select-k 2..4 --model m.npz", "--model"),
        ("--select-k 2..4 --proba p.npy", "--proba"),
        ("--select-k 2..4 --densities p.npy", "--densities"),
        ("--select-k 2..4 --init m.npz", "--init FILE"),
        ("--select-k 2..4 --predict m.npz", "--select-k"),
        ("--predict m.npz --weights w.npy", "--weights"),
        ("--predict m.npz --init random", "--init"),
    ] {
        let told = refused(folder.path(), &format!("--points a.npy --out b.npy {words}"), 2);
        assert!(told.contains(&format!("leave out {option}")), "{words}: {told}");
    }
    for span in ["0..3", "4..3", "3", "2..", "a..b", "2...4"] {
        let told =
            refused(folder.path(), &format!("--points a.npy --out b.npy --select-k {span}"), 2);
        assert!(told.contains("1 <= A <= B"), "{span}: {told}");
    }
}

/// A mixture of `weights` (k,), `means` (k, d) and variances (k, d), as scikit-learn has it.
fn write_diagonal(
    path: &Path,
    weights: &Array1<f64>,
    means: &Array2<f64>,
    variances: &Array2<f64>,
) {
    let mut archive = ndarray_npy::NpzWriter::new(std::fs::File::create(path).unwrap());
    archive.add_array("weights", weights).unwrap();
    archive.add_array("means", means).unwrap();
    archive.add_array("covariances", variances).unwrap();
    archive.add_array("covariance_type", &ndarray::arr0(artifact::Text::from("diag"))).unwrap();
    archive.finish().unwrap();
}

#[test]
fn a_covariance_of_a_model_is_not_cured_by_parameters() {
    let folder = tempdir().unwrap();
    strips(folder.path());
    let (weights, means) = (array![0.5, 0.5], array![[20.0, 0.0], [20.0, 3.0]]);
    let variances = array![[9.0, 1.0], [9.0, -1.0]];
    write_diagonal(&folder.path().join("bad.npz"), &weights, &means, &variances);
    for words in ["--predict bad.npz", "--init bad.npz"] {
        let told = refused(folder.path(), &format!("--points points.npy --out a.npy {words}"), 1);
        assert!(
            told.contains("bad.npz: expected a model") && told.contains("component 1"),
            "{told}"
        );
        assert!(!told.contains("reg"), "{told}");
    }
}

#[test]
fn going_on_from_a_model_far_away_loses_no_digits() {
    let folder = tempdir().unwrap();
    strips(folder.path());
    let (weights, means, variances) = (array![1.0], array![[1e8, -1e8]], array![[1.0, 1.0]]);
    write_diagonal(&folder.path().join("far.npz"), &weights, &means, &variances);
    done(
        folder.path(),
        "--points points.npy --init far.npz --max-iter 1 --reg-covar 0 --out a.npy --model m.npz",
    );
    let points: Array2<f32> = read_npy(folder.path().join("points.npy")).unwrap();
    let expected = points.mapv(f64::from).var_axis(Axis(0), 0.0);
    let mut model =
        ndarray_npy::NpzReader::new(std::fs::File::open(folder.path().join("m.npz")).unwrap())
            .unwrap();
    let found: Array2<f64> = model.by_name("covariances").unwrap();
    assert!((&found.row(0) - &expected).iter().all(|x| x.abs() < 1e-9), "{found} for {expected}");
}

#[test]
fn components_without_points_are_told() {
    let folder = tempdir().unwrap();
    strips(folder.path());
    write_npy(folder.path().join("means.npy"), &array![[20.0, 0.0], [20.0, 3.0], [1e6, 1e6]])
        .unwrap();
    let told = |words: &str| {
        let output = Command::cargo_bin("cluster-gmm")
            .unwrap()
            .current_dir(folder.path())
            .args(words.split(' '))
            .output();
        let output = output.unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let three = told("--points points.npy --k 3 --init means.npy --out a.npy --quiet");
    assert!(three.contains("no point is assigned to component (2)"), "{three}");
    let two = told("--points points.npy --k 2 --out a.npy --quiet");
    assert!(two.is_empty(), "{two}");
}

#[test]
fn a_point_of_weight_zero_changes_nothing_but_its_label() {
    let folder = tempdir().unwrap();
    let n = strips(folder.path());
    let points: Array2<f32> = read_npy(folder.path().join("points.npy")).unwrap();
    let mut more = Array2::from_elem((n + 1, 2), 1e8_f32);
    more.slice_mut(ndarray::s![1.., ..]).assign(&points);
    let mut weights = Array1::<f32>::ones(n + 1);
    weights[0] = 0.0;
    write_npy(folder.path().join("more.npy"), &more).unwrap();
    write_npy(folder.path().join("weights.npy"), &weights).unwrap();
    write_npy(folder.path().join("ones.npy"), &Array1::<f32>::ones(n)).unwrap();
    done(folder.path(), "--points points.npy --weights ones.npy --k 3 --out a.npy --model a.npz");
    done(folder.path(), "--points more.npy --weights weights.npy --k 3 --out b.npy --model b.npz");
    let bytes = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert_eq!(bytes("a.npz"), bytes("b.npz"));
    let labels = |name: &str| read_npy::<_, Array1<i32>>(folder.path().join(name)).unwrap();
    assert_eq!(labels("a.npy"), labels("b.npy").slice(ndarray::s![1..]));
}
