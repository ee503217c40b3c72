//! The program in an empty folder, with weights that the test writes itself.
//!
//! The oracle of latents and reconstructions is the network in f64, by matrix products of ndarray.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::collections::HashMap;

use autoencoder::{Architecture, Channels, Device, Init, Network, NetworkKind, Pixels};
use ndarray::{Array1, Array2, Array3, Array4, ArrayView2, Axis, s};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::Value;
use test_support::Program;

/// Widths of the network from pixels to code; the decoder mirrors them.
const WIDTHS: [usize; 3] = [64, 8, 2];
/// Metadata of a network with tanh that was trained on images of 8 x 8 gray levels.
const METADATA: &str = r#"{"activation":"tanh","loss":"mse","normalize":"l2",
    "images":{"sides":[8,8],"smallest":0.0,"largest":1.0}}"#;

/// Checks that the program refuses `words` in one line with `told`, and writes no latents.
fn refused(program: &Program, words: &str, code: i32, told: &str) {
    program.refused(words, code, told);
    assert!(!program.has("e.npy"), "{words}");
}

/// A dense layer: weight (output, input) and bias (output).
struct Layer {
    weight: Array2<f64>,
    bias: Array1<f64>,
}

/// Returns the layers of encoder and decoder, two each, with values from a sine.
fn network(widths: [usize; 3]) -> [Vec<Layer>; 2] {
    let [input, hidden, latent] = widths;
    let mut phase = 0.0;
    let mut layer = |input: usize, output: usize| {
        // Values that f32 holds exactly, so that the oracle has the same.
        let mut next = || {
            phase += 1.0;
            f64::from((1.7_f64 * phase).sin() as f32) / (input as f64).sqrt().ceil()
        };
        let weight = Array2::from_shape_simple_fn((output, input), &mut next);
        let bias = Array1::from_shape_simple_fn(output, &mut next);
        Layer { weight: weight.mapv(rounded), bias: bias.mapv(rounded) }
    };
    [
        vec![layer(input, hidden), layer(hidden, latent)],
        vec![layer(latent, hidden), layer(hidden, input)],
    ]
}

fn rounded(x: f64) -> f64 {
    f64::from(x as f32)
}

/// Writes the weights of [`network`] as PyTorch does, with `metadata` if there is any.
fn write_weights(program: &Program, name: &str, widths: [usize; 3], metadata: Option<&str>) {
    let mut tensors = Vec::new();
    for (part, layers) in ["encoder", "decoder"].into_iter().zip(network(widths)) {
        for (i, layer) in layers.iter().enumerate() {
            let (output, input) = layer.weight.dim();
            let name = format!("{part}.{}", 2 * i);
            let weight = layer.weight.iter().flat_map(|&x| (x as f32).to_le_bytes()).collect();
            let bias = layer.bias.iter().flat_map(|&x| (x as f32).to_le_bytes()).collect();
            tensors.push((format!("{name}.weight"), vec![output, input], weight));
            tensors.push((format!("{name}.bias"), vec![output], bias));
        }
    }
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = tensors;
    let views = tensors.iter().map(|(name, shape, bytes)| {
        (name.clone(), TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap())
    });
    let metadata =
        metadata.map(|text| HashMap::from([("autoencoder".to_owned(), text.to_owned())]));
    program.write_text(name, safetensors::serialize(views, metadata).unwrap());
}

/// Runs layers with `activate` between them on values (n, input).
fn forward(layers: &[Layer], values: ArrayView2<f64>, activate: fn(f64) -> f64) -> Array2<f64> {
    let mut values = values.to_owned();
    for (i, Layer { weight, bias }) in layers.iter().enumerate() {
        if i > 0 {
            values.mapv_inplace(activate);
        }
        values = values.dot(&weight.t()) + bias;
    }
    values
}

fn relu(x: f64) -> f64 {
    x.max(0.0)
}

/// Returns the gray levels of 64 images of 8 x 8 pixels.
fn images() -> Array3<u8> {
    Array3::from_shape_fn((64, 8, 8), |(i, y, x)| {
        (1 + i % 7 * y * 4 + if x > 3 { i % 5 * 20 } else { 0 }) as u8
    })
}

/// Returns the images as the network takes them, (64, 64) in 0..=1.
fn pixels() -> Array2<f64> {
    let rows = images().into_shape_with_order((64, 64)).unwrap();
    rows.mapv(|level| f64::from(level) / 255.0)
}

/// Writes the images, and weights without metadata.
fn inputs() -> Program {
    let program = Program::in_empty_folder("encode");
    program.write("images.npy", &images());
    write_weights(&program, "w.safetensors", WIDTHS, None);
    program
}

fn check_close(found: &Array2<f32>, expected: &Array2<f64>) {
    assert_eq!(found.dim(), expected.dim());
    for (found, expected) in found.iter().zip(expected) {
        assert!((f64::from(*found) - expected).abs() < 1e-5, "{found} and {expected}");
    }
}

const WORDS: &str = "--images images.npy --weights w.safetensors --device cpu";

#[test]
fn latents_are_those_of_the_network_and_finite() {
    let program = inputs();
    let told = program.done(&format!("{WORDS} --out l.npy"));
    assert_eq!(told, "64 images of 64 pixels to 2 latents\n");
    let latents: Array2<f32> = program.read("l.npy");
    let [encoder, _] = network(WIDTHS);
    check_close(&latents, &forward(&encoder, pixels().view(), relu));
    let record: Value = program.json("l.npy.json");
    assert_eq!(record["result"], serde_json::json!({ "images": 64, "latent": 2 }));
}

#[test]
fn latents_depend_neither_on_the_other_images_nor_on_the_threads() {
    let program = inputs();
    program.done(&format!("{WORDS} --out l.npy --threads 2"));
    let latents: Array2<f32> = program.read("l.npy");
    program.done(&format!("{WORDS} --out again.npy --threads 1"));
    let again: Array2<f32> = program.read("again.npy");
    assert_eq!(again, latents);
    program.write("images.npy", &images().slice(s![5..8, .., ..]));
    program.done(&format!("{WORDS} --out some.npy"));
    let some: Array2<f32> = program.read("some.npy");
    assert_eq!(some, latents.slice(s![5..8, ..]));
}

#[test]
fn reconstructions_have_the_shape_of_the_images_and_are_those_of_the_network() {
    let program = inputs();
    let decoded = |words: &str| -> Array2<f32> {
        program.done(&format!("{words} --out l.npy --decode d.npy"));
        let images: Array3<f32> = program.read("d.npy");
        assert_eq!(images.dim(), (64, 8, 8));
        images.into_shape_with_order((64, 64)).unwrap()
    };
    let [encoder, decoder] = network(WIDTHS);
    let expected = |activate: fn(f64) -> f64| {
        forward(&decoder, forward(&encoder, pixels().view(), activate).view(), activate)
    };
    check_close(&decoded(WORDS), &expected(relu));
    // What the weights do not tell can be told on the command line.
    check_close(
        &decoded(&format!("{WORDS} --activation tanh --loss bce")),
        &expected(f64::tanh).mapv(|x| 1.0 / (1.0 + (-x).exp())),
    );
}

#[test]
fn metadata_tells_activation_and_normalization() {
    let program = inputs();
    write_weights(&program, "w.safetensors", WIDTHS, Some(METADATA));
    program.done(&format!("{WORDS} --out l.npy --decode d.npy"));
    let [encoder, decoder] = network(WIDTHS);
    // Each image is divided by its root mean square, and its reconstruction multiplied by it.
    let roots = pixels().mapv(|x| x * x).mean_axis(Axis(1)).unwrap().mapv(f64::sqrt);
    let roots = roots.insert_axis(Axis(1));
    let codes = forward(&encoder, (pixels() / &roots).view(), f64::tanh);
    check_close(&program.read("l.npy"), &codes);
    let images: Array3<f32> = program.read("d.npy");
    let expected = forward(&decoder, codes.view(), f64::tanh) * &roots;
    check_close(&images.into_shape_with_order((64, 64)).unwrap(), &expected);
}

/// The library's own tests compare its codes of images in color with convolutions by hand.
#[test]
fn convolutions_take_images_in_color_and_give_them_back() {
    let program = Program::in_empty_folder("encode");
    let color = Array4::from_shape_fn((1205, 6, 5, 3), |(i, y, x, channel)| {
        (i % 17 * (2 * y + channel) + x * (i % 5)) as u8
    });
    program.write("images.npy", &color);
    program.write("gray.npy", &color.slice(s![.., .., .., 0]));
    let network = NetworkKind::Conv { height: 6, width: 5, channels: Channels::Rgb };
    let hidden = vec![8, 16];
    let architecture = Architecture { input: 90, network, hidden, ..Architecture::default() };
    let network = Network::new(&architecture, Init::PyTorch, 0, Device::Cpu).unwrap();
    program.write_text("w.safetensors", network.to_safetensors().unwrap());
    let told = program.done(&format!("{WORDS} --out l.npy --decode d.npy"));
    assert_eq!(told, "1205 images of 30 pixels in color to 10 latents\n");
    let rows = color.to_shape((1205, 90)).unwrap();
    let codes = autoencoder::encode(&network, Pixels::U8(rows.view()), &mut |_| {}).unwrap();
    check_close(&program.read("l.npy"), &codes.mapv(f64::from));
    let decoded: Array4<f32> = program.read("d.npy");
    assert_eq!(decoded.dim(), (1205, 6, 5, 3));
    let expected = autoencoder::decode(&network, codes.view(), &mut |_| {}).unwrap();
    check_close(&decoded.into_shape_with_order((1205, 90)).unwrap(), &expected.mapv(f64::from));

    for threads in [1, 2] {
        program.done(&format!("{WORDS} --out again.npy --threads {threads}"));
        assert!(program.bytes("again.npy") == program.bytes("l.npy"), "{threads} threads");
    }
    let gray = WORDS.replace("images.npy", "gray.npy");
    let told = "gray.npy: expected images in color, as the network takes, found gray images";
    refused(&program, &format!("{gray} --out e.npy"), 1, told);
}

#[test]
fn what_does_not_fit_the_weights_is_refused_in_a_line() {
    let program = inputs();
    write_weights(&program, "trained.safetensors", WIDTHS, Some(METADATA));
    let small = METADATA.replace("[8,8]", "[4,4]");
    write_weights(&program, "small.safetensors", [16, 8, 2], Some(&small));
    write_weights(&program, "dots.safetensors", WIDTHS, Some(&METADATA.replace("l2", "none")));
    program.write_text("text.safetensors", "no weights");
    let rows = images().into_shape_with_order((64, 64)).unwrap();
    program.write("levels.npy", &rows.mapv(f32::from));
    program.write("rows.npy", &rows);
    let color = images().insert_axis(Axis(3)).broadcast((64, 8, 8, 3)).unwrap().to_owned();
    program.write("color.npy", &color);
    program.write("flat.npy", &images().into_shape_with_order((64, 4, 16)).unwrap());
    for (words, told) in [
        (
            "--images rows.npy --weights small.safetensors",
            "rows.npy: expected images of 16 pixels, as the network takes, found 64",
        ),
        (
            "--images images.npy --weights small.safetensors",
            "images.npy: expected images of 4 rows of 4 pixels, found 8 of 8",
        ),
        (
            "--images flat.npy --weights trained.safetensors",
            "flat.npy: expected images of 8 rows of 8 pixels, found 4 of 16",
        ),
        (
            "--images color.npy --weights trained.safetensors",
            "color.npy: expected gray images, as the network takes, found images in color; give",
        ),
        (
            "--images levels.npy --weights dots.safetensors",
            "levels.npy: expected images with values from about 0 to 1",
        ),
        (
            "--images images.npy --weights trained.safetensors --activation relu",
            "trained.safetensors: ",
        ),
        (
            "--images images.npy --weights text.safetensors",
            "text.safetensors: expected the weights of an autoencoder (safetensors)",
        ),
        ("--images images.npy --weights nowhere.safetensors", "nowhere.safetensors: "),
        ("--images nowhere.npy --weights trained.safetensors", "nowhere.npy: "),
        ("--images text.safetensors --weights trained.safetensors", "text.safetensors: "),
        ("--images images.npy --weights trained.safetensors --device cuda:99", "no CUDA device 99"),
    ] {
        let device = if words.contains("--device") { "" } else { " --device cpu" };
        refused(&program, &format!("{words}{device} --out e.npy"), 1, told);
    }
}

#[test]
fn wrong_usage_is_refused_in_a_line() {
    let program = inputs();
    for (words, told) in [
        ("--images images.npy --out e.npy", "--weights"),
        ("--images images.npy --weights w.safetensors", "--out"),
        ("--images images.npy --weights w.safetensors --out e.npy --wheels 4", "--wheels"),
        ("--images images.npy --weights w.safetensors --out e.npy --loss l1", "expected mse, bce"),
        ("--images images.npy --weights w.safetensors --out e.npy --device gpu", "expected auto"),
    ] {
        refused(&program, words, 2, told);
    }
    let words = "--images images.npy --weights w.safetensors --out e.npy --decode e.npy";
    refused(&program, words, 1, "found another output of this run (--out e.npy)");
}

#[test]
fn weights_without_metadata_are_noted_and_a_dead_network_is_warned_of() {
    let program = inputs();
    let note = program.notes(&format!("{WORDS} --out l.npy"));
    assert!(note.contains("assuming --activation relu and --loss mse"), "{note}");
    // All images are the same, and so are their latents.
    program.write("images.npy", &Array3::<u8>::from_elem((5, 8, 8), 100));
    let warning = program.notes(&format!("{WORDS} --out l.npy"));
    assert!(warning.contains("all images have the same latents"), "{warning}");
}
