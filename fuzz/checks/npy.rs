use std::path::Path;

use artifact::{
    ImageFile, PointFile, read_ids, read_images, read_matrix, read_numbers, read_points,
    read_weights,
};

/// Checks that all readers of `.npy` files agree on one file.
pub fn check(path: &Path) {
    let length = std::fs::metadata(path).expect("it is there").len();
    let points = read_points(path);
    if let Ok((points, record)) = &points {
        assert!(points.dim().0 > 0 && points.dim().1 > 0);
        assert_eq!(record.bytes, length);
    }
    // Reading by rows gives the same array as reading the whole, and refuses no file less.
    if let Ok(file) = PointFile::open(path) {
        let (whole, record) = points.expect("rows that can be read are a whole");
        assert_eq!((whole.dim(), &record), (file.dim(), file.record()));
        let all: Vec<usize> = (0..file.dim().0).collect();
        assert_eq!(whole, file.read(&all).expect("it was gone through"));
    }
    let images = read_images(path);
    if let Ok(file) = ImageFile::open(path) {
        let mut blocks = file.blocks(usize::MAX);
        match (images, blocks.next()) {
            (Ok((whole, record)), Some(Ok(rows))) => {
                assert_eq!(whole, rows);
                assert!(blocks.next().is_none() && blocks.record() == Some(&record));
            }
            // If a file has several defects, the readers may name different ones.
            (Err(_), Some(Err(_))) => {}
            (whole, rows) => {
                panic!("{:?} whole, {rows:?} by its rows", whole.map(|(images, _)| images))
            }
        }
    }
    let _ = read_matrix(path);
    let _ = read_numbers(path, "numbers");
    if let Ok((weights, _)) = read_weights(path) {
        assert!(weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0));
    }
    let _ = read_ids(path);
}
