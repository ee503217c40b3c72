//! Inputs that the tests share.

use ndarray::{Array1, Array2, Array3};
use test_support::Program;

/// Writes thirty images of 6 x 5 pixels in three clusters of two classes, and all other inputs.
pub fn inputs() -> Program {
    let program = Program::in_empty_folder("report");
    let n = 30;
    let images = Array3::from_shape_fn((n, 6, 5), |(i, y, x)| ((i % 3) * 80 + y * 5 + x) as u8);
    program.write("images.npy", &images);
    program.write("decoded.npy", &images.mapv(|level| f32::from(level) / 255.0));
    program.write("labels.npy", &Array1::from_shape_fn(n, |i| (i % 3 / 2) as u8));
    program.write(
        "assignments.npy",
        &Array1::from_shape_fn(n, |i| if i == 29 { -1 } else { (i % 3) as i32 }),
    );
    let points = Array2::from_shape_fn((n, 2), |(i, j)| (i % 3 * 10 + i / 3 * j) as f32);
    program.write("points.npy", &points);
    let responsibilities =
        Array2::from_shape_fn((n, 3), |(i, j)| if i % 3 == j { 0.8 } else { 0.1 });
    program.write("responsibilities.npy", &responsibilities);
    program.write_text("classes.json", r#"["<b>cat</b>", "dog & co"]"#);
    program.write_text("losses.csv", "epoch,train,validation\n1,0.5,0.4\n2,0.25,0.3\n");
    let matrix = r#""confusion":[[19,0],[0,10]],"unassigned":[0,1],
        "recall":[1.0,0.9],"precision":[1.0,null]"#;
    let train = format!(
        r#"{{"purity":0.9667,"acc":0.6333,"nmi":0.5,"ami":0.5,"ari":0.5,"class_ids":[0,1],
            "majority":{{{matrix}}},"one_to_one":{{{matrix}}}}}"#
    );
    for run in ["run-1", "run-2"] {
        std::fs::create_dir(program.path(run)).unwrap();
        program
            .write_text(format!("{run}/mine.json"), format!(r#"{{"splits":{{"train":{train}}}}}"#));
    }
    program
}

/// All options that name a file of [`inputs`].
pub const ALL: &str = "--scores run-1/mine.json --assignments mine=assignments.npy --points \
    mine=points.npy --certainty \
                   mine=responsibilities.npy --images images.npy --labels labels.npy --classes \
                   classes.json --map points.npy --losses \
                   losses.csv --originals images.npy --reconstructions decoded.npy";
