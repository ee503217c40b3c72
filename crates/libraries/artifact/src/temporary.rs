//! Files under a temporary name, in the folder of the file they are to become: `.NAME.XXXXXXCCCCCC.tmp`.
//!
//! `XXXXXX` is drawn at random and `CCCCCC` is made of it and NAME, so that no file that a user named looks like one.
//! Whoever writes one holds a lock on it, which the system takes back from a process that was killed: one that can be locked
//! belongs to nobody. Where the file system knows no locks, none is removed but by its own process.

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
/// Letters and digits that are drawn, and that are made of them.
const DRAWN: usize = 6;
const CHECK: usize = 6;

/// Names of the temporaries of this process that have not been renamed, so that a signal handler can remove them: no
/// destructor runs when a signal ends a process.
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

/// A new empty file that is to become `place`, in the same folder and locked. Where there is a file at `place`, it has the
/// mode of that one, and its owner where this process may give files away.
pub(crate) fn temporary_for(place: &Path) -> io::Result<NamedTempFile> {
    let replaced = fs::metadata(place).ok();
    // 0666 less the umask, as any program's file; tempfile's own default would be 0600.
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
        // Between its creation and its lock it looked as if it belonged to nobody.
        let kept = file.as_file().lock().is_err()
            || file.as_file().metadata().is_ok_and(|file| file.nlink() > 0);
        if kept {
            return Ok(file);
        }
    }
}

/// Gives `file` the mode of the file that it is to replace, and its owner if that can be done.
fn take_over(file: &File, replaced: &fs::Metadata) -> io::Result<()> {
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (replaced.uid(), replaced.gid()) {
        let _ = fchown(file, Some(replaced.uid()), Some(replaced.gid()));
    }
    // The umask took from it when it was made.
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

/// Removes what processes that were killed left when they were to write `place`.
pub(crate) fn remove_leftovers(place: &Path) {
    let name = name(place);
    for entry in fs::read_dir(parent(place)).into_iter().flatten().flatten() {
        // Opening a pipe would wait for whoever writes to it.
        let regular = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !regular || !is_temporary(&entry.file_name(), &name) {
            continue;
        }
        let Ok(file) = File::open(entry.path()) else { continue };
        // Removed before the lock is given back.
        if !matches!(file.try_lock(), Err(TryLockError::WouldBlock | TryLockError::Error(_))) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// A name as long as those of the temporaries of `place`.
pub(crate) fn longest_name(place: &Path) -> OsString {
    temporary_name(&name(place), &"0".repeat(DRAWN))
}

/// Letters and digits that differ from call to call and from process to process.
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
