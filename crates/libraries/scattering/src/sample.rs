//! Which images a model is fitted to.

use std::ops::Range;

use ndarray::{Array2, ArrayViewMut1};

/// Largest number of images that deviations and components are found from.
const IMAGES: usize = 10_000;

/// Largest number of values of these images, 160 MB, unless there are few for the components.
const VALUES: usize = 40_000_000;

/// Images for each component that there are at least.
const IMAGES_PER_COMPONENT: usize = 4;

/// Evenly spaced images: row `at` stands for image `at * n / rows` of n.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) n: usize,
    pub(crate) rows: usize,
}

impl Sample {
    /// Chooses how many of `n` images of `values` transformed values there are for `dims`.
    pub(crate) fn new(n: usize, values: usize, dims: usize) -> Self {
        let enough = dims.saturating_mul(IMAGES_PER_COMPONENT).max(VALUES / values);
        Self { n, rows: n.min(IMAGES).min(enough) }
    }

    /// Returns the row of the sample that stands for image `i`, if there is one.
    pub(crate) fn row_of(self, i: usize) -> Option<usize> {
        let at = (i * self.rows).div_ceil(self.n);
        (at < self.rows && at * self.n / self.rows == i).then_some(at)
    }

    /// Returns the rows of the sample that stand for images in `range`.
    pub(crate) fn rows_in(self, range: Range<usize>) -> Range<usize> {
        // Image i is at or after row `ceil(i * rows / n)`.
        let first = |i: usize| (i * self.rows).div_ceil(self.n).min(self.rows);
        first(range.start)..first(range.end)
    }

    /// Returns the image that a row stands for.
    pub(crate) fn image_of(self, row: usize) -> usize {
        row * self.n / self.rows
    }
}

/// Transformed images of a sample that need not be transformed again.
pub(crate) struct Known<'a> {
    pub(crate) sample: Sample,
    /// Transformed and scaled, `(rows, values)`.
    pub(crate) scaled: &'a Array2<f32>,
}

impl Known<'_> {
    /// Copies the transform of image `i` if it is known.
    pub(crate) fn copy(&self, i: usize, mut to: ArrayViewMut1<f32>) -> bool {
        match self.sample.row_of(i) {
            Some(row) => {
                to.assign(&self.scaled.row(row));
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_images_are_those_of_one_another() {
        for (n, rows) in [(7, 7), (10_700, 10_000), (25_000, 10_000), (5, 2), (1001, 1000)] {
            let sample = Sample { n, rows };
            let images: Vec<usize> = (0..rows).map(|row| sample.image_of(row)).collect();
            let found: Vec<usize> = (0..n).filter(|&i| sample.row_of(i).is_some()).collect();
            assert_eq!(images, found);
            assert!((0..rows).all(|row| sample.row_of(images[row]) == Some(row)));
            for start in (0..n).step_by(97) {
                let end = n.min(start + 97);
                let inside = (0..rows).filter(|&row| (start..end).contains(&images[row]));
                assert!(inside.eq(sample.rows_in(start..end)), "{n} {rows} {start}");
            }
        }
    }

    #[test]
    fn large_images_are_fewer() {
        assert_eq!(Sample::new(60_000, 3472, 500).rows, 10_000);
        assert_eq!(Sample::new(60_000, 10_896, 500).rows, 3671);
        assert_eq!(Sample::new(60_000, 32_688, 500).rows, 2000);
        assert_eq!(Sample::new(90, 3472, 500).rows, 90);
    }
}
