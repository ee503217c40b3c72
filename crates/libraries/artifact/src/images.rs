//! Reads images a block at a time.

use std::path::{Path, PathBuf};

use ndarray::{Array2, s};

use crate::Result;
use crate::file::open;
use crate::header::Header;
use crate::layout::{not_finite, refuse_vanishing};
use crate::levels::warning;
use crate::points::{Images, Pixels, Points};
use crate::read::{IMAGES_EXPECTED, read_images};
use crate::record::FileRecord;
use crate::row_element::has_rows;
use crate::rows::{Pass, PointFile};

/// Images that are read once, a block at a time.
///
/// Their shape is (n, height, width), (n, height, width, 3) or (n, pixels).
///
/// The blocks hold what [`read_images`] would give for the same file. For `u1`, `f4` and `f8` in C
/// order only one block is in memory; other files, which are rare, are read whole.
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

/// The blocks of an [`ImageFile`], checked and hashed as they are read.
///
/// The iterator ends after an error: a file that cannot be read, or a value that is not finite.
#[derive(Debug)]
pub struct ImageBlocks {
    file: ImageFile,
    rows: usize,
    /// The position in the file; `None` at its end.
    pass: Option<Pass>,
    record: Option<FileRecord>,
    /// Largest gray level so far; `None` for images of other dtypes.
    largest: Option<u8>,
}

impl ImageFile {
    /// Opens `path` and reads its header.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("images.npy");
    /// # ndarray_npy::write_npy(&path, &ndarray::array![[[0_u8, 255]], [[7, 9]], [[1, 2]]])?;
    /// let images = artifact::ImageFile::open(&path)?;
    /// assert_eq!(images.shape(), [3, 1, 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`read_images`], except for values that are not finite or too large for `f4`, which are
    /// found when their block is read.
    pub fn open(path: &Path) -> Result<Self> {
        let (mut file, _) = open(path)?;
        let source = match Header::read(&mut file) {
            Ok(header) if has_rows(path, &header) => {
                Source::Rows(PointFile::begin(path, IMAGES_EXPECTED)?)
            }
            // `read_images` finds what is wrong with the file, if anything.
            _ => {
                let (images, record) = read_images(path)?;
                Source::Whole(images, record)
            }
        };
        Ok(Self { path: path.to_owned(), source })
    }

    /// Gives the shape (n, values per image).
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("images.npy");
    /// # ndarray_npy::write_npy(&path, &ndarray::array![[[0_u8, 255]], [[7, 9]], [[1, 2]]])?;
    /// assert_eq!(artifact::ImageFile::open(&path)?.dim(), (3, 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn dim(&self) -> (usize, usize) {
        match &self.source {
            Source::Rows(file) => file.dim(),
            Source::Whole(images, _) => images.dim(),
        }
    }

    /// Gives the shape that the array has in the file.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("images.npy");
    /// # ndarray_npy::write_npy(&path, &ndarray::array![[[0_u8, 255]], [[7, 9]], [[1, 2]]])?;
    /// assert_eq!(artifact::ImageFile::open(&path)?.shape(), [3, 1, 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shape(&self) -> &[usize] {
        match &self.source {
            Source::Rows(file) => &file.record().shape,
            Source::Whole(_, record) => &record.shape,
        }
    }

    /// Iterates over all images in order, `rows` at a time (at least one); the last block may have
    /// fewer.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("images.npy");
    /// # ndarray_npy::write_npy(&path, &ndarray::array![[[0_u8, 255]], [[7, 9]], [[1, 2]]])?;
    /// let blocks = artifact::ImageFile::open(&path)?.blocks(2);
    /// let rows = blocks.map(|images| Ok(images?.dim().0)).collect::<artifact::Result<Vec<_>>>()?;
    /// assert_eq!(rows, [2, 1]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn blocks(self, rows: usize) -> ImageBlocks {
        ImageBlocks {
            file: self,
            rows: rows.max(1),
            pass: Some(Pass::new()),
            record: None,
            largest: None,
        }
    }
}

impl Iterator for ImageBlocks {
    type Item = Result<Images>;

    fn next(&mut self) -> Option<Result<Images>> {
        let mut pass = self.pass.take()?;
        match self.following(&mut pass) {
            Ok(Some(images)) => {
                if let Pixels::U8(levels) = &images.pixels {
                    self.largest = self.largest.max(levels.iter().copied().max());
                }
                self.pass = Some(pass);
                Some(Ok(images))
            }
            Ok(None) => {
                self.record = Some(match &self.file.source {
                    Source::Rows(file) => {
                        FileRecord { sha256: pass.sha256(), ..file.record().clone() }
                    }
                    Source::Whole(_, record) => record.clone(),
                });
                None
            }
            Err(error) => Some(Err(error)),
        }
    }
}

impl ImageBlocks {
    /// Gives the record of the file for the provenance; `None` before the end and after an error.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("images.npy");
    /// # ndarray_npy::write_npy(&path, &ndarray::array![[[0_u8, 255]], [[7, 9]], [[1, 2]]])?;
    /// let mut blocks = artifact::ImageFile::open(&path)?.blocks(2);
    /// assert!(blocks.record().is_none());
    /// assert_eq!(blocks.by_ref().count(), 2);
    /// assert_eq!(blocks.record().map(|record| record.shape.len()), Some(3));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn record(&self) -> Option<&FileRecord> {
        self.record.as_ref()
    }

    /// Gives the warning of [`Images::scale_warning`] for all images; `None` before the end and
    /// after an error.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("images.npy");
    /// # ndarray_npy::write_npy(&path, &ndarray::array![[[0_u8, 255]], [[7, 9]], [[1, 2]]])?;
    /// let mut blocks = artifact::ImageFile::open(&path)?.blocks(2);
    /// assert_eq!(blocks.by_ref().count(), 2);
    /// assert!(blocks.scale_warning().is_none(), "levels up to 255 are as expected");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn scale_warning(&self) -> Option<String> {
        warning(self.record.as_ref()?, self.largest?)
    }

    /// Reads the next block; `None` after the last.
    fn following(&self, pass: &mut Pass) -> Result<Option<Images>> {
        let first = pass.rows;
        let pixels = match &self.file.source {
            Source::Rows(file) => pass.next(file, self.rows)?.map(|points| match points {
                Points::U8 { values, .. } => Ok(Pixels::U8(values)),
                Points::F32(values) => Ok(Pixels::F32(values)),
                Points::F64(values) => narrowed(&self.file.path, &values, first).map(Pixels::F32),
            }),
            Source::Whole(images, _) => {
                pass.rows = images.dim().0.min(first.saturating_add(self.rows));
                let block = s![first..pass.rows, ..];
                (first < pass.rows).then(|| match &images.pixels {
                    Pixels::U8(pixels) => Ok(Pixels::U8(pixels.slice(block).to_owned())),
                    Pixels::F32(pixels) => Ok(Pixels::F32(pixels.slice(block).to_owned())),
                })
            }
        };
        Ok(pixels.transpose()?.map(|pixels| Images { pixels }))
    }
}

/// Converts f64 to f32; `first` is the row of the file that the first row of `values` is.
fn narrowed(path: &Path, values: &Array2<f64>, first: usize) -> Result<Array2<f32>> {
    refuse_vanishing(path, values.view(), first)?;
    let narrowed = values.mapv(|value| value as f32);
    match narrowed.indexed_iter().find(|(_, value)| !value.is_finite()) {
        None => Ok(narrowed),
        Some(((row, column), &value)) => Err(not_finite(path, value.into(), first + row, column)),
    }
}
