//! Grey levels that are probably not what their dtype says.

use crate::points::{Images, Pixels, Points};
use crate::record::FileRecord;
use crate::rows::PointFile;

impl Images {
    /// Warns of images of dtype `u1` without a value above 1: divided by 255, black and white are nearly the same.
    /// `record` is that of their file.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("masks.npy");
    /// # ndarray_npy::write_npy(&path, &ndarray::array![[0u8, 1], [1, 0]])?;
    /// let (images, record) = artifact::read_images(&path)?;
    /// assert!(images.scale_warning(&record).is_some_and(|text| text.contains("no value above 1")));
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
    /// As [`Images::scale_warning`], where the points are images. Points (n, d) are divided by nothing.
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
    /// As [`Points::scale_warning`].
    pub fn scale_warning(&self) -> Option<String> {
        // Of dtype u1 the largest value is a grey level.
        self.has_grey_levels().then(|| warning(self.record(), self.largest() as u8)).flatten()
    }
}

/// Warns of images of dtype `u1` whose largest level is 0 or 1.
pub(crate) fn warning(record: &FileRecord, largest: u8) -> Option<String> {
    (largest <= 1 && !record.is_boolean()).then(|| {
        format!(
            "{}: no value above 1 in images of dtype u1, whose levels are divided by 255; if 0 and 1 are black and white, \
             save them as booleans (numpy.ndarray.astype(bool)), or multiply them by 255",
            record.path
        )
    })
}
