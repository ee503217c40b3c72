//! The program in an empty folder.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod folders;
mod safety;
mod seen;
mod table;

use std::fs;

use ndarray::array;
use test_support::Program;

/// Ids, names and files of six pictures, two of which have the same base name.
pub fn prepared() -> Program {
    let program = Program::in_empty_folder("export-clusters");
    program.write("ids.npy", &array![1_i32, 0, 1, -1, 0, 1]);
    let files = ["cats/1.jpg", "cats/2.jpg", "dogs/1.jpg", "dogs/b, c.jpg", "é.png", r"a\b"];
    for folder in ["photos/cats", "photos/dogs"] {
        fs::create_dir_all(program.path(folder)).unwrap();
    }
    let mut names = "row,file\n".to_owned();
    for (row, file) in files.iter().enumerate() {
        program.write_text(format!("photos/{file}"), format!("picture {row}"));
        names += &format!("{row},\"{}\"\n", names::escape(file.as_ref()));
    }
    program.write_text("names.csv", names);
    program
}

/// Options of every run.
pub const BASE: &str = "--assignments ids.npy --names names.csv --out clusters.csv";
