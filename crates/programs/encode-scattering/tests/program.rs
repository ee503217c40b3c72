//! The program in an empty folder.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use ndarray::{Array0, Array2, Array3, Array4, ArrayD, s};
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

/// Writes the images of [`images`] in color, each channel `level(channel)` of 255 as bright.
fn write_color(program: &Program, level: impl Fn(usize) -> usize) {
    let gray: Array3<u8> = program.read("images.npy");
    let color = Array4::from_shape_fn((60, 12, 10, 3), |(i, y, x, channel)| {
        let channel = if channel == 0 { i % 3 } else { channel };
        (usize::from(gray[[i, y, x]]) * level(channel) / 255) as u8
    });
    program.write("color.npy", &color);
    program.write("some-color.npy", &color.slice(s![50.., .., .., ..]));
}

#[test]
fn images_in_color_become_features_too() {
    let program = Program::in_empty_folder("encode-scattering");
    images(&program);
    write_color(&program, |channel| [255, 128, 64][channel]);
    let told = program.done("--images color.npy --dims 20 --out f.npy --model m.npz");
    assert_eq!(told, "60 images of 12 x 10 pixels in color to 20 features, 1 scales, 8 angles\n");
    let features: Array2<f32> = program.read("f.npy");
    assert_eq!(features.dim(), (60, 20));
    let record: Value = program.json("f.npy.json");
    assert_eq!(record["inputs"][0]["shape"], serde_json::json!([60, 12, 10, 3]));
    program.done("--images color.npy --dims 20 --out again.npy --threads 1");
    assert_eq!(program.read::<Array2<f32>>("again.npy"), features);
    program.done("--images some-color.npy --transform m.npz --out s.npy");
    assert_eq!(program.read::<Array2<f32>>("s.npy"), features.slice(s![50.., ..]));
    // Without color they are gray images.
    write_color(&program, |_| 255);
    program.done("--images color.npy --dims 20 --out f.npy");
    program.done("--images images.npy --dims 20 --out gray.npy");
    let [color, gray] = ["f.npy", "gray.npy"].map(|name| program.read::<Array2<f32>>(name));
    assert_eq!(color, gray);
}

#[test]
fn images_in_color_get_a_note_that_photographs_need_a_network() {
    let program = Program::in_empty_folder("encode-scattering");
    images(&program);
    write_color(&program, |channel| [255, 128, 64][channel]);
    let about = "if these are photographs, give a pretrained network to encode-onnx";
    let noted = |words: &str| program.notes(&format!("{words} --dims 20 --out f.npy"));
    assert!(noted("--images color.npy").contains(about));
    assert!(!noted("--images color.npy --quiet").contains(about));
    assert!(!noted("--images images.npy").contains(about));
}

#[test]
fn what_cannot_be_done_is_refused_in_a_line() {
    let program = Program::in_empty_folder("encode-scattering");
    images(&program);
    program.write_text("broken.npz", "no archive");
    program.done("--images images.npy --dims 20 --out f.npy --model m.npz");
    program.write("others.npy", &Array3::<u8>::from_elem((5, 8, 8), 200));
    program.write("turned.npy", &Array3::<u8>::from_elem((5, 10, 12), 200));
    program.write("alpha.npy", &Array4::<u8>::from_elem((5, 12, 10, 4), 200));
    program.write("picture.npy", &Array3::<u8>::from_elem((12, 10, 3), 200));
    write_color(&program, |channel| [255, 128, 64][channel]);
    program.done("--images color.npy --dims 20 --out f.npy --model color.npz");
    for (words, code, told) in [
        (
            "--images rows.npy --out e.npy",
            1,
            "rows.npy: expected images of shape (n, height, width)",
        ),
        ("--images images.npy --scales 4 --out e.npy", 1, "images.npy: expected 1 to 1 scales"),
        ("--images images.npy --transform m.npz --dims 3 --out e.npy", 2, "leave out --dims"),
        (
            "--images color.npy --transform m.npz --out e.npy",
            1,
            "color.npy: expected images of 12 x 10 pixels, as m.npz was fitted to, found 12 x 10 \
             pixels in color; give gray images, of shape (n, height, width)",
        ),
        (
            "--images images.npy --transform color.npz --out e.npy",
            1,
            "found 12 x 10 pixels; give images of shape (n, height, width, 3)",
        ),
        (
            "--images turned.npy --transform m.npz --out e.npy",
            1,
            "turned.npy: expected images of 12 x 10 pixels, as m.npz was fitted to, found 10 x 12 \
             pixels; give images of that size",
        ),
        ("--images alpha.npy --out e.npy", 1, "alpha.npy: expected images: a number array"),
        ("--images picture.npy --out e.npy", 1, "give one picture as x[None]"),
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
