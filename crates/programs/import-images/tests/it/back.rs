//! Rows become files again.

use std::os::unix::fs::symlink;

use image::ImageFormat;
use ndarray::{Array3, Array4};

use crate::made::{encoded, quarters};
use crate::{OUT, column, program, put};

#[test]
fn files_that_are_written_give_the_same_rows() {
    let program = program();
    for (name, shade) in [("a/1.jpg", 10), ("a/1.png", 90), ("b/2.x.bmp", 170), ("c", 250)] {
        let image = quarters(10, 12, [[shade; 3], [0, 0, 99], [shade, 0, 0], [7; 3]]);
        let format = if name.ends_with("jpg") { ImageFormat::Jpeg } else { ImageFormat::Bmp };
        put(&program, &format!("in/{name}"), encoded(&image, format));
    }
    let options = "--size 10x12 --invert no";
    for (color, named) in [("rgb", true), ("gray", true), ("rgb", false)] {
        program.done(&format!("--from in {OUT} {options} --color {color}"));
        let names = if named { "--names names.csv" } else { "" };
        program.done(&format!("--from images.npy {names} --to deep/out"));
        let again = "--out again.npy --names again.csv";
        program.done(&format!("--from deep/out {again} {options} --color {color}"));
        assert!(program.bytes("images.npy") == program.bytes("again.npy"), "{color} {named}");
        let expected = match named {
            // Two files would both be a/1.png.
            true => ["a/1.jpg.png", "a/1.png.png", "b/2.x.png", "c.png"],
            false => ["0.png", "1.png", "2.png", "3.png"],
        };
        assert_eq!(column(&program, "again.csv", "file"), expected);
        std::fs::remove_dir_all(program.path("deep")).unwrap();
    }
}

#[test]
fn nothing_is_written_outside_of_the_folder_or_over_what_exists() {
    let program = program();
    program.write("images.npy", &Array3::<u8>::zeros((2, 4, 4)));
    for name in ["../evil.png", "/tmp/evil.png", "a/../../evil.png", "..", ""] {
        program.write_text("names.csv", format!("file\n1.png\n\"{name}\"\n"));
        let told = program.refused(
            "--from images.npy --names names.csv --to out",
            1,
            "names.csv: expected names of files below a folder",
        );
        assert!(told.contains(&format!("found '{name}'")), "{told}");
    }
    program.write_text("names.csv", "file\n1.png\n1.png\n");
    program.refused("--from images.npy --names names.csv --to out", 1, "rows 0 and 1");
    program.write_text("names.csv", "file\n1.png\n");
    program.refused("--from images.npy --names names.csv --to out", 1, "expected 2 names");
    put(&program, "full/a.txt", "x");
    program.refused("--from images.npy --to full", 1, "found a folder with files");
    program.refused("--from images.npy --to images.npy", 1, "found a file");
    assert_eq!(program.names(), ["full", "images.npy", "names.csv"]);

    // An empty folder may be there, even by a link.
    std::fs::create_dir(program.path("empty")).unwrap();
    symlink("empty", program.path("link")).unwrap();
    program.done("--from images.npy --to link --quiet");
    assert_eq!(program.names_in("empty"), ["0.png", "1.png"]);
}

#[test]
fn other_arrays_are_refused() {
    let program = program();
    program.write("floats.npy", &Array3::<f32>::zeros((2, 4, 4)));
    program.write("four.npy", &Array4::<u8>::zeros((2, 4, 4, 4)));
    program.write("rows.npy", &ndarray::Array2::<u8>::zeros((2, 16)));
    for (name, told) in [
        ("floats.npy", "expected images of dtype u1"),
        ("four.npy", "found shape (2, 4, 4, 4)"),
        ("rows.npy", "found shape [2, 16]"),
        ("none.npy", "none.npy: cannot read"),
    ] {
        program.refused(&format!("--from {name} --to out"), 1, told);
    }
    assert!(!program.has("out"));
    let told = program.refused("--from floats.npy --to out --size 28", 2, "leave out --size");
    assert!(told.contains("--to writes the images of an array as files"), "{told}");
}
