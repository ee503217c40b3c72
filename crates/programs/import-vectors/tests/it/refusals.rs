//! What is refused, and how it is said.

use ndarray::array;
use test_support::Program;

#[test]
fn texts_that_are_no_tables_are_refused_with_their_line() {
    let program = Program::in_empty_folder("import-vectors");
    for (text, told) in [
        ("1,2\n3\n", "expected 2 cells in each line, as in the first, found 1 in line 2"),
        ("x,y\n\n1,2\n3,4,5\n", "found 3 in line 4"),
        ("x,y\r\n\r\n1,2\r\n\r\n3,4,5\r\n", "found 3 in line 5"),
        ("id,y\n\"a\nb\",1\nc,4,5\n", "found 3 in line 4"),
        ("1,2\n3,oops\n4,5\n", "expected a finite number in line 2, column 2, found 'oops'"),
        ("x,y\n1,2\n3,inf\n", "line 3, column y, found 'inf'; correct it, or leave it empty"),
        ("1,2\n1e999,4\n", "line 2, column 1, found '1e999'"),
        ("0,5;1;2\n1,5;3;4\n", "found '0,5'; write decimal points instead of commas"),
        ("", "found an empty file"),
        ("x,y\n", "expected rows of numbers, found none"),
        ("id,kind,x\na,b,1\n", "expected numbers in column kind, found text"),
        ("a\0b", "found a binary file"),
    ] {
        program.write_text("a.csv", text);
        let line = program.refused("--from a.csv --out points.npy", 1, told);
        assert!(line.starts_with("import-vectors: a.csv: "), "{line}");
        assert_eq!(program.names(), ["a.csv"]);
    }
    program.write_text("a.csv", b"\x1f\x8b\x08");
    program.refused("--from a.csv --out points.npy", 1, "found a gzip-compressed file");
    program.write_text("a.csv", b"\xff\xfe1\0,\0");
    program.refused("--from a.csv --out points.npy", 1, "found text in UTF-16");
}

#[test]
#[cfg(not(feature = "parquet"))]
fn parquet_is_refused_with_the_ways_to_have_it_read() {
    let program = Program::in_empty_folder("import-vectors");
    for (name, start) in [("a.csv", "PAR1...."), ("a.parquet", "PARE"), ("b.parquet", "1,2")] {
        program.write_text(name, start);
        let told = "expected vectors in .csv, .tsv, .npz, .npy or .safetensors, found a Parquet \
            file; build with `cargo build --release --package import-vectors --features parquet`, \
            or convert it to .npy or .csv, in Python with np.save('x.npy'";
        program.refused(&format!("--from {name} --out points.npy --array x"), 1, told);
        assert!(!program.has("points.npy"));
    }
}

#[test]
fn options_that_do_not_fit_are_wrong_usage() {
    let program = Program::in_empty_folder("import-vectors");
    program.write_text("a.csv", "x,y\n1,2\n");
    program.write("a.npy", &array![[1.0, 2.0]]);
    for (words, code, told) in [
        ("--from a.csv --labels-out l.npy", 2, "leave out --labels-out"),
        ("--from a.csv --classes c.json", 2, "leave out --classes"),
        ("--from a.csv --array x", 2, "--array chooses an array of .npz or .safetensors"),
        ("--from a.npy --id-column x", 2, "a.npy has no columns of text"),
        ("--from a.csv --missing skip", 2, "expected refuse or drop, found skip"),
        (
            "--from a.csv --id-column z",
            1,
            "expected a column z for --id-column, found the columns x, y",
        ),
        ("--from a.csv --id-column x --label-column x", 1, "found one for both"),
        ("--from nowhere.csv", 1, "nowhere.csv: cannot read"),
        ("--from .", 1, ".: expected a file, found a folder"),
    ] {
        program.refused(&format!("{words} --out points.npy"), code, told);
        assert!(!program.has("points.npy"));
    }
    program.refused("--from a.csv --out a.csv", 1, "an input of this run");
}
