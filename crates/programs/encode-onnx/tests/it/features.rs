//! Features of the program: from which images, by how many threads, with what record.

use ndarray::{Array3, Array4, Axis, concatenate, s};

use crate::golden::{encode, folder};

#[test]
fn the_number_of_threads_changes_no_byte() {
    let program = folder("transformer");
    let images: Array4<u8> = program.read("images.npy");
    let many = concatenate(Axis(0), &[images.view(); 11]).unwrap();
    program.write("images.npy", &many);
    for batch in [1, 4] {
        let mut all = Vec::new();
        for threads in [1, 2, 3, 16] {
            encode(&program, &format!("--batch {batch} --threads {threads}"));
            all.push(program.bytes("features.npy"));
        }
        assert!(all.iter().all(|bytes| *bytes == all[0]), "batches of {batch}");
    }
}

#[test]
fn a_row_depends_on_its_image_alone() {
    let program = folder("residual");
    let images: Array4<u8> = program.read("images.npy");
    let (all, _) = encode(&program, "--output features --batch 3");
    program.write("images.npy", &images.slice(s![3..6, .., .., ..]));
    let (some, _) = encode(&program, "--output features --batch 3");
    assert_eq!(some, all.slice(s![3..6, ..]));
}

#[test]
fn gray_images_are_as_gray_ones_in_color() {
    let program = folder("convolutional");
    let images: Array4<u8> = program.read("images.npy");
    let gray: Array3<u8> = images.index_axis(Axis(3), 0).to_owned();
    program.write("images.npy", &gray);
    let (of_gray, shown) = encode(&program, "");
    assert!(shown.starts_with("7 images of 16 x 16 pixels, to 24 features"), "{shown}");
    let color = gray.insert_axis(Axis(3));
    program.write("images.npy", &concatenate(Axis(3), &[color.view(); 3]).unwrap());
    assert_eq!(of_gray, encode(&program, "").0);
}

#[test]
fn numbers_are_taken_as_they_are() {
    let program = folder("convolutional");
    let levels: Array4<u8> = program.read("images.npy");
    let (of_levels, _) = encode(&program, "");
    program.write("images.npy", &levels.mapv(|level| f32::from(level) / 255.0));
    let (of_numbers, _) = encode(&program, "");
    let difference = (&of_levels - &of_numbers).fold(0.0_f32, |most, x| most.max(x.abs()));
    assert!(difference < 1e-5, "{difference}");
    // Levels with the mean and the deviation in levels, too.
    program.write("images.npy", &levels.mapv(f32::from));
    let scaled = "--mean 123.675,116.28,103.53 --std 58.395,57.12,57.375";
    let (of_scaled, _) = encode(&program, scaled);
    let difference = (&of_levels - &of_scaled).fold(0.0_f32, |most, x| most.max(x.abs()));
    assert!(difference < 1e-4, "{difference}");
    let all = "--images images.npy --model model.onnx --out features.npy";
    let warned = String::from_utf8(program.run(all).stderr).unwrap();
    assert!(warned.contains("warning: images.npy: values from "), "{warned}");
    assert!(warned.contains("divide levels by 255"), "{warned}");
}

#[test]
fn features_that_are_all_the_same_are_told() {
    let program = folder("convolutional");
    program.write("images.npy", &Array3::<u8>::from_elem((3, 16, 16), 200));
    let all = "--images images.npy --model model.onnx --out features.npy";
    let warned = String::from_utf8(program.run(all).stderr).unwrap();
    assert!(warned.contains("warning: all images have the same features"), "{warned}");
}

#[test]
fn the_provenance_names_model_and_choices() {
    let program = folder("residual");
    encode(&program, "--output features --mean 0.5 --std 0.25");
    let found = program.json("features.npy.json");
    assert_eq!(found["stage"], "encode-onnx");
    let parameters = &found["parameters"];
    assert_eq!(parameters["mean"], serde_json::json!([0.5, 0.5, 0.5]));
    assert_eq!(parameters["std"], serde_json::json!([0.25, 0.25, 0.25]));
    assert_eq!(parameters["size"], serde_json::json!([16, 16]));
    assert_eq!(parameters["input"], "images");
    assert_eq!(parameters["layout"], "nchw");
    assert_eq!(found["inputs"][0]["shape"], serde_json::json!([7, 16, 16, 3]));
    assert_eq!(found["inputs"][1]["path"], "model.onnx");
    assert_eq!(found["inputs"][1]["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(found["result"]["features"], 16);
    assert_eq!(found["result"]["opset"], 18);
}

#[test]
fn a_value_within_the_graph_can_be_the_output() {
    let program = folder("residual");
    let (classes, _) = encode(&program, "--output classes");
    assert_eq!(classes.dim(), (7, 5));
    // The first convolution, as the exporter names it.
    let (inner, shown) = encode(&program, "--output getitem");
    assert!(shown.contains("output getitem, averaged over 256 places"), "{shown}");
    assert_eq!(inner.dim(), (7, 8));
}
