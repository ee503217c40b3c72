//! Runs the program on files that the tests make.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod archives;
mod back;
mod broken;
mod formats;
mod made;
mod options;
mod order;

use test_support::Program;

/// Runs the program in an empty folder.
fn program() -> Program {
    Program::in_empty_folder("import-images")
}

/// The options that write `images.npy`, `names.csv` and `skipped.csv`.
const OUT: &str = "--out images.npy --names names.csv --skipped skipped.csv";

/// A column of a CSV.
fn column(program: &Program, file: &str, name: &str) -> Vec<String> {
    let bytes = program.bytes(file);
    let mut reader = csv::Reader::from_reader(&bytes[..]);
    let at = reader.headers().unwrap().iter().position(|column| column == name).unwrap();
    reader.records().map(|record| record.unwrap()[at].to_owned()).collect()
}

/// Writes a file below the folder of the program, and makes the folders above it.
fn put(program: &Program, name: &str, bytes: impl AsRef<[u8]>) {
    let path = program.path(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}
