//! Writes files under temporary names in their own folders, and then renames them.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use ndarray::{ArrayBase, Data, Dimension};
use ndarray_npy::{NpzWriter, WritableElement, WriteNpyError, WriteNpyExt, WriteNpzError};

use crate::block_writer::BlockWriter;
use crate::hash::Hashing;
use crate::paths::{parent, sidecar_path};
use crate::pending::Pending;
use crate::place::{Identity, check_target};
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
    ///
    /// ```
    /// let outputs = artifact::Outputs::new();
    /// drop(outputs); // nothing was written
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Checks that `target` and its provenance can be written later.
    ///
    /// Call it before a long computation: it creates no file and no folder.
    /// [`crate::check_files`] checks all files of a run.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// assert!(artifact::Outputs::check(&folder.path().join("new/points.npy")).is_ok());
    /// assert!(artifact::Outputs::check(folder.path()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A target that is a folder, or whose folder cannot be made or written to; a name that is too
    /// long.
    pub fn check(target: &Path) -> Result<()> {
        check_target(target)
    }

    /// Adds an array.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// use artifact::{Outputs, Provenance};
    ///
    /// let path = folder.path().join("points.npy");
    /// let mut outputs = Outputs::new();
    /// outputs.npy(&path, &ndarray::array![[0.0_f32, 1.0]])?;
    /// outputs.commit(Provenance::default())?;
    /// assert!(path.exists());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// use artifact::{Outputs, Provenance};
    ///
    /// let path = folder.path().join("model.npz");
    /// let mut outputs = Outputs::new();
    /// outputs.npz(&path, |npz| npz.add_array("centroids", &ndarray::array![[0.0, 1.0]]))?;
    /// outputs.commit(Provenance::default())?;
    /// assert!(path.exists());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// use artifact::{Outputs, Provenance};
    ///
    /// let path = folder.path().join("scores.csv");
    /// let mut outputs = Outputs::new();
    /// outputs.bytes(&path, b"run,score\n1,0.5\n")?;
    /// outputs.commit(Provenance::default())?;
    /// assert!(path.exists());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// use artifact::{Outputs, Provenance};
    ///
    /// let path = folder.path().join("ids.npy");
    /// let mut outputs = Outputs::new();
    /// outputs.npy(&path, &ndarray::array![0, 1, 1])?;
    /// let provenance = Provenance { stage: "example".into(), ..Provenance::default() };
    /// let written = outputs.commit(provenance)?;
    /// assert_eq!(written.outputs[0].shape, [3]);
    /// assert!(folder.path().join("ids.npy.json").exists());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// An output that is also an input; a file that cannot be renamed.
    pub fn commit(self, provenance: Provenance) -> Result<Provenance> {
        let inputs = provenance.inputs.iter().map(|input| Path::new(&input.path));
        for input in inputs.filter(|input| input.exists()) {
            if let Some(pending) =
                self.pending.iter().find(|pending| same_file(&pending.place, input))
            {
                let hint = "give the output another name";
                return Err(Error::content(
                    &pending.target,
                    "a file to write",
                    "an input of this run",
                    hint,
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

    /// Gives the files, none of which was renamed.
    pub(crate) fn into_pending(self) -> Vec<Pending> {
        self.pending
    }

    /// Begins an `f4` array of `shape` whose rows are written block by block.
    ///
    /// The array need not fit into memory. It becomes an output once it is given to
    /// [`Outputs::blocks`].
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// use artifact::{Outputs, Provenance};
    ///
    /// let path = folder.path().join("latents.npy");
    /// let mut outputs = Outputs::new();
    /// let mut latents = outputs.begin_blocks(&path, &[2, 2])?;
    /// latents.write(ndarray::array![[0.0, 1.0]].view())?;
    /// latents.write(ndarray::array![[2.0, 3.0]].view())?;
    /// outputs.blocks(latents)?;
    /// outputs.commit(Provenance::default())?;
    /// assert_eq!(artifact::read_points(&path)?.0.dim(), (2, 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn begin_blocks(&self, target: &Path, shape: &[usize]) -> Result<BlockWriter> {
        self.refuse_taken(target)?;
        BlockWriter::begin(target, shape)
    }

    /// Adds an array that was written block by block.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("latents.npy");
    /// let mut outputs = artifact::Outputs::new();
    /// let latents = outputs.begin_blocks(&path, &[2, 2])?;
    /// assert!(outputs.blocks(latents).is_err(), "four values are missing");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The file cannot be written, or has fewer values than its shape promises.
    pub fn blocks(&mut self, array: BlockWriter) -> Result<()> {
        let pending = array.finish()?;
        self.refuse_taken(&pending.target)?;
        self.pending.push(pending);
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

    /// Adds a complete file.
    pub(crate) fn push(&mut self, pending: Pending) {
        self.pending.push(pending);
    }

    /// Checks that no other output, and no provenance of one, has the name of `target`.
    pub(crate) fn refuse_taken(&self, target: &Path) -> Result<()> {
        let taken = |pending: &Pending| {
            same_file(&pending.target, target)
                || same_file(&sidecar_path(&pending.target), target)
                || same_file(&pending.target, &sidecar_path(target))
        };
        if self.pending.iter().any(taken) {
            let hint = "give each output a name of its own";
            return Err(Error::content(
                target,
                "a file to write",
                "another output of this run",
                hint,
            ));
        }
        Ok(())
    }
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
