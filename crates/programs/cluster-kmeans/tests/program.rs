//! The program in an empty folder. What it refuses is tested for all programs at once in
//! `scripts/tests`.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use ndarray::{Array1, Array2, array, s};
use ndarray_npy::{read_npy, write_npy};
use tempfile::tempdir;

fn run(folder: &Path, words: &str) -> Output {
    Command::cargo_bin("cluster-kmeans")
        .unwrap()
        .current_dir(folder)
        .args(words.split(' '))
        .output()
        .unwrap()
}

fn done(folder: &Path, words: &str) -> String {
    let output = run(folder, words);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Two pairs of points, 1 apart within and 9 between: inertia 4 x 0.25.
fn four_points(folder: &Path) {
    write_npy(
        folder.join("points.npy"),
        &array![[0.0f32, 0.0], [0.0, 1.0], [9.0, 0.0], [9.0, 1.0]],
    )
    .unwrap();
}

#[test]
fn it_groups_what_is_close_and_says_how_well() {
    let folder = tempdir().unwrap();
    four_points(folder.path());
    for algorithm in ["auto", "lloyd", "hamerly", "yinyang", "elkan", "linfa"] {
        let words = format!("--points points.npy --out a.npy --k 2 --algorithm {algorithm}");
        let shown = done(folder.path(), &words);
        assert!(shown.starts_with("inertia 1.000000e0, "), "{shown}");
        assert!(shown.contains("converged: true") && shown.contains("50.0 %"), "{shown}");
        let a: Array1<i32> = read_npy(folder.path().join("a.npy")).unwrap();
        assert_eq!((a[0], a[2]), (a[1], a[3]));
        assert_ne!(a[0], a[2]);
    }
}

#[test]
fn a_model_assigns_its_own_points_as_the_fit_did() {
    let folder = tempdir().unwrap();
    let images = Array2::from_shape_fn((500, 9), |(i, j)| ((i * 7919 + j * 104_729) % 251) as u8);
    let images = images.into_shape_with_order((500, 3, 3)).unwrap();
    write_npy(folder.path().join("images.npy"), &images).unwrap();
    done(folder.path(), "--points images.npy --out a.npy --model m.npz --k 7");
    done(folder.path(), "--points images.npy --out b.npy --predict m.npz");
    let bytes = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert_eq!(bytes("a.npy"), bytes("b.npy"));
}

#[test]
fn given_centroids_are_where_it_starts() {
    let folder = tempdir().unwrap();
    four_points(folder.path());
    // From here Lloyd's algorithm stays with the worse grouping, lower against upper: inertia 4 x
    // 4.5^2.
    write_npy(folder.path().join("start.npy"), &array![[4i64, 0], [4, 1]]).unwrap();
    let shown = done(folder.path(), "--points points.npy --out a.npy --k 2 --init start.npy");
    assert!(shown.starts_with("inertia 8.100000e1, "), "{shown}");
    let a: Array1<i32> = read_npy(folder.path().join("a.npy")).unwrap();
    assert_eq!(a, array![0, 1, 0, 1]);
}

#[test]
fn duplicated_points_leave_clusters_empty_with_a_warning() {
    let folder = tempdir().unwrap();
    write_npy(folder.path().join("points.npy"), &Array2::<f64>::ones((6, 2))).unwrap();
    let output = run(folder.path(), "--points points.npy --out a.npy --k 3");
    assert!(output.status.success());
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("warning: 2 of 3 clusters are empty"), "{told}");
}

#[test]
fn duplicated_points_in_batches_are_told_of() {
    let folder = tempdir().unwrap();
    let rows = Array2::from_shape_fn((300, 2), |(i, _)| (i % 2) as f64);
    write_npy(folder.path().join("points.npy"), &rows).unwrap();
    let told = |k: usize| {
        let words =
            format!("--points points.npy --out a.npy --k {k} --algorithm minibatch --batch 50");
        let output = run(folder.path(), &words);
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let warnings = told(5);
    assert!(warnings.contains("warning: 3 of 5 starting centroids repeat another"), "{warnings}");
    assert!(warnings.contains("warning: 3 of 5 clusters are empty; lower --k"), "{warnings}");
    let none = told(2);
    assert!(!none.contains("repeat another") && !none.contains("are empty"), "{none}");
}

#[test]
fn points_of_weight_0_touch_nothing_but_their_own_label() {
    let folder = tempdir().unwrap();
    let blobs = Array2::from_shape_fn((1_001, 2), |(i, j)| match i {
        1_000 => 1e8_f32,
        _ => [0.0, 10.0][i % 2] * (1 - j) as f32 + ((i * 7 + j * 13) % 41) as f32 * 0.05,
    });
    write_npy(folder.path().join("points.npy"), &blobs).unwrap();
    write_npy(folder.path().join("others.npy"), &blobs.slice(s![..1_000, ..]).to_owned()).unwrap();
    write_npy(
        folder.path().join("weights.npy"),
        &Array1::from_shape_fn(1_001, |i| (i < 1_000) as u8),
    )
    .unwrap();
    write_npy(folder.path().join("ones.npy"), &Array1::<u8>::ones(1_000)).unwrap();
    let with = done(
        folder.path(),
        "--points points.npy --weights weights.npy --out a.npy --model m.npz --k 2",
    );
    let without = done(
        folder.path(),
        "--points others.npy --weights ones.npy --out b.npy --model n.npz --k 2",
    );
    assert_eq!(with.lines().next(), without.lines().next());
    let bytes = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert_eq!(bytes("m.npz"), bytes("n.npz"));
    let [a, b]: [Array1<i32>; 2] =
        ["a.npy", "b.npy"].map(|name| read_npy(folder.path().join(name)).unwrap());
    assert_eq!(a.slice(s![..1_000]), b);
    let output =
        run(folder.path(), "--points points.npy --weights weights.npy --out a.npy --k 1001");
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("at least k = 1001 points of positive weight, found 1000"), "{told}");
}

#[test]
fn a_weight_of_0_leaves_a_point_out() {
    let folder = tempdir().unwrap();
    write_npy(folder.path().join("points.npy"), &array![[0.0f32], [1.0], [9.0], [1000.0]]).unwrap();
    write_npy(folder.path().join("weights.npy"), &array![1u8, 1, 2, 0]).unwrap();
    let shown = done(folder.path(), "--points points.npy --out a.npy --k 2 --weights weights.npy");
    assert!(shown.starts_with("inertia 5.000000e-1, "), "{shown}");
    let provenance = std::fs::read_to_string(folder.path().join("a.npy.json")).unwrap();
    assert!(provenance.contains("weights.npy"), "{provenance}");
}

#[test]
fn a_trace_tells_every_iteration() {
    let folder = tempdir().unwrap();
    four_points(folder.path());
    write_npy(folder.path().join("start.npy"), &array![[1.0, 0.0], [8.0, 0.0]]).unwrap();
    done(
        folder.path(),
        "--points points.npy --out a.npy --k 2 --init start.npy --trace t.csv --algorithm lloyd",
    );
    let trace = std::fs::read_to_string(folder.path().join("t.csv")).unwrap();
    assert_eq!(trace, "start,iteration,inertia,moved,distances\n1,1,1,4,8\n1,2,1,0,8\n");
}

#[test]
fn numbers_of_clusters_are_compared() {
    let folder = tempdir().unwrap();
    // Three clear blobs of four points.
    let blobs = Array2::from_shape_fn((12, 2), |(i, j)| {
        let (blob, corner) = (i / 4, i % 4);
        [[0, 0], [50, 0], [0, 50]][blob][j] as f32 + ((corner >> j) & 1) as f32
    });
    write_npy(folder.path().join("points.npy"), &blobs).unwrap();
    let shown = done(folder.path(), "--points points.npy --out k.csv --select-k 1..6");
    assert!(
        shown.starts_with("elbow of the inertia: k = 3, highest silhouette: k = 3\n"),
        "{shown}"
    );
    let table = std::fs::read_to_string(folder.path().join("k.csv")).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    let head = "k,inertia,silhouette,iterations,converged,silhouette_standard_error";
    assert_eq!((lines.len(), lines[0]), (7, head));
    assert!(
        lines[1].ends_with("true,") && lines[3].ends_with("true,0"),
        "all points are scored: {table}"
    );
    assert!(
        lines[1].starts_with("1,") && lines[1].contains(",,") && lines[3].starts_with("3,6,0.9"),
        "{table}"
    );
}

#[test]
fn minibatches_leave_the_points_in_their_file() {
    let folder = tempdir().unwrap();
    let blobs = Array2::from_shape_fn((3_000, 2), |(i, j)| {
        [[0.0f32, 0.0], [50.0, 0.0], [0.0, 50.0]][i % 3][j] + ((i * 7 + j * 3) % 11) as f32 * 0.1
    });
    write_npy(folder.path().join("points.npy"), &blobs).unwrap();
    let shown = done(
        folder.path(),
        "--points points.npy --out a.npy --model m.npz --k 3 --algorithm minibatch --batch 256",
    );
    assert!(shown.contains(" batches, converged: true"), "{shown}");
    let a: Array1<i32> = read_npy(folder.path().join("a.npy")).unwrap();
    assert!((0..3_000).all(|i| a[i] == a[i % 3]));
    done(folder.path(), "--points points.npy --out b.npy --predict m.npz");
    let bytes = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert_eq!(bytes("a.npy"), bytes("b.npy"));
}
