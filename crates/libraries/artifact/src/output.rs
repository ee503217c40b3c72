//! Writes files under temporary names in their own folders, and then renames them.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use ndarray::{ArrayBase, ArrayView2, Data, Dimension};
use ndarray_npy::{NpzWriter, WritableElement, WriteNpyError, WriteNpyExt, WriteNpzError};

use crate::hash::Hashing;
use crate::header::npy_header;
use crate::paths::{parent, sidecar_path};
use crate::pending::{Begun, Pending};
use crate::place::{Identity, check_target, sync};
use crate::provenance::Provenance;
use crate::record::FileRecord;
use crate::{Error, Result};

/// The outputs of one run, each written under a temporary name, all renamed at the end.
///
/// If it is dropped before [`Outputs::commit`], nothing is left behind.
#[derive(Default)]
pub struct Outputs {
    pending: Vec<Pending>,
}

impl Outputs {
    /// Makes an empty set of outputs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Checks that `target` and its provenance can be written later.
    ///
    /// Meant for programs that compute for minutes before they write. Leaves nothing behind, not
    /// even a folder. [`crate::check_files`] checks all files of a run.
    ///
    /// # Errors
    /// A target that is a folder, or whose folder cannot be made or written to; a name that is too
    /// long.
    pub fn check(target: &Path) -> Result<()> {
        check_target(target)
    }

    /// Adds an array.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn npy<T, S, D>(&mut self, target: &Path, array: &ArrayBase<S, D>) -> Result<()>
    where
        T: WritableElement,
        S: Data<Elem = T>,
        D: Dimension,
    {
        let dtype = match T::type_descriptor() {
            py_literal::Value::String(descr) => Some(descr),
            structured => Some(structured.to_string()),
        };
        self.add(target, dtype, array.shape().to_vec(), |writer| {
            array.write_npy(writer).map_err(|error| match error {
                WriteNpyError::Io(error) => error,
                other => std::io::Error::other(other),
            })
        })
    }

    /// Adds an `.npz` archive; `fill` writes the arrays into it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn npz(
        &mut self,
        target: &Path,
        fill: impl FnOnce(
            &mut NpzWriter<std::io::Cursor<Vec<u8>>>,
        ) -> std::result::Result<(), WriteNpzError>,
    ) -> Result<()> {
        // A zip writer seeks back in its output, so the archive is made in memory: models are
        // small.
        let mut archive = NpzWriter::new(std::io::Cursor::new(Vec::new()));
        let bytes = fill(&mut archive).and_then(|()| archive.finish());
        let bytes = bytes.map_err(|error| Error::write(target, std::io::Error::other(error)))?;
        self.bytes(target, bytes.get_ref())
    }

    /// Adds a file of any other kind.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn bytes(&mut self, target: &Path, bytes: &[u8]) -> Result<()> {
        self.add(target, None, Vec::new(), |writer| writer.write_all(bytes))
    }

    /// Renames all files to their final names, each with `provenance` as its sidecar.
    ///
    /// Gives the provenance back with the outputs in it. The provenance files are renamed first,
    /// then the outputs, and the output that was added first is the last of all. If that one is
    /// there, so is everything else: one file tells whether a run that was killed was complete.
    /// Until the next run replaces it, an old file may then have a provenance with another SHA-256.
    ///
    /// A lock on the folders keeps two runs that write the same files from mixing: all files are
    /// from the run that renamed last.
    ///
    /// # Errors
    /// An output that is also an input; a file that cannot be renamed.
    pub fn commit(self, provenance: Provenance) -> Result<Provenance> {
        let inputs = provenance.inputs.iter().map(|input| Path::new(&input.path));
        for input in inputs.filter(|input| input.exists()) {
            if let Some(pending) =
                self.pending.iter().find(|pending| same_file(&pending.place, input))
            {
                let cure = "give the output another name";
                return Err(Error::content(
                    &pending.target,
                    "a file to write",
                    "an input of this run",
                    cure,
                ));
            }
        }
        let folders = lock_folders(&self.pending)?;
        let outputs: Vec<FileRecord> =
            self.pending.iter().map(|pending| pending.record.clone()).collect();
        let provenance = Provenance { outputs, ..provenance };
        let mut sidecars = Vec::new();
        for pending in &self.pending {
            let target = sidecar_path(&pending.target);
            let mut text = serde_json::to_string_pretty(&provenance)
                .map_err(|error| Error::write(&target, std::io::Error::other(error)))?;
            text.push('\n');
            // If the sidecars of two outputs are links to one file, either may be written: they are
            // equal.
            sidecars.push(Pending::write(&target, None, Vec::new(), |writer| {
                writer.write_all(text.as_bytes())
            })?);
        }
        sidecars.into_iter().chain(self.pending.into_iter().rev()).try_for_each(Pending::rename)?;
        // Writes the names to the disk. Not every file system supports that, so errors are ignored.
        folders.iter().for_each(|folder| drop(folder.sync_all()));
        Ok(provenance)
    }

    /// Begins an `f4` array of `shape` whose rows are written block by block.
    ///
    /// The array need not fit into memory. It becomes an output once it is given to
    /// [`Outputs::blocks`].
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn begin_blocks(&self, target: &Path, shape: &[usize]) -> Result<BlockWriter> {
        self.refuse_taken(target)?;
        let file = Begun::new(target)?;
        let failed = |error| Error::write(target, error);
        let handle = file.temporary.as_file().try_clone().map_err(failed)?;
        let mut writer = Hashing::new(BufWriter::with_capacity(1 << 20, handle));
        writer.write_all(&npy_header("<f4", false, shape)).map_err(failed)?;
        let left = shape.iter().product();
        Ok(BlockWriter { target: target.to_owned(), file, writer, shape: shape.to_vec(), left })
    }

    /// Adds an array that was written block by block.
    ///
    /// # Errors
    /// The file cannot be written, or has fewer values than its shape promises.
    pub fn blocks(&mut self, array: BlockWriter) -> Result<()> {
        let BlockWriter { target, file, writer, shape, left } = array;
        let failed = |error| Error::write(&target, error);
        if left != 0 {
            return Err(failed(std::io::Error::other(format!("{left} values are missing"))));
        }
        let (buffer, bytes, sha256) = writer.finish();
        buffer.into_inner().map_err(|error| failed(error.into_error()))?;
        let path = target.display().to_string();
        let record = FileRecord { path, dtype: Some("<f4".into()), shape, bytes, sha256 };
        self.refuse_taken(&target)?;
        self.pending.push(file.complete(&target, record)?);
        Ok(())
    }

    fn add(
        &mut self,
        target: &Path,
        dtype: Option<String>,
        shape: Vec<usize>,
        write: impl FnOnce(&mut Hashing<BufWriter<&mut File>>) -> std::io::Result<()>,
    ) -> Result<()> {
        self.refuse_taken(target)?;
        self.pending.push(Pending::write(target, dtype, shape, write)?);
        Ok(())
    }

    /// Checks that no other output, and no provenance of one, has the name of `target`.
    fn refuse_taken(&self, target: &Path) -> Result<()> {
        let taken = |pending: &Pending| {
            same_file(&pending.target, target)
                || same_file(&sidecar_path(&pending.target), target)
                || same_file(&pending.target, &sidecar_path(target))
        };
        if self.pending.iter().any(taken) {
            let cure = "give each output a name of its own";
            return Err(Error::content(
                target,
                "a file to write",
                "another output of this run",
                cure,
            ));
        }
        Ok(())
    }
}

/// An `f4` array that is being written, see [`Outputs::begin_blocks`].
pub struct BlockWriter {
    target: PathBuf,
    file: Begun,
    writer: Hashing<BufWriter<File>>,
    shape: Vec<usize>,
    /// Number of values that are still to be written.
    left: usize,
}

impl BlockWriter {
    /// Writes the next rows.
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

/// Writes `bytes` to `target` at once, without provenance.
///
/// For the state of work in progress, which is no result. The old file stays until the new one is
/// complete.
///
/// # Errors
/// The file cannot be written.
pub fn write_atomic(target: &Path, bytes: &[u8]) -> Result<()> {
    let mut outputs = Outputs::new();
    outputs.bytes(target, bytes)?;
    for pending in outputs.pending {
        let place = pending.place.clone();
        pending.rename()?;
        sync(parent(&place));
    }
    Ok(())
}

/// Opens and locks the folders of the outputs, always in the same order. A lock ends when its file
/// is dropped.
fn lock_folders(pending: &[Pending]) -> Result<Vec<File>> {
    let mut folders = Vec::new();
    for Pending { target, place, .. } in pending {
        folders.push(parent(place).canonicalize().map_err(|error| Error::write(target, error))?);
    }
    folders.sort();
    folders.dedup();
    let open = |folder: PathBuf| {
        let folder = File::open(&folder).map_err(|error| Error::write(&folder, error))?;
        // If the file system knows no locks, two runs at the same time may mix their files.
        let _ = folder.lock();
        Ok(folder)
    };
    folders.into_iter().map(open).collect()
}

/// Whether both paths lead to the same file, which need not exist.
fn same_file(a: &Path, b: &Path) -> bool {
    matches!((Identity::of(a), Identity::of(b)), (Ok(a), Ok(b)) if a == b)
}
