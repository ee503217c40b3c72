//! Models that claim more than they hold, or reach for what is not theirs.

use proptest::prelude::*;
use test_support::Program;

use crate::golden::{folder, golden};
use crate::reader::onnx::check;
use crate::wire::{FLOAT, Model, node, number, part, tensor, value, whole};

const ALL: &str = "--images images.npy --model model.onnx --out features.npy";

fn refused(model: &Model, told: &str) {
    let program = folder("convolutional");
    program.write_text("model.onnx", model.bytes());
    program.refused(ALL, 1, told);
    assert_eq!(program.names(), ["images.npy", "model.onnx"]);
}

/// A network whose features are multiplied by a tensor.
fn with_tensor(content: Vec<u8>) -> Model {
    let mut model = Model::flat();
    model.nodes.push(node("Mul", &["y", "w"], "z"));
    model.outputs = vec![value("z", FLOAT, &[0, 48])];
    model.tensors = vec![content];
    model
}

#[test]
fn sides_without_values_are_refused_before_memory_is_taken() {
    for (sides, told) in [
        (vec![1 << 40], "length 1 does not match shape [1099511627776])"),
        (vec![1 << 40, 1 << 40], "expected constants with sides, found sides [1099511627776, 1099"),
        (vec![-1], "expected constants with sides, found sides [-1] of w"),
        (vec![2], "(in node \"w\": graph error: length 1 does not match shape [2])"),
        (vec![1; 99], "expected constants with sides"),
    ] {
        refused(&with_tensor(tensor("w", FLOAT, &sides, &[0; 4])), told);
    }
}

#[test]
fn a_file_beside_the_model_must_be_there_and_hold_the_values() {
    let external = |location: &str, more: &[(&str, &str)]| {
        let entry = |(key, text): &(&str, &str)| part(13, [part(1, key), part(2, text)].concat());
        let entries: Vec<u8> = more.iter().flat_map(entry).collect();
        let sides = [number(1, 48), number(2, FLOAT), part(8, "w"), number(14, 1)].concat();
        with_tensor([sides, entry(&("location", location)), entries].concat())
    };
    let told = "model.onnx: expected values of its constants in a file beside it, found ";
    for (model, found) in [
        (external("../secret", &[]), "../secret (it must be in the folder of the model)"),
        (external("/etc/passwd", &[]), "/etc/passwd (it must be in the folder of the model)"),
        (external("", &[]), "(it must be in the folder of the model)"),
        (external("nowhere.data", &[]), "nowhere.data (it is not there)"),
    ] {
        refused(&model, &format!("{told}{found}"));
    }
    let told = "expected a network that can be run, found one that cannot (";
    for (offset, length) in
        [("x", "192"), ("0", "999999"), ("18446744073709551615", "9"), ("0", "9")]
    {
        let model = external("model.onnx", &[("offset", offset), ("length", length)]);
        refused(&model, told);
    }
    let program = folder("beside");
    let told =
        "expected values of its constants in a file beside it, found beside.onnx.data (it is";
    program.refused(ALL, 1, told);
}

#[test]
fn graphs_that_contradict_themselves_are_refused() {
    let told = "expected a network that can be run, found one that cannot (";
    let mut circle = Model::flat();
    circle.nodes = vec![node("Add", &["x", "z"], "y"), node("Neg", &["y"], "z")];
    refused(&circle, told);
    let mut nowhere = Model::flat();
    nowhere.nodes = vec![node("Add", &["x", "missing"], "y")];
    refused(&nowhere, told);
    let mut reshape = Model::flat();
    reshape.nodes = vec![node("Reshape", &["x", "shape"], "y")];
    reshape.tensors = vec![whole("shape", &[7, 7])];
    refused(&reshape, told);
    refused(&Model { nodes: vec![node("Conv", &["x"], "y")], ..Model::flat() }, told);
}

#[test]
fn a_cut_or_changed_model_is_read_or_refused() {
    let program = Program::in_empty_folder("encode-onnx");
    let path = program.path("model.onnx");
    let whole = std::fs::read(golden("convolutional.onnx")).unwrap();
    std::fs::write(&path, &whole).unwrap();
    assert_eq!(check(&path), Some(24));
    for end in (0..whole.len()).step_by(97) {
        std::fs::write(&path, &whole[..end]).unwrap();
        assert_eq!(check(&path), None, "the first {end} of {} bytes", whole.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_damaged_model_is_read_or_refused(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        model in prop::sample::select(vec!["convolutional", "transformer", "quantized"]),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.onnx");
        let mut bytes = std::fs::read(golden(&format!("{model}.onnx"))).unwrap();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        std::fs::write(&path, bytes).unwrap();
        check(&path);
    }
}
