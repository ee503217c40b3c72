//! The program in an empty folder.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use ndarray::{Array2, Array3, ArrayD, s};
use ndarray_npy::{NpzReader, NpzWriter, read_npy, write_npy};
use serde_json::Value;
use tempfile::tempdir;

fn run(folder: &Path, words: &str) -> Output {
    Command::cargo_bin("encode-scattering")
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

fn images(folder: &Path) {
    let images = Array3::from_shape_fn((60, 12, 10), |(i, y, x)| {
        ((i * (y + 3) + x * x * (i % 7)) % 256) as u8
    });
    write_npy(folder.join("images.npy"), &images).unwrap();
    write_npy(folder.join("some.npy"), &images.slice(s![..10, .., ..])).unwrap();
    write_npy(folder.join("rows.npy"), &images.into_shape_with_order((60, 120)).unwrap()).unwrap();
}

#[test]
fn images_become_features_and_new_ones_in_the_same_way() {
    let folder = tempdir().unwrap();
    images(folder.path());
    let told = done(folder.path(), "--images images.npy --dims 20 --out f.npy --model m.npz");
    assert_eq!(told, "60 images of 12 x 10 pixels to 20 features, 1 scales, 8 angles\n");
    let features: Array2<f32> = read_npy(folder.path().join("f.npy")).unwrap();
    assert_eq!(features.dim(), (60, 20));
    let record: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("f.npy.json")).unwrap()).unwrap();
    assert_eq!(record["parameters"], serde_json::json!({ "scales": 1, "angles": 8, "dims": 20 }));
    done(folder.path(), "--images images.npy --dims 20 --out again.npy --threads 1");
    assert_eq!(read_npy::<_, Array2<f32>>(folder.path().join("again.npy")).unwrap(), features);
    done(folder.path(), "--images some.npy --transform m.npz --out s.npy");
    let some: Array2<f32> = read_npy(folder.path().join("s.npy")).unwrap();
    assert_eq!(some, features.slice(s![..10, ..]));
}

#[test]
fn what_cannot_be_done_is_refused_in_a_line() {
    let folder = tempdir().unwrap();
    images(folder.path());
    std::fs::write(folder.path().join("broken.npz"), "no archive").unwrap();
    done(folder.path(), "--images images.npy --dims 20 --out f.npy --model m.npz");
    write_npy(folder.path().join("others.npy"), &Array3::<u8>::from_elem((5, 8, 8), 200)).unwrap();
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
        let output = run(folder.path(), words);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), error.lines().count()),
            (Some(code), 1),
            "{words}: {error}"
        );
        assert!(error.contains(told), "{error}");
        assert!(!folder.path().join("e.npy").exists());
    }
}

/// 60 images like those of [`images`], as numbers in 0..1 times `factor(i)`.
fn write_numbers(path: &Path, factor: impl Fn(usize) -> f64) {
    let value = |(i, y, x)| ((i * (y + 3) + x * x * (i % 7)) % 256) as f64 / 255.0 * factor(i);
    write_npy(path, &Array3::from_shape_fn((60, 12, 10), value)).unwrap();
}

#[test]
fn features_are_finite_whatever_the_size_of_images() {
    let folder = tempdir().unwrap();
    let features = |factor: &dyn Fn(usize) -> f64| -> (Array2<f32>, String) {
        write_numbers(&folder.path().join("images.npy"), factor);
        let output = run(folder.path(), "--images images.npy --dims 20 --out f.npy --quiet");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{told}");
        (read_npy(folder.path().join("f.npy")).unwrap(), told)
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
    let folder = tempdir().unwrap();
    images(folder.path());
    for (factor, told) in [(1e-60, "(row 3) whose largest value is"), (1e60, "row 3")] {
        write_numbers(&folder.path().join("wrong.npy"), |i| if i == 3 { factor } else { 1.0 });
        let output = run(folder.path(), "--images wrong.npy --out e.npy --quiet");
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), error.lines().count()), (Some(1), 1), "{error}");
        assert!(error.contains("wrong.npy: expected") && error.contains(told), "{error}");
    }
    // A model whose directions lead out of what f4 can hold.
    done(folder.path(), "--images images.npy --dims 20 --out f.npy --model m.npz");
    let mut model =
        NpzReader::new(std::fs::File::open(folder.path().join("m.npz")).unwrap()).unwrap();
    let mut large = NpzWriter::new(std::fs::File::create(folder.path().join("large.npz")).unwrap());
    for name in ["deviations", "mean", "directions", "settings"] {
        let mut array: ArrayD<f64> = model.by_name(name).unwrap();
        if name == "directions" {
            array.mapv_inplace(|x| x * 1e200);
        }
        large.add_array(name, &array).unwrap();
    }
    large.finish().unwrap();
    let output = run(folder.path(), "--images some.npy --transform large.npz --out e.npy --quiet");
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), error.lines().count()), (Some(1), 1), "{error}");
    assert!(
        error.contains("some.npy: expected rows with finite features") && error.contains("row 0"),
        "{error}"
    );
    assert!(!folder.path().join("e.npy").exists());
}
