//! Tests of `PointFile`, which reads rows of a file as they are needed.

use std::path::Path;

use artifact::{PointFile, Points, read_points};
use ndarray::{Array2, Axis, array};
use proptest::prelude::*;
use tempfile::tempdir;

use crate::{npy, raw, with_header};

fn refused(path: &Path) -> String {
    PointFile::open(path).unwrap_err().to_string().replace(&path.display().to_string(), "FILE")
}

/// Selects rows of points.
fn select(points: &Points, rows: &[usize]) -> Points {
    match points {
        Points::U8 { values, scale } => {
            Points::U8 { values: values.select(Axis(0), rows), scale: *scale }
        }
        Points::F32(points) => Points::F32(points.select(Axis(0), rows)),
        Points::F64(points) => Points::F64(points.select(Axis(0), rows)),
    }
}

/// Rows, blocks, record and largest value are those of the file read as a whole.
fn agrees_with_the_whole(path: &Path, largest: f64) {
    let (whole, record) = read_points(path).unwrap();
    let file = PointFile::open(path).unwrap();
    assert_eq!((file.record(), file.dim(), file.largest()), (&record, whole.dim(), largest));
    let n = whole.dim().0;
    let every = |step: usize| (0..n).step_by(step).collect::<Vec<_>>();
    for rows in [vec![], vec![0], vec![n - 1], every(1), every(2), every(3), (n / 2..n).collect()] {
        assert_eq!(file.read(&rows).unwrap(), select(&whole, &rows), "{rows:?}");
    }
    for size in [1, 2, 4, n - 1, n, n + 1, usize::MAX] {
        let mut start = 0;
        for block in file.blocks(size) {
            let block = block.unwrap();
            let rows: Vec<usize> = (start..start + block.dim().0).collect();
            assert_eq!(block, select(&whole, &rows), "blocks of {size} from {start}");
            start += rows.len();
        }
        assert_eq!(start, n, "blocks of {size}");
    }
}

#[test]
fn rows_are_those_of_the_whole_file() {
    let folder = tempdir().unwrap();
    let values: Vec<f32> = (0..42).map(|i| (i * i % 23) as f32 - 15.5).collect();
    for (dtype, payload) in [
        ("<f4", values.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>()),
        (">f4", values.iter().flat_map(|x| x.to_be_bytes()).collect()),
        ("<f8", values.iter().flat_map(|&x| f64::from(x).to_le_bytes()).collect()),
        (">f8", values.iter().flat_map(|&x| f64::from(x).to_be_bytes()).collect()),
    ] {
        agrees_with_the_whole(&npy(folder.path(), dtype, false, "(14, 3)", &payload), 15.5);
        agrees_with_the_whole(&npy(folder.path(), dtype, false, "(7, 2, 3)", &payload), 15.5);
    }
    let bytes: Vec<u8> = (0..42).map(|i| 6 * i).collect();
    agrees_with_the_whole(&npy(folder.path(), "|u1", false, "(14, 3)", &bytes), 246.0);
    agrees_with_the_whole(&npy(folder.path(), "|u1", false, "(7, 3, 2)", &bytes), 246.0);
}

#[test]
fn a_file_of_several_blocks_is_hashed_and_checked_to_its_end() {
    let folder = tempdir().unwrap();
    let (n, d) = (3001, 1000);
    let values = Array2::from_shape_fn((n, d), |(i, j)| ((i * 31 + j * 7) % 1000) as f32);
    let mut payload: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
    let path = npy(folder.path(), "<f4", false, "(3001, 1000)", &payload);
    let file = PointFile::open(&path).unwrap();
    assert!(file.block_rows() < n / 2);
    assert_eq!(*file.record(), read_points(&path).unwrap().1);
    let rows = [0, 1, 2, 1500, 2999, 3000];
    assert_eq!(file.read(&rows).unwrap(), Points::F32(values.select(Axis(0), &rows)));

    for (row, column, value) in [(3000, 999, f32::NEG_INFINITY), (2900, 5, f32::NAN)] {
        let at = 4 * (row * d + column);
        payload[at..at + 4].copy_from_slice(&value.to_le_bytes());
        let refused = refused(&npy(folder.path(), "<f4", false, "(3001, 1000)", &payload));
        let found =
            format!("found {value} in row {row}, column {column}; remove or replace such rows");
        assert!(
            refused.starts_with("FILE: expected finite numbers, ") && refused.contains(&found),
            "{refused}"
        );
    }
}

#[test]
fn a_file_that_changes_after_it_was_opened_is_noticed() {
    let folder = tempdir().unwrap();
    let good = [1f64, 2.0, 3.0, 4.0].map(f64::to_le_bytes).concat();
    let path = npy(folder.path(), "<f8", false, "(4, 1)", &good);
    let file = PointFile::open(&path).unwrap();
    npy(
        folder.path(),
        "<f8",
        false,
        "(4, 1)",
        &[1f64, 2.0, f64::NAN, 4.0].map(f64::to_le_bytes).concat(),
    );
    assert_eq!(file.read(&[0, 3]).unwrap(), Points::F64(array![[1.0], [4.0]]));
    let error = file.read(&[0, 2]).unwrap_err().to_string();
    assert!(error.contains("found NaN in row 2, column 0"), "{error}");
    std::fs::write(&path, b"short").unwrap();
    let error = file.read(&[3]).unwrap_err().to_string();
    assert!(error.contains("cannot read"), "{error}");
}

#[test]
fn what_cannot_be_read_by_rows_is_refused_with_a_way_out() {
    let folder = tempdir().unwrap();
    let eight = [0u8; 8];
    let way_out = ", or use an algorithm that reads the whole file";
    for (dtype, fortran, shape, payload, found) in [
        (
            "<i4",
            false,
            "(1, 2)",
            eight.as_slice(),
            "points of dtype u1, f4 or f8, to be read a batch at a time, found dtype <i4; \
             save it so, np.save(FILE, x.astype('f4'))",
        ),
        ("<f2", false, "(2, 2)", &eight, "found dtype <f2; "),
        ("|b1", false, "(2, 2)", &eight[..4], "found dtype |b1; "),
        ("é", false, "(2, 2)", &eight[..4], "found dtype é; "),
        (
            "<f4",
            true,
            "(1, 2)",
            &eight,
            "expected rows one after the other (C order), to be read a batch at a time, \
             found columns one after the other (Fortran order); save it so, \
             np.save(FILE, np.ascontiguousarray(x))",
        ),
    ] {
        let refused = refused(&npy(folder.path(), dtype, fortran, shape, payload));
        assert!(refused.contains(found) && refused.ends_with(way_out), "{refused}");
    }
    for (shape, payload, found) in [
        ("(2, 2)", eight.as_slice(), "of the 144 its header promises (a truncated file)"),
        ("(1, 1)", &eight, "found 4 bytes after the end of the array"),
        ("(1000000000000, 100)", &eight, "its header promises"),
        ("(4294967296, 4294967296)", &eight, "the impossible shape"),
        ("(0, 4)", &[], "found shape (0, 4)"),
        ("(2,)", &eight, "found shape (2,)"),
    ] {
        let refused = refused(&npy(folder.path(), "<f4", false, shape, payload));
        assert!(
            refused.starts_with("FILE: expected points: ") && refused.contains(found),
            "{refused}"
        );
    }
    let refused = refused(&raw(folder.path(), b"a,b,c\n1,2,3\n"));
    assert!(refused.contains("does not start with the NumPy magic bytes"), "{refused}");
}

proptest! {
    /// A header with one byte changed is read as the whole file would be, or refused.
    #[test]
    fn no_changed_header_breaks_the_reader(at in 0usize..128, byte: u8) {
        let folder = tempdir().unwrap();
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
        let mut bytes = with_header(header, &[0; 24]);
        bytes[at] = byte;
        let path = raw(folder.path(), &bytes);
        if let Ok(file) = PointFile::open(&path) {
            let (n, d) = file.dim();
            prop_assert!(n * d <= 24);
            let points = file.read(&(0..n).collect::<Vec<_>>()).unwrap();
            if let Ok((whole, _)) = read_points(&path) {
                prop_assert_eq!(points, whole);
            }
        }
    }
}
