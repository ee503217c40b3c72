//! Warns of `u1` images without a value above 1, which are probably masks.

use crate::points::{Images, Pixels, Points};
use crate::record::FileRecord;
use crate::rows::PointFile;

impl Images {
    /// Warns of images of dtype `u1` without a value above 1.
    ///
    /// Divided by 255, their black and white are nearly the same. `record` is that of their file.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("masks.npy");
    /// # ndarray_npy::write_npy(&path, &ndarray::array![[0u8, 1], [1, 0]])?;
    /// let (images, record) = artifact::read_images(&path)?;
    /// let warning = images.scale_warning(&record);
    /// assert!(warning.is_some_and(|text| text.contains("no value above 1")));
    /// # Ok(())
    /// # }
    /// ```
    pub fn scale_warning(&self, record: &FileRecord) -> Option<String> {
        match &self.pixels {
            Pixels::U8(levels) => warning(record, levels.iter().copied().max()?),
            Pixels::F32(_) => None,
        }
    }
}

impl Points {
    /// Gives the warning of [`Images::scale_warning`] if the points are images. Points (n, d) are
    /// not divided by 255.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("masks.npy");
    /// # ndarray_npy::write_npy(&path, &ndarray::array![[[0_u8, 1]], [[1, 0]]])?;
    /// let (points, record) = artifact::read_points(&path)?;
    /// assert!(points.scale_warning(&record).is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn scale_warning(&self, record: &FileRecord) -> Option<String> {
        match self {
            Self::U8 { values, scale } if *scale != 1.0 => {
                warning(record, values.iter().copied().max()?)
            }
            _ => None,
        }
    }
}

impl PointFile {
    /// Gives the warning of [`Points::scale_warning`].
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("masks.npy");
    /// # ndarray_npy::write_npy(&path, &ndarray::array![[[0_u8, 1]], [[1, 0]]])?;
    /// assert!(artifact::PointFile::open(&path)?.scale_warning().is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn scale_warning(&self) -> Option<String> {
        // For dtype u1 the largest value is a gray level.
        self.has_gray_levels().then(|| warning(self.record(), self.largest() as u8)).flatten()
    }
}

/// Makes the warning if the largest level of `u1` images is 0 or 1.
pub(crate) fn warning(record: &FileRecord, largest: u8) -> Option<String> {
    (largest <= 1 && !record.is_boolean()).then(|| {
        format!(
            "{}: no value above 1 in images of dtype u1, whose levels are divided by 255; \
             if 0 and 1 are black and white, \
             save them as booleans (numpy.ndarray.astype(bool)), or multiply them by 255",
            record.path
        )
    })
}
