//! The program in an empty folder. What it refuses is tested for all programs at once in
//! `scripts/tests`.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use artifact::{Outputs, Provenance};
use ndarray::{Array1, Array2, array};
use test_support::Program;
use umap::{Metric, distinct_neighbors};

/// Writes three blobs of different density by turns, with every tenth point far from all.
fn blobs(program: &Program) -> Array2<f32> {
    let scatter = |i: usize, j: usize| ((i * (13 + 4 * j) * 31) % 101) as f32 / 101.0;
    let points = Array2::from_shape_fn((300, 2), |(i, j)| match i % 10 {
        9 => 1000.0 * (1 + i / 10) as f32,
        _ => (i % 3 * 20) as f32 * (1 + j) as f32 + scatter(i, j) * (1 + i % 3) as f32,
    });
    program.write("points.npy", &points);
    points
}

#[test]
fn it_finds_blobs_and_leaves_noise_out() {
    let program = Program::in_empty_folder("cluster-hdbscan");
    blobs(&program);
    let shown = program.done("--points points.npy --out a.npy --probabilities p.npy");
    assert!(shown.contains("3 clusters, 30 of 300 points are noise (10.0 %)"), "{shown}");
    let (a, p): (Array1<i32>, Array1<f64>) = (program.read("a.npy"), program.read("p.npy"));
    for i in 0..300 {
        let expected = if i % 10 == 9 { -1 } else { a[i % 3] };
        assert_eq!(a[i], expected, "{i}");
        assert_eq!(p[i] == 0.0, a[i] < 0, "{i}");
    }
    let record = program.json("a.npy.json");
    assert_eq!(
        (&record["result"]["clusters"], &record["result"]["noise"]),
        (&3.into(), &30.into())
    );
    assert_eq!(record["parameters"]["min_samples"], 5);
    assert_eq!(record["stage"], "cluster-hdbscan");
}

#[test]
fn a_model_assigns_new_points() {
    let program = Program::in_empty_folder("cluster-hdbscan");
    let points = blobs(&program);
    program.done("--points points.npy --out a.npy --model m.npz --probabilities p.npy");
    let a: Array1<i32> = program.read("a.npy");
    let told =
        program.done("--points points.npy --predict m.npz --out b.npy --probabilities q.npy");
    assert!(told.contains("3 clusters, 30 of 300 points are noise"), "{told}");
    assert_eq!(program.read::<Array1<i32>>("b.npy"), a);
    let (p, q): (Array1<f64>, Array1<f64>) = (program.read("p.npy"), program.read("q.npy"));
    // A new point may be as near as its core distance, also where others are farther.
    assert!(p.iter().zip(&q).all(|(p, q)| *q >= p - 1e-5 && *q <= 1.0));
    let new = array![[points[[0, 0]], points[[0, 1]] + 0.01], [-5e5, 4e5]];
    program.write("new.npy", &new);
    program.done("--points new.npy --predict m.npz --out c.npy");
    assert_eq!(program.read::<Array1<i32>>("c.npy"), array![a[0], -1]);
    let record = program.json("c.npy.json");
    assert_eq!(record["inputs"].as_array().unwrap().len(), 2);

    program.write("wide.npy", &Array2::<f32>::zeros((4, 3)));
    let told = "wide.npy: expected points of 2 features, as the model's, found 3";
    program.refused("--points wide.npy --predict m.npz --out d.npy", 1, told);
    program.refused("--points points.npy --predict points.npy --out d.npy", 1, "an .npz archive");
    assert!(!program.has("d.npy"));
}

#[test]
fn neighbors_and_threads_change_no_byte() {
    let program = Program::in_empty_folder("cluster-hdbscan");
    let mut points = blobs(&program);
    // Directions that differ.
    points.column_mut(1).mapv_inplace(|x| x * x * 0.01);
    program.write("points.npy", &points);
    for (name, metric) in [("euclidean", Metric::Euclidean), ("cosine", Metric::Cosine)] {
        let neighbors = distinct_neighbors(points.view(), 20, metric, &mut |_| ()).unwrap();
        let mut outputs = Outputs::new();
        let path = program.path("knn.npz");
        model_io::neighbors::write(&mut outputs, &path, &neighbors, metric).unwrap();
        outputs.commit(Provenance::default()).unwrap();
        let fit = format!("--points points.npy --metric {name} --min-cluster-size 8");
        program.done(&format!("{fit} --out a.npy --model a.npz --threads 1"));
        program.done(&format!("{fit} --out b.npy --model b.npz --threads 5"));
        program.done(&format!("{fit} --out c.npy --model c.npz --neighbors-in knn.npz"));
        for other in ["b", "c"] {
            for kind in ["npy", "npz"] {
                let (a, b) = (format!("a.{kind}"), format!("{other}.{kind}"));
                assert_eq!(program.bytes(a), program.bytes(&b), "{name}: {b}");
            }
        }
    }
    program.refused(
        "--points points.npy --neighbors-in knn.npz --out d.npy",
        1,
        "expected neighbors by metric euclidean, found cosine",
    );
    program.refused(
        "--points points.npy --metric cosine --neighbors-in knn.npz --min-samples 50 --out d.npy",
        1,
        "knn.npz of points.npy: expected 50 neighbors of each point",
    );
}

#[test]
fn every_dtype_has_the_same_clusters() {
    let program = Program::in_empty_folder("cluster-hdbscan");
    let scatter = |i: usize, j: usize| (i * (31 + 38 * j)) % 29;
    let whole = Array2::from_shape_fn((200, 3), |(i, j)| (i % 4 * 70 + scatter(i, j)) as u8);
    program.write("u1.npy", &whole);
    program.write("f4.npy", &whole.mapv(f32::from));
    program.write("f8.npy", &whole.mapv(f64::from));
    for dtype in ["u1", "f4", "f8"] {
        program.done(&format!(
            "--points {dtype}.npy --min-cluster-size 25 --out {dtype}-a.npy --model {dtype}.npz"
        ));
        program.done(&format!("--points {dtype}.npy --predict {dtype}.npz --out {dtype}-b.npy"));
        assert_eq!(program.bytes("u1-a.npy"), program.bytes(format!("{dtype}-a.npy")));
        assert_eq!(program.bytes("u1-a.npy"), program.bytes(format!("{dtype}-b.npy")));
    }
    assert_eq!(program.read::<Array1<i32>>("u1-a.npy").iter().max(), Some(&3));
}

#[test]
fn options_select_other_clusters() {
    let program = Program::in_empty_folder("cluster-hdbscan");
    blobs(&program);
    let clusters = |words: &str| {
        program.done(&format!("--points points.npy --out a.npy {words}"));
        program.json("a.npy.json")["result"]["clusters"].as_u64().unwrap()
    };
    assert_eq!(clusters(""), 3);
    assert!(clusters("--method leaf") > 3);
    assert_eq!(clusters("--method leaf --epsilon 2"), 3);
    assert!(clusters("--max-cluster-size 60") > 3);
    assert!(clusters("--min-samples 1 --method leaf") != clusters("--min-samples 9 --method leaf"));
    assert_eq!(clusters("--min-cluster-size 100"), 0);
    assert_eq!(clusters("--min-cluster-size 100 --allow-single-cluster"), 1);
    let told = program.notes("--points points.npy --out a.npy --min-cluster-size 100 --quiet");
    assert!(told.contains("warning: no cluster: all points are noise"), "{told}");
}

#[test]
fn what_does_not_go_together_is_refused() {
    let program = Program::in_empty_folder("cluster-hdbscan");
    for (words, told) in [
        ("--predict m.npz --min-samples 3", "leave out --min-samples"),
        ("--predict m.npz --model n.npz", "leave out --model"),
        ("--predict m.npz --neighbors-in k.npz", "leave out --neighbors-in"),
        ("--predict m.npz --allow-single-cluster", "leave out --allow-single-cluster"),
        ("--min-cluster-size 1", "--min-cluster-size is at least 2"),
        ("--min-cluster-size 0", "expected a whole number of at least 1"),
        ("--alpha 0", "--alpha divides distances"),
        ("--epsilon -1", "expected a number of at least 0"),
        ("--method best", "expected eom or leaf, found 'best'"),
        ("--metric hamming", "expected euclidean or cosine, found 'hamming'"),
        ("--method leaf --max-cluster-size 9", "leave out --max-cluster-size"),
        ("--method leaf --allow-single-cluster", "leave out --allow-single-cluster"),
    ] {
        program.refused(&format!("--points a.npy --out b.npy {words}"), 2, told);
    }
    program.write("few.npy", &array![[0.0], [1.0], [5.0]]);
    let told = "few.npy: expected at least as many points as min_samples, 5, found 3";
    program.refused("--points few.npy --out b.npy", 1, told);
    program.refused("--points few.npy --out few.npy", 1, "few.npy");
}
