//! Images that are taken a block at a time.

use std::ops::Range;
use std::path::{Path, PathBuf};

use ndarray::{Array2, s};

use crate::header::Header;
use crate::read::{not_finite, open, read_images};
use crate::rows::{PointFile, has_rows};
use crate::{FileRecord, Images, Pixels, Points, Result};

/// Images (n, height, width) or (n, pixels) of which some are read when they are needed.
///
/// What it gives is what [`read_images`] would, row by row, of the same files. Of `u1`, `f4` and `f8` in C order no more is in
/// memory than what was asked for; the rest, which is rare, is read whole.
#[derive(Debug)]
pub struct ImageFile {
    path: PathBuf,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Rows(PointFile),
    Whole(Images, FileRecord),
}

impl ImageFile {
    /// Opens `path` and goes through it once.
    ///
    /// # Errors
    /// As [`read_images`].
    pub fn open(path: &Path) -> Result<Self> {
        let (mut file, _) = open(path)?;
        let source = match Header::read(&mut file) {
            Ok(header) if has_rows(path, &header) => {
                let expected = "images: a number array of shape (n, height, width) or (n, pixels)";
                Source::Rows(PointFile::open_as(path, expected)?)
            }
            // What is wrong with it, if anything, is found there.
            _ => {
                let (images, record) = read_images(path)?;
                Source::Whole(images, record)
            }
        };
        Ok(Self { path: path.to_owned(), source })
    }

    /// (n, pixels per image)
    pub fn dim(&self) -> (usize, usize) {
        match &self.source {
            Source::Rows(file) => file.dim(),
            Source::Whole(images, _) => images.dim(),
        }
    }

    /// For the provenance.
    pub fn record(&self) -> &FileRecord {
        match &self.source {
            Source::Rows(file) => file.record(),
            Source::Whole(_, record) => record,
        }
    }

    /// The images from the first of `rows` to before the last.
    ///
    /// # Panics
    /// Rows that are not there.
    ///
    /// # Errors
    /// A file that can no longer be read; a value that is too large for `f4`.
    pub fn rows(&self, rows: Range<usize>) -> Result<Images> {
        let pixels = match &self.source {
            Source::Whole(Images { pixels: Pixels::U8(pixels) }, _) => {
                Pixels::U8(pixels.slice(s![rows, ..]).to_owned())
            }
            Source::Whole(Images { pixels: Pixels::F32(pixels) }, _) => {
                Pixels::F32(pixels.slice(s![rows, ..]).to_owned())
            }
            Source::Rows(file) => match file.range(rows.clone())? {
                Points::U8 { values, .. } => Pixels::U8(values),
                Points::F32(values) => Pixels::F32(values),
                Points::F64(values) => Pixels::F32(self.narrowed(&values, rows.start)?),
            },
        };
        Ok(Images { pixels })
    }

    /// Doubles as `f4`; `first` is the row of the file that the first of them is.
    fn narrowed(&self, values: &Array2<f64>, first: usize) -> Result<Array2<f32>> {
        let narrowed = values.mapv(|value| value as f32);
        match narrowed.indexed_iter().find(|(_, value)| !value.is_finite()) {
            None => Ok(narrowed),
            Some(((row, column), &value)) => Err(not_finite(&self.path, value.into(), first + row, column)),
        }
    }
}
