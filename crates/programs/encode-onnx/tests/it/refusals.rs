//! What cannot be used is refused in one line, and nothing is written.

use ndarray::{Array2, Array4};
use test_support::Program;

use crate::golden::{folder, golden};
use crate::wire::{BFLOAT16, FLOAT, INT64, Model, UINT8, node, part, tensor, value};

const ALL: &str = "--images images.npy --model model.onnx --out features.npy";

fn images() -> Program {
    let program = Program::in_empty_folder("encode-onnx");
    program.write("images.npy", &Array4::<u8>::from_shape_fn((5, 4, 4, 3), |x| (x.0 * 9) as u8));
    program
}

/// Checks that a model is refused with a line that begins with its name and holds `told`.
fn refused(model: impl AsRef<[u8]>, options: &str, told: &str) {
    let program = images();
    program.write_text("model.onnx", model);
    let line = program.refused(&format!("{ALL} {options}"), 1, told);
    assert!(line.starts_with("encode-onnx: model.onnx: expected "), "{line}");
    assert!(line.len() < 900, "{line}");
    assert_eq!(program.names(), ["images.npy", "model.onnx"]);
}

#[test]
fn a_small_model_is_run() {
    let program = images();
    program.write_text("model.onnx", Model::flat().bytes());
    let shown = program.done(&format!("{ALL} --mean 0 --std 1"));
    assert_eq!(shown, "5 images of 4 x 4 pixels in color, to 48 features: output y, as it is\n");
    let features: Array2<f32> = program.read("features.npy");
    assert!(features.row(2).iter().all(|&value| value == 18.0 / 255.0), "{features}");
}

#[test]
fn other_files_are_refused() {
    let whole = std::fs::read(golden("residual.onnx")).unwrap();
    let told = "expected a network in the ONNX format, found a file that cannot be read (";
    refused("", "", told);
    refused("a text", "", told);
    refused(std::fs::read(golden("images.npy")).unwrap(), "", told);
    refused(&whole[..whole.len() / 2], "", told);
    refused(&whole[..whole.len() - 1], "", told);
    refused(part(2, "pytorch"), "", "(it has no graph)");
}

#[test]
fn inputs_that_are_no_images_are_refused() {
    let told = "expected an image network, with an input of float32 of shape (n, 3, height, width)";
    for (input, found) in [
        (value("x", INT64, &[0, 77]), "the input x of int64"),
        (value("x", UINT8, &[0, 3, 4, 4]), "the input x of uint8"),
        (value("x", FLOAT, &[0, 77]), "the input x of shape (?, 77)"),
        (value("x", FLOAT, &[1, 1, 3, 4, 4]), "the input x of shape (1, 1, 3, 4, 4)"),
        (value("x", FLOAT, &[0, 5, 4, 4]), "the shape (?, 5, 4, 4)"),
        (value("x", FLOAT, &[0, 3, 9_000_000_000, 4]), "images of 9000000000x4 pixels"),
        (part(1, "x"), "the input x without shape"),
    ] {
        let model = Model { inputs: vec![input], ..Model::flat() };
        refused(model.bytes(), "", &format!("{told} or of one channel, found {found}"));
    }
    let none = Model { inputs: Vec::new(), ..Model::flat() };
    refused(none.bytes(), "", "found the inputs none and the outputs y");
}

#[test]
fn several_inputs_are_refused() {
    let mut model = Model::flat();
    model.inputs.push(value("text", FLOAT, &[0, 48]));
    model.nodes.push(node("Add", &["y", "text"], "z"));
    model.outputs = vec![value("z", FLOAT, &[0, 48])];
    let told =
        "found the inputs text, x and the outputs z; choose a value of the graph with --output";
    refused(model.bytes(), "", told);
    let told = "expected an output that needs the input x alone, found";
    refused(model.bytes(), "--input x", told);
    let told =
        "expected an output that needs one input alone, of images, found that z needs text, x";
    refused(model.bytes(), "--output z", told);
    let told = "expected an output w, found z; choose one of these with --output";
    refused(model.bytes(), "--output w", told);
    model.outputs.push(value("y", FLOAT, &[0, 48]));
    model.nodes.push(node("Neg", &["y"], "v"));
    model.outputs.push(value("v", FLOAT, &[0, 48]));
    refused(model.bytes(), "", "expected one output for features, found y, v; choose one");
    refused(model.bytes(), "--output y --input text", "needs the input text alone, found that y");
}

#[test]
fn open_sizes_need_an_option() {
    let open = Model { inputs: vec![value("x", FLOAT, &[0, 3, 0, 0])], ..Model::flat() };
    let told = "expected a network that says the height and width of its images, found one that \
        leaves them open; choose those that it was trained with, such as --size 224";
    refused(open.bytes(), "", told);
    let program = images();
    program.write_text("model.onnx", open.bytes());
    program.done(&format!("{ALL} --size 2x3"));
    assert_eq!(program.read::<Array2<f32>>("features.npy").dim(), (5, 18));
    let told = "expected a network that takes --size 5, found one for 4; leave out --size";
    refused(Model::flat().bytes(), "--size 5", told);
    let two = Model { inputs: vec![value("x", FLOAT, &[2, 3, 4, 4])], ..Model::flat() };
    let told = "expected a network that takes --batch 3, found one for 2; leave out --batch";
    refused(two.bytes(), "--batch 3", told);
    program.write_text("model.onnx", two.bytes());
    program.done(ALL);
    assert_eq!(program.read::<Array2<f32>>("features.npy").dim(), (5, 48));
    let told = "expected batches of at most 1024 images, found 9999; choose fewer with --batch";
    refused(Model::flat().bytes(), "--batch 9999", told);
    let told = "found the shape (?, 3, 4, 4)";
    refused(Model::flat().bytes(), "--layout nhwc", told);
}

#[test]
fn operators_that_are_not_known_are_refused() {
    let mut model = Model::flat();
    let fused = [node("FusedMatMul", &["y"], "z"), part(7, "com.microsoft")].concat();
    model.nodes = vec![node("Hologram", &["x"], "y"), fused];
    model.outputs = vec![value("z", FLOAT, &[0, 48])];
    let told = "expected operators that encode-onnx knows, found operator error: Hologram \
        operator not supported or not enabled; export the network again";
    refused(model.bytes(), "", told);
    model.nodes.remove(0);
    model.nodes.push(node("Flatten", &["x"], "y"));
    refused(model.bytes(), "", "com.microsoft/FusedMatMul operator not supported");
    let random = Model { nodes: vec![node("RandomNormalLike", &["x"], "y")], ..Model::flat() };
    let told = "expected a network that always computes the same, found operators that draw random";
    refused(random.bytes(), "", told);
    let young = Model { version: 99, ..Model::flat() };
    let mut old = Model::flat();
    old.version = 11;
    old.nodes = vec![node("Softmax", &["x"], "y")];
    refused(old.bytes(), "", "expected a Softmax with an axis, found one without, in operators of");
    refused(young.bytes(), "", "expected operators of version 11 to 23, found version 99; export");
}

#[test]
fn an_operator_that_is_not_needed_does_no_harm() {
    let mut model = Model::flat();
    model.nodes.push(node("Hologram", &["y"], "z"));
    model.outputs.push(value("z", FLOAT, &[0, 48]));
    let program = images();
    program.write_text("model.onnx", model.bytes());
    program.done(&format!("{ALL} --output y"));
}

#[test]
fn outputs_that_are_no_features_are_refused() {
    let told = "expected an output (n, d), (n, tokens, d) or (n, d, height, width), found one of ";
    let to = |nodes: &[Vec<u8>]| Model { nodes: nodes.to_vec(), ..Model::flat() }.bytes();
    let mean = to(&[node("ReduceMean", &["x"], "y")]);
    refused(mean, "--batch 2", &format!("{told}shape [1, 1, 1, 1] for batches of 2"));
    refused(to(&[node("Size", &["x"], "y")]), "", "its output is of type tensor(i32)");
    refused(to(&[node("IsNaN", &["x"], "y")]), "", "its output is of type tensor(i32)");
    let mut constant = Model::flat();
    constant.tensors = vec![tensor("c", FLOAT, &[1, 1], &[0; 4])];
    constant.nodes = vec![node("Neg", &["c"], "y")];
    refused(constant.bytes(), "--output y", "found that y needs no input");
}

#[test]
fn features_that_are_not_finite_are_refused() {
    let logarithm = Model { nodes: vec![node("Log", &["x"], "y")], ..Model::flat() };
    let told = "expected a network that computes finite features, found ";
    refused(logarithm.bytes(), "", told);
}

#[test]
fn number_types_that_are_not_read_are_refused() {
    let mut model = Model::flat();
    model.nodes.push(node("Mul", &["y", "w"], "z"));
    model.outputs = vec![value("z", FLOAT, &[0, 48])];
    model.tensors = vec![tensor("w", BFLOAT16, &[1], &[0, 0])];
    let told = "expected a network whose constants are float32, float64, int64, int32, int8, \
        uint8, bool, found bfloat16 in w; export it in float32";
    refused(model.bytes(), "", told);
    let half = std::fs::read(golden("half.onnx")).unwrap();
    refused(half, "", "found the input images of float16; choose another input");
}

#[test]
fn images_that_do_not_go_with_the_network_are_refused() {
    let program = images();
    let gray = Model { inputs: vec![value("x", FLOAT, &[0, 1, 4, 4])], ..Model::flat() };
    program.write_text("model.onnx", gray.bytes());
    let told = "images.npy: expected gray images, as model.onnx takes, found images in color; \
        import them with --color gray";
    program.refused(ALL, 1, told);
    program.refused(
        &format!("{ALL} --mean 1,2"),
        2,
        "--mean: expected one or three finite numbers",
    );
    program.write("images.npy", &Array2::<u8>::zeros((3, 16)));
    program.refused(ALL, 1, "images.npy: expected images of shape (n, height, width) or");
    let told = "images: expected images in a .npy file, found a folder; make the file first, with \
        import-images --from images --color rgb --out images.npy --names names.csv";
    std::fs::create_dir(program.path("images")).unwrap();
    program.refused("--images images --model model.onnx --out features.npy", 1, told);
    assert_eq!(program.names(), ["images", "images.npy", "model.onnx"]);
}

#[test]
fn wrong_usage_is_refused_before_anything_is_read() {
    let program = Program::in_empty_folder("encode-onnx");
    for (options, told) in [
        ("--size 0", "expected a side such as 224, or HxW"),
        ("--std 0", "--std: expected one or three numbers above 0"),
        ("--std 1,nan,1", "--std: expected one or three numbers above 0"),
        ("--mean inf", "--mean: expected one or three finite numbers"),
        ("--mean 1,2", "--mean: expected one or three finite numbers"),
        ("--layout chw", "expected nchw or nhwc"),
        ("--resize nearest", "expected bilinear or bicubic"),
        ("--batch 0", "expected a whole number of at least 1"),
    ] {
        program.refused(&format!("{ALL} {options}"), 2, told);
    }
}

#[test]
fn inputs_are_not_overwritten() {
    let program = folder("convolutional");
    let before = program.bytes("model.onnx");
    program.refused("--images images.npy --model model.onnx --out model.onnx", 1, "an input");
    assert_eq!(program.bytes("model.onnx"), before);
}
