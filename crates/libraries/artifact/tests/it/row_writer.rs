//! Writing arrays whose number of rows is known only at the end.

use artifact::{Outputs, Provenance, read_images};
use ndarray::Array3;
use ndarray_npy::read_npy;
use tempfile::tempdir;

#[test]
fn the_header_and_the_hash_are_those_of_the_rows_that_were_written() {
    let folder = tempdir().unwrap();
    // Fewer, as many and more rows than expected, with other numbers of digits; and none.
    for (expected, rows) in [(1000, 7), (7, 7), (0, 123), (99, 1), (9, 100)] {
        let (whole, parts) = (folder.path().join("whole.npy"), folder.path().join("parts.npy"));
        let images = Array3::from_shape_fn((rows, 3, 5), |(n, i, j)| (7 * n + 5 * i + j) as u8);
        let mut outputs = Outputs::new();
        outputs.npy(&whole, &images).unwrap();
        let mut writer = outputs.begin_rows(&parts, &[3, 5], expected).unwrap();
        for block in images.as_slice().unwrap().chunks(4 * 15) {
            writer.write(block).unwrap();
        }
        outputs.rows(writer).unwrap();
        let done = outputs.commit(Provenance::default()).unwrap();
        let [a, b] = [&done.outputs[0], &done.outputs[1]];
        assert_eq!((&a.sha256, &a.shape, a.bytes), (&b.sha256, &b.shape, b.bytes));
        assert_eq!(a.dtype, b.dtype);
        assert_eq!(std::fs::read(&whole).unwrap(), std::fs::read(&parts).unwrap());
        assert_eq!(read_images(&parts).unwrap().1.sha256, b.sha256);
        assert_eq!(read_npy::<_, Array3<u8>>(&parts).unwrap(), images);
    }
}

#[test]
fn parts_of_rows_and_names_that_are_taken_are_refused() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("images.npy");
    let mut outputs = Outputs::new();
    let mut images = outputs.begin_rows(&path, &[2, 2], 1).unwrap();
    assert!(images.write(&[0; 6]).unwrap_err().to_string().contains("not rows of 4"));
    images.write(&[0; 4]).unwrap();
    outputs.rows(images).unwrap();
    assert!(outputs.begin_rows(&path, &[2, 2], 1).is_err());
    drop(outputs);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
