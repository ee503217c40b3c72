//! Writing: temporary names in the target's own folder, then rename.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use ndarray::{ArrayBase, ArrayView2, Data, Dimension};
use ndarray_npy::{NpzWriter, WritableElement, WriteNpyError, WriteNpyExt, WriteNpzError};
use tempfile::NamedTempFile;

use crate::hash::Hashing;
use crate::header::npy_header;
use crate::provenance::provenance_path;
use crate::temporary::{remove_leftovers, temporary_in};
use crate::{Error, FileRecord, Provenance, Result};

/// The outputs of one run of a stage, each prepared under a temporary name, all renamed at the end.
///
/// Dropped before [`Outputs::commit`], it leaves nothing behind.
#[derive(Default)]
pub struct Outputs {
    pending: Vec<Pending>,
}

/// A complete file under a temporary name.
struct Pending {
    target: PathBuf,
    temporary: NamedTempFile,
    record: FileRecord,
}

impl Outputs {
    /// No outputs yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Refuses a target that could not be written later: for stages that work for minutes before they write. Leaves
    /// nothing behind, not even a folder.
    ///
    /// # Errors
    /// A target that is a folder, or whose folder cannot be made or written to.
    pub fn check(target: &Path) -> Result<()> {
        let folder = folder_of(target)?;
        let existing = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."));
        let existing = if existing == Path::new("") { Path::new(".") } else { existing };
        // Without a name, so that not even a kill leaves it behind.
        tempfile::tempfile_in(existing).map(drop).map_err(|error| Error::write(target, error))
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

    /// Adds an `.npz` archive that `fill` puts arrays into.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn npz(
        &mut self,
        target: &Path,
        fill: impl FnOnce(&mut NpzWriter<std::io::Cursor<Vec<u8>>>) -> std::result::Result<(), WriteNpzError>,
    ) -> Result<()> {
        // A zip writer seeks back into what it wrote, so the archive is made in memory: models are small.
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

    /// Renames all files to their final names, with `provenance` beside each, and gives it back with the outputs in it.
    ///
    /// Provenance comes first, then the outputs, the one that was added first last of all: where that one is, everything
    /// else is too, so a run that was killed half-way is seen to be incomplete by looking at one file. An old file may
    /// then stand beside a provenance whose SHA-256 is not its own, until the next run replaces it. Two runs that write the same
    /// files rename them one after the other, never in turns: what is there in the end is all from one of them.
    ///
    /// # Errors
    /// An output that is also an input; a file that cannot be renamed.
    pub fn commit(self, provenance: Provenance) -> Result<Provenance> {
        let inputs = provenance.inputs.iter().map(|input| Path::new(&input.path));
        for input in inputs.filter(|input| input.exists()) {
            if let Some(pending) = self.pending.iter().find(|pending| same_file(&pending.target, input)) {
                let cure = "give the output another name";
                return Err(Error::content(&pending.target, "a file to write", "an input of this run", cure));
            }
        }
        let folders = lock_folders(&self.pending)?;
        let outputs: Vec<FileRecord> = self.pending.iter().map(|pending| pending.record.clone()).collect();
        let provenance = Provenance { outputs, ..provenance };
        let mut beside = Self::new();
        for pending in &self.pending {
            let target = provenance_path(&pending.target);
            let mut text = serde_json::to_string_pretty(&provenance)
                .map_err(|error| Error::write(&target, std::io::Error::other(error)))?;
            text.push('\n');
            beside.bytes(&target, text.as_bytes())?;
        }
        beside.pending.into_iter().chain(self.pending.into_iter().rev()).try_for_each(Pending::rename)?;
        // The names are on the disk too. Not every file system can be asked for that.
        folders.iter().for_each(|folder| drop(folder.sync_all()));
        Ok(provenance)
    }

    /// Begins an `f4` array of `shape` whose rows are written block by block, so that it need not fit into memory. It counts
    /// once it is given back to [`Outputs::blocks`].
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn begin_blocks(&self, target: &Path, shape: &[usize]) -> Result<BlockWriter> {
        let file = self.begin(target)?;
        let failed = |error| Error::write(target, error);
        let handle = file.as_file().try_clone().map_err(failed)?;
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
        self.complete(&target, file, record)
    }

    fn add(
        &mut self,
        target: &Path,
        dtype: Option<String>,
        shape: Vec<usize>,
        write: impl FnOnce(&mut Hashing<BufWriter<&mut File>>) -> std::io::Result<()>,
    ) -> Result<()> {
        let mut file = self.begin(target)?;
        let failed = |error| Error::write(target, error);
        let mut writer = Hashing::new(BufWriter::with_capacity(1 << 20, file.as_file_mut()));
        write(&mut writer).map_err(failed)?;
        let (buffer, bytes, sha256) = writer.finish();
        buffer.into_inner().map_err(|error| failed(error.into_error()))?;
        let record = FileRecord { path: target.display().to_string(), dtype, shape, bytes, sha256 };
        self.complete(target, file, record)
    }

    /// An empty file that is to become `target`.
    fn begin(&self, target: &Path) -> Result<NamedTempFile> {
        self.refuse_taken(target)?;
        let folder = folder_of(target)?;
        fs::create_dir_all(folder).map_err(|error| Error::write(target, error))?;
        remove_leftovers(folder, target);
        temporary_in(folder, target)
    }

    /// Refuses a name that another output has, or its provenance.
    fn refuse_taken(&self, target: &Path) -> Result<()> {
        let taken = |pending: &Pending| {
            pending.target == target
                || provenance_path(&pending.target) == target
                || pending.target == provenance_path(target)
        };
        if self.pending.iter().any(taken) {
            let cure = "give each output a name of its own";
            return Err(Error::content(target, "a file to write", "another output of this run", cure));
        }
        Ok(())
    }

    /// A file that is written, to be renamed with the others.
    fn complete(&mut self, target: &Path, file: NamedTempFile, record: FileRecord) -> Result<()> {
        self.refuse_taken(target)?;
        file.as_file().sync_all().map_err(|error| Error::write(target, error))?;
        self.pending.push(Pending { target: target.to_owned(), temporary: file, record });
        Ok(())
    }
}

/// An `f4` array on its way into a file, see [`Outputs::begin_blocks`].
pub struct BlockWriter {
    target: PathBuf,
    file: NamedTempFile,
    writer: Hashing<BufWriter<File>>,
    shape: Vec<usize>,
    /// Values that are still to come.
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

/// Writes `bytes` to `target` now, without provenance: for the state of work under way, which is no result. The old file stays
/// until the new one is complete.
///
/// # Errors
/// The file cannot be written.
pub fn replace(target: &Path, bytes: &[u8]) -> Result<()> {
    let mut outputs = Outputs::new();
    outputs.bytes(target, bytes)?;
    outputs.pending.into_iter().try_for_each(Pending::rename)
}

impl Pending {
    fn rename(self) -> Result<()> {
        let renamed = self.temporary.persist(&self.target);
        renamed.map(drop).map_err(|error| Error::write(&self.target, error.error))
    }
}

/// The folders that outputs are to appear in, each locked until it is dropped, always in the same order.
fn lock_folders(pending: &[Pending]) -> Result<Vec<File>> {
    let mut folders = Vec::new();
    for Pending { target, .. } in pending {
        folders.push(parent(target).canonicalize().map_err(|error| Error::write(target, error))?);
    }
    folders.sort();
    folders.dedup();
    let open = |folder: PathBuf| {
        let folder = File::open(&folder).map_err(|error| Error::write(&folder, error))?;
        // A file system without locks leaves two runs at the same time to whoever starts them.
        let _ = folder.lock();
        Ok(folder)
    };
    folders.into_iter().map(open).collect()
}

/// The folder that `target` lies in, which need not exist.
fn folder_of(target: &Path) -> Result<&Path> {
    let found = match fs::metadata(target) {
        _ if target.file_name().is_none() => Some("a folder"),
        Ok(there) if there.is_dir() => Some("a folder"),
        // A rename would put a file in the place of a device or a pipe.
        Ok(there) if !there.is_file() => Some("something that is not a file"),
        _ => None,
    };
    if let Some(found) = found {
        return Err(Error::content(target, "the path of a file to write", found, "name a file"));
    }
    Ok(parent(target))
}

/// The path of it.
fn parent(target: &Path) -> &Path {
    target.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."))
}

/// Whether both paths lead to one file that exists.
fn same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}
