//! The program in an empty folder.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use ndarray::{Array1, Array2, Array3, arr0, array, s};
use ndarray_npy::NpzWriter;
use serde_json::Value;
use test_support::Program;

fn prepared() -> Program {
    let program = Program::in_empty_folder("encode-pca");
    let points = Array2::from_shape_fn((50, 6), |(i, j)| {
        100.0 + (i % 7) as f64 * (j + 1) as f64 + ((i * (j + 3) * 31) % 17) as f64 * 0.1
    });
    program.write("points.npy", &points);
    program.write("new.npy", &points.slice(s![..5, ..]));
    program
}

const BASE: &str = "--points points.npy --out f.npy";

#[test]
fn points_become_components_and_new_ones_in_the_same_way() {
    let program = prepared();
    for flags in ["--dims 3", "--variance 0.999 --scale standard", "--whiten --scale standard"] {
        let told = program.done(&format!("{BASE} {flags} --model m.npz --threads 1"));
        assert!(
            told.starts_with("50 points of 6 features to ") && told.contains(" % of the"),
            "{told}"
        );
        let features: Array2<f32> = program.read("f.npy");
        let bytes = (program.bytes("f.npy"), program.bytes("m.npz"));
        program.done(&format!("{BASE} {flags} --model m.npz --threads 3"));
        assert_eq!((program.bytes("f.npy"), program.bytes("m.npz")), bytes);
        let told = program.done("--points new.npy --transform m.npz --out n.npy");
        assert!(told.ends_with(" components, by m.npz\n"), "{told}");
        assert_eq!(program.read::<Array2<f32>>("n.npy"), features.slice(s![..5, ..]), "{flags}");
        if flags.contains("whiten") {
            let squares = features.mapv(|x| f64::from(x).powi(2)).sum_axis(ndarray::Axis(0));
            assert!(squares.iter().all(|square| (square / 49.0 - 1.0).abs() < 1e-5), "{squares}");
        }
    }
    let record: Value = program.json("f.npy.json");
    assert_eq!(record["parameters"]["whiten"], true);
    assert!(record["result"]["explained_variance_ratio"].as_f64().unwrap() > 0.95);
}

#[test]
fn images_are_rows_of_pixels() {
    let program = Program::in_empty_folder("encode-pca");
    let images =
        Array3::from_shape_fn((20, 4, 4), |(i, y, x)| ((i * (y + 3) * 7 + x * i) % 256) as u8);
    program.write("points.npy", &images);
    program.done(&format!("{BASE} --dims 2"));
    let features: Array2<f32> = program.read("f.npy");
    let pixels = images.into_shape_with_order((20, 16)).unwrap().mapv(|x| f32::from(x) / 255.0);
    program.write("points.npy", &pixels);
    program.done(&format!("{BASE} --dims 2"));
    let again: Array2<f32> = program.read("f.npy");
    assert!((&features - &again).iter().all(|x| x.abs() < 1e-5));
}

#[test]
fn a_model_of_scikit_learn_is_read() {
    let program = prepared();
    let mut file = NpzWriter::new(std::fs::File::create(program.path("m.npz")).unwrap());
    file.add_array("mean", &Array1::from_elem(6, 100.0)).unwrap();
    file.add_array("components", &array![[1.0, 0.0, 0.0, 0.0, 0.0, 0.0]]).unwrap();
    file.finish().unwrap();
    program.done("--points points.npy --transform m.npz --out f.npy");
    let (found, points): (Array2<f32>, Array2<f64>) =
        (program.read("f.npy"), program.read("points.npy"));
    assert_eq!(found.column(0), points.column(0).mapv(|x| (x - 100.0) as f32));
}

#[test]
fn wrong_usage_is_told() {
    let program = prepared();
    for (words, told) in [
        ("--dims 2 --variance 0.5", "leave out one"),
        ("--variance 2", "expected a number above 0, up to 1"),
        ("--scale minmax", "expected none or standard"),
        ("--transform m.npz --whiten", "leave out --whiten"),
        ("--transform m.npz --model o.npz", "leave out --model"),
    ] {
        program.refused(&format!("{BASE} {words}"), 2, told);
    }
    assert!(!program.has("f.npy"));
}

#[test]
fn files_that_cannot_be_used_are_refused() {
    let program = prepared();
    program.done(&format!("{BASE} --dims 2 --model m.npz"));
    std::fs::remove_file(program.path("f.npy")).unwrap();
    program.write("equal.npy", &Array2::<f32>::ones((9, 3)));
    program.write("wide.npy", &Array2::<f32>::ones((9, 7)));
    program.write_text("no.npz", "no archive");
    for (name, version, value) in [("newer.npz", 2, 0.0), ("nan.npz", 1, f64::NAN)] {
        let mut file = NpzWriter::new(std::fs::File::create(program.path(name)).unwrap());
        file.add_array("format_version", &arr0(version)).unwrap();
        file.add_array("mean", &Array1::from_elem(6, value)).unwrap();
        file.add_array("components", &Array2::<f64>::ones((1, 6))).unwrap();
        file.add_array("whiten", &arr0(1)).unwrap();
        file.finish().unwrap();
    }
    for (words, told) in [
        ("--points points.npy --dims 7", "points.npy: expected 1 to 6 components"),
        ("--points equal.npy --dims 1", "equal.npy: expected points with a variance above 0"),
        ("--points wide.npy --transform m.npz", "wide.npy: expected points of 6 features"),
        ("--points points.npy --transform no.npz", "no.npz: expected an .npz archive"),
        ("--points points.npy --transform newer.npz", "format_version 1 or older, found 2"),
        (
            "--points points.npy --transform nan.npz",
            "nan.npz: write it with encode-pca --model: expected finite values in mean",
        ),
    ] {
        program.refused(&format!("{words} --out f.npy"), 1, told);
        assert!(!program.has("f.npy"));
    }
}
