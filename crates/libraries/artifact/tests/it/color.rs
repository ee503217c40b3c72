//! Images in color, and arrays that are taken for them.

use artifact::{ImageFile, Pixels, PointFile, Points, read_images, read_points};
use ndarray::{Array, Array4, Dimension, IntoDimension};
use tempfile::tempdir;

/// Six images of 9 x 7 pixels.
fn picture_levels() -> Array4<u8> {
    Array4::from_shape_fn((6, 9, 7, 3), |(i, y, x, channel)| {
        (40 * i + 9 * y + x + 80 * channel) as u8
    })
}

#[test]
fn the_values_of_a_pixel_stay_side_by_side_and_levels_are_divided() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("images.npy");
    let levels = picture_levels();
    let rows = levels.clone().into_shape_with_order((6, 189)).unwrap();
    ndarray_npy::write_npy(&path, &levels).unwrap();
    let (images, record) = read_images(&path).unwrap();
    assert_eq!((images.pixels, &record.shape[..]), (Pixels::U8(rows.clone()), &[6, 9, 7, 3][..]));
    let file = ImageFile::open(&path).unwrap();
    assert_eq!((file.dim(), file.shape()), ((6, 189), &[6, 9, 7, 3][..]));
    let (points, _) = read_points(&path).unwrap();
    assert_eq!(points, Points::U8 { values: rows.clone(), scale: 1.0 / 255.0 });
    let file = PointFile::open(&path).unwrap();
    assert_eq!(file.read(&[0, 1, 2, 3, 4, 5]).unwrap(), points);
    ndarray_npy::write_npy(&path, &levels.mapv(f64::from)).unwrap();
    assert_eq!(read_points(&path).unwrap().0, Points::F64(rows.mapv(f64::from)));
}

/// Writes an array of this shape, and gives what its reader refuses.
fn refused<D: Dimension>(shape: impl IntoDimension<Dim = D>) -> String {
    let folder = tempdir().unwrap();
    let path = folder.path().join("x.npy");
    ndarray_npy::write_npy(&path, &Array::<u8, D>::from_elem(shape, 200)).unwrap();
    let told = read_images(&path).unwrap_err().to_string();
    assert!(read_points(&path).is_err() && PointFile::open(&path).is_err());
    assert_eq!(ImageFile::open(&path).unwrap_err().to_string(), told);
    told
}

#[test]
fn what_may_be_color_is_never_taken_for_width() {
    for (told, hint) in [
        (refused((12, 10, 3)), "give one picture as x[None]"),
        (refused((480, 640, 3)), "a last side of 3 or 4 is color, never width"),
        (refused((48, 9, 4)), "never width"),
        (refused((5, 9, 7, 4)), "blend its alpha channel with a background"),
        (refused((5, 3, 9, 7)), "x.transpose(0, 2, 3, 1)"),
        (refused((5, 1, 9, 7)), "leave out the second side, with x[:, 0]"),
        (refused((5, 9, 7, 1)), "leave out the last side, with x[..., 0]"),
        (refused((5, 9, 7, 2)), "reshape it"),
    ] {
        assert!(told.contains(hint) && told.contains("(n, height, width, 3)"), "{told}");
        assert!(!told.contains('\n'), "{told}");
    }
}

#[test]
fn small_patches_of_three_columns_are_gray() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("x.npy");
    ndarray_npy::write_npy(&path, &ndarray::Array3::<u8>::zeros((20, 3, 3))).unwrap();
    assert_eq!(read_images(&path).unwrap().0.dim(), (20, 9));
}
