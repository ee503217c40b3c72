//! Resolves and checks the paths of outputs, and makes their folders.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use crate::paths::{or_here, parent, sidecar_path};
use crate::temporary::longest_name;
use crate::{Error, Result};

/// Most symbolic links that Linux follows in one path.
const MOST_LINKS: usize = 40;

/// A file of a run and the option that named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedFile {
    /// The option, such as `--out`.
    pub option: String,
    /// The path as it was given.
    pub path: PathBuf,
}

/// Checks that the outputs of a run can be written and replace neither one another nor an input.
///
/// Meant to be called before anything is computed. The provenance `<file>.json` counts as an output
/// for each output, and as an input for each input. Two paths are the same file if they lead to it
/// by any spelling, by symbolic links or by hard links; files that do not exist yet are compared by
/// the folder that they would be made in. Nothing is left behind, not even a folder.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use artifact::{NamedFile, check_files};
///
/// let file = |option: &str, name: &str| NamedFile {
///     option: option.into(),
///     path: folder.path().join(name),
/// };
/// let points = file("--points", "points.npy");
/// assert!(check_files(&[file("--out", "ids.npy")], &[points.clone()]).is_ok());
/// assert!(check_files(&[file("--out", "points.npy")], &[points]).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The first output that is refused, and why.
pub fn check_files(outputs: &[NamedFile], inputs: &[NamedFile]) -> Result<()> {
    outputs.iter().try_for_each(|output| check_target(&output.path))?;
    let mut written: Vec<Role> = Vec::new();
    for role in outputs.iter().flat_map(Role::of) {
        let same = |other: &&Role| {
            other.identity == role.identity && !(other.provenance && role.provenance)
        };
        if let Some(other) = written.iter().find(same) {
            let found = format!("another output of this run ({})", other.what);
            return Err(role.refused(&found, "give each output a name of its own"));
        }
        for (folder, file) in written.iter().flat_map(|other| [(other, &role), (&role, other)]) {
            if file.identity.is_in(&folder.identity) {
                let found = format!("the folder of another output of this run ({})", file.what);
                return Err(folder.refused(&found, "give each output a name of its own"));
            }
        }
        written.push(role);
    }
    for input in inputs.iter().flat_map(Role::of) {
        if let Some(output) = written.iter().find(|output| output.identity == input.identity) {
            let found = format!("an input of this run ({})", input.what);
            return Err(output.refused(&found, "give the output another name"));
        }
    }
    Ok(())
}

/// A file that a run reads or writes, and its role in the run.
struct Role {
    path: PathBuf,
    /// A description, such as `--out a.npy` or `the provenance of --out a.npy`.
    what: String,
    /// Whether it is a provenance. All provenances of a run are equal, so one may be a link to
    /// another.
    provenance: bool,
    identity: Identity,
}

impl Role {
    /// Gives the roles of the file and of its provenance. Skips a path whose
    /// links form a loop.
    fn of(file: &NamedFile) -> impl Iterator<Item = Self> {
        let what = format!("{} {}", file.option, file.path.display());
        let sidecar = (sidecar_path(&file.path), format!("the provenance of {what}"), true);
        [(file.path.clone(), what, false), sidecar].into_iter().filter_map(
            |(path, what, provenance)| {
                let identity = Identity::of(&path).ok()?;
                Some(Self { path, what, provenance, identity })
            },
        )
    }

    fn refused(&self, found: &str, hint: &str) -> Error {
        Error::content(&self.path, "a file to write", found, hint)
    }
}

/// The identity of a file, equal for all paths that lead to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Device and inode of the file or, if it does not exist, of its nearest folder that does.
    device: u64,
    inode: u64,
    /// Folders and file that are to be made below it; empty for a file that exists.
    rest: PathBuf,
}

impl Identity {
    /// Resolves `path`.
    ///
    /// # Errors
    /// Links that lead to one another; a folder that may not be searched.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let path = Settled::of(path)?.path;
        let (existing, metadata) = nearest(&path)?;
        let rest = path.strip_prefix(existing).unwrap_or(&path).to_owned();
        Ok(Self { device: metadata.dev(), inode: metadata.ino(), rest })
    }

    /// Whether this file would be made in `folder`, which is no folder yet.
    fn is_in(&self, folder: &Self) -> bool {
        let nearest_is_shared = (self.device, self.inode) == (folder.device, folder.inode);
        let below = self.rest.starts_with(&folder.rest) && self.rest != folder.rest;
        nearest_is_shared && below && folder.rest != Path::new("")
    }
}

/// Gives the nearest of `path` and the folders above it that exists.
fn nearest(path: &Path) -> io::Result<(&Path, fs::Metadata)> {
    for existing in path.ancestors() {
        match fs::metadata(or_here(existing)) {
            Ok(metadata) => return Ok((existing, metadata)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::NotFound.into())
}

/// A path without symbolic links at its end, and without detours through missing folders.
struct Settled {
    path: PathBuf,
    /// Whether the path ended in a symbolic link.
    linked: bool,
}

impl Settled {
    /// Resolves links and detours of `path`.
    ///
    /// # Errors
    /// Links that lead to one another; a folder that may not be searched.
    fn of(path: &Path) -> io::Result<Self> {
        let (mut path, mut linked) = (path.to_owned(), false);
        for _ in 0..=MOST_LINKS {
            if let Ok(link) = fs::read_link(&path) {
                (path, linked) = (parent(&path).join(link), true);
                continue;
            }
            let (existing, _) = nearest(&path)?;
            let rest = path.strip_prefix(existing).unwrap_or(&path);
            let straight = without_detours(rest);
            if straight == rest {
                return Ok(Self { path, linked });
            }
            // The shorter path may exist and be a link: `new/../a` is `a`.
            path = existing.join(straight);
        }
        // Reports the system's own error (ELOOP) if there is one.
        Err(fs::metadata(&path)
            .err()
            .unwrap_or_else(|| io::Error::other("too many symbolic links")))
    }
}

/// Takes each folder and the `..` after it out of `path`, whose first folder does not exist.
fn without_detours(path: &Path) -> PathBuf {
    let mut kept: Vec<Component> = Vec::new();
    for component in path.components() {
        match (component, kept.last()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => drop(kept.pop()),
            _ => kept.push(component),
        }
    }
    kept.into_iter().collect()
}

/// Gives the path that a file is renamed to: `target`, or what it is a symbolic link to.
///
/// # Errors
/// A folder, a device or a pipe; a link to a folder that does not exist.
pub(crate) fn destination(target: &Path) -> Result<PathBuf> {
    let refuse =
        |found: &str, hint| Err(Error::content(target, "the path of a file to write", found, hint));
    let a_folder = target.file_name().is_none() || target.as_os_str().as_bytes().ends_with(b"/");
    let Settled { path: place, linked } =
        Settled::of(target).map_err(|error| Error::write(target, error))?;
    match fs::metadata(&place) {
        _ if a_folder => return refuse("a folder", "name a file"),
        Ok(there) if there.is_dir() => return refuse("a folder", "name a file"),
        // A rename would replace a device or a pipe by a file.
        Ok(there) if !there.is_file() => {
            return refuse("something that is not a file", "name a file");
        }
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(Error::write(target, error)),
    }
    if linked && !parent(&place).exists() {
        let found = format!("a symbolic link to {}, whose folder does not exist", place.display());
        return refuse(&found, "make that folder, or remove the link");
    }
    Ok(place)
}

/// Checks that `target` and its provenance can be written, and leaves nothing behind.
pub(crate) fn check_target(target: &Path) -> Result<()> {
    let failed = |error| Error::write(target, error);
    for path in [target.to_owned(), sidecar_path(target)] {
        let place = destination(&path)?;
        let folder = parent(&place);
        let existing = or_here(existing_folder(folder).map_err(failed)?);
        // The system refuses a name that is too long as soon as it looks for it.
        let new = folder.strip_prefix(existing).unwrap_or(Path::new("")).components();
        let temporary = longest_name(&place);
        let names = new.map(|name| existing.join(name)).chain([existing.join(&temporary)]);
        for name in names.chain([folder.join(&temporary)]) {
            match fs::symlink_metadata(name) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
                _ => {}
            }
        }
        // A file without a name is not left behind even by a kill.
        tempfile::tempfile_in(existing).map(drop).map_err(failed)?;
    }
    Ok(())
}

/// Gives the nearest folder that exists.
///
/// # Errors
/// Something that is in the way of the folders that are to be made.
fn existing_folder(folder: &Path) -> io::Result<&Path> {
    for folder in folder.ancestors() {
        match fs::metadata(or_here(folder)) {
            Ok(_) => return Ok(folder),
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            // A link that leads nowhere has the name that the folder needs.
            Err(error) if fs::symlink_metadata(folder).is_ok() => return Err(error),
            Err(_) => {}
        }
    }
    Ok(Path::new("."))
}

/// Makes `folder` and those above it, and writes their names to the disk.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let new: Vec<&Path> = missing(folder);
    fs::create_dir_all(folder)?;
    new.into_iter().for_each(|folder| sync(parent(folder)));
    Ok(())
}

/// Lists the folders that have to be made for `folder`, the innermost first.
fn missing(folder: &Path) -> Vec<&Path> {
    let named = folder.ancestors().filter(|folder| *folder != Path::new(""));
    named.take_while(|folder| !folder.exists()).collect()
}

/// Writes the names in `folder` to the disk. Not every file system supports that, so errors are
/// ignored.
pub(crate) fn sync(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use super::*;

    /// A sync cannot be seen from outside, so the test checks which folders are synced.
    #[test]
    fn the_folders_that_are_made_are_those_that_were_missing() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        assert_eq!(missing(&inner), [inner.as_path(), parent(&inner)]);
        make_folder(&inner).unwrap();
        assert!(inner.is_dir() && missing(&inner).is_empty());
        assert!(missing(Path::new("")).is_empty() && missing(Path::new(".")).is_empty());
    }
}
