//! Fuzzes the reader of networks in the ONNX format.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../checks/onnx.rs"]
mod onnx;

fuzz_target!(|data: &[u8]| {
    fuzz::with_file("model.onnx", data, |path| {
        onnx::check(path);
    });
});
