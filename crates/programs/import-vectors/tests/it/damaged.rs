//! Parquet files that are damaged, or claim more than they hold.

use std::path::Path;

use parquet::basic::Compression;
use parquet::file::properties::{WriterProperties, WriterVersion};
use proptest::prelude::*;
use test_support::Program;

use crate::reader::vectors;
use crate::write::{Data, Ints, Texts, list, lists, optional, plain, write};

/// Writes a small file with lists, texts and levels in it.
fn small(path: &Path, version: WriterVersion, compression: Compression, dictionary: bool) {
    let properties = WriterProperties::builder()
        .set_writer_version(version)
        .set_compression(compression)
        .set_dictionary_enabled(dictionary)
        .build();
    let group: &[Data] = &[
        optional(Texts(vec!["a", "b", "a"]), &[true, false, true, true]),
        lists(&[Some(&[1.0, 2.0]), None, Some(&[1.0, f32::NAN]), Some(&[5.0, 2.0])]),
    ];
    let schema = format!("optional binary id (UTF8); {}", list("x", "float"));
    write(path, &schema, &[group, group], properties);
}

#[test]
fn a_file_that_is_cut_off_is_refused() {
    let program = Program::in_empty_folder("import-vectors");
    let path = program.path("a.parquet");
    small(&path, WriterVersion::PARQUET_1_0, Compression::SNAPPY, true);
    let whole = std::fs::read(&path).unwrap();
    assert_eq!(vectors::check(&path), Some(8));
    for end in 0..whole.len() {
        std::fs::write(&path, &whole[..end]).unwrap();
        assert_eq!(vectors::check(&path), None, "the first {end} of {} bytes", whole.len());
    }
    for (bytes, told) in [
        (&whole[..whole.len() - 1], "(it does not end with PAR1, so it may be cut off)"),
        (b"PAR1\0\0\0\0PAR1", "found one that cannot be read"),
        (b"PAR1\xff\xff\xff\xffPAR1", "(its metadata should have 4294967295 bytes, and 0 are"),
        (b"PAR1", "starts with PAR1, found another format; give the file the extension"),
        (b"1,2\n3,4\n5,6\n", "starts with PAR1, found another format; give the file the"),
        (b"PAR1\0\0\0\0PARE", "found an encrypted one; write it without encryption"),
    ] {
        program.write_text("a.parquet", bytes);
        let line = program.refused("--from a.parquet --out points.npy", 1, told);
        assert!(line.starts_with("import-vectors: a.parquet: expected a Parquet file"), "{line}");
        assert_eq!(program.names(), ["a.parquet"]);
    }
}

#[test]
fn a_bad_page_is_told_in_one_line() {
    let program = Program::in_empty_folder("import-vectors");
    let path = program.path("a.parquet");
    small(&path, WriterVersion::PARQUET_1_0, Compression::UNCOMPRESSED, true);
    let mut bytes = std::fs::read(&path).unwrap();
    // The first page, a dictionary.
    bytes[4..12].fill(0xff);
    program.write_text("a.parquet", &bytes);
    let told = "a.parquet: expected a Parquet file, found one that cannot be read (Parquet error: \
        a page has no header); copy it again, or write it again, in Python with";
    program.refused("--from a.parquet --out points.npy --missing drop", 1, told);
}

#[test]
fn more_rows_than_a_file_can_hold_are_refused() {
    let program = Program::in_empty_folder("import-vectors");
    let data = [plain(Ints(vec![1; (1 << 24) + 1]))];
    let path = program.path("a.parquet");
    write(&path, "required int32 x;", &[&data], WriterProperties::default());
    let told = "it should have 16777217 rows in ";
    program.refused("--from a.parquet --out points.npy", 1, told);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_damaged_file_is_read_or_refused(
        two: bool,
        dictionary: bool,
        compressed: bool,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        let version =
            if two { WriterVersion::PARQUET_2_0 } else { WriterVersion::PARQUET_1_0 };
        let compression =
            if compressed { Compression::SNAPPY } else { Compression::UNCOMPRESSED };
        small(&path, version, compression, dictionary);
        let mut bytes = std::fs::read(&path).unwrap();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        std::fs::write(&path, bytes).unwrap();
        vectors::check(&path);
    }
}
