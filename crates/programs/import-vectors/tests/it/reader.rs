//! The reader on texts that were made from values, and on any bytes.

use std::path::Path;

use import_vectors::{Choice, Source};
use proptest::prelude::*;

#[path = "../../../../../fuzz/checks/vectors.rs"]
pub mod vectors;

/// Reads the rows of a text: values and ids.
fn rows(text: &str) -> (Vec<Vec<f64>>, Vec<Option<String>>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    std::fs::write(&path, text).unwrap();
    let source = Source::open(&path, &Choice::default()).unwrap();
    let (mut values, mut ids) = (Vec::new(), Vec::new());
    source
        .each_row(&mut |row| {
            values.push(row.values.to_vec());
            ids.push(row.id.map(str::to_owned));
            Ok(())
        })
        .unwrap();
    (values, ids)
}

fn quoted(cell: &str) -> String {
    format!("\"{}\"", cell.replace('"', "\"\""))
}

proptest! {
    #[test]
    fn a_text_of_values_is_read_as_these_values(
        values in (1..6_usize).prop_flat_map(|d| {
            proptest::collection::vec(proptest::collection::vec(-1e6..1e6_f64, d), 1..20)
        }),
        id in "[a-zA-Z .,;\"é]{0,8}z",
        delimiter in proptest::sample::select(vec![',', ';', '\t']),
        header: bool,
        end in proptest::sample::select(vec!["\n", "\r\n"]),
    ) {
        let mut text = String::new();
        let separator = delimiter.to_string();
        if header {
            let names: Vec<String> = (0..values[0].len()).map(|at| format!("x{at}")).collect();
            text += &format!("file{delimiter}{}{end}", names.join(&separator));
        }
        for row in &values {
            let cells: Vec<String> = row.iter().map(ToString::to_string).collect();
            text += &format!("{}{delimiter}{}{end}", quoted(&id), cells.join(&separator));
        }
        let (found, ids) = rows(&text);
        prop_assert_eq!(&found, &values);
        prop_assert!(ids.iter().all(|found| found.as_deref() == Some(&id)));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[0-9a.,;\t\"\n\r \\-eN]{0,60}") {
        check([b"\0", text.as_bytes()].concat());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        check(bytes);
    }
}

fn check(input: Vec<u8>) -> Option<usize> {
    let folder = tempfile::tempdir().unwrap();
    let (name, bytes) = vectors::file(&input);
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    vectors::check(&path)
}

#[test]
fn the_inputs_of_fuzzing_are_read_or_refused() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fuzz/corpus/vectors");
    let mut read = 0;
    for entry in std::fs::read_dir(corpus).unwrap() {
        let found = check(std::fs::read(entry.unwrap().path()).unwrap());
        read += usize::from(found.is_some_and(|rows| rows > 0));
    }
    assert!(read >= 8, "{read} inputs were read");
}
