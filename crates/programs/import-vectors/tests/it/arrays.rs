//! Arrays of NumPy and tensors.

use half::{bf16, f16};
use ndarray::{Array2, Array3, array};
use ndarray_npy::NpzWriter;
use safetensors::tensor::{Dtype, TensorView, serialize};
use test_support::Program;

fn write_npz(program: &Program, names: &[&str]) {
    let mut npz = NpzWriter::new(std::fs::File::create(program.path("a.npz")).unwrap());
    for (at, name) in names.iter().enumerate() {
        npz.add_array(*name, &array![[at as f64, 2.0], [3.0, 4.0]]).unwrap();
    }
    npz.finish().unwrap();
}

#[test]
fn arrays_of_numpy_are_read() {
    let program = Program::in_empty_folder("import-vectors");
    program.write("a.npy", &array![[1_i64, 2], [3, 4]]);
    let shown = program.done("--from a.npy --out points.npy --names names.csv");
    assert!(shown.starts_with("a.npy: an array\nno value is missing\n"), "{shown}");
    assert_eq!(program.read::<Array2<f32>>("points.npy"), array![[1.0, 2.0], [3.0, 4.0]]);
    assert_eq!(program.text("names.csv"), "row,id\n0,0\n1,1\n");

    program.write("a.npy", &array![[1.0_f32, f32::NAN], [3.0, 4.0]]);
    let told = "found 1 missing in 1 of 2 rows, the first in row 0, column 1";
    program.refused("--from a.npy --out points.npy", 1, told);
    program.done("--from a.npy --out points.npy --missing drop");
    assert_eq!(program.read::<Array2<f32>>("points.npy"), array![[3.0, 4.0]]);

    program.write("a.npy", &array![[1.0_f32, f32::INFINITY]]);
    program.refused("--from a.npy --out o.npy", 1, "found inf in row 0, column 1");
    program.write("a.npy", &Array3::<f32>::zeros((4, 5, 6)));
    let told = "a.npy: expected vectors: an array of shape (n, d), found shape [4, 5, 6]; average";
    program.refused("--from a.npy --out o.npy", 1, told);
    program.write("a.npy", &array![1.0, 2.0]);
    program.refused("--from a.npy --out o.npy", 1, "reshape it, a single column is");
    assert!(!program.has("o.npy"));
}

#[test]
fn an_archive_of_several_arrays_needs_a_choice() {
    let program = Program::in_empty_folder("import-vectors");
    write_npz(&program, &["only"]);
    let shown = program.done("--from a.npz --out points.npy");
    assert!(shown.starts_with("a.npz: array only\n"), "{shown}");
    write_npz(&program, &["text", "image"]);
    program.refused(
        "--from a.npz --out points.npy",
        1,
        "a.npz: expected one array, found text f8 (2, 2), image f8 (2, 2); \
         choose one with --array",
    );
    program.done("--from a.npz --array image --out points.npy");
    assert_eq!(program.read::<Array2<f32>>("points.npy"), array![[1.0, 2.0], [3.0, 4.0]]);
    let told = "expected an array `x`, found the arrays text, image";
    program.refused("--from a.npz --array x --out points.npy", 1, told);
    write_npz(&program, &[]);
    program.refused("--from a.npz --out points.npy", 1, "a.npz: expected an");
}

#[test]
fn tensors_of_four_types_are_read() {
    let program = Program::in_empty_folder("import-vectors");
    let values = [1.0_f32, -0.5, 0.25, 2.0];
    let bytes: [(Dtype, Vec<u8>); 4] = [
        (Dtype::F16, values.iter().flat_map(|&x| f16::from_f32(x).to_le_bytes()).collect()),
        (Dtype::BF16, values.iter().flat_map(|&x| bf16::from_f32(x).to_le_bytes()).collect()),
        (Dtype::F32, values.iter().flat_map(|x| x.to_le_bytes()).collect()),
        (Dtype::F64, values.iter().flat_map(|&x| f64::from(x).to_le_bytes()).collect()),
    ];
    for (dtype, bytes) in &bytes {
        let tensor = TensorView::new(*dtype, vec![2, 2], bytes).unwrap();
        program.write_text("a.safetensors", serialize([("x", tensor)], None).unwrap());
        program.done("--from a.safetensors --out points.npy");
        let expected: Array2<f32> = array![[1.0, -0.5], [0.25, 2.0]];
        assert_eq!(program.read::<Array2<f32>>("points.npy"), expected, "{dtype:?}");
    }
    let tensor = |shape: Vec<usize>| TensorView::new(Dtype::F32, shape, &bytes[2].1).unwrap();
    let several = [("b", tensor(vec![4, 1])), ("a", tensor(vec![2, 2]))];
    program.write_text("a.safetensors", serialize(several, None).unwrap());
    program.refused(
        "--from a.safetensors --out o.npy",
        1,
        "expected one tensor, found a F32 [2, 2], b F32 [4, 1]; choose one with --array",
    );
    program.refused(
        "--from a.safetensors --array c --out o.npy",
        1,
        "expected a tensor c, found a",
    );
    program.done("--from a.safetensors --array b --out points.npy");
    assert_eq!(program.read::<Array2<f32>>("points.npy").dim(), (4, 1));

    let whole = TensorView::new(Dtype::I32, vec![2, 2], &bytes[2].1).unwrap();
    program.write_text("a.safetensors", serialize([("x", whole)], None).unwrap());
    let told = "expected a tensor of F16, BF16, F32 or F64, found x of I32";
    program.refused("--from a.safetensors --out o.npy", 1, told);
    program.write_text("a.safetensors", serialize([("x", tensor(vec![1, 2, 2]))], None).unwrap());
    program.refused("--from a.safetensors --out o.npy", 1, "found shape [1, 2, 2]");
    program.write_text("a.safetensors", "no tensors");
    program.refused("--from a.safetensors --out o.npy", 1, "in the format of safetensors");
    assert!(!program.has("o.npy"));
}
