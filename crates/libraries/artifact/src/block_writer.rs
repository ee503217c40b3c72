//! Writes an array block by block.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use ndarray::ArrayView2;

use crate::hash::Hashing;
use crate::header::npy_header;
use crate::pending::{Begun, Pending};
use crate::record::FileRecord;
use crate::{Error, Result};

/// An `f4` array that is being written, see [`crate::Outputs::begin_blocks`].
pub struct BlockWriter {
    target: PathBuf,
    file: Begun,
    writer: Hashing<BufWriter<File>>,
    shape: Vec<usize>,
    /// Number of values that are still to be written.
    left: usize,
}

impl BlockWriter {
    /// Begins an array of `shape` that is to be at `target`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn begin(target: &Path, shape: &[usize]) -> Result<Self> {
        let file = Begun::new(target)?;
        let failed = |error| Error::write(target, error);
        let handle = file.temporary.as_file().try_clone().map_err(failed)?;
        let mut writer = Hashing::new(BufWriter::with_capacity(1 << 20, handle));
        writer.write_all(&npy_header("<f4", false, shape)).map_err(failed)?;
        let left = shape.iter().product();
        Ok(Self { target: target.to_owned(), file, writer, shape: shape.to_vec(), left })
    }

    /// Completes the array.
    ///
    /// # Errors
    /// The file cannot be written, or has fewer values than its shape promises.
    pub(crate) fn finish(self) -> Result<Pending> {
        let Self { target, file, writer, shape, left } = self;
        let failed = |error| Error::write(&target, error);
        if left != 0 {
            return Err(failed(std::io::Error::other(format!("{left} values are missing"))));
        }
        let (buffer, bytes, sha256) = writer.finish();
        buffer.into_inner().map_err(|error| failed(error.into_error()))?;
        let path = target.display().to_string();
        let record = FileRecord { path, dtype: Some("<f4".into()), shape, bytes, sha256 };
        file.complete(&target, record)
    }

    /// Writes the next rows.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("latents.npy");
    /// let mut latents = artifact::Outputs::new().begin_blocks(&path, &[1, 2])?;
    /// latents.write(ndarray::array![[0.0, 1.0]].view())?;
    /// let more = latents.write(ndarray::array![[2.0, 3.0]].view());
    /// assert!(more.is_err(), "there is one row alone");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The file cannot be written; more values than its shape promises.
    pub fn write(&mut self, rows: ArrayView2<f32>) -> Result<()> {
        let failed = |error| Error::write(&self.target, error);
        self.left = self
            .left
            .checked_sub(rows.len())
            .ok_or_else(|| failed(std::io::Error::other("more values than were promised")))?;
        let bytes: Vec<u8> = rows.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.writer.write_all(&bytes).map_err(failed)
    }
}
