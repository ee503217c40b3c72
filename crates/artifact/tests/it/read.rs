use artifact::{Pixels, Points, read_ids, read_images, read_points, read_weights};
use ndarray::{Array2, array};
use proptest::prelude::*;
use tempfile::tempdir;

use crate::{npy, raw, with_header};

fn points(dtype: &str, fortran: bool, shape: &str, payload: &[u8]) -> Result<Points, String> {
    let folder = tempdir().unwrap();
    let path = npy(folder.path(), dtype, fortran, shape, payload);
    let name = path.display().to_string();
    read_points(&path).map(|(points, _)| points).map_err(|error| error.to_string().replace(&name, "FILE"))
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
                let read = points(&format!("{order}{}", $dtype), false, "(2, 2)", &payload).map(as_f64);
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
        assert_eq!(points(dtype, false, "(2, 2)", &payload).map(as_f64), Ok(array![[1.0, 2.0], [3.0, 4.0]]));
    }
}

#[test]
fn columns_first_means_the_same_array() {
    let read = points("|u1", true, "(2, 3)", &[1, 4, 2, 5, 3, 6]).map(as_f64);
    assert_eq!(read, Ok(array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]));
    // Two images of 1 x 2 pixels, images last in memory.
    let read =
        points("<f4", true, "(2, 1, 2)", &[1f32, 3.0, 2.0, 4.0].map(f32::to_le_bytes).concat()).map(as_f64);
    assert_eq!(read, Ok(array![[1.0, 2.0], [3.0, 4.0]]));
}

#[test]
fn grey_levels_are_divided_by_255_in_images_alone() {
    let image = points("|u1", false, "(1, 1, 2)", &[51, 255]);
    assert_eq!(image, Ok(Points::U8 { values: array![[51, 255]], scale: 1.0 / 255.0 }));
    let points = points("|u1", false, "(1, 2)", &[51, 255]);
    assert_eq!(points, Ok(Points::U8 { values: array![[51, 255]], scale: 1.0 }));
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
    assert_eq!((record.dtype.as_deref(), record.shape.as_slice()), (Some("|u1"), [1, 2, 2].as_slice()));
    assert_eq!(record.bytes, std::fs::metadata(&path).unwrap().len());
}

#[test]
fn the_first_value_that_is_not_finite_is_named() {
    let payload: Vec<u8> = [1.0f32, 2.0, 3.0, f32::NAN, f32::INFINITY, 6.0].map(f32::to_le_bytes).concat();
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
    assert!(missing.contains("none.npy: cannot read") && missing.contains("run the stage"), "{missing}");
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
    assert_eq!(ids(">i8", "(2,)", &[(-1i64).to_be_bytes(), 7i64.to_be_bytes()].concat()), Ok(vec![-1, 7]));
    assert_eq!(ids("<f8", "(2, 1)", &[3f64.to_le_bytes(), (-1f64).to_le_bytes()].concat()), Ok(vec![3, -1]));
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

proptest! {
    /// Whatever stands in a file, reading it ends, without a panic and without much memory.
    #[test]
    fn no_bytes_break_the_reader(start in 0usize..3, bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
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
        let mut file = with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", &[0; 24]);
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
        let message = read("<f8", "(2,)", &[1.0, value].map(f64::to_le_bytes).concat()).unwrap_err();
        assert!(message.starts_with("FILE: expected weights") && message.contains(shown), "{message}");
    }
    assert!(read("|u1", "(1, 2)", &[1, 2]).unwrap_err().contains("(1, 2)"));
}
