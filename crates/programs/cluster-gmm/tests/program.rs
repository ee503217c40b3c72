//! The program in an empty folder. What it refuses is tested for all programs at once in
//! `scripts/tests`.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::path::Path;

use ndarray::{Array1, Array2, Axis, array};
use test_support::Program;

/// Two strips that k-means would cut across: wide in x, apart in y.
fn strips(program: &Program) -> usize {
    let n = 400;
    let point = |(i, column): (usize, usize)| match column {
        0 => (i as f32 * 0.618_034).fract() * 40.0,
        _ => (i % 2) as f32 * 3.0 + (i as f32 * 0.414_214).fract(),
    };
    program.write("points.npy", &Array2::from_shape_fn((n, 2), point));
    n
}

#[test]
fn it_finds_strips_and_gives_their_posterior() {
    let program = Program::in_empty_folder("cluster-gmm");
    let n = strips(&program);
    program.write("means.npy", &array![[20.0, 0.0], [20.0, 3.0]]);
    let shown =
        program.done("--points points.npy --out a.npy --proba p.npy --k 2 --init means.npy");
    assert!(shown.starts_with("log-likelihood -") && shown.contains("converged: true"), "{shown}");
    let a: Array1<i32> = program.read("a.npy");
    let right = (0..n).filter(|&i| a[i] == a[i % 2]).count();
    assert!(right == n && a[0] != a[1], "{right} of {n}");

    let p: Array2<f64> = program.read("p.npy");
    assert_eq!(p.dim(), (n, 2));
    assert!(p.sum_axis(Axis(1)).iter().all(|sum| (sum - 1.0).abs() < 1e-12));
    assert!((0..n).all(|i| p[[i, a[i] as usize]] >= 0.5));
}

#[test]
fn a_model_of_any_covariance_assigns_its_own_points_as_the_fit_did() {
    let program = Program::in_empty_folder("cluster-gmm");
    strips(&program);
    for covariance in ["full", "tied", "diag", "spherical"] {
        let fit = format!(
            "--points points.npy --out a.npy --proba p.npy --model m.npz --k 3 \
             --covariance {covariance}"
        );
        program.done(&fit);
        program.done("--points points.npy --out b.npy --proba q.npy --predict m.npz");
        assert_eq!(program.bytes("a.npy"), program.bytes("b.npy"), "{covariance}");
        assert_eq!(program.bytes("p.npy"), program.bytes("q.npy"), "{covariance}");
    }
}

#[test]
fn the_numbers_of_points_and_features_choose_the_covariances() {
    let program = Program::in_empty_folder("cluster-gmm");
    let n = strips(&program);
    // Of two features a component has five values, so 400 points are enough for 40 of them.
    for (k, found) in [(40, "full"), (41, "tied")] {
        let shown =
            program.done(&format!("--points points.npy --out a.npy --k {k} --covariance auto"));
        assert!(shown.contains(&format!(", {found} covariances")), "{k}: {shown}");
    }
    let wide = Array2::from_shape_fn((n, 101), |(i, j)| ((i * (2 * j + 7)) % 31) as f32);
    program.write("wide.npy", &wide);
    let shown = program.done("--points wide.npy --out a.npy --k 2 --covariance auto");
    assert!(shown.contains(", diag covariances"), "{shown}");
    // A model goes on as it is.
    program.done("--points points.npy --out a.npy --k 3 --covariance spherical --model m.npz");
    let shown = program.done("--points points.npy --out a.npy --init m.npz --covariance auto");
    assert!(shown.contains(", spherical covariances"), "{shown}");
    // All numbers of components have the type of the most.
    program.done("--points points.npy --out t.csv --select-k 2..41 --covariance auto");
    let record: serde_json::Value = program.json("t.csv.json");
    assert_eq!(record["parameters"]["covariance"], "tied");
}

#[test]
fn it_keeps_the_most_informative_start() {
    let program = Program::in_empty_folder("cluster-gmm");
    strips(&program);
    program.done("--points points.npy --out a.npy --k 3 --starts 5 --keep information");
    let record = program.json("a.npy.json");
    let information = record["result"]["information"].as_f64().unwrap();
    assert!(information > 0.5 && information <= 3f64.ln(), "{information}");
    assert_eq!(record["parameters"]["keep"], "information");
    program.refused(
        "--points points.npy --out b.npy --keep shortest",
        2,
        "expected criterion to be likelihood or information",
    );
    program.refused(
        "--points points.npy --predict m.npz --out b.npy --keep likelihood",
        2,
        "leave out --keep",
    );
}

#[test]
fn it_selects_the_number_of_components() {
    let program = Program::in_empty_folder("cluster-gmm");
    strips(&program);
    let shown = program.done("--points points.npy --select-k 1..4 --out k.csv --covariance diag");
    assert!(shown.starts_with("lowest BIC: k = "), "{shown}");
    let csv = program.text("k.csv");
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
    assert!(program.has("k.csv.json"));
}

#[test]
fn it_goes_on_from_a_model() {
    let program = Program::in_empty_folder("cluster-gmm");
    strips(&program);
    let fit = "--points points.npy --tol 0 --covariance tied";
    program.done(&format!("{fit} --k 3 --max-iter 8 --out a.npy --densities a8.npy"));
    program.done(&format!("{fit} --k 3 --max-iter 4 --out b.npy --model m.npz"));
    // Its k and its covariance need not be given again.
    program.done(
        "--points points.npy --tol 0 --max-iter 4 --init m.npz --out c.npy --densities c8.npy",
    );
    assert_eq!(program.bytes("a.npy"), program.bytes("c.npy"));
    let densities: Array1<f64> = program.read("a8.npy");
    // A fit that goes on adds its points up in another order in its first iteration.
    let went_on: Array1<f64> = program.read("c8.npy");
    assert!(densities.iter().zip(&went_on).all(|(a, b)| (a - b).abs() < 1e-12 * a.abs()));
    let record: String = program.text("a.npy.json");
    assert_eq!(densities.len(), 400);
    assert!(record.contains(r#""bic""#) && record.contains(r#""aic""#), "{record}");
    program.refused(
        "--points points.npy --init m.npz --out d.npy --covariance full",
        1,
        "expected a starting model with full covariances, found tied",
    );
}

#[test]
fn a_weight_of_two_is_a_point_twice() {
    let program = Program::in_empty_folder("cluster-gmm");
    let n = strips(&program);
    let points: Array2<f32> = program.read("points.npy");
    let weights: Array1<u8> = (0..n).map(|i| (i % 3) as u8).collect();
    let repeated: Vec<usize> = (0..n).flat_map(|i| vec![i; i % 3]).collect();
    program.write("twice.npy", &points.select(Axis(0), &repeated));
    program.write("weights.npy", &weights);
    program.write("means.npy", &array![[20.0, 0.0], [20.0, 3.0]]);
    let fit = "--k 2 --init means.npy --max-iter 5";
    let weighed =
        program.done(&format!("--points points.npy --weights weights.npy {fit} --out a.npy"));
    let repeated = program.done(&format!("--points twice.npy {fit} --out b.npy"));
    assert_eq!(weighed.lines().next(), repeated.lines().next());
    let record = program.text("a.npy.json");
    assert!(record.contains("weights.npy"), "{record}");
}

#[test]
fn what_does_not_go_together_is_refused() {
    let program = Program::in_empty_folder("cluster-gmm");
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
        program.refused(
            &format!("--points a.npy --out b.npy {words}"),
            2,
            &format!("leave out {option}"),
        );
    }
    for span in ["0..3", "4..3", "3", "2..", "a..b", "2...4"] {
        program.refused(&format!("--points a.npy --out b.npy --select-k {span}"), 2, "1 <= A <= B");
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
    let program = Program::in_empty_folder("cluster-gmm");
    strips(&program);
    let (weights, means) = (array![0.5, 0.5], array![[20.0, 0.0], [20.0, 3.0]]);
    let variances = array![[9.0, 1.0], [9.0, -1.0]];
    write_diagonal(&program.path("bad.npz"), &weights, &means, &variances);
    for words in ["--predict bad.npz", "--init bad.npz"] {
        let told = program.refused(
            &format!("--points points.npy --out a.npy {words}"),
            1,
            "bad.npz: expected a model",
        );
        assert!(told.contains("component 1"), "{told}");
        assert!(!told.contains("reg"), "{told}");
    }
}

#[test]
fn going_on_from_a_model_far_away_loses_no_digits() {
    let program = Program::in_empty_folder("cluster-gmm");
    strips(&program);
    let (weights, means, variances) = (array![1.0], array![[1e8, -1e8]], array![[1.0, 1.0]]);
    write_diagonal(&program.path("far.npz"), &weights, &means, &variances);
    program.done(
        "--points points.npy --init far.npz --max-iter 1 --reg-covar 0 --out a.npy --model m.npz",
    );
    let points: Array2<f32> = program.read("points.npy");
    let expected = points.mapv(f64::from).var_axis(Axis(0), 0.0);
    let mut model =
        ndarray_npy::NpzReader::new(std::fs::File::open(program.path("m.npz")).unwrap()).unwrap();
    let found: Array2<f64> = model.by_name("covariances").unwrap();
    assert!((&found.row(0) - &expected).iter().all(|x| x.abs() < 1e-9), "{found} for {expected}");
}

#[test]
fn components_without_points_are_told() {
    let program = Program::in_empty_folder("cluster-gmm");
    strips(&program);
    program.write("means.npy", &array![[20.0, 0.0], [20.0, 3.0], [1e6, 1e6]]);
    let three = program.notes("--points points.npy --k 3 --init means.npy --out a.npy --quiet");
    assert!(three.contains("no point is assigned to component (2)"), "{three}");
    let two = program.notes("--points points.npy --k 2 --out a.npy --quiet");
    assert!(two.is_empty(), "{two}");
}

#[test]
fn a_point_of_weight_zero_changes_nothing_but_its_label() {
    let program = Program::in_empty_folder("cluster-gmm");
    let n = strips(&program);
    let points: Array2<f32> = program.read("points.npy");
    let mut more = Array2::from_elem((n + 1, 2), 1e8_f32);
    more.slice_mut(ndarray::s![1.., ..]).assign(&points);
    let mut weights = Array1::<f32>::ones(n + 1);
    weights[0] = 0.0;
    program.write("more.npy", &more);
    program.write("weights.npy", &weights);
    program.write("ones.npy", &Array1::<f32>::ones(n));
    program.done("--points points.npy --weights ones.npy --k 3 --out a.npy --model a.npz");
    program.done("--points more.npy --weights weights.npy --k 3 --out b.npy --model b.npz");
    assert_eq!(program.bytes("a.npz"), program.bytes("b.npz"));
    let labels = |name: &str| program.read::<Array1<i32>>(name);
    assert_eq!(labels("a.npy"), labels("b.npy").slice(ndarray::s![1..]));
}

/// Four blobs by turns, and a clustering in which two share a cluster and one has two.
fn shared_and_halved(program: &Program) -> Array1<i32> {
    let places = [[0.0, 0.0], [9.0, 0.0], [0.0, 9.0], [60.0, 60.0]];
    let scatter = |i: usize, j: usize| ((i * (13 + 4 * j)) % 29) as f64 / 29.0;
    let point = |(i, j): (usize, usize)| places[i % 4][j] + scatter(i, j);
    program.write("blobs.npy", &Array2::from_shape_fn((200, 2), point));
    let id = |i: usize| match i % 4 {
        0 | 1 => 7,
        2 => 1,
        _ => 3 + i64::from(scatter(i, 0) > 0.5),
    };
    program.write("start.npy", &Array1::from_shape_fn(200, id));
    Array1::from_shape_fn(200, |i| (i % 4) as i32)
}

/// Whether two clusterings are the same but for the ids.
fn alike(a: &Array1<i32>, b: &Array1<i32>) -> bool {
    (0..a.len()).all(|i| (0..a.len()).all(|j| (a[i] == a[j]) == (b[i] == b[j])))
}

#[test]
fn a_search_goes_on_from_the_clusters_of_another_tool() {
    let program = Program::in_empty_folder("cluster-gmm");
    let blobs = shared_and_halved(&program);
    let words = "--points blobs.npy --init start.npy --keep information --uncertainty-weight 10";
    program.done(&format!("{words} --out without.npy"));
    assert!(!alike(&program.read("without.npy"), &blobs), "nothing is left to search");
    let told = program.notes(&format!("{words} --search split-merge --out a.npy"));
    assert!(told.contains(" moves after "), "{told}");
    assert!(alike(&program.read("a.npy"), &blobs));
    let record = program.json("a.npy.json");
    let (parameters, result) = (&record["parameters"], &record["result"]);
    assert_eq!(parameters["k"], 4, "as many as there are clusters in the file");
    assert_eq!(parameters["init"], "assignments");
    assert_eq!(parameters["search"], "split-merge");
    assert_eq!(parameters["uncertainty_weight"], 10.0);
    let number = |name: &str| result[name].as_f64().unwrap();
    let expected = number("entropy") - 10.0 * number("conditional_entropy");
    assert!((number("criterion") - expected).abs() < 1e-12);
    assert!(result["rounds"].as_u64().unwrap() > 0);
    assert_eq!(record["inputs"].as_array().unwrap().len(), 2);
}

#[test]
fn starting_clusters_have_to_fit() {
    let program = Program::in_empty_folder("cluster-gmm");
    shared_and_halved(&program);
    program.write("few.npy", &array![0_i64, 1, 2]);
    let words = "--points blobs.npy --out o.npy";
    for (more, code, told) in [
        ("--init few.npy", 1, "blobs.npy: expected starting assignments of shape [200], found [3]"),
        ("--init start.npy --k 5", 1, "found no point in 4"),
        ("--init start.npy --k 3", 1, "found 3 in row"),
        ("--uncertainty-weight 10", 2, "--uncertainty-weight is for --keep information"),
        ("--search best", 2, "expected search to be none or split-merge, found best"),
        ("--keep information --uncertainty-weight -1", 2, "expected a number of at least 0"),
    ] {
        program.refused(&format!("{words} {more}"), code, told);
    }
}
