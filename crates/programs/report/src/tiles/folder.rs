//! A folder of grids that appears complete or not at all, beside those of former pages.
//!
//! In the folder that the user names, each set of grids has a folder of its own, which is called
//! by what is in it. So a page never shows the tiles of another one, and a former page keeps its
//! tiles until the new page is written.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use artifact::Outputs;
use tempfile::TempDir;

/// Start and end of the name of a temporary folder.
const PREFIX: &str = ".tiles.";
const SUFFIX: &str = ".tmp";

/// Letters of the name of a set of grids, which depend on its content.
pub const KEY_LETTERS: usize = 16;

/// Checks that tiles can be written into `place`: it is missing, empty or has tiles alone.
///
/// # Errors
/// Fails if it is a file or a link, has anything else in it, or cannot be written to.
pub fn check(place: &Path) -> anyhow::Result<()> {
    let shown = place.display();
    let hint = "give --tiles a name that is not taken";
    match fs::symlink_metadata(place) {
        Ok(there) if there.is_symlink() => {
            bail!("{shown}: expected a folder of tiles, found a symbolic link; {hint}")
        }
        Ok(there) if !there.is_dir() => {
            bail!("{shown}: expected a folder of tiles, found a file; {hint}")
        }
        Ok(_) => {
            for entry in fs::read_dir(place).with_context(|| shown.to_string())? {
                let entry = entry.with_context(|| shown.to_string())?;
                if !is_key(&entry) && !is_temporary(&entry) {
                    let name = entry.file_name();
                    let name = name.to_string_lossy();
                    bail!("{shown}: expected a folder of tiles alone, found {name} in it; {hint}");
                }
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| shown.to_string()),
    }
    Ok(Outputs::check(&place.join("grid"))?)
}

/// Tells whether an entry is a folder of grids: by its name, and by the names in it.
fn is_key(entry: &fs::DirEntry) -> bool {
    let digits = |name: &str| name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_grid = |entry: std::io::Result<fs::DirEntry>| {
        let name = entry.map(|entry| entry.file_name()).unwrap_or_default();
        name.to_str().and_then(|name| name.strip_suffix(".webp")).is_some_and(digits)
    };
    entry.file_name().to_str().is_some_and(|name| name.len() == KEY_LETTERS && digits(name))
        && entry.file_type().is_ok_and(|kind| kind.is_dir())
        && fs::read_dir(entry.path()).is_ok_and(|mut grids| grids.all(is_grid))
}

fn is_temporary(entry: &fs::DirEntry) -> bool {
    let name = entry.file_name();
    name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX))
        && entry.file_type().is_ok_and(|kind| kind.is_dir())
}

/// A set of grids under a temporary name.
///
/// If it is dropped before [`Unfinished::finish`], it is removed with everything in it.
pub struct Unfinished {
    temporary: TempDir,
    place: PathBuf,
    /// Whether the folder was made for it.
    new: bool,
    /// The open folder, whose lock shows other runs that it is in use.
    _lock: File,
}

impl Unfinished {
    /// Makes an empty set in the folder `place`, and removes those of runs that were killed.
    ///
    /// # Errors
    /// Fails if the folder cannot be made.
    pub fn begin(place: &Path) -> anyhow::Result<Self> {
        let failed = || format!("{}: cannot make this folder", place.display());
        let new = !place.exists();
        fs::create_dir_all(place).with_context(failed)?;
        for entry in fs::read_dir(place).with_context(failed)?.flatten() {
            let unused = || File::open(entry.path()).is_ok_and(|folder| folder.try_lock().is_ok());
            if is_temporary(&entry) && unused() {
                fs::remove_dir_all(entry.path()).with_context(failed)?;
            }
        }
        let temporary = temporary_in(place).with_context(failed)?;
        let lock = File::open(temporary.path()).with_context(failed)?;
        // On a file system without locks, other runs take this folder for one that was left.
        let _ = lock.lock();
        Ok(Self { temporary, place: place.to_owned(), new, _lock: lock })
    }

    /// Returns the path that grids are written to.
    pub fn path(&self) -> &Path {
        self.temporary.path()
    }

    /// Renames the set to `key`, which stands for its content.
    ///
    /// # Errors
    /// Fails if it cannot be renamed.
    pub fn finish(self, key: &str) -> anyhow::Result<Kept> {
        let own = self.place.join(key);
        let failed = || format!("{}: cannot make this folder", own.display());
        let known = own.exists();
        // A set of this name has the same content, unless something has happened to its files.
        let former = temporary_in(&self.place).with_context(failed)?;
        if known {
            fs::rename(&own, former.path().join(key)).with_context(failed)?;
        }
        fs::rename(self.temporary.path(), &own).with_context(failed)?;
        let _ = self.temporary.keep();
        let _ = File::open(&self.place).and_then(|folder| folder.sync_all());
        Ok(Kept { own, place: self.place, drop: !known, new: self.new })
    }
}

fn temporary_in(place: &Path) -> std::io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    // 0777 less the umask, as for any new folder; the default of tempfile is 0700.
    builder.prefix(PREFIX).suffix(SUFFIX).permissions(fs::Permissions::from_mode(0o777));
    builder.tempdir_in(place)
}

/// A set of grids that is removed again unless it is kept.
pub struct Kept {
    own: PathBuf,
    place: PathBuf,
    drop: bool,
    new: bool,
}

impl Kept {
    /// Keeps the set, and removes other sets from the folder.
    pub fn keep(mut self) {
        self.drop = false;
        let entries = fs::read_dir(&self.place).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| is_key(entry) && entry.path() != self.own) {
            // A folder that cannot be removed does no harm.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if self.drop {
            let _ = fs::remove_dir_all(&self.own);
            if self.new {
                let _ = fs::remove_dir(&self.place);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_others_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("tiles");
        assert!(check(&place).is_ok() && !place.exists());
        fs::create_dir(&place).unwrap();
        assert!(check(&place).is_ok());
        let key = place.join("0123456789abcdef");
        fs::create_dir(&key).unwrap();
        fs::write(key.join("00000.webp"), "").unwrap();
        assert!(check(&place).is_ok(), "that is ours");
        fs::write(key.join("photo.webp"), "").unwrap();
        assert!(check(&place).unwrap_err().to_string().contains("found 0123456789abcdef in it"));
        fs::remove_file(key.join("photo.webp")).unwrap();
        fs::write(place.join("notes.txt"), "").unwrap();
        assert!(check(&place).unwrap_err().to_string().contains("found notes.txt in it"));
        assert!(check(&place.join("notes.txt")).unwrap_err().to_string().contains("found a file"));
        std::os::unix::fs::symlink(&place, folder.path().join("link")).unwrap();
        let told = check(&folder.path().join("link")).unwrap_err().to_string();
        assert!(told.contains("found a symbolic link"), "{told}");
    }

    #[test]
    fn what_a_killed_run_left_goes_and_what_another_writes_stays() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("tiles");
        let other = Unfinished::begin(&place).unwrap();
        let left = place.join(".tiles.abc123.tmp");
        fs::create_dir(&left).unwrap();
        fs::write(left.join("00000.webp"), "").unwrap();
        let own = Unfinished::begin(&place).unwrap();
        assert!(!left.exists() && other.path().exists());
        drop((own, other));
        assert_eq!(fs::read_dir(&place).unwrap().count(), 0);
    }
}
