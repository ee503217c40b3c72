use std::io::Write;

use artifact::{
    ImageFile, Pixels, PointFile, Points, read_ids, read_images, read_numbers, read_points,
    read_text, read_weights,
};
use flate2::Compression;
use flate2::write::GzEncoder;
use ndarray::{Array2, array};
use proptest::prelude::*;
use tempfile::tempdir;

use crate::{npy, raw, with_header};

fn points(dtype: &str, fortran: bool, shape: &str, payload: &[u8]) -> Result<Points, String> {
    let folder = tempdir().unwrap();
    let path = npy(folder.path(), dtype, fortran, shape, payload);
    let name = path.display().to_string();
    read_points(&path)
        .map(|(points, _)| points)
        .map_err(|error| error.to_string().replace(&name, "FILE"))
}

fn as_f64(points: Points) -> Array2<f64> {
    match points {
        Points::U8 { values, scale } => values.mapv(|value| f64::from(value) * scale),
        Points::F32(points) => points.mapv(f64::from),
        Points::F64(points) => points,
    }
}

/// The values 1, 2, 3, 4 in each dtype, little and big endian.
#[test]
fn every_number_dtype_in_either_byte_order_is_read() {
    macro_rules! check {
        ($($dtype:literal: $type:ty),+) => {$(
            let values = [1 as $type, 2 as $type, 3 as $type, 4 as $type];
            let little: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            let big: Vec<u8> = values.iter().flat_map(|value| value.to_be_bytes()).collect();
            for (order, payload) in [("<", little), (">", big)] {
                let dtype = format!("{order}{}", $dtype);
                let read = points(&dtype, false, "(2, 2)", &payload).map(as_f64);
                assert_eq!(read, Ok(array![[1.0, 2.0], [3.0, 4.0]]), "{order}{}", $dtype);
            }
        )+};
    }
    check!("i2": i16, "u2": u16, "i4": i32, "u4": u32, "i8": i64, "u8": u64, "f4": f32, "f8": f64);
    for dtype in ["|u1", "|i1"] {
        assert_eq!(
            points(dtype, false, "(2, 2)", &[1, 2, 3, 4]).map(as_f64),
            Ok(array![[1.0, 2.0], [3.0, 4.0]])
        );
    }
    // 1, 2, 3, 4 in half precision
    let halves = [0x3c00u16, 0x4000, 0x4200, 0x4400];
    for (dtype, payload) in [
        ("<f2", halves.iter().flat_map(|half| half.to_le_bytes()).collect::<Vec<u8>>()),
        (">f2", halves.iter().flat_map(|half| half.to_be_bytes()).collect()),
    ] {
        assert_eq!(
            points(dtype, false, "(2, 2)", &payload).map(as_f64),
            Ok(array![[1.0, 2.0], [3.0, 4.0]])
        );
    }
}

#[test]
fn columns_first_means_the_same_array() {
    let read = points("|u1", true, "(2, 3)", &[1, 4, 2, 5, 3, 6]).map(as_f64);
    assert_eq!(read, Ok(array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]));
    // Two images of 1 x 2 pixels, images last in memory.
    let read =
        points("<f4", true, "(2, 1, 2)", &[1f32, 3.0, 2.0, 4.0].map(f32::to_le_bytes).concat())
            .map(as_f64);
    assert_eq!(read, Ok(array![[1.0, 2.0], [3.0, 4.0]]));
}

#[test]
fn gray_levels_are_divided_by_255_in_images_alone() {
    let image = points("|u1", false, "(1, 1, 2)", &[51, 255]);
    assert_eq!(image, Ok(Points::U8 { values: array![[51, 255]], scale: 1.0 / 255.0 }));
    let points = points("|u1", false, "(1, 2)", &[51, 255]);
    assert_eq!(points, Ok(Points::U8 { values: array![[51, 255]], scale: 1.0 }));
}

/// As images they are black and white, not two levels of 255; as points they are what they are.
#[test]
fn booleans_are_0_and_1() {
    for (fortran, shape, expected) in [
        (false, "(1, 2, 2)", array![[1.0, 0.0, 0.0, 1.0]]),
        (true, "(2, 2, 1)", array![[1.0, 0.0], [0.0, 1.0]]),
        (false, "(2, 2)", array![[1.0, 0.0], [0.0, 1.0]]),
    ] {
        assert_eq!(
            points("|b1", fortran, shape, &[1, 0, 0, 1]).map(as_f64),
            Ok(expected.clone()),
            "{shape}"
        );
        let folder = tempdir().unwrap();
        let path = npy(folder.path(), "|b1", fortran, shape, &[1, 0, 0, 1]);
        let (images, record) = read_images(&path).unwrap();
        let Pixels::U8(levels) = &images.pixels else { panic!("{images:?}") };
        assert_eq!(levels.mapv(|level| f64::from(level) / 255.0), expected, "{shape}");
        assert_eq!(images.scale_warning(&record), None);
    }
}

/// By every reader of images; points (n, d) are not divided and need no warning.
#[test]
fn gray_levels_of_at_most_1_are_warned_of() {
    let folder = tempdir().unwrap();
    let warned = |dtype: &str, shape: &str, payload: &[u8]| {
        let path = npy(folder.path(), dtype, false, shape, payload);
        let (points, points_record) = read_points(&path).unwrap();
        let (images, record) = read_images(&path).unwrap();
        let mut blocks = ImageFile::open(&path).unwrap().blocks(1);
        assert_eq!(blocks.scale_warning(), None, "the rest is not known yet");
        assert_eq!(blocks.by_ref().filter(Result::is_ok).count(), images.dim().0);
        let whole = points.scale_warning(&points_record);
        if let Ok(file) = PointFile::open(&path) {
            assert_eq!(file.scale_warning(), whole);
        }
        assert_eq!(blocks.scale_warning(), images.scale_warning(&record));
        [whole, images.scale_warning(&record)].map(|text| text.is_some())
    };
    assert_eq!(warned("|u1", "(2, 1, 2)", &[0, 1, 1, 0]), [true, true]);
    assert_eq!(warned("|u1", "(2, 2)", &[0, 1, 1, 0]), [false, true]);
    assert_eq!(warned("|u1", "(2, 1, 2)", &[0, 1, 1, 2]), [false, false]);
    assert_eq!(warned("|u1", "(2, 1, 2)", &[2, 1, 0, 0]), [false, false]);
    for (dtype, payload) in [("|b1", &[0, 1, 1, 0][..]), ("|b1", &[0; 4]), ("|i1", &[0, 1, 1, 0])] {
        assert_eq!(warned(dtype, "(2, 1, 2)", payload), [false, false], "{dtype}");
    }
    let path = npy(folder.path(), "|u1", false, "(1, 1, 2)", &[0, 1]);
    let (images, record) = read_images(&path).unwrap();
    let text = images.scale_warning(&record).unwrap();
    assert!(text.starts_with(&format!("{}: no value above 1", path.display())), "{text}");
    assert!(text.contains("astype(bool)"), "{text}");
}

#[test]
fn f32_stays_f32() {
    let folder = tempdir().unwrap();
    let path = npy(folder.path(), "<f4", false, "(1, 1)", &1.5f32.to_le_bytes());
    assert_eq!(read_points(&path).unwrap().0, Points::F32(array![[1.5]]));
    assert_eq!(read_images(&path).unwrap().0.pixels, Pixels::F32(array![[1.5]]));
    let path = npy(folder.path(), "|u1", false, "(1, 2, 2)", &[0, 1, 2, 3]);
    let (images, record) = read_images(&path).unwrap();
    assert_eq!(images.pixels, Pixels::U8(array![[0, 1, 2, 3]]));
    assert_eq!(
        (record.dtype.as_deref(), record.shape.as_slice()),
        (Some("|u1"), [1, 2, 2].as_slice())
    );
    assert_eq!(record.bytes, std::fs::metadata(&path).unwrap().len());
}

#[test]
fn the_first_value_that_is_not_finite_is_named() {
    let payload: Vec<u8> =
        [1.0f32, 2.0, 3.0, f32::NAN, f32::INFINITY, 6.0].map(f32::to_le_bytes).concat();
    let refused = points("<f4", false, "(3, 2)", &payload).unwrap_err();
    assert!(
        refused.starts_with("FILE: expected finite numbers, found NaN in row 1, column 1; "),
        "{refused}"
    );
}

#[test]
fn what_is_no_array_of_points_is_refused_with_what_it_is() {
    let eight = [0u8; 8];
    for (dtype, shape, payload, found) in [
        ("<f4", "(2,)", eight.as_slice(), "found shape (2,)"),
        ("<f4", "()", &eight[..4], "found shape ()"),
        ("|u1", "(1, 2, 2, 2)", &eight, "found shape (1, 2, 2, 2)"),
        ("<f4", "(0, 4)", &[], "found shape (0, 4)"),
        ("<f4", "(4, 0)", &[], "found shape (4, 0)"),
        ("<f4", "(2, 2)", &eight, "of the 144 its header promises (a truncated file)"),
        ("<f4", "(1, 1)", &eight, "found 4 bytes after the end of the array"),
        ("|O", "(1, 1)", &eight, "an array of dtype |O"),
        ("<c8", "(1, 1)", &eight, "an array of dtype <c8"),
        ("<U2", "(1, 1)", &eight, "an array of dtype <U2"),
        ("[('a', '<f4'), ('b', '<f4')]", "(1, 1)", &eight, "an array of dtype ["),
        ("<f4", "(4294967296, 4294967296)", &eight, "the impossible shape"),
        ("<f4", "(1000000000000, 100)", &eight, "its header promises"),
        ("<f4", "(-1, 4)", &eight, "the impossible shape"),
    ] {
        let refused = points(dtype, false, shape, payload).unwrap_err();
        assert!(refused.starts_with("FILE: expected points: "), "{refused}");
        assert!(refused.contains(found) && !refused.contains('\n'), "{dtype} {shape}: {refused}");
    }
}

#[test]
fn what_is_no_npy_file_is_refused() {
    let folder = tempdir().unwrap();
    let long = with_header(&format!("{{'descr': '<f4', {}}}", "'x': 1, ".repeat(2000)), &[]);
    let whole = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)";
    let deep = with_header(&format!("{}{}", "(".repeat(3000), ")".repeat(3000)), &[]);
    for (bytes, found) in [
        (b"".as_slice(), "found an empty file"),
        (b"\x93NUM", "found only 4 bytes"),
        (b"a,b,c\n1,2,3\n", "does not start with the NumPy magic bytes"),
        (b"\x93NUMPY\x09\x00\x10\x00", "found .npy format version 9"),
        (b"\x93NUMPY\x01\x00\xff\x0f{'descr'", "found a truncated header"),
        (&long, "found a header of 16"),
        (&deep, "not a NumPy array description"),
        (&with_header("{'descr': '<f4'}", &[]), "not a NumPy array description"),
        // The first of these shapes fits the file, the second would fill the memory.
        (
            &with_header(&format!("{whole}, 'shape': (1000000000, 1000000)}}"), &[0; 8]),
            "not a NumPy array description",
        ),
        (&with_header(&format!("{whole}, 'more': 1}}"), &[0; 8]), "not a NumPy array description"),
    ] {
        let refused = read_points(&raw(folder.path(), bytes)).unwrap_err().to_string();
        assert!(refused.contains(found), "{refused}");
    }
    let missing = read_points(&folder.path().join("none.npy")).unwrap_err().to_string();
    assert!(
        missing.contains("none.npy: cannot read") && missing.contains("run the stage"),
        "{missing}"
    );
    let refused = read_points(folder.path()).unwrap_err().to_string();
    assert!(refused.contains("expected a file, found a folder"), "{refused}");
}

#[test]
fn ids_may_be_any_whole_numbers() {
    let folder = tempdir().unwrap();
    let ids = |dtype: &str, shape: &str, payload: &[u8]| {
        let path = npy(folder.path(), dtype, false, shape, payload);
        read_ids(&path).map(|(ids, _)| ids.to_vec()).map_err(|error| error.to_string())
    };
    assert_eq!(ids("|u1", "(3,)", &[0, 9, 255]), Ok(vec![0, 9, 255]));
    assert_eq!(ids("|b1", "(2,)", &[0, 1]), Ok(vec![0, 1]));
    assert_eq!(
        ids(">i8", "(2,)", &[(-1i64).to_be_bytes(), 7i64.to_be_bytes()].concat()),
        Ok(vec![-1, 7])
    );
    assert_eq!(
        ids("<f8", "(2, 1)", &[3f64.to_le_bytes(), (-1f64).to_le_bytes()].concat()),
        Ok(vec![3, -1])
    );
    for (dtype, shape, payload, found) in [
        ("<f4", "(2,)", [1f32.to_le_bytes(), 0.5f32.to_le_bytes()].concat(), "found 0.5 in row 1"),
        ("<f4", "(1,)", f32::NAN.to_le_bytes().to_vec(), "found NaN in row 0"),
        ("|u1", "(2, 2)", vec![0; 4], "found shape (2, 2)"),
        ("|u1", "(0,)", vec![], "found shape (0,)"),
    ] {
        let refused = ids(dtype, shape, &payload).unwrap_err();
        assert!(refused.contains(found), "{refused}");
    }
}

/// Every spelling that `numpy.dtype` takes of one dtype, with that which NumPy writes.
#[test]
fn dtypes_may_be_spelled_in_any_way_that_numpy_reads() {
    let folder = tempdir().unwrap();
    let values = [1.0, 2.0, 3.0, 4.0];
    let bytes = |dtype: &str| -> Vec<u8> {
        let one = |x: f64| match dtype {
            "|b1" => vec![1],
            "|i1" | "|u1" => vec![x as u8],
            "<i2" | "<u2" => (x as i16).to_le_bytes().to_vec(),
            ">i2" | ">u2" => (x as i16).to_be_bytes().to_vec(),
            "<i4" | "<u4" => (x as i32).to_le_bytes().to_vec(),
            ">i4" | ">u4" => (x as i32).to_be_bytes().to_vec(),
            "<i8" | "<u8" => (x as i64).to_le_bytes().to_vec(),
            ">i8" | ">u8" => (x as i64).to_be_bytes().to_vec(),
            "<f2" => half::f16::from_f64(x).to_le_bytes().to_vec(),
            ">f2" => half::f16::from_f64(x).to_be_bytes().to_vec(),
            "<f4" => (x as f32).to_le_bytes().to_vec(),
            ">f4" => (x as f32).to_be_bytes().to_vec(),
            ">f8" => x.to_be_bytes().to_vec(),
            _ => x.to_le_bytes().to_vec(),
        };
        values.iter().flat_map(|&x| one(x)).collect()
    };
    // The letters and names of `numpy.dtype`, with those of one byte, of two, and so on.
    let spelled = [
        ("|b1", "? b1 bool bool_"),
        ("|i1", "b i1 int8 byte"),
        ("|u1", "B u1 uint8 ubyte"),
        ("<i2", "h i2 int16 short"),
        ("<u2", "H u2 uint16 ushort"),
        ("<i4", "i i4 int32 intc"),
        ("<u4", "I u4 uint32 uintc"),
        ("<i8", "l q p n i8 int64 int int_ intp long longlong"),
        ("<u8", "L Q P N u8 uint64 uint uintp ulong ulonglong"),
        ("<f2", "e f2 float16 half"),
        ("<f4", "f f4 float32 single"),
        ("<f8", "d f8 float64 float double"),
    ];
    for (dtype, name) in
        spelled.iter().flat_map(|(dtype, all)| all.split(' ').map(move |name| (*dtype, name)))
    {
        let mut orders = vec![""];
        if name.len() <= 2 {
            orders.extend(["<", ">", "=", "|"]);
        }
        for order in orders {
            let written = if order == ">" { dtype.replace('<', ">") } else { dtype.to_owned() };
            let path =
                npy(folder.path(), &format!("{order}{name}"), false, "(2, 2)", &bytes(&written));
            let (read, record) = read_points(&path).unwrap();
            let ones = dtype == "|b1";
            assert_eq!(
                as_f64(read),
                array![[1.0, 2.0], [3.0, 4.0]].mapv(|x: f64| if ones { 1.0 } else { x })
            );
            assert_eq!(record.dtype.as_deref(), Some(written.as_str()), "{order}{name}");
        }
    }
    for wrong in ["<", "u", "B1", "<float32", "|int", "1f4", "f3", "i16", "F4", "float_", "é", "<é"]
    {
        let refused = points(wrong, false, "(2, 2)", &[0; 16]).unwrap_err();
        assert!(
            refused.contains(&format!("found an array of dtype {wrong} and shape (2, 2)")),
            "{refused}"
        );
    }
    // As Python 2 wrote them, and as others write them by hand.
    for header in [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 2L), }",
        "{\"descr\": \"<f4\", \"fortran_order\": False, \"shape\": (2, 2)}",
        "{'shape': (2,2,), 'descr': 'float32', 'fortran_order': False}",
    ] {
        let path = raw(folder.path(), &with_header(header, &bytes("<f4")));
        assert_eq!(
            read_points(&path).unwrap().0,
            Points::F32(array![[1.0, 2.0], [3.0, 4.0]]),
            "{header}"
        );
    }
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn arrays_are_read_out_of_archives_and_gzipped_files() {
    let folder = tempdir().unwrap();
    let floats: Vec<u8> = [1f32, 2.0, 3.0, 4.0].map(f32::to_le_bytes).concat();
    let header = |dtype: &str, order: &str, shape: &str| {
        format!("{{'descr': '{dtype}', 'fortran_order': {order}, 'shape': {shape}, }}")
    };
    let matrix = with_header(&header("<f4", "False", "(2, 2)"), &floats);
    let other = with_header(&header("<f4", "False", "(1, 1)"), &floats[..4]);
    let ids = with_header(&header("|u1", "False", "(3,)"), &[0, 1, 2]);
    let expected = Points::F32(array![[1.0, 2.0], [3.0, 4.0]]);
    // Two members of a gzip file are one after the other.
    let halves = [gzipped(&matrix[..50]), gzipped(&matrix[50..])].concat();
    for bytes in [
        gzipped(&matrix),
        halves,
        zipped(&[("arr_0.npy", &matrix)]),
        zipped(&[("anything.npy", &matrix)]),
        zipped(&[("arr_0.npy", &matrix), ("settings.npy", &other)]),
        zipped(&[("points.npy", &matrix), ("arr_0.npy", &other), ("arr_1.npy", &other)]),
        zipped(&[("x.npy", &matrix), ("y.npy", &ids)]),
        zipped(&[("points.npy", &matrix), ("notes.txt", b"mine")]),
    ] {
        let path = raw(folder.path(), &bytes);
        let (points, record) = read_points(&path).unwrap();
        assert_eq!(points, expected);
        assert_eq!(
            (record.dtype.as_deref(), record.shape.as_slice()),
            (Some("<f4"), [2, 2].as_slice())
        );
        let whole = artifact::read_bytes(&path).unwrap().1;
        assert_eq!((record.bytes, record.sha256), (whole.bytes, whole.sha256));
        assert_eq!(
            read_images(&path).unwrap().0.pixels,
            Pixels::F32(array![[1.0, 2.0], [3.0, 4.0]])
        );
        assert!(read_numbers(&path, "numbers").unwrap().0.is_standard_layout());
        // Rows are not at places that are known.
        let refused = PointFile::open(&path).unwrap_err().to_string();
        assert!(
            refused.contains("found a zip archive") || refused.contains("found a gzip"),
            "{refused}"
        );
    }
    let path = raw(folder.path(), &zipped(&[("x.npy", &matrix), ("y.npy", &ids)]));
    assert_eq!(read_ids(&path).unwrap().0, array![0, 1, 2]);
    let path = raw(folder.path(), &zipped(&[("weights.npy", &ids), ("points.npy", &matrix)]));
    assert_eq!(read_weights(&path).unwrap().0, array![0.0, 1.0, 2.0]);
    let turned = with_header(
        &header("<f4", "True", "(2, 2)"),
        &[1f32, 3.0, 2.0, 4.0].map(f32::to_le_bytes).concat(),
    );
    for bytes in [turned.clone(), gzipped(&turned), zipped(&[("a.npy", &turned)])] {
        let (numbers, _) = read_numbers(&raw(folder.path(), &bytes), "numbers").unwrap();
        assert_eq!(numbers, array![[1.0, 2.0], [3.0, 4.0]].into_dyn());
        assert!(numbers.is_standard_layout());
    }

    let zeros = vec![0u8; 100 << 20];
    let bomb = with_header(&header("|u1", "False", "(104857600, 1)"), &zeros);
    for (bytes, found) in [
        (
            zipped(&[("a.npy", &matrix), ("b.npy", &other)]),
            "found an archive of the arrays a, b; save the one",
        ),
        (zipped(&[("arr_0.npy", &matrix), ("arr_1.npy", &other)]), "of the arrays arr_0, arr_1; "),
        (zipped(&[("x.npy", &matrix), ("data.npy", &other)]), "of the arrays x, data; "),
        (zipped(&[("notes.txt", b"mine")]), "found a zip archive without arrays; "),
        (zipped(&[("a.npy", b"mine")]), "in `a`, found only 4 bytes"),
        (zipped(&[("a.npy", &bomb)]), "found an archive that unpacks to more than 67108864 bytes"),
        (gzipped(&bomb), "found a gzip file that unpacks to more than 67108864 bytes"),
        (gzipped(b"a,b,c\n1,2,3\n"), "in a gzip file, found a text file"),
        (gzipped(&zipped(&[("a.npy", &matrix)])), "in a gzip file, found a zip archive"),
        (gzipped(&matrix)[..60].to_vec(), "found a damaged gzip file"),
        (gzipped(&matrix[..matrix.len() - 1]), "(a truncated file)"),
    ] {
        let refused = read_points(&raw(folder.path(), &bytes)).unwrap_err().to_string();
        assert!(refused.contains(found), "{refused}");
    }
}

#[test]
fn other_formats_are_named_with_what_to_do() {
    let folder = tempdir().unwrap();
    for (start, found) in [
        (b"BZh91AY&SY".as_slice(), "found a bzip2-compressed file; unpack it with bunzip2"),
        (b"\xfd7zXZ\0\0\x04", "found an xz-compressed file; "),
        (b"\x28\xb5\x2f\xfd\0\0\0\0", "found a zstd-compressed file; "),
        (b"\x89HDF\r\n\x1a\n", "found an HDF5 file; save one of its arrays"),
        (b"MATLAB 5.0 MAT-file", "found a MATLAB file; "),
        (b"PAR1\x15\x04\x15\x04", "found a Parquet file; "),
        (b"\x89PNG\r\n\x1a\n", "found a PNG picture; "),
        (b"\xff\xd8\xff\xe0\0\0\0\0", "found a JPEG picture; "),
        (b"\0\0\x08\x03\0\0\xea\x60", "found an IDX file of images; "),
        (b"\0\0\x08\x01\0\0\xea\x60", "found an IDX file of labels; "),
        (b"\x80\x04\x95\0\0\0\0\0", "found a Python pickle, which is never loaded; "),
        (b"1.5,2.5\n3.5,4.5\n", "magic bytes; np.save('x.npy', np.loadtxt(FILE, delimiter=','))"),
        (b"\x01\x02\x03\x04\x05\x06\x07\x08", "the NumPy magic bytes; write it again with np.save"),
    ] {
        let refused = read_points(&raw(folder.path(), start)).unwrap_err().to_string();
        assert!(refused.contains(found), "{refused}");
    }
}

/// Saved again as it is, it would be the same file.
#[test]
fn the_cure_for_an_array_changes_it() {
    for (dtype, hint) in [
        ("<V2", "bfloat16 is none: np.save(FILE, x.astype('f4'))"),
        ("|V2", "bfloat16 is none"),
        ("|O", "np.save(FILE, x.astype('f4'))"),
        ("[('a', '<f4'), ('b', '<f4')]", "x['FIELD'].astype('f4')"),
        ("<c16", "abs(x).astype('f4')"),
        ("<U3", "np.unique(x, return_inverse=True)[1]"),
        ("|S3", "np.unique(x, return_inverse=True)[1]"),
        ("<M8[ns]", "x.astype('i8').astype('f8')"),
        ("<f16", "x.astype('f8')"),
        ("|V8", "x.astype('f4')"),
    ] {
        let refused = points(dtype, false, "(1, 1)", &[0; 8]).unwrap_err();
        assert!(refused.contains("found an array of dtype") && refused.contains(hint), "{refused}");
    }
    for (shape, hint) in [
        ("()", "found shape (); give an array of several values, not a single one"),
        ("(0, 4)", "found shape (0, 4); give at least one row"),
        ("(0,)", "found shape (0,); give at least one row"),
        ("(4, 0)", "found shape (4, 0); give at least one column"),
        ("(1,)", "found shape (1,); reshape it, a single column is x.reshape(-1, 1)"),
        ("(1, 1, 1, 1)", "found shape (1, 1, 1, 1); reshape it, with x.reshape(len(x), -1)"),
    ] {
        let payload = if shape.contains('0') { &[][..] } else { &[0; 4] };
        let refused = points("<f4", false, shape, payload).unwrap_err();
        assert!(refused.ends_with(hint), "{refused}");
        assert!(shape.starts_with("(1") || !refused.contains("reshape"), "{refused}");
    }
}

#[test]
fn numbers_of_hundreds_of_digits_are_told_in_short() {
    let folder = tempdir().unwrap();
    let many = "9".repeat(290);
    for shape in [format!("({many}, 3)"), format!("(3, -{many})"), format!("(({many}, 2), 3)")] {
        let refused = points("<f4", false, &shape, &[]).unwrap_err();
        assert!(refused.contains("the impossible shape") && refused.len() < 250, "{refused}");
    }
    let lengths = vec!["9223372036854775807"; 400].join(", ");
    let refused = points("<f4", false, &format!("({lengths})"), &[]).unwrap_err();
    assert!(refused.contains("the impossible shape") && refused.len() < 600, "{refused}");
    let refused = points(&"x".repeat(5000), false, "(1, 1)", &[]).unwrap_err();
    assert!(refused.contains("an array of dtype xxx") && refused.len() < 600, "{refused}");
    for (value, told) in [
        (-1e290f64, "found -1e290 in row 0"),
        (-1e-290, "found -1e-290 in row 0"),
        (-2.5, "found -2.5 in row 0"),
    ] {
        let path = npy(folder.path(), "<f8", false, "(1,)", &value.to_le_bytes());
        for refused in [read_ids(&path).unwrap_err(), read_weights(&path).unwrap_err()] {
            assert!(refused.to_string().contains(told), "{refused}");
        }
    }
}

#[test]
fn text_is_read_without_its_byte_order_mark() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("classes.json");
    let text = "[\"cat\", \"é\"]";
    let wide = |encode: fn(u16) -> [u8; 2]| -> Vec<u8> {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(encode).collect()
    };
    for bytes in [
        text.as_bytes().to_vec(),
        [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
    ] {
        std::fs::write(&path, &bytes).unwrap();
        let (read, record) = read_text(&path).unwrap();
        assert_eq!(String::from_utf8(read).unwrap(), text);
        assert_eq!(record, artifact::read_bytes(&path).unwrap().1);
    }
}

proptest! {
    /// Whatever stands in a file, reading it ends, without a panic and without much memory.
    #[test]
    fn no_bytes_break_the_reader(
        start in 0usize..3,
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let folder = tempdir().unwrap();
        let mut file = match start {
            0 => Vec::new(),
            1 => b"\x93NUMPY\x01\x00\x76\x00".to_vec(),
            _ => with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", &[]),
        };
        file.extend(bytes);
        let path = raw(folder.path(), &file);
        let _ = (read_points(&path), read_ids(&path), read_images(&path));
    }

    /// A header with one byte changed is read or refused, never believed beyond the file.
    #[test]
    fn no_changed_header_breaks_the_reader(at in 0usize..128, byte: u8) {
        let folder = tempdir().unwrap();
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
        let mut file = with_header(header, &[0; 24]);
        file[at] = byte;
        let path = raw(folder.path(), &file);
        if let Ok((points, _)) = read_points(&path) {
            prop_assert!(as_f64(points).len() <= 24);
        }
    }
}

#[test]
fn weights_are_numbers_of_at_least_0() {
    let folder = tempdir().unwrap();
    let read = |dtype: &str, shape: &str, payload: &[u8]| {
        let path = npy(folder.path(), dtype, false, shape, payload);
        let name = path.display().to_string();
        read_weights(&path)
            .map(|(weights, _)| weights)
            .map_err(|error| error.to_string().replace(&name, "FILE"))
    };
    assert_eq!(read("|u1", "(3,)", &[0, 1, 2]), Ok(array![0.0, 1.0, 2.0]));
    assert_eq!(read("<f4", "(1, 1)", &0.5f32.to_le_bytes()), Ok(array![0.5]));
    for (value, shown) in [(-1.0, "-1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let message =
            read("<f8", "(2,)", &[1.0, value].map(f64::to_le_bytes).concat()).unwrap_err();
        assert!(
            message.starts_with("FILE: expected weights") && message.contains(shown),
            "{message}"
        );
    }
    assert!(read("|u1", "(1, 2)", &[1, 2]).unwrap_err().contains("(1, 2)"));
}
