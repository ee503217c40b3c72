//! The program in an empty folder.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use ndarray::{Array0, Array2, Array3, ArrayD, s};
use ndarray_npy::{NpzReader, NpzWriter};
use serde_json::Value;
use test_support::Program;

fn images(program: &Program) {
    let images = Array3::from_shape_fn((60, 12, 10), |(i, y, x)| {
        ((i * (y + 3) + x * x * (i % 7)) % 256) as u8
    });
    program.write("images.npy", &images);
    program.write("some.npy", &images.slice(s![..10, .., ..]));
    program.write("rows.npy", &images.into_shape_with_order((60, 120)).unwrap());
}

#[test]
fn images_become_features_and_new_ones_in_the_same_way() {
    let program = Program::in_empty_folder("encode-scattering");
    images(&program);
    let told = program.done("--images images.npy --dims 20 --out f.npy --model m.npz");
    assert_eq!(told, "60 images of 12 x 10 pixels to 20 features, 1 scales, 8 angles\n");
    let features: Array2<f32> = program.read("f.npy");
    assert_eq!(features.dim(), (60, 20));
    let record: Value = program.json("f.npy.json");
    assert_eq!(record["parameters"], serde_json::json!({ "scales": 1, "angles": 8, "dims": 20 }));
    program.done("--images images.npy --dims 20 --out again.npy --threads 1");
    assert_eq!(program.read::<Array2<f32>>("again.npy"), features);
    program.done("--images some.npy --transform m.npz --out s.npy");
    let some: Array2<f32> = program.read("s.npy");
    assert_eq!(some, features.slice(s![..10, ..]));
}

#[test]
fn what_cannot_be_done_is_refused_in_a_line() {
    let program = Program::in_empty_folder("encode-scattering");
    images(&program);
    program.write_text("broken.npz", "no archive");
    program.done("--images images.npy --dims 20 --out f.npy --model m.npz");
    program.write("others.npy", &Array3::<u8>::from_elem((5, 8, 8), 200));
    for (words, code, told) in [
        (
            "--images rows.npy --out e.npy",
            1,
            "rows.npy: expected images of shape (n, height, width)",
        ),
        ("--images images.npy --scales 4 --out e.npy", 1, "images.npy: expected 1 to 1 scales"),
        ("--images images.npy --transform m.npz --dims 3 --out e.npy", 2, "leave out --dims"),
        (
            "--images others.npy --transform m.npz --out e.npy",
            1,
            "others.npy: expected images of 12 x 10",
        ),
        ("--images images.npy --transform broken.npz --out e.npy", 1, "broken.npz"),
        ("--images nowhere.npy --out e.npy", 1, "nowhere.npy"),
    ] {
        program.refused(words, code, told);
        assert!(!program.has("e.npy"));
    }
}

/// 60 images like those of [`images`], as numbers in 0..1 times `factor(i)`.
fn write_numbers(program: &Program, name: &str, factor: impl Fn(usize) -> f64) {
    let value = |(i, y, x)| ((i * (y + 3) + x * x * (i % 7)) % 256) as f64 / 255.0 * factor(i);
    program.write(name, &Array3::from_shape_fn((60, 12, 10), value));
}

#[test]
fn features_are_finite_whatever_the_size_of_images() {
    let program = Program::in_empty_folder("encode-scattering");
    let features = |factor: &dyn Fn(usize) -> f64| -> (Array2<f32>, String) {
        write_numbers(&program, "images.npy", factor);
        let told = program.notes("--images images.npy --dims 20 --out f.npy --quiet");
        (program.read("f.npy"), told)
    };
    let (expected, told) = features(&|_| 1.0);
    assert_eq!(told, "");
    for factor in [1e-23, 1e20] {
        let (found, told) = features(&|_| factor);
        assert!((&found - &expected).iter().all(|x| x.abs() < 1e-5), "{factor}");
        assert_eq!(told, "");
    }
    let (found, told) = features(&|i| if i == 17 { 1e20 } else { 1.0 });
    assert!(found.iter().all(|x| x.is_finite()));
    assert!(told.contains("images.npy: image 17 is 1e20 times as bright"), "{told}");
}

#[test]
fn images_that_no_features_can_stand_for_are_refused() {
    let program = Program::in_empty_folder("encode-scattering");
    images(&program);
    for (factor, told) in [(1e-60, "(row 3) whose largest value is"), (1e60, "row 3")] {
        write_numbers(&program, "wrong.npy", |i| if i == 3 { factor } else { 1.0 });
        let error = program.refused("--images wrong.npy --out e.npy --quiet", 1, told);
        assert!(error.contains("wrong.npy: expected"), "{error}");
    }
    // A model whose components lead out of what f4 can hold.
    program.done("--images images.npy --dims 20 --out f.npy --model m.npz");
    let mut model = NpzReader::new(std::fs::File::open(program.path("m.npz")).unwrap()).unwrap();
    let mut large = NpzWriter::new(std::fs::File::create(program.path("large.npz")).unwrap());
    for name in ["height", "width", "scales", "angles"] {
        let array: Array0<i64> = model.by_name(name).unwrap();
        large.add_array(name, &array).unwrap();
    }
    for name in ["deviations", "mean", "components"] {
        let mut array: ArrayD<f64> = model.by_name(name).unwrap();
        if name == "components" {
            array.mapv_inplace(|x| x * 1e200);
        }
        large.add_array(name, &array).unwrap();
    }
    large.finish().unwrap();
    let error =
        program.refused("--images some.npy --transform large.npz --out e.npy --quiet", 1, "");
    assert!(
        error.contains("some.npy: expected rows with finite features") && error.contains("row 0"),
        "{error}"
    );
    assert!(!program.has("e.npy"));
}
