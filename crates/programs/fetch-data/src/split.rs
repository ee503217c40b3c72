//! Images with their labels, which every source of data gives.

use anyhow::ensure;
use ndarray::{Array1, Array3};

/// One split of a data set.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// (n, height, width), gray levels 0..=255.
    pub images: Array3<u8>,
    /// (n,), the class of each image.
    pub labels: Array1<u8>,
}

/// Mean and standard deviation over all pixels of a split, divided by 255.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Statistics {
    pub mean: f64,
    pub standard_deviation: f64,
}

impl Split {
    /// Joins images and their labels.
    ///
    /// # Errors
    /// Counts that differ; a label that is none of `classes`.
    pub fn new(images: Array3<u8>, labels: Array1<u8>, classes: usize) -> anyhow::Result<Self> {
        let (n, ..) = images.dim();
        ensure!(n == labels.len(), "{n} images but {} labels", labels.len());
        if let Some(row) = labels.iter().position(|&label| usize::from(label) >= classes) {
            anyhow::bail!(
                "label {} in row {row}, where classes are 0..{}",
                labels[row],
                classes - 1
            );
        }
        Ok(Self { images, labels })
    }

    /// Computes mean and deviation, exact except for the last division: the sums are whole numbers.
    pub fn statistics(&self) -> Statistics {
        let n = self.images.len() as u128;
        let (mut sum, mut squares) = (0u64, 0u64);
        for &level in &self.images {
            sum += u64::from(level);
            squares += u64::from(level) * u64::from(level);
        }
        // This is n^2 times the variance.
        let scatter = n * u128::from(squares) - u128::from(sum) * u128::from(sum);
        let scale = 255.0 * n as f64;
        Statistics { mean: sum as f64 / scale, standard_deviation: (scatter as f64).sqrt() / scale }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn statistics_by_hand() {
        // Half the pixels 0, half 255: mean 1/2, every deviation 1/2.
        let split = Split::new(array![[[0, 255]], [[255, 0]]], array![0, 1], 2).unwrap();
        assert_eq!(split.statistics(), Statistics { mean: 0.5, standard_deviation: 0.5 });
    }

    #[test]
    fn images_and_labels_must_agree() {
        let images = array![[[0u8]], [[1]]];
        let error = Split::new(images.clone(), array![0], 10).unwrap_err().to_string();
        assert_eq!(error, "2 images but 1 labels");
        let error = Split::new(images, array![9, 10], 10).unwrap_err().to_string();
        assert_eq!(error, "label 10 in row 1, where classes are 0..9");
    }
}
