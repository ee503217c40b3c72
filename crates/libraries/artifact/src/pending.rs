//! Writes files under temporary names, and renames them when they are complete.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::hash::Hashing;
use crate::paths::parent;
use crate::place::{destination, make_folder};
use crate::record::FileRecord;
use crate::temporary::{persist, remove_leftovers, temporary_for};
use crate::{Error, Result};

/// A file under a temporary name that is being written.
pub(crate) struct Begun {
    /// Path that the file is renamed to.
    place: PathBuf,
    pub(crate) temporary: NamedTempFile,
}

impl Begun {
    /// Makes an empty temporary file that is to become `target`.
    pub(crate) fn new(target: &Path) -> Result<Self> {
        let place = destination(target)?;
        let failed = |error| Error::write(target, error);
        make_folder(parent(&place)).map_err(failed)?;
        remove_leftovers(&place);
        let temporary = temporary_for(&place).map_err(failed)?;
        Ok(Self { place, temporary })
    }

    /// Completes the file: writes it to the disk.
    pub(crate) fn complete(self, target: &Path, record: FileRecord) -> Result<Pending> {
        let Self { place, temporary } = self;
        temporary.as_file().sync_all().map_err(|error| Error::write(target, error))?;
        Ok(Pending { target: target.to_owned(), place, temporary, record })
    }
}

/// A complete file under a temporary name.
pub(crate) struct Pending {
    /// The path as it was given.
    pub(crate) target: PathBuf,
    /// The path that `target` leads to, which the file is renamed to.
    pub(crate) place: PathBuf,
    temporary: NamedTempFile,
    pub(crate) record: FileRecord,
}

impl Pending {
    pub(crate) fn write(
        target: &Path,
        dtype: Option<String>,
        shape: Vec<usize>,
        write: impl FnOnce(&mut Hashing<BufWriter<&mut File>>) -> std::io::Result<()>,
    ) -> Result<Self> {
        let mut file = Begun::new(target)?;
        let failed = |error| Error::write(target, error);
        let mut writer =
            Hashing::new(BufWriter::with_capacity(1 << 20, file.temporary.as_file_mut()));
        write(&mut writer).map_err(failed)?;
        let (buffer, bytes, sha256) = writer.finish();
        buffer.into_inner().map_err(|error| failed(error.into_error()))?;
        let record = FileRecord { path: target.display().to_string(), dtype, shape, bytes, sha256 };
        file.complete(target, record)
    }

    pub(crate) fn rename(self) -> Result<()> {
        persist(self.temporary, &self.place).map_err(|error| Error::write(&self.target, error))
    }
}
