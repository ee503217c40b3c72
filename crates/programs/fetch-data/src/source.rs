//! Finds the files of a published data set: in folders first, then on mirrors, in order.

use std::cell::OnceCell;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context;
use artifact::FileRecord;

use crate::dataset::Published;
use crate::http::{self, Limits};
use crate::published::{Form, PublishedFile, Unusable, Verified};

/// Folder, in the output folder, that keeps downloads until all files are there, so that an
/// interrupted run can be resumed.
const KEPT: &str = ".download";

/// A place that may have the files under their published names.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    Folder(PathBuf),
    /// URL of a folder, without a slash at its end.
    Mirror(String),
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once("://") {
            None if text.is_empty() => Err("give a folder or a URL".into()),
            None => Ok(Self::Folder(text.into())),
            Some((scheme, _))
                if ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) =>
            {
                Ok(Self::Mirror(text.trim_end_matches('/').to_owned()))
            }
            Some((scheme, _)) => {
                Err(format!("{scheme} is not supported; give a folder or an http(s) URL"))
            }
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => folder.display().fmt(f),
            Self::Mirror(url) => f.write_str(url),
        }
    }
}

/// Lists all places to look in, in order: those `given`, the usual folders of this machine, the
/// public mirrors.
pub fn sources(
    given: &[Source],
    published: &Published,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Vec<Source> {
    // A variable that is set to nothing names the current folder by accident.
    let folder = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let keras = folder("HOME").zip(published.keras).map(|(home, keras)| home.join(keras));
    // PyTorch's tutorials have `root="data"`.
    let torchvision = [Some(PathBuf::from("data")), folder("TORCHVISION_ROOT")];
    let torchvision =
        torchvision.into_iter().flatten().map(|root| root.join(published.torchvision));
    let folders = published
        .variable
        .and_then(folder)
        .into_iter()
        .chain(published.neighbor.map(PathBuf::from));
    let folders = folders.chain(keras).chain(torchvision).map(Source::Folder);
    let mirrors = published.mirrors.iter().map(|&url| Source::Mirror(url.to_owned()));
    given.iter().cloned().chain(folders).chain(mirrors).collect()
}

/// Gets files from the first of several sources that has them.
pub struct Fetcher {
    sources: Vec<Source>,
    offline: bool,
    limits: Limits,
    kept: PathBuf,
    /// The output folder, if it did not exist before.
    new: Option<PathBuf>,
    /// The folder of the downloads, locked from the first download on.
    lock: OnceCell<File>,
}

impl Fetcher {
    /// Prepares to look in `sources`, in their order; in folders alone if `offline`.
    ///
    /// Downloads are kept in `out_dir` until [`Self::clean`].
    pub fn new(sources: Vec<Source>, offline: bool, limits: Limits, out_dir: &Path) -> Self {
        let new = (!out_dir.exists()).then(|| out_dir.to_owned());
        Self { sources, offline, limits, kept: out_dir.join(KEPT), new, lock: OnceCell::new() }
    }

    /// Gives the verified bytes of `file`, and prints on stderr where they came from.
    ///
    /// # Errors
    /// No source has the file. The message gives the reason for each.
    pub fn fetch(&self, file: &PublishedFile) -> anyhow::Result<Verified> {
        if let Ok(verified) = file.read(&self.kept.join(file.packed_name()), Form::Packed) {
            cli::note(&format!(
                "{}: verified, from an earlier run that was interrupted",
                file.packed_name()
            ));
            return Ok(verified);
        }
        let mut failures = Vec::new();
        for source in &self.sources {
            let outcome = match source {
                Source::Folder(folder) => self.look(folder, file),
                Source::Mirror(_) if self.offline => Err("skipped (--offline)".into()),
                Source::Mirror(url) => self.download(url, file),
            };
            match outcome {
                Ok(verified) => {
                    cli::note(&format!("{}: verified, from {source}", verified.record.path));
                    return Ok(verified);
                }
                Err(why) => failures.push(format!("{source}: {why}")),
            }
        }
        // A folder stays if it holds anything that a later run can go on from.
        for folder in [Some(&self.kept), self.new.as_ref()].into_iter().flatten() {
            let _ = fs::remove_dir(folder);
        }
        anyhow::bail!(
            "no source has {}: {}; give the folder that holds the four files as --source FOLDER, \
             or run `make demo`, \
             which needs no download",
            file.packed_name(),
            failures.join("; ")
        )
    }

    /// Reads the file under any of the names that it may have in `folder`. The error says what is
    /// wrong with the first of them.
    fn look(&self, folder: &Path, file: &PublishedFile) -> Result<Verified, String> {
        let mut failure = None;
        for (path, form) in file.places(folder) {
            match file.read(&path, form) {
                Ok(verified) => return Ok(verified),
                Err(Unusable::Absent) => {}
                Err(Unusable::Wrong(why)) => {
                    // The user wants to hear of a damaged file, even if another source has a good
                    // one.
                    cli::warn(&format!("{}: refused: {why}", path.display()));
                    failure = failure.or(Some(why));
                }
            }
        }
        Err(failure.unwrap_or_else(|| Unusable::Absent.to_string()))
    }

    fn download(&self, url: &str, file: &PublishedFile) -> Result<Verified, String> {
        fs::create_dir_all(&self.kept)
            .map_err(|error| format!("cannot make {}: {error}", self.kept.display()))?;
        self.hold()?;
        let part = self.part(file);
        let name = file.packed_name();
        let bytes = http::download(&format!("{url}/{name}"), file, &part, &self.limits)?;
        // Without this a later run downloads the file again; this one has it.
        let _ = fs::rename(part, self.kept.join(&name));
        let (shape, sha256) = (Vec::new(), file.packed.sha256.to_owned());
        let record =
            FileRecord { path: name, dtype: None, shape, bytes: file.packed.bytes, sha256 };
        Ok(Verified { bytes, record })
    }

    /// Keeps other runs from writing into the same downloads.
    ///
    /// On a file system without locks, wrong bytes are still found by their hash.
    fn hold(&self) -> Result<(), String> {
        if self.lock.get().is_none() {
            let kept = self.kept.display();
            let folder =
                File::open(&self.kept).map_err(|error| format!("cannot open {kept}: {error}"))?;
            if let Err(TryLockError::WouldBlock) = folder.try_lock() {
                return Err(format!("another run is downloading into {kept}, wait for it"));
            }
            self.lock.get_or_init(|| folder);
        }
        Ok(())
    }

    fn part(&self, file: &PublishedFile) -> PathBuf {
        self.kept.join(format!("{}.part", file.packed_name()))
    }

    /// Removes the downloads of `files`, and their folder if nothing else is in it.
    ///
    /// # Errors
    /// A file that is there but cannot be removed.
    pub fn clean(&self, files: &[&PublishedFile]) -> anyhow::Result<()> {
        for path in
            files.iter().flat_map(|file| [self.kept.join(file.packed_name()), self.part(file)])
        {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove {}", path.display()));
                }
                _ => {}
            }
        }
        let _ = fs::remove_dir(&self.kept); // not there, or not ours alone
        Ok(())
    }
}

#[cfg(test)]
mod tests;
