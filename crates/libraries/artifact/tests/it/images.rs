//! Images that are taken a block at a time, and arrays that are written so.

use artifact::{ImageFile, Images, Outputs, Pixels, read_images};
use ndarray::{Array2, Array3, Axis, s};
use tempfile::tempdir;

use crate::npy;

fn select(images: &Images, rows: std::ops::Range<usize>) -> Images {
    let rows: Vec<usize> = rows.collect();
    Images {
        pixels: match &images.pixels {
            Pixels::U8(pixels) => Pixels::U8(pixels.select(Axis(0), &rows)),
            Pixels::F32(pixels) => Pixels::F32(pixels.select(Axis(0), &rows)),
        },
    }
}

#[test]
fn blocks_are_those_of_the_images_read_whole() {
    let folder = tempdir().unwrap();
    let values: Vec<f64> = (0..42).map(|i| f64::from(i * i % 23) - 15.5).collect();
    let bytes = |width: usize, big: bool| -> Vec<u8> {
        let one = |&value: &f64| match (width, big) {
            (1, _) => vec![(value + 15.5) as u8],
            (2, _) => ((value + 15.5) as i16).to_le_bytes().to_vec(),
            (4, false) => (value as f32).to_le_bytes().to_vec(),
            (4, true) => (value as f32).to_be_bytes().to_vec(),
            _ => value.to_le_bytes().to_vec(),
        };
        values.iter().flat_map(one).collect()
    };
    for (dtype, width, fortran, shape) in [
        ("|u1", 1, false, "(7, 2, 3)"),
        ("|u1", 1, false, "(14, 3)"),
        ("|u1", 1, true, "(7, 2, 3)"),
        ("<f4", 4, false, "(7, 6)"),
        (">f4", 4, false, "(7, 2, 3)"),
        ("<f4", 4, true, "(7, 6)"),
        ("<f8", 8, false, "(7, 2, 3)"),
        ("<i2", 2, false, "(7, 6)"),
    ] {
        let path = npy(folder.path(), dtype, fortran, shape, &bytes(width, dtype.starts_with('>')));
        let (whole, record) = read_images(&path).unwrap();
        for rows in [1, 2, 7, 100] {
            let file = ImageFile::open(&path).unwrap();
            let n = file.dim().0;
            assert_eq!(
                (file.dim(), file.shape()),
                (whole.dim(), &record.shape[..]),
                "{dtype} {shape}"
            );
            let mut blocks = file.blocks(rows);
            assert_eq!(blocks.record(), None, "it is not known yet");
            for start in (0..n).step_by(rows) {
                let expected = select(&whole, start..n.min(start + rows));
                assert_eq!(blocks.next().unwrap().unwrap(), expected, "{dtype} {shape}");
            }
            assert!(blocks.next().is_none() && blocks.next().is_none());
            assert_eq!(blocks.record(), Some(&record), "{dtype} {shape}");
        }
    }
}

/// All blocks up to the first error.
fn first_error(path: &std::path::Path, rows: usize) -> (usize, String) {
    let mut blocks = match ImageFile::open(path) {
        Ok(file) => file.blocks(rows),
        Err(error) => return (0, error.to_string()),
    };
    let good = blocks.by_ref().take_while(Result::is_ok).count();
    // The error itself was taken: read once more for it.
    let error = ImageFile::open(path).unwrap().blocks(rows).find_map(Result::err).unwrap();
    assert!(blocks.next().is_none() && blocks.record().is_none(), "nothing after an error");
    (good, error.to_string())
}

#[test]
fn what_is_refused_whole_is_refused_in_blocks() {
    let folder = tempdir().unwrap();
    let doubles =
        |values: &[f64]| -> Vec<u8> { values.iter().flat_map(|x| x.to_le_bytes()).collect() };
    for (shape, payload) in [
        ("(2, 2)", doubles(&[1.0, 2.0, f64::NAN, 4.0])),
        ("(2, 2)", doubles(&[1.0, 2.0, 3.0])),
        ("(4,)", doubles(&[1.0, 2.0, 3.0, 4.0])),
        ("(0, 2)", Vec::new()),
    ] {
        let path = npy(folder.path(), "<f8", false, shape, &payload);
        let expected = read_images(&path).unwrap_err().to_string();
        assert_eq!(first_error(&path, 10), (0, expected));
    }
    // Finite, but not as f4: the blocks before it are good.
    for odd in [1e300, f64::NAN] {
        let path =
            npy(folder.path(), "<f8", false, "(3, 2)", &doubles(&[1.0, 2.0, 3.0, 4.0, 5.0, odd]));
        let expected = read_images(&path).unwrap_err().to_string();
        for (rows, good) in [(1, 2), (2, 1), (3, 0)] {
            assert_eq!(first_error(&path, rows), (good, expected.clone()));
        }
    }
}

/// The header too: ndarray-npy wrote the other.
#[test]
fn arrays_written_in_blocks_are_the_same_files() {
    let folder = tempdir().unwrap();
    let (whole, parts) = (folder.path().join("whole.npy"), folder.path().join("parts.npy"));
    let matrix = Array2::from_shape_fn((1234, 7), |(i, j)| (i * j) as f32 - 0.5);
    let images = Array3::from_shape_fn((1, 3, 2), |(_, i, j)| (i + 2 * j) as f32);
    let mut outputs = Outputs::new();
    outputs.npy(&whole, &matrix).unwrap();
    let mut writer = outputs.begin_blocks(&parts, &[1234, 7]).unwrap();
    for start in (0..1234).step_by(500) {
        writer.write(matrix.slice(s![start..1234.min(start + 500), ..])).unwrap();
    }
    outputs.blocks(writer).unwrap();
    let (whole3, parts3) = (folder.path().join("whole3.npy"), folder.path().join("parts3.npy"));
    outputs.npy(&whole3, &images).unwrap();
    let mut writer = outputs.begin_blocks(&parts3, &[1, 3, 2]).unwrap();
    writer.write(images.view().into_shape_with_order((1, 6)).unwrap()).unwrap();
    outputs.blocks(writer).unwrap();
    let done = outputs.commit(crate::output::provenance()).unwrap();
    for (a, b) in [(0, 1), (2, 3)] {
        let record =
            |i: usize| (&done.outputs[i].sha256, &done.outputs[i].shape, &done.outputs[i].dtype);
        assert_eq!(record(a), record(b));
    }
    assert_eq!(std::fs::read(&whole).unwrap(), std::fs::read(&parts).unwrap());
    assert_eq!(std::fs::read(&whole3).unwrap(), std::fs::read(&parts3).unwrap());
}

#[test]
fn arrays_of_another_length_than_promised_are_refused_and_leave_nothing() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("out.npy");
    let rows = Array2::<f32>::zeros((3, 2));
    let mut outputs = Outputs::new();
    let mut long = outputs.begin_blocks(&path, &[4, 2]).unwrap();
    long.write(rows.view()).unwrap();
    assert!(long.write(rows.view()).is_err());
    drop(long);
    let mut short = outputs.begin_blocks(&path, &[4, 2]).unwrap();
    short.write(rows.view()).unwrap();
    assert!(outputs.blocks(short).is_err());
    // One name, one output, whenever the second is begun.
    let mut a = outputs.begin_blocks(&path, &[3, 2]).unwrap();
    let mut b = outputs.begin_blocks(&path, &[3, 2]).unwrap();
    a.write(rows.view()).unwrap();
    b.write(rows.view()).unwrap();
    outputs.blocks(a).unwrap();
    assert!(outputs.blocks(b).unwrap_err().to_string().contains("another output of this run"));
    assert!(outputs.begin_blocks(&path, &[3, 2]).is_err());
    drop(outputs);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
