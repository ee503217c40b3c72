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
fn a_panic_of_the_decoder_is_told_in_one_line() {
    let program = Program::in_empty_folder("import-vectors");
    let path = program.path("a.parquet");
    let properties = WriterProperties::builder().set_dictionary_enabled(false).build();
    write(&path, "required int32 x;", &[&[plain(Ints(vec![1, 2, 3]))]], properties);
    let mut bytes = std::fs::read(&path).unwrap();
    // Encodings of a page: PLAIN (0) for values, which becomes RLE_DICTIONARY (8), and RLE (3).
    let encodings = [0x15, 0, 0x15, 6, 0x15, 6];
    let at = bytes.windows(encodings.len()).position(|window| window == encodings).unwrap();
    bytes[at + 1] = 16;
    program.write_text("a.parquet", &bytes);
    let told = "found one that cannot be read (its pages contradict themselves); copy it again";
    program.refused("--from a.parquet --out points.npy", 1, told);
}

/// Replaces all places of `old` in the metadata of a file by `new`, or only the first.
fn replaced(whole: &[u8], old: [u8; 2], new: [u8; 2], all: bool) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    let length = whole[whole.len() - 8..].first_chunk().unwrap();
    let footer = whole.len() - 8 - u32::from_le_bytes(*length) as usize;
    let places = (footer..whole.len() - 8).filter(|&at| whole[at..at + 2] == old);
    for at in places.take(if all { usize::MAX } else { 1 }) {
        bytes[at..at + 2].copy_from_slice(&new);
    }
    assert_ne!(bytes, whole);
    bytes
}

#[test]
fn metadata_that_contradicts_the_pages_is_refused() {
    let program = Program::in_empty_folder("import-vectors");
    let path = program.path("a.parquet");
    let data = [plain(Ints((0..77).collect()))];
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    write(&path, "required int32 x;", &[&data], properties);
    let whole = std::fs::read(&path).unwrap();
    // Numbers of rows, twice as large as variable-length integers: 77, 76 and 78.
    for (new, all, told) in [
        ([0x98, 1], false, "(it should have 76 rows, and its row groups have another number)"),
        ([0x98, 1], true, "(column x has more rows than the metadata says)"),
        ([0x9c, 1], true, "(column x has fewer rows than the metadata says)"),
    ] {
        std::fs::write(&path, replaced(&whole, [0x9a, 1], new, all)).unwrap();
        program.refused("--from a.parquet --out points.npy", 1, told);
        assert_eq!(program.names(), ["a.parquet"]);
    }
    // The compressions Snappy (1) and Brotli (4), as fields of type i32.
    let mut brotli = whole.clone();
    let codec = (0..whole.len() - 1).rev().filter(|&at| whole[at..at + 2] == [0x15, 2]);
    let refused = codec.map(|at| {
        brotli.copy_from_slice(&whole);
        brotli[at + 1] = 8;
        std::fs::write(&path, &brotli).unwrap();
        String::from_utf8(program.run("--from a.parquet --out points.npy").stderr).unwrap()
    });
    let told = "a.parquet: expected a column that is compressed with snappy, gzip, zstd or LZ4, \
        found brotli in column x; write it again";
    assert!(refused.into_iter().any(|line| line.contains(told)));
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
