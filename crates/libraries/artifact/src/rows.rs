//! Reads points a few rows at a time from their file.

use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use ndarray::Array2;

use crate::error::Refusal;
use crate::file::open;
use crate::hash::Hashing;
use crate::header::Header;
use crate::layout::{not_finite, rows_and_columns, shape_error};
use crate::points::Points;
use crate::record::FileRecord;
use crate::row_element::{Element, element};
use crate::{Error, Result};

/// Bytes of a block when the whole file is read: 4 MiB.
const BLOCK: usize = 4 << 20;

/// A file of points (n, d), or of images, whose rows are read when needed.
///
/// The rows are those that [`crate::read_points`] would give. Fewer files are accepted: `u1`, `f4`
/// and `f8` in either byte order, in C order.
#[derive(Debug)]
pub struct PointFile {
    file: File,
    path: PathBuf,
    element: Element,
    /// Whether the byte order of the file is not that of this machine.
    swapped: bool,
    /// Offset of the first row, in bytes.
    start: u64,
    n: usize,
    d: usize,
    scale: f64,
    largest: f64,
    record: FileRecord,
}

impl PointFile {
    /// Opens `path`, checks every value, and hashes the file for its record.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("points.npy");
    /// # ndarray_npy::write_npy(&path, &ndarray::array![[0.0, 1.0], [2.0, -3.0], [4.0, 5.0]])?;
    /// let file = artifact::PointFile::open(&path)?;
    /// assert_eq!(file.dim(), (3, 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A file that cannot be read or is no such array; no rows or columns; a value that is not
    /// finite (the message names the first).
    pub fn open(path: &Path) -> Result<Self> {
        let expected = "points: an array of shape (n, d), or images (n, height, width) or \
                        (n, height, width, 3)";
        let mut file = Self::begin(path, expected)?;
        let (mut pass, mut largest) = (Pass::new(), 0.0_f64);
        while let Some(points) = pass.next(&file, file.block_rows())? {
            largest = largest.max(match &points {
                Points::U8 { values, .. } => values.iter().copied().max().map_or(0.0, f64::from),
                Points::F32(values) => {
                    f64::from(values.iter().fold(0.0, |most: f32, x| most.max(x.abs())))
                }
                Points::F64(values) => values.iter().fold(0.0, |most: f64, x| most.max(x.abs())),
            });
        }
        (file.largest, file.record.sha256) = (largest, pass.sha256());
        Ok(file)
    }

    /// Opens `path` and reads its header alone: values are not checked, and the record has no hash.
    /// `expected` describes the array in error messages.
    pub(crate) fn begin(path: &Path, expected: &str) -> Result<Self> {
        let refuse = |refusal: Refusal| refusal.at(path, expected);
        let (file, length) = open(path)?;
        let header = Header::read(&mut &file).map_err(refuse)?;
        let element = element(path, &header)?;
        header.check_length(element.size() as u64, length).map_err(refuse)?;
        let (n, d) = rows_and_columns(&header.shape)
            .ok_or_else(|| shape_error(path, expected, &header.shape))?;
        let (gray_levels, big) = (matches!(element, Element::U8), header.dtype.starts_with('>'));
        Ok(Self {
            file,
            path: path.to_owned(),
            element,
            swapped: big != cfg!(target_endian = "big"),
            start: header.length,
            n,
            d,
            scale: if gray_levels && header.shape.len() > 2 { 1.0 / 255.0 } else { 1.0 },
            largest: 0.0,
            record: FileRecord {
                path: path.display().to_string(),
                dtype: Some(header.dtype),
                shape: header.shape,
                bytes: length,
                sha256: String::new(),
            },
        })
    }

    /// Gives the shape (n, d).
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("points.npy");
    /// # ndarray_npy::write_npy(&path, &ndarray::array![[0.0, 1.0], [2.0, -3.0], [4.0, 5.0]])?;
    /// let file = artifact::PointFile::open(&path)?;
    /// assert_eq!(file.dim(), (3, 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn dim(&self) -> (usize, usize) {
        (self.n, self.d)
    }

    /// Gives the largest absolute value, as it is stored.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("points.npy");
    /// # ndarray_npy::write_npy(&path, &ndarray::array![[0.0, 1.0], [2.0, -3.0], [4.0, 5.0]])?;
    /// let file = artifact::PointFile::open(&path)?;
    /// assert_eq!(file.largest(), 5.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn largest(&self) -> f64 {
        self.largest
    }

    /// Whether values are gray levels of images, which are divided by 255.
    pub(crate) fn has_gray_levels(&self) -> bool {
        self.scale != 1.0
    }

    /// Gives the record of the file for the provenance.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("points.npy");
    /// # ndarray_npy::write_npy(&path, &ndarray::array![[0.0, 1.0], [2.0, -3.0], [4.0, 5.0]])?;
    /// let file = artifact::PointFile::open(&path)?;
    /// assert_eq!(file.record().dtype.as_deref(), Some("<f8"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn record(&self) -> &FileRecord {
        &self.record
    }

    /// Reads the rows with these indices, which ascend. Adjacent rows are read at once.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("points.npy");
    /// # ndarray_npy::write_npy(&path, &ndarray::array![[0.0, 1.0], [2.0, -3.0], [4.0, 5.0]])?;
    /// let file = artifact::PointFile::open(&path)?;
    /// let rows = file.read(&[0, 2])?;
    /// assert_eq!(rows, artifact::Points::F64(ndarray::array![[0.0, 1.0], [4.0, 5.0]]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// If an index is not below n.
    ///
    /// # Errors
    /// A file that can no longer be read, or that now has a value that is not finite.
    pub fn read(&self, rows: &[usize]) -> Result<Points> {
        let width = self.d * self.element.size();
        let mut bytes = vec![0; rows.len() * width];
        let mut rest = bytes.as_mut_slice();
        for run in rows.chunk_by(|a, b| a + 1 == *b) {
            let (part, after) = rest.split_at_mut(run.len() * width);
            self.fill(run[0], part)?;
            rest = after;
        }
        self.points(bytes, |row| rows[row])
    }

    /// Iterates over all rows in order, `rows` at a time; the last block may have fewer.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("points.npy");
    /// # ndarray_npy::write_npy(&path, &ndarray::array![[0.0, 1.0], [2.0, -3.0], [4.0, 5.0]])?;
    /// let file = artifact::PointFile::open(&path)?;
    /// let rows = file.blocks(2).map(|block| Ok(block?.dim().0));
    /// assert_eq!(rows.collect::<artifact::Result<Vec<_>>>()?, [2, 1]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn blocks(&self, rows: usize) -> impl Iterator<Item = Result<Points>> {
        self.ranges(rows).map(|block| self.points(self.bytes(&block)?, |row| block.start + row))
    }

    /// Gives the number of rows in 4 MiB, at least 1: a good size for a block.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("points.npy");
    /// # ndarray_npy::write_npy(&path, &ndarray::array![[0.0, 1.0], [2.0, -3.0], [4.0, 5.0]])?;
    /// let file = artifact::PointFile::open(&path)?;
    /// assert_eq!(file.block_rows(), 262_144);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn block_rows(&self) -> usize {
        (BLOCK / (self.d * self.element.size())).max(1)
    }

    fn ranges(&self, rows: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let n = self.n;
        (0..n)
            .step_by(rows.max(1))
            .map(move |start| start..n.min(start.saturating_add(rows.max(1))))
    }

    fn bytes(&self, rows: &Range<usize>) -> Result<Vec<u8>> {
        let mut bytes = vec![0; rows.len() * self.d * self.element.size()];
        self.fill(rows.start, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads rows from `row` on until `bytes` is full.
    fn fill(&self, row: usize, bytes: &mut [u8]) -> Result<()> {
        let width = self.d * self.element.size();
        let last = row + bytes.len() / width;
        assert!(last <= self.n, "row {} of {}", last - 1, self.n);
        let offset = self.start + row as u64 * width as u64;
        self.file.read_exact_at(bytes, offset).map_err(|error| Error::read(&self.path, error))
    }

    /// Decodes `bytes` to points; `row` gives the row of the file for a row of these points.
    fn points(&self, bytes: Vec<u8>, row: impl Fn(usize) -> usize) -> Result<Points> {
        let swapped = self.swapped;
        Ok(match self.element {
            Element::U8 => Points::U8 { values: self.matrix(bytes), scale: self.scale },
            Element::F32 => {
                let decode = |x: &[u8; 4]| match swapped {
                    true => f32::from_bits(u32::from_ne_bytes(*x).swap_bytes()),
                    false => f32::from_ne_bytes(*x),
                };
                let values: Vec<f32> = bytes.as_chunks().0.iter().map(decode).collect();
                self.refuse_non_finite(values.iter().position(|x| !x.is_finite()), row, |i| {
                    f64::from(values[i])
                })?;
                Points::F32(self.matrix(values))
            }
            Element::F64 => {
                let decode = |x: &[u8; 8]| match swapped {
                    true => f64::from_bits(u64::from_ne_bytes(*x).swap_bytes()),
                    false => f64::from_ne_bytes(*x),
                };
                let values: Vec<f64> = bytes.as_chunks().0.iter().map(decode).collect();
                self.refuse_non_finite(values.iter().position(|x| !x.is_finite()), row, |i| {
                    values[i]
                })?;
                Points::F64(self.matrix(values))
            }
        })
    }

    fn matrix<T>(&self, values: Vec<T>) -> Array2<T> {
        let rows = values.len() / self.d;
        Array2::from_shape_vec((rows, self.d), values).expect("whole rows were read")
    }

    fn refuse_non_finite(
        &self,
        first: Option<usize>,
        row: impl Fn(usize) -> usize,
        value: impl Fn(usize) -> f64,
    ) -> Result<()> {
        match first {
            None => Ok(()),
            Some(i) => Err(not_finite(&self.path, value(i), row(i / self.d), i % self.d)),
        }
    }
}

/// A pass through a file from beginning to end, which hashes it.
#[derive(Debug)]
pub(crate) struct Pass {
    hashing: Hashing<io::Sink>,
    /// Number of rows that were read.
    pub(crate) rows: usize,
}

impl Pass {
    /// Starts before the first row.
    pub(crate) fn new() -> Self {
        Self { hashing: Hashing::new(io::sink()), rows: 0 }
    }

    /// Reads up to `most` next rows of `file`, the same file each time; `None` at its end.
    ///
    /// # Errors
    /// A file that cannot be read; a value that is not finite (the message names the first).
    pub(crate) fn next(&mut self, file: &PointFile, most: usize) -> Result<Option<Points>> {
        let refused = |error| Error::read(&file.path, error);
        if self.rows == 0 {
            let mut header = vec![0; file.start as usize];
            file.file.read_exact_at(&mut header, 0).map_err(refused)?;
            self.hashing.write_all(&header).map_err(refused)?;
        }
        let block = self.rows..file.n.min(self.rows.saturating_add(most));
        if block.is_empty() {
            return Ok(None);
        }
        let bytes = file.bytes(&block)?;
        self.hashing.write_all(&bytes).map_err(refused)?;
        self.rows = block.end;
        file.points(bytes, |row| block.start + row).map(Some)
    }

    /// Gives the SHA-256 of everything that was read, in hexadecimal.
    pub(crate) fn sha256(self) -> String {
        self.hashing.finish().2
    }
}
