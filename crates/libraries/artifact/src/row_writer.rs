//! Writes a `u1` array whose number of rows is known only when all are written.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::hash::Hashing;
use crate::header::npy_header;
use crate::output::Outputs;
use crate::pending::{Begun, Pending};
use crate::record::FileRecord;
use crate::{Error, Result};

const DTYPE: &str = "|u1";

/// A `u1` array that is being written, see [`Outputs::begin_rows`].
pub struct RowWriter {
    target: PathBuf,
    file: Begun,
    writer: Hashing<BufWriter<File>>,
    /// Shape of one row.
    row: Vec<usize>,
    expected: usize,
    rows: usize,
}

impl Outputs {
    /// Begins a `u1` array of rows of the shape `row`, of which about `expected` will be written.
    ///
    /// The array need not fit into memory. It becomes an output once it is given to
    /// [`Outputs::rows`]. If the number of rows is not the expected one, the file is read once more
    /// for its hash.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// use artifact::{Outputs, Provenance};
    ///
    /// let path = folder.path().join("images.npy");
    /// let mut outputs = Outputs::new();
    /// let mut images = outputs.begin_rows(&path, &[1, 2], 1000)?;
    /// images.write(&[0, 255])?;
    /// images.write(&[7, 9, 1, 2])?;
    /// outputs.rows(images)?;
    /// let written = outputs.commit(Provenance::default())?;
    /// assert_eq!(written.outputs[0].shape, [3, 1, 2]);
    /// assert_eq!(artifact::read_images(&path)?.1.sha256, written.outputs[0].sha256);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn begin_rows(&self, target: &Path, row: &[usize], expected: usize) -> Result<RowWriter> {
        self.refuse_taken(target)?;
        RowWriter::begin(target, row, expected)
    }

    /// Adds an array that was written by rows.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("images.npy");
    /// let mut outputs = artifact::Outputs::new();
    /// let images = outputs.begin_rows(&path, &[28, 28], 10)?;
    /// assert!(outputs.rows(images).is_ok(), "there may be no rows");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn rows(&mut self, array: RowWriter) -> Result<()> {
        let pending = array.finish()?;
        self.refuse_taken(&pending.target)?;
        self.push(pending);
        Ok(())
    }
}

impl RowWriter {
    fn begin(target: &Path, row: &[usize], expected: usize) -> Result<Self> {
        let file = Begun::new(target)?;
        let failed = |error| Error::write(target, error);
        let handle = file.temporary.as_file().try_clone().map_err(failed)?;
        let mut writer = Hashing::new(BufWriter::with_capacity(1 << 20, handle));
        let row = row.to_vec();
        writer.write_all(&header(expected, &row)).map_err(failed)?;
        Ok(Self { target: target.to_owned(), file, writer, row, expected, rows: 0 })
    }

    /// Writes the next rows.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("images.npy");
    /// let mut images = artifact::Outputs::new().begin_rows(&path, &[1, 2], 1)?;
    /// images.write(&[0, 255])?;
    /// assert!(images.write(&[7]).is_err(), "half a row");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The file cannot be written; `values` are not whole rows.
    pub fn write(&mut self, values: &[u8]) -> Result<()> {
        let failed = |error| Error::write(&self.target, error);
        let width = self.row.iter().product::<usize>();
        if width == 0 || !values.len().is_multiple_of(width) {
            let found = format!("{} values, which are not rows of {width}", values.len());
            return Err(failed(io::Error::other(found)));
        }
        self.rows += values.len() / width;
        self.writer.write_all(values).map_err(failed)
    }

    /// Completes the array, and writes its header anew if it has another number of rows.
    fn finish(self) -> Result<Pending> {
        let Self { target, file, writer, row, expected, rows } = self;
        let failed = |error| Error::write(&target, error);
        let (buffer, bytes, mut sha256) = writer.finish();
        let mut handle = buffer.into_inner().map_err(|error| failed(error.into_error()))?;
        if rows != expected {
            sha256 = corrected(&mut handle, &header(rows, &row), expected, &row).map_err(failed)?;
        }
        let path = target.display().to_string();
        let shape = [&[rows], row.as_slice()].concat();
        let record = FileRecord { path, dtype: Some(DTYPE.into()), shape, bytes, sha256 };
        file.complete(&target, record)
    }
}

/// Makes the header of an array of `rows` rows.
fn header(rows: usize, row: &[usize]) -> Vec<u8> {
    npy_header(DTYPE, false, &[&[rows], row].concat())
}

/// Writes `new` over the header for `expected` rows, and gives the SHA-256 of the whole file.
fn corrected(file: &mut File, new: &[u8], expected: usize, row: &[usize]) -> io::Result<String> {
    // A header fills 128 bytes whatever the number of rows, unless a row has very many axes.
    if new.len() != header(expected, row).len() {
        return Err(io::Error::other("the header has another length than the expected one"));
    }
    file.rewind()?;
    file.write_all(new)?;
    file.rewind()?;
    let mut hashing = Hashing::new(file);
    let mut block = vec![0; 1 << 20];
    while hashing.read(&mut block)? > 0 {}
    Ok(hashing.finish().2)
}
