//! The handwritten digits of `load_digits` in scikit-learn, carried inside the program.
//!
//! See `data/README.md`.

use anyhow::Context;
use artifact::idx;
use ndarray::Axis;

use crate::split::Split;

const IMAGES: &[u8] = include_bytes!("../data/digits-images-idx3-ubyte.gz");
const LABELS: &[u8] = include_bytes!("../data/digits-labels-idx1-ubyte.gz");
/// Largest level: levels count the set pixels in a block of 4 x 4.
const MAX_LEVEL: u16 = 16;

/// Gives the training and test split, (1438, 8, 8) and (359, 8, 8), levels scaled to 0..=255.
///
/// Every fifth image is a test image.
///
/// # Errors
/// Only if the program itself is damaged.
pub fn load(classes: usize) -> anyhow::Result<(Split, Split)> {
    let levels = idx::images(IMAGES).context("the bundled images")?;
    let images = levels.mapv(|level| ((u16::from(level) * 255 + MAX_LEVEL / 2) / MAX_LEVEL) as u8);
    let whole = Split::new(images, idx::labels(LABELS).context("the bundled labels")?, classes)?;
    let (test, train): (Vec<usize>, Vec<usize>) = (0..whole.labels.len()).partition(|i| i % 5 == 4);
    let rows = |rows: &[usize]| Split {
        images: whole.images.select(Axis(0), rows),
        labels: whole.labels.select(Axis(0), rows),
    };
    Ok((rows(&train), rows(&test)))
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn the_first_image_is_the_zero_that_scikit_learn_shows() {
        let (train, _) = load(10).unwrap();
        let levels = array![
            [0, 0, 5, 13, 9, 1, 0, 0],
            [0, 0, 13, 15, 10, 15, 5, 0],
            [0, 3, 15, 2, 0, 11, 8, 0],
            [0, 4, 12, 0, 0, 8, 8, 0],
            [0, 5, 8, 0, 0, 9, 8, 0],
            [0, 4, 11, 0, 1, 12, 7, 0],
            [0, 2, 14, 5, 10, 12, 0, 0],
            [0, 0, 6, 13, 10, 0, 0, 0],
        ];
        let expected = levels.mapv(|level: u8| (f64::from(level) * 255.0 / 16.0).round() as u8);
        assert_eq!(train.images.index_axis(Axis(0), 0), expected);
        assert_eq!(train.labels[0], 0);
    }

    #[test]
    fn every_fifth_image_is_a_test_image() {
        let (train, test) = load(10).unwrap();
        assert_eq!((train.images.dim(), test.images.dim()), ((1438, 8, 8), (359, 8, 8)));
        // load_digits().target starts 0, 1, 2, ..., 9, 0, 1, 2, ...
        assert_eq!(train.labels.to_vec()[..8], [0, 1, 2, 3, 5, 6, 7, 8]);
        assert_eq!(test.labels.to_vec()[..2], [4, 9]);
    }

    #[test]
    fn all_images_are_there() {
        let (train, test) = load(10).unwrap();
        let mut counts = [0; 10];
        train.labels.iter().chain(&test.labels).for_each(|&label| counts[usize::from(label)] += 1);
        // numpy.bincount(load_digits().target)
        assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
        assert_eq!(train.images.iter().max(), Some(&255));
    }
}
