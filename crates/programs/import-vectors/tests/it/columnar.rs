//! Parquet files that the crate of the format writes.

use ndarray::{Array1, Array2, array};
use parquet::basic::{Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterVersion};
use test_support::Program;

use crate::write::{
    Bools, Doubles, Floats, Halves, Ints, Longs, Texts, list, lists, optional, plain, write,
};

const BASE: &str = "--out points.npy --names names.csv --from a.parquet";
const ID: &str = "required binary id (UTF8);";

fn usual() -> WriterProperties {
    WriterProperties::default()
}

#[test]
fn lists_are_read_in_every_compression_and_version() {
    let program = Program::in_empty_folder("import-vectors");
    let schema = format!("{ID} {} required int32 kind;", list("embedding", "float"));
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
        Compression::LZ4,
        Compression::LZ4_RAW,
    ] {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            // Dictionaries, and texts in the encoding of version 1, which version 2 replaces.
            let properties = WriterProperties::builder()
                .set_compression(compression)
                .set_writer_version(version)
                .build();
            let groups = [
                [
                    plain(Texts(vec!["a.jpg", "b, c"])),
                    lists(&[Some(&[0.5, 1.0, 2.0]), Some(&[0.1, -3.0, 0.0])]),
                    plain(Ints(vec![5, 6])),
                ],
                [
                    plain(Texts(vec!["a\\b"])),
                    lists(&[Some(&[4.0, 5.0, 6.0])]),
                    plain(Ints(vec![7])),
                ],
            ];
            write(&program.path("a.parquet"), &schema, &[&groups[0], &groups[1]], properties);
            let shown = program.done(BASE);
            let told = "a.parquet: lists in column embedding, ids in column id, left out kind\n\
                no value is missing\npoints.npy: 3 rows of 3 numbers, f4\n";
            assert_eq!(shown, told, "{compression} {version:?}");
            let points: Array2<f32> = program.read("points.npy");
            let expected = array![[0.5, 1.0, 2.0], [0.1, -3.0, 0.0], [4.0, 5.0, 6.0]];
            assert_eq!(points, expected, "{compression} {version:?}");
            let names = program.text("names.csv");
            assert_eq!(names, "row,id\n0,a.jpg\n1,\"b, c\"\n2,a\\\\b\n");
        }
    }
    let record = program.json("points.npy.json");
    assert_eq!(record["parameters"]["array"], "embedding");
    assert_eq!(record["parameters"]["id_column"], "id");
    let (_, read) = artifact::read_bytes(&program.path("a.parquet")).unwrap();
    assert_eq!(record["inputs"][0]["sha256"], read.sha256);
}

#[test]
fn columns_of_all_numbers_are_read() {
    let program = Program::in_empty_folder("import-vectors");
    let schema = "required float a; optional double b; required fixed_len_byte_array(2) c \
        (FLOAT16); required int32 d; required int64 e; required int32 f (UINT_32); \
        required int64 g (UINT_64); required int32 h (INTEGER(8, true));";
    let group = [
        plain(Floats(vec![0.5, 1.5])),
        optional(Doubles(vec![0.25, -1.0]), &[true, true]),
        plain(Halves(vec![-0.5, 2.0])),
        plain(Ints(vec![-7, 8])),
        plain(Longs(vec![-9, 10])),
        plain(Ints(vec![-1, 1])),
        plain(Longs(vec![i64::MIN, 0])),
        plain(Ints(vec![-128, 127])),
    ];
    write(&program.path("a.parquet"), schema, &[&group], usual());
    let shown = program.done(BASE);
    assert!(shown.starts_with("a.parquet: columns of numbers, no ids\n"), "{shown}");
    let points: Array2<f32> = program.read("points.npy");
    let expected = array![
        [0.5, 0.25, -0.5, -7.0, -9.0, 4294967295.0, 9223372036854775808.0, -128.0],
        [1.5, -1.0, 2.0, 8.0, 10.0, 1.0, 0.0, 127.0],
    ];
    assert_eq!(points, expected);
    assert_eq!(program.text("names.csv"), "row,id\n0,0\n1,1\n");
}

#[test]
fn missing_values_and_lists_are_refused_or_their_rows_dropped() {
    let program = Program::in_empty_folder("import-vectors");
    let group = [lists(&[None, Some(&[1.0, 2.0]), Some(&[f32::NAN, 4.0]), Some(&[5.0, 6.0])])];
    write(&program.path("a.parquet"), &list("x", "float"), &[&group], usual());
    let told = "a.parquet: expected a value in each cell, found 3 missing in 2 of 4 rows, the \
        first in row 0, column x[0]; fill them in, or leave such rows out with --missing drop";
    program.refused(BASE, 1, told);
    assert_eq!(program.names(), ["a.parquet"]);
    program.done(&format!("{BASE} --missing drop"));
    assert_eq!(program.read::<Array2<f32>>("points.npy"), array![[1.0, 2.0], [5.0, 6.0]]);
    assert_eq!(program.text("names.csv"), "row,id\n0,1\n1,3\n");

    let columns = "optional float x; optional double y;";
    let group = [
        optional(Floats(vec![1.0, f32::NAN, 3.0]), &[true, true, true]),
        optional(Doubles(vec![4.0, 6.0]), &[true, false, true]),
    ];
    write(&program.path("a.parquet"), columns, &[&group], usual());
    let told = "found 2 missing in 1 of 3 rows, the first in row 1, column x;";
    program.refused(BASE, 1, told);
    program.done(&format!("{BASE} --missing drop"));
    assert_eq!(program.read::<Array2<f32>>("points.npy"), array![[1.0, 4.0], [3.0, 6.0]]);
}

#[test]
fn classes_of_text_numbers_and_booleans_become_labels() {
    let program = Program::in_empty_folder("import-vectors");
    let schema = format!(
        "{} required int64 name; optional binary kind (UTF8); required int32 grade; \
         required boolean good; required double size;",
        list("x", "float")
    );
    let group = [
        lists(&[Some(&[1.0]), Some(&[2.0]), Some(&[3.0])]),
        plain(Longs(vec![70, 80, 90])),
        optional(Texts(vec!["rose", " iris"]), &[true, false, true]),
        plain(Ints(vec![10, 9, 10])),
        plain(Bools(vec![true, false, true])),
        plain(Doubles(vec![0.5, 2.0, 2.0])),
    ];
    write(&program.path("a.parquet"), &schema, &[&group], usual());
    let words = format!("{BASE} --labels-out labels.npy --classes classes.json --label-column");
    for (column, classes, labels) in [
        ("grade", "[\"9\",\"10\"]\n", array![1, 0, 1]),
        ("good", "[\"false\",\"true\"]\n", array![1, 0, 1]),
        ("size", "[\"0.5\",\"2\"]\n", array![0, 1, 1]),
    ] {
        program.done(&format!("{words} {column}"));
        assert_eq!(program.text("classes.json"), classes);
        assert_eq!(program.read::<Array1<i32>>("labels.npy"), labels);
    }
    assert_eq!(program.text("names.csv"), "row,id,class\n0,70,0.5\n1,80,2\n2,90,2\n");
    let told = "found 1 missing in 1 of 3 rows, the first in row 1, column kind;";
    program.refused(&format!("{words} kind"), 1, told);
    let shown = program.done(&format!("{words} kind --missing drop"));
    assert!(shown.contains("ids in column name, 2 classes in column kind, left out grade, good"));
    assert_eq!(program.text("classes.json"), "[\"iris\",\"rose\"]\n");
}

#[test]
fn one_of_several_columns_of_lists_is_chosen() {
    let program = Program::in_empty_folder("import-vectors");
    let schema = format!("{} {} required int32 n;", list("text", "float"), list("image", "float"));
    let group =
        [lists(&[Some(&[1.0, 2.0])]), lists(&[Some(&[3.0, 4.0, 5.0])]), plain(Ints(vec![1]))];
    write(&program.path("a.parquet"), &schema, &[&group], usual());
    let told = "a.parquet: expected one column of lists of numbers, found the columns text, \
        image; choose one with --array";
    program.refused(BASE, 1, told);
    let told = "expected a column n of lists of numbers for --array, found the columns text, image";
    program.refused(&format!("{BASE} --array n"), 1, told);
    let told = "expected text or numbers in column text for --id-column, found lists of numbers";
    program.refused(&format!("{BASE} --array image --id-column text"), 1, told);
    let shown = program.done(&format!("{BASE} --array image"));
    assert!(shown.contains("lists in column image, no ids, left out text, n\n"), "{shown}");
    assert_eq!(program.read::<Array2<f32>>("points.npy"), array![[3.0, 4.0, 5.0]]);
}

#[test]
fn what_is_no_table_of_vectors_is_refused() {
    let program = Program::in_empty_folder("import-vectors");
    let nested = "optional group x (LIST) { repeated group list { required group element (LIST) \
        { repeated group list { required float element; } } } }";
    let mut two = lists(&[Some(&[1.0, 2.0])]);
    two.1 = Some(vec![3, 3]);
    let float = || list("x", "float");
    let one = |data| vec![data];
    for (schema, group, told) in [
        (nested.to_owned(), one(two), "numbers in column x, found lists of nested values; remove"),
        (
            "required binary a (UTF8); required binary b (UTF8);".into(),
            vec![plain(Texts(vec!["u"])), plain(Texts(vec!["v"]))],
            "expected numbers in column b, found text; name it with --label-column",
        ),
        (ID.into(), one(plain(Texts(vec!["u"]))), "found the columns id without any"),
        (
            "required float x; required int64 day (TIMESTAMP(NANOS, true));".into(),
            vec![plain(Floats(vec![1.0])), plain(Longs(vec![1]))],
            "expected numbers in column day, found dates",
        ),
        ("required float x;".into(), one(plain(Floats(vec![]))), "found none; give at least one"),
        (float(), one(lists(&[])), "expected rows of numbers, found none; give at least one"),
        (float(), one(lists(&[None, Some(&[])])), "column x, found only missing or empty ones"),
        (
            float(),
            one(lists(&[Some(&[1.0, 2.0]), None, Some(&[3.0, 4.0, 5.0])])),
            "a.parquet: expected lists of 2 numbers in column x, as the first one, found 3 in \
             row 2; write vectors of one length, or null where one is missing",
        ),
        (float(), one(lists(&[Some(&[1.0]), Some(&[])])), "found 0 in row 1"),
        (
            float(),
            one(lists(&[Some(&[1.0, 2.0]), Some(&[1.0, f32::INFINITY])])),
            "expected a finite number in row 1, column x[1], found inf; correct it, or make it",
        ),
    ] {
        write(&program.path("a.parquet"), &schema, &[&group], usual());
        let line = program.refused(BASE, 1, told);
        assert!(line.starts_with("import-vectors: a.parquet: expected"), "{line}");
        assert_eq!(program.names(), ["a.parquet"], "{told}");
    }
    write(&program.path("a.parquet"), "required float x;", &[], usual());
    program.refused(BASE, 1, "found none; give at least one");
    program.refused(&format!("{BASE} --array y"), 1, "for --array, found none of lists; leave out");
}

#[test]
fn a_file_of_many_rows_and_pages_is_read_in_order() {
    let program = Program::in_empty_folder("import-vectors");
    let rows: Vec<[f32; 7]> =
        (0..30_000).map(|row| [0; 7].map(|_| 0.25 * (row % 1000) as f32 + row as f32)).collect();
    let all: Vec<Option<&[f32]>> = rows.iter().map(|row| Some(&row[..])).collect();
    let groups = [lists(&all[..20_000]), lists(&all[20_000..])].map(|group| [group]);
    for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
        let properties = WriterProperties::builder()
            .set_writer_version(version)
            .set_data_page_size_limit(5_000)
            .set_dictionary_enabled(false)
            .build();
        let schema = list("x", "float");
        write(&program.path("a.parquet"), &schema, &[&groups[0], &groups[1]], properties);
        program.done(&format!("{BASE} --threads 2"));
        let points: Array2<f32> = program.read("points.npy");
        assert_eq!(points, Array2::from_shape_fn((30_000, 7), |(row, at)| rows[row][at]));
    }
}

#[test]
fn texts_in_other_encodings_are_read_or_refused() {
    let program = Program::in_empty_folder("import-vectors");
    let schema = "optional binary id (UTF8); required double x;";
    for (encoding, read) in [
        (Encoding::PLAIN, true),
        (Encoding::DELTA_LENGTH_BYTE_ARRAY, true),
        (Encoding::DELTA_BYTE_ARRAY, false),
    ] {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            let properties = WriterProperties::builder()
                .set_writer_version(version)
                .set_dictionary_enabled(false)
                .set_column_encoding("id".into(), encoding)
                .set_column_encoding("x".into(), Encoding::BYTE_STREAM_SPLIT);
            let group = [
                optional(Texts(vec!["ab", "abc"]), &[true, false, true]),
                plain(Doubles(vec![1.0, 2.0, 3.0])),
            ];
            write(&program.path("a.parquet"), schema, &[&group], properties.build());
            if read {
                program.done(BASE);
                assert_eq!(program.text("names.csv"), "row,id\n0,ab\n1,\n2,abc\n");
                assert_eq!(program.read::<Array2<f32>>("points.npy"), array![[1.0], [2.0], [3.0]]);
            } else {
                program.refused(BASE, 1, "(Parquet error: its text is in the encoding DELTA_BYTE");
            }
        }
    }
}
