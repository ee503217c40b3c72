//! The program `encode-onnx`: see the library of this crate, which fuzzing calls too.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main("encode-onnx", encode_onnx::run)
}
