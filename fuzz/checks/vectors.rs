// Checks the reader of vectors, for the fuzz target and for the tests of import-vectors.

use std::path::Path;

use import_vectors::{Choice, Source};

/// Gives the name and the content of the file that an input stands for.
///
/// The first byte says whether the rest is a text, or a safetensors file as it is, or the header
/// and the tensors of one, parted by the end of a line.
pub fn file(data: &[u8]) -> (&'static str, Vec<u8>) {
    let Some((form, rest)) = data.split_first() else { return ("x.csv", Vec::new()) };
    match form % 3 {
        0 => ("x.csv", rest.to_vec()),
        1 => ("x.safetensors", rest.to_vec()),
        _ => {
            let end = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
            let (header, tensors) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
            let length = (header.len() as u64).to_le_bytes();
            ("x.safetensors", [&length[..], header, tensors].concat())
        }
    }
}

/// Checks that a file is refused, or has rows of one length that are the same when read again.
///
/// Gives the number of rows.
pub fn check(path: &Path) -> Option<usize> {
    let source = Source::open(path, &Choice::default()).ok()?;
    let pass = || {
        let mut found = Vec::new();
        let read = source.each_row(&mut |row| {
            assert_eq!(row.values.len(), source.columns());
            assert!(row.values.iter().all(|value| !value.is_infinite()));
            assert_eq!(row.number, found.len());
            let bits = row.values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            found.push((bits, row.id.map(str::to_owned)));
            Ok(())
        });
        (found, read.is_ok())
    };
    let (first, complete) = pass();
    assert_eq!(pass(), (first.clone(), complete));
    complete.then_some(first.len())
}
