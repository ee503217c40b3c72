//! Temporary files: `.NAME.XXXXXXCCCCCC.tmp` in the folder of the file they become.
//!
//! `XXXXXX` is random and `CCCCCC` is a hash of it and NAME, so that no file of a user looks like a
//! temporary one. The writer holds a lock on its file. The system releases the locks of a killed
//! process, so a temporary file that can be locked belongs to nobody. On a file system without
//! locks, only the process that made a temporary file removes it.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, TryLockError};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::NamedTempFile;

use crate::hash::sha256;
use crate::paths::{name, parent};

const SUFFIX: &str = ".tmp";
/// Number of random letters and digits in a name. As many more are a hash of them.
const DRAWN: usize = 6;
const CHECK: usize = 6;

/// Temporary files of this process that were not renamed yet. A signal handler removes them,
/// because no destructor runs when a signal ends a process.
static TEMPORARIES: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Removes every temporary file of this process, for signal handlers that are about to exit.
///
/// Afterwards the process can make no more of them.
///
/// ```standalone_crate
/// // The last but one thing that a signal handler does.
/// artifact::remove_temporaries();
/// ```
pub fn remove_temporaries() {
    let mut temporaries = TEMPORARIES.lock().unwrap_or_else(PoisonError::into_inner);
    for path in temporaries.drain(..) {
        let _ = fs::remove_file(path);
    }
    // A thread that is about to make another one waits for the lock until the process ends.
    std::mem::forget(temporaries);
}

/// Makes an empty, locked temporary file in the folder of `place`, which it is to become.
///
/// If a file is at `place`, the new one gets its mode, and its owner if this process may change
/// owners.
pub(crate) fn temporary_for(place: &Path) -> io::Result<NamedTempFile> {
    let replaced = fs::metadata(place).ok();
    // 0666 less the umask, as for any new file; the default of tempfile would be 0600.
    let mode = replaced.as_ref().map_or(0o666, |file| file.mode() & 0o7777);
    loop {
        let mut temporaries = TEMPORARIES.lock().unwrap_or_else(PoisonError::into_inner);
        let file = tempfile::Builder::new()
            .prefix(&temporary_name(&name(place), &drawn()))
            .rand_bytes(0)
            .permissions(fs::Permissions::from_mode(mode))
            .tempfile_in(parent(place));
        let file = match file {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            other => other?,
        };
        temporaries.push(file.path().to_owned());
        drop(temporaries);
        if let Some(replaced) = &replaced {
            take_over(file.as_file(), replaced)?;
        }
        // Between its creation and its lock another process may have removed it as a leftover.
        let kept = file.as_file().lock().is_err()
            || file.as_file().metadata().is_ok_and(|file| file.nlink() > 0);
        if kept {
            return Ok(file);
        }
    }
}

/// Gives `file` the mode of the file that it replaces, and its owner if possible.
fn take_over(file: &File, replaced: &fs::Metadata) -> io::Result<()> {
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (replaced.uid(), replaced.gid()) {
        let _ = fchown(file, Some(replaced.uid()), Some(replaced.gid()));
    }
    // The umask removed bits from the mode when the file was made.
    file.set_permissions(fs::Permissions::from_mode(replaced.mode() & 0o7777))
}

/// Renames `file` to `place`.
pub(crate) fn persist(file: NamedTempFile, place: &Path) -> io::Result<()> {
    let path = file.path().to_owned();
    file.persist(place).map_err(|error| error.error)?;
    TEMPORARIES
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .retain(|temporary| *temporary != path);
    Ok(())
}

/// Removes temporary files of `place` that killed processes left behind.
pub(crate) fn remove_leftovers(place: &Path) {
    let name = name(place);
    for entry in fs::read_dir(parent(place)).into_iter().flatten().flatten() {
        // Opening a pipe would wait for its writer.
        let regular = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !regular || !is_temporary(&entry.file_name(), &name) {
            continue;
        }
        let Ok(file) = File::open(entry.path()) else { continue };
        // The file is removed before its lock is released.
        if !matches!(file.try_lock(), Err(TryLockError::WouldBlock | TryLockError::Error(_))) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Gives a name as long as those of the temporary files of `place`.
pub(crate) fn longest_name(place: &Path) -> OsString {
    temporary_name(&name(place), &"0".repeat(DRAWN))
}

/// Draws letters and digits that differ from call to call and from process to process.
fn drawn() -> String {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut number = RandomState::new().build_hasher().finish();
    let mut letter = || {
        let letter = ALPHABET[(number % 62) as usize];
        number /= 62;
        char::from(letter)
    };
    (0..DRAWN).map(|_| letter()).collect()
}

fn temporary_name(name: &OsStr, drawn: &str) -> OsString {
    let check = check(name, drawn);
    let parts =
        [b".", name.as_bytes(), b".", drawn.as_bytes(), check.as_bytes(), SUFFIX.as_bytes()];
    OsString::from_vec(parts.concat())
}

fn check(name: &OsStr, drawn: &str) -> String {
    let mut digest = sha256(&[name.as_bytes(), b"\0", drawn.as_bytes()].concat());
    digest.truncate(CHECK);
    digest
}

fn is_temporary(found: &OsStr, name: &OsStr) -> bool {
    let found = found.as_bytes();
    let Some(start) = found.len().checked_sub(DRAWN + CHECK + SUFFIX.len()) else { return false };
    let drawn = std::str::from_utf8(&found[start..start + DRAWN]);
    drawn.is_ok_and(|drawn| temporary_name(name, drawn).as_bytes() == found)
}
