//! Makes a folder that appears complete or not at all.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use artifact::Outputs;
use tempfile::TempDir;

/// Number of random letters in the name of a temporary folder.
const DRAWN: usize = 6;
const SUFFIX: &str = ".tmp";

/// A folder under a temporary name, `.NAME.XXXXXX.tmp`, beside the place that it is renamed to.
///
/// If it is dropped before [`Unfinished::finish`], it is removed with everything in it.
pub struct Unfinished {
    temporary: TempDir,
    place: PathBuf,
    /// The open folder, whose lock shows other runs that it is in use.
    _lock: File,
}

/// Checks that a folder can be made at `place`: nothing is there, or an empty folder.
///
/// # Errors
/// A folder with something in it, a link or a file; a place that cannot be written to.
pub fn check(place: &Path) -> anyhow::Result<()> {
    let shown = place.display();
    let hint = "give --into a name that is not taken";
    let name = place
        .file_name()
        .with_context(|| format!("{shown}: expected a folder to make, found no name; {hint}"))?;
    // The links above the folder are followed, the folder itself must be none.
    match fs::symlink_metadata(parent(place).join(name)) {
        Ok(there) if there.is_symlink() => {
            bail!("{shown}: expected a folder to make, found a symbolic link; {hint}")
        }
        Ok(there) if !there.is_dir() => {
            bail!("{shown}: expected a folder to make, found a file; {hint}")
        }
        Ok(_) => {
            let mut entries = fs::read_dir(place).with_context(|| shown.to_string())?;
            if entries.next().is_some() {
                bail!("{shown}: expected a folder to make, found one that is not empty; {hint}");
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| shown.to_string()),
    }
    // The temporary folder lies in the same folder and has a longer name.
    let mut temporary = prefix(name);
    temporary.extend(b"000000.tmp");
    Outputs::check(&parent(place).join(OsStr::from_bytes(&temporary)))?;
    Ok(())
}

impl Unfinished {
    /// Makes an empty temporary folder that is to be at `place`.
    ///
    /// Warns of temporary folders of runs that were killed; they are not removed, because only the
    /// user knows that nothing of worth was put there.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn begin(place: &Path) -> anyhow::Result<Self> {
        let (above, name) = (parent(place), place.file_name().unwrap_or_default());
        let failed = || format!("{}: cannot make this folder", place.display());
        fs::create_dir_all(above).with_context(failed)?;
        for left in leftovers(above, name) {
            cli::warn(&format!(
                "{}: a run that was killed has left this folder; remove it",
                left.display()
            ));
        }
        let temporary = tempfile::Builder::new()
            .prefix(OsStr::from_bytes(&prefix(name)))
            .suffix(SUFFIX)
            .rand_bytes(DRAWN)
            // 0777 less the umask, as for any new folder; the default of tempfile is 0700.
            .permissions(fs::Permissions::from_mode(0o777))
            .tempdir_in(above)
            .with_context(failed)?;
        let lock = File::open(temporary.path()).with_context(failed)?;
        // On a file system without locks, other runs take this folder for one that was left.
        let _ = lock.lock();
        Ok(Self { temporary, place: place.to_owned(), _lock: lock })
    }

    /// Gives the temporary path of the folder.
    pub fn path(&self) -> &Path {
        self.temporary.path()
    }

    /// Renames the folder to its place.
    ///
    /// # Errors
    /// The place was taken in the meantime.
    pub fn finish(self) -> anyhow::Result<()> {
        // An empty folder at the place is replaced, anything else makes the rename fail.
        fs::rename(self.temporary.path(), &self.place)
            .with_context(|| format!("{}: cannot make this folder", self.place.display()))?;
        let _ = self.temporary.keep();
        let _ = File::open(parent(&self.place)).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

fn parent(place: &Path) -> &Path {
    match place.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Gives the start of the names of temporary folders: `.NAME.`.
fn prefix(name: &OsStr) -> Vec<u8> {
    [b".", name.as_bytes(), b"."].concat()
}

/// Lists temporary folders of `name` in the folder `above` that no process holds.
fn leftovers(above: &Path, name: &OsStr) -> Vec<PathBuf> {
    let prefix = prefix(name);
    let is_temporary = |found: &OsStr| {
        found.len() == prefix.len() + DRAWN + SUFFIX.len()
            && found.as_bytes().starts_with(&prefix)
            && found.as_bytes().ends_with(SUFFIX.as_bytes())
    };
    let entries = fs::read_dir(above).into_iter().flatten().flatten();
    let found = entries.filter(|entry| {
        is_temporary(&entry.file_name())
            && entry.file_type().is_ok_and(|kind| kind.is_dir())
            && File::open(entry.path()).is_ok_and(|folder| folder.try_lock().is_ok())
    });
    found.map(|entry| entry.path()).collect()
}
