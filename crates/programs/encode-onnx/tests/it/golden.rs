//! The features that ONNX Runtime computes with the same networks.
//!
//! `scripts/golden/make_onnx.py` makes networks and features.

use std::path::{Path, PathBuf};

use ndarray::Array2;
use ndarray_npy::read_npy;
use test_support::Program;

/// Largest difference of features, in parts of the largest feature.
const TOLERANCE: f32 = 1e-4;

/// Gives the path of a golden file.
pub fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// Makes a folder with the golden images, and a golden network as `model.onnx`.
pub fn folder(model: &str) -> Program {
    let program = Program::in_empty_folder("encode-onnx");
    std::fs::copy(golden("images.npy"), program.path("images.npy")).unwrap();
    std::fs::copy(golden(&format!("{model}.onnx")), program.path("model.onnx")).unwrap();
    program
}

/// Encodes the golden images, and gives the features and what the program printed.
pub fn encode(program: &Program, options: &str) -> (Array2<f32>, String) {
    let always = "--images images.npy --model model.onnx --out features.npy";
    let shown = program.done(&format!("{always} {options}"));
    (program.read("features.npy"), shown)
}

fn check(model: &str, options: &str, features: &str, tolerance: f32, told: &str) {
    let (found, shown) = encode(&folder(model), options);
    assert!(shown.ends_with(&format!("{told}\n")), "{shown}");
    let expected: Array2<f32> = read_npy(golden(&format!("{features}.npy"))).unwrap();
    assert_eq!(found.dim(), expected.dim());
    let size = expected.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    let difference =
        found.iter().zip(&expected).fold(0.0_f32, |most, (a, b)| most.max((a - b).abs()));
    assert!(difference <= tolerance * size, "{model}: {difference} where features reach {size}");
}

#[test]
fn a_convolutional_network_computes_what_onnx_runtime_does() {
    let told = "7 images of 16 x 16 pixels in color, to 24 features: output features, averaged \
        over 16 places";
    check("convolutional", "", "convolutional", TOLERANCE, told);
    check("convolutional", "--batch 4", "convolutional", TOLERANCE, told);
}

#[test]
fn a_residual_network_computes_what_onnx_runtime_does() {
    let told = "to 16 features: output features, as it is";
    check("residual", "--output features", "residual", TOLERANCE, told);
}

#[test]
fn a_transformer_computes_what_onnx_runtime_does() {
    let told = "to 16 features: output features, the first of 17 tokens";
    check("transformer", "", "transformer", TOLERANCE, told);
    check("transformer", "--batch 3", "transformer", TOLERANCE, told);
}

#[test]
fn images_are_resized_as_pillow_does() {
    let told = "7 images of 16 x 16 pixels in color, resized to 24x24, to 24 features: output \
        features, averaged over 36 places";
    // A level may be rounded to another whole number than Pillow's.
    check("open", "--size 24", "open-bilinear", 5e-3, told);
    check("open", "--size 24x24 --resize bicubic", "open-bicubic", 5e-3, told);
}

#[test]
fn channels_may_be_last() {
    let told = "averaged over 16 places";
    check("channels-last", "", "convolutional", TOLERANCE, told);
    check("channels-last", "--layout nhwc", "convolutional", TOLERANCE, told);
}

#[test]
fn values_may_be_beside_the_model() {
    let program = folder("beside");
    std::fs::copy(golden("beside.onnx.data"), program.path("beside.onnx.data")).unwrap();
    let (found, _) = encode(&program, "");
    let (expected, _) = encode(&folder("convolutional"), "");
    assert_eq!(found, expected);
    let inputs = &program.json("features.npy.json")["inputs"];
    let paths: Vec<&str> = (0..3).map(|at| inputs[at]["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["images.npy", "model.onnx", "beside.onnx.data"]);
}

#[test]
fn a_quantized_network_is_as_near_as_its_levels_are() {
    check("quantized", "", "quantized", 3e-2, "the first of 17 tokens");
}

#[test]
fn the_output_that_needs_images_alone_is_found() {
    let program = folder("text-and-images");
    let (found, shown) = encode(&program, "");
    assert!(shown.contains("output features"), "{shown}");
    assert_eq!(found, encode(&folder("convolutional"), "").0);
    let told = "expected an output that needs one input alone, of images, found that likeness \
        needs images, text; choose another with --output";
    let all = "--images images.npy --model model.onnx --out features.npy";
    program.refused(&format!("{all} --output likeness"), 1, told);
    let told = "expected an input pixels, found images, text; choose one with --input";
    program.refused(&format!("{all} --input pixels"), 1, told);
    let told = "float32 of shape (n, 3, height, width) or of one channel, found the shape (?, 24, \
        4, 4)";
    program.refused(&format!("{all} --input text"), 1, told);
}
