//! Files under a temporary name, in the folder of the file they are to become, `.NAME.XXXXXX.tmp`.
//!
//! Whoever writes one holds a lock on it, which the system takes back from a process that was killed: so one that can be locked
//! belongs to nobody. Where the file system knows no locks, none is removed but by its own process.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, TryLockError};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::NamedTempFile;

use crate::{Error, Result};

const SUFFIX: &str = ".tmp";
/// Letters and digits between the name and the suffix.
const RANDOM: usize = 6;

/// Names of all temporaries this process made, so that a signal handler can remove those still there: no destructor
/// runs when a signal ends a process. The names are random, so one that was renamed since is no one else's.
static TEMPORARIES: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Removes every temporary file of this process, which can make no more of them. For signal handlers that are about to exit.
pub fn remove_temporaries() {
    let mut temporaries = TEMPORARIES.lock().unwrap_or_else(PoisonError::into_inner);
    for path in temporaries.drain(..) {
        let _ = fs::remove_file(path);
    }
    // Whoever is about to make another one waits until the process ends.
    std::mem::forget(temporaries);
}

/// A new empty file in `folder`, named after `target` and locked.
pub(crate) fn temporary_in(folder: &Path, target: &Path) -> Result<NamedTempFile> {
    loop {
        let mut temporaries = TEMPORARIES.lock().unwrap_or_else(PoisonError::into_inner);
        // 0666 less the umask, as any program's file; tempfile's own default would be 0600.
        let file = tempfile::Builder::new()
            .prefix(&prefix(target))
            .suffix(SUFFIX)
            .rand_bytes(RANDOM)
            .permissions(fs::Permissions::from_mode(0o666))
            .tempfile_in(folder)
            .map_err(|error| Error::write(target, error))?;
        temporaries.push(file.path().to_owned());
        drop(temporaries);
        // Between its creation and its lock it looked as if it belonged to nobody.
        let kept =
            file.as_file().lock().is_err() || file.as_file().metadata().is_ok_and(|file| file.nlink() > 0);
        if kept {
            return Ok(file);
        }
    }
}

/// Removes what processes that were killed left in `folder` when they were to write `target`.
pub(crate) fn remove_leftovers(folder: &Path, target: &Path) {
    let prefix = prefix(target);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if !is_temporary(&entry.file_name(), &prefix) {
            continue;
        }
        let Ok(file) = File::open(entry.path()) else { continue };
        // Removed before the lock is given back.
        if !matches!(file.try_lock(), Err(TryLockError::WouldBlock | TryLockError::Error(_))) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn prefix(target: &Path) -> OsString {
    [OsStr::new("."), target.file_name().unwrap_or_default(), OsStr::new(".")].into_iter().collect()
}

fn is_temporary(name: &OsStr, prefix: &OsStr) -> bool {
    let random =
        name.as_bytes().strip_prefix(prefix.as_bytes()).and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()));
    random.is_some_and(|random| random.len() == RANDOM && random.iter().all(u8::is_ascii_alphanumeric))
}
