//! The reader of models on the inputs of fuzzing.

use std::path::Path;

#[path = "../../../../../fuzz/checks/onnx.rs"]
pub mod onnx;

#[test]
fn the_inputs_of_fuzzing_are_read_or_refused() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fuzz/corpus/onnx");
    let mut read = 0;
    for entry in std::fs::read_dir(corpus).unwrap() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.onnx");
        std::fs::copy(entry.unwrap().path(), &path).unwrap();
        read += usize::from(onnx::check(&path).is_some());
    }
    assert!(read >= 5, "{read} models were read");
}
