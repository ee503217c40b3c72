//! The program in an empty folder.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use ndarray::{Array0, Array2, arr1, s};
use ndarray_npy::{NpzReader, NpzWriter};
use serde_json::Value;
use test_support::Program;

fn points(program: &Program) -> Array2<f32> {
    let points = Array2::from_shape_fn((300, 6), |(i, j)| {
        (i % 3 * 20) as f32 + ((i * (7 + j)) % 23) as f32 * 0.1
    });
    program.write("points.npy", &points);
    points
}

#[test]
fn points_are_embedded_and_new_ones_find_their_places() {
    let program = Program::in_empty_folder("embed-umap");
    let points = points(&program);
    let words = "--points points.npy --dims 3 --epochs 50 --out e.npy --model m.npz";
    let told = program.done(words);
    assert_eq!(told, "300 points of 6 features to 3 dimensions, 50 epochs, euclidean distances\n");
    let embedding: Array2<f32> = program.read("e.npy");
    assert_eq!(embedding.dim(), (300, 3));
    let record: Value = program.json("e.npy.json");
    assert_eq!(record["parameters"]["neighbors"], 20);

    program.done("--points points.npy --dims 3 --epochs 50 --out again.npy --threads 1");
    assert_eq!(program.read::<Array2<f32>>("again.npy"), embedding);

    program.write("new.npy", &points.slice(s![..10, ..]));
    program.done("--points new.npy --transform m.npz --out n.npy");
    let new: Array2<f32> = program.read("n.npy");
    assert_eq!(new.dim(), (10, 3));
}

/// Five blobs of whole numbers, point i of blob i % 5.
fn blobs() -> Array2<f64> {
    Array2::from_shape_fn((250, 4), |(i, j)| {
        let center = 40 * ((i % 5) * (j + 3) % 7);
        (center + (i * (13 + 4 * j)) % 23) as f64
    })
}

fn embedded(program: &Program, name: &str) -> Array2<f32> {
    program.done(&format!(
        "--points {name}.npy --dims 2 --neighbors 10 --epochs 100 --out e.npy \
             --model {name}.npz"
    ));
    program.read("e.npy")
}

/// The share of points whose nearest other point is of the same blob.
fn kept(embedding: &Array2<f32>) -> f64 {
    let n = embedding.nrows();
    let nearest = |i: usize| {
        let distance = |j: &usize| (&embedding.row(i) - &embedding.row(*j)).mapv(|x| x * x).sum();
        (0..n).filter(|&j| j != i).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap()
    };
    (0..n).filter(|&i| nearest(i) % 5 == i % 5).count() as f64 / n as f64
}

#[test]
fn points_of_wide_dtypes_are_embedded_wherever_they_lie() {
    let program = Program::in_empty_folder("embed-umap");
    let points = blobs();
    program.write("plain.npy", &points);
    let plain = embedded(&program, "plain");
    assert!(kept(&plain) > 0.99);
    program.write("far.npy", &(&points + 1e9));
    program.write("whole.npy", &points.mapv(|x| x as i32 + 2_000_000_000));
    program.write("longer.npy", &points.mapv(|x| x as i64 + (1 << 52)));
    for (name, moved) in [("far", 1e9), ("whole", 2e9), ("longer", 2.0_f64.powi(52))] {
        assert_eq!(embedded(&program, name), plain, "{name}");
        // The center is in the model.
        for (model, points) in [("plain", "plain"), (name, name)] {
            program.done(&format!(
                "--points {points}.npy --transform {model}.npz --out {model}-n.npy"
            ));
        }
        let places = |name: &str| program.read::<Array2<f32>>(format!("{name}-n.npy"));
        assert_eq!(places(name), places("plain"), "{name}");
        // New points of `f4` are brought into the frame as well.
        if moved < 2e9 {
            program.write("single.npy", &points.mapv(|x| (x + moved) as f32));
            program.done(&format!("--points single.npy --transform {name}.npz --out n.npy"));
        }
    }
    for scale in [1e-300, 1e-25, 1e18, 1e19, 1e300] {
        program.write("scaled.npy", &(&points * scale));
        let kept = kept(&embedded(&program, "scaled"));
        assert!(kept > 0.99, "f8 times {scale}: {kept}");
        if (1e-30..1e30).contains(&scale) {
            program.write("scaled.npy", &points.mapv(|x| (x * scale) as f32));
            let embedding = embedded(&program, "scaled");
            assert!(self::kept(&embedding) > 0.99, "f4 times {scale}");
        }
    }
}

#[test]
fn models_of_before_are_read() {
    let program = Program::in_empty_folder("embed-umap");
    program.write("single.npy", &blobs().mapv(|x| x as f32));
    embedded(&program, "single");
    program.done("--points single.npy --transform single.npz --out n.npy");
    let expected: Array2<f32> = program.read("n.npy");

    let mut model =
        NpzReader::new(std::fs::File::open(program.path("single.npz")).unwrap()).unwrap();
    let (points, embedding): (Array2<f32>, Array2<f32>) =
        (model.by_name("points.npy").unwrap(), model.by_name("embedding.npy").unwrap());
    let (a, b): (Array0<f64>, Array0<f64>) =
        (model.by_name("a.npy").unwrap(), model.by_name("b.npy").unwrap());
    let neighbors: Array0<i64> = model.by_name("neighbors.npy").unwrap();
    let settings = [a[()], b[()], neighbors[()] as f64, 0.0, 0.0];
    let write = |name: &str, settings: &[f64], center: Option<&[f64]>| {
        let mut old = NpzWriter::new(std::fs::File::create(program.path(name)).unwrap());
        old.add_array("points", &points).unwrap();
        old.add_array("embedding", &embedding).unwrap();
        old.add_array("settings", &arr1(settings)).unwrap();
        if let Some(center) = center {
            old.add_array("center", &arr1(center)).unwrap();
        }
        old.finish().unwrap();
    };
    write("old.npz", &settings[..4], None);
    program.done("--points single.npy --transform old.npz --out n.npy");
    assert_eq!(program.read::<Array2<f32>>("n.npy"), expected);

    let with = |exponent: f64| [&settings[..4], &[exponent]].concat();
    for (settings, center, told) in [
        (with(0.0), None, "center"),
        (with(0.0), Some(vec![0.0; 3]), "center of shape (4,)"),
        (with(0.0), Some(vec![f64::NAN; 4]), "finite center"),
        (with(0.5), Some(vec![0.0; 4]), "whole exponent"),
        (with(1e6), Some(vec![0.0; 4]), "whole exponent"),
        (settings[..3].to_vec(), Some(vec![0.0; 4]), "settings of shape (5,)"),
        (vec![1.0; 6], Some(vec![0.0; 4]), "settings of shape (5,)"),
    ] {
        write("broken.npz", &settings, center.as_deref());
        let error =
            program.refused("--points single.npy --transform broken.npz --out b.npy", 1, told);
        assert!(error.contains("broken.npz"), "{error}");
        assert!(!program.has("b.npy"));
    }
}

#[test]
fn what_is_lost_is_told() {
    let program = Program::in_empty_folder("embed-umap");
    let warned = |points: &Array2<f64>, more: &str, told: &str| {
        program.write("points.npy", points);
        let notes =
            program.notes(&format!("--points points.npy --dims 2 --epochs 20 --out e.npy{more}"));
        assert!(notes.contains(told), "{notes}");
    };
    let mut points = blobs() + 1.0;
    points.slice_mut(s![..3, ..]).fill(0.0);
    warned(&points, " --metric cosine", "3 rows are all zeros");
    let few = Array2::from_shape_fn((50, 2), |(i, _)| (i % 4) as f64);
    warned(&few, "", "4 rows differ, fewer than the 20 neighbors");
    // A few rows, of which the outlier leaves nothing to single precision, and all rows.
    let mut points = blobs();
    for i in 0..10 {
        points.row_mut(i).fill(1e12 + i as f64);
    }
    warned(&points, "", "of 250 rows");
    let apart = Array2::from_shape_fn((250, 4), |(i, j)| blobs()[[i, j]] + 1e12 * (i % 5) as f64);
    program.write("points.npy", &apart);
    std::fs::remove_file(program.path("e.npy")).unwrap();
    let output = program.run("--points points.npy --dims 2 --epochs 20 --out e.npy");
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    let last = error.lines().last().unwrap();
    assert!(last.contains("points.npy: ") && last.contains("of 250 rows"), "{error}");
    assert!(!program.has("e.npy"));
}

#[test]
fn what_cannot_be_done_is_refused_in_a_line() {
    let program = Program::in_empty_folder("embed-umap");
    points(&program);
    program.write_text("broken.npz", "no archive");
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
        program.refused(words, code, told);
        assert!(!program.has("e.npy"));
    }
}

#[test]
fn vectors_of_unit_length_are_compared_by_direction() {
    let program = Program::in_empty_folder("embed-umap");
    let mut points = points(&program);
    for (metric, others) in [("euclidean", "cosine"), ("cosine", "euclidean")] {
        let words = "--points points.npy --dims 2 --epochs 5";
        let told = program.done(&format!("{words} --metric auto --out auto.npy"));
        assert!(told.ends_with(&format!(", {metric} distances\n")), "{told}");
        program.done(&format!("{words} --metric {metric} --out same.npy"));
        program.done(&format!("{words} --metric {others} --out other.npy"));
        assert_eq!(program.bytes("auto.npy"), program.bytes("same.npy"));
        assert_ne!(program.bytes("auto.npy"), program.bytes("other.npy"));
        points += 1.0;
        points.outer_iter_mut().for_each(|mut row| row /= row.dot(&row).sqrt());
        program.write("points.npy", &points);
    }
}

#[test]
fn neighbors_are_found_once_for_several_embeddings() {
    let program = Program::in_empty_folder("embed-umap");
    points(&program);
    let told = program.done("--points points.npy --neighbors 12 --neighbors-out n.npz");
    assert_eq!(
        told,
        "12 neighbors of each of 300 points by euclidean distance, the point itself the first\n"
    );
    let record: Value = program.json("n.npz.json");
    assert_eq!(record["parameters"]["neighbors"], 12);
    let words = "--points points.npy --dims 2 --neighbors 12 --epochs 20 --seed 4";
    program.done(&format!("{words} --out alone.npy"));
    program.done(&format!("{words} --neighbors-in n.npz --out e.npy"));
    program.done(&format!("{words} --neighbors-out again.npz --out both.npy"));
    let alone: Array2<f32> = program.read("alone.npy");
    assert_eq!(program.read::<Array2<f32>>("e.npy"), alone);
    assert_eq!(program.read::<Array2<f32>>("both.npy"), alone);
    assert_eq!(program.bytes("again.npz"), program.bytes("n.npz"));
    let record: Value = program.json("e.npy.json");
    assert_eq!(record["inputs"].as_array().unwrap().len(), 2);
}

#[test]
fn approximate_neighbors_say_how_many_are_exact() {
    let program = Program::in_empty_folder("embed-umap");
    points(&program);
    let words = "--points points.npy --neighbors 12";
    let told = program.done(&format!("{words} --neighbors-mode approximate --neighbors-out n.npz"));
    // So few points are all compared.
    assert!(
        told.ends_with("approximate neighbors: recall 1.0000, measured on a sample\n"),
        "{told}"
    );
    let record: Value = program.json("n.npz.json");
    assert_eq!(record["parameters"]["neighbors_mode"], "approximate");
    assert_eq!(record["result"]["recall"], 1.0);
    program.done(&format!("{words} --neighbors-mode exact --neighbors-out exact.npz"));
    assert_eq!(program.bytes("n.npz"), program.bytes("exact.npz"));
    let words = format!("{words} --dims 2 --epochs 20");
    program.done(&format!("{words} --neighbors-mode approximate --out e.npy"));
    program.done(&format!("{words} --out exact.npy"));
    assert_eq!(program.bytes("e.npy"), program.bytes("exact.npy"));
}

#[test]
fn new_points_are_placed_in_several_embeddings_by_the_same_neighbors() {
    let program = Program::in_empty_folder("embed-umap");
    points(&program);
    for seed in [1, 2] {
        program.done(&format!(
            "--points points.npy --dims 2 --neighbors 12 --epochs 20 --seed {seed} \
             --out e{seed}.npy --model m{seed}.npz"
        ));
    }
    let all: Array2<f32> = program.read("points.npy");
    program.write("new.npy", &(&all.slice(ndarray::s![..40, ..]) + 0.01));
    program.done("--points new.npy --transform m1.npz --out one.npy --neighbors-out n.npz");
    program.done("--points new.npy --transform m1.npz --out alone.npy");
    assert_eq!(program.bytes("one.npy"), program.bytes("alone.npy"));
    program.done("--points new.npy --transform m2.npz --out two.npy --neighbors-in n.npz");
    program.done("--points new.npy --transform m2.npz --out alone.npy");
    assert_eq!(program.bytes("two.npy"), program.bytes("alone.npy"));
    program.refused(
        "--points points.npy --transform m2.npz --out two.npy --neighbors-in n.npz",
        1,
        "n.npz of points.npy: expected neighbors of 300 points",
    );
}

#[test]
fn neighbors_that_do_not_fit_are_refused() {
    let program = Program::in_empty_folder("embed-umap");
    points(&program);
    program.done("--points points.npy --neighbors 5 --neighbors-out n.npz");
    program
        .write("points-less.npy", &Array2::<f32>::from_shape_fn((20, 2), |(i, j)| (i + j) as f32));
    let with = "--points points.npy --out e.npy";
    for (words, code, told) in [
        (format!("{with} --neighbors-in n.npz"), 1, "n.npz of points.npy: expected 19 neighbors"),
        (
            format!("{with} --neighbors 5 --metric cosine --neighbors-in n.npz"),
            1,
            "n.npz: expected neighbors by metric cosine, found euclidean",
        ),
        (
            "--points points-less.npy --neighbors 5 --out e.npy --neighbors-in n.npz".into(),
            1,
            "expected neighbors of 20 points",
        ),
        (format!("{with} --neighbors-in points.npy"), 1, "points.npy: expected an .npz archive"),
        (
            format!("{with} --neighbors-in n.npz --neighbors-out o.npz"),
            2,
            "--neighbors-in brings what --neighbors-out would write",
        ),
        (
            format!("{with} --neighbors-in n.npz --neighbors-mode exact"),
            2,
            "--neighbors-in brings what --neighbors-mode would search",
        ),
        (format!("{with} --neighbors-mode fast"), 2, "expected exact or approximate, found 'fast'"),
        ("--points points.npy".into(), 2, "give --out, or --neighbors-out"),
        ("--points points.npy --neighbors-out o.npz --dims 3".into(), 2, "leave out --dims"),
    ] {
        program.refused(&words, code, told);
    }
}
