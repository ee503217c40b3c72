//! The program `import-vectors`: see the library of this crate, which fuzzing calls too.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main("import-vectors", import_vectors::run)
}
