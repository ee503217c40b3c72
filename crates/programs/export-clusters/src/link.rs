//! Links or copies a file.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::str::FromStr;

use anyhow::Context;

/// How a file comes into the folder of its cluster.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Link {
    /// A second name for the same file.
    #[default]
    Hard,
    /// A link that holds the absolute path of the file.
    Symbolic,
    /// A file of its own.
    Copy,
}

impl FromStr for Link {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "hard" => Ok(Self::Hard),
            "symbolic" => Ok(Self::Symbolic),
            "copy" => Ok(Self::Copy),
            other => Err(format!("expected hard, symbolic or copy, found {other}")),
        }
    }
}

impl Link {
    /// Gives the word for it on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hard => "hard",
            Self::Symbolic => "symbolic",
            Self::Copy => "copy",
        }
    }

    /// Gives the plural noun for what it makes.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Hard => "hard links",
            Self::Symbolic => "symbolic links",
            Self::Copy => "copies",
        }
    }

    /// Links or copies `source` to `target`, which does not exist.
    ///
    /// Returns false if there is no such file: it is missing, or a folder or a device. A source
    /// that is a symbolic link is followed.
    ///
    /// # Errors
    /// Any other failure, such as a hard link to another file system.
    pub fn place(self, source: &Path, target: &Path) -> anyhow::Result<bool> {
        match self.try_place(source, target) {
            Ok(placed) => Ok(placed),
            Err(error) if self == Self::Hard && error.kind() != ErrorKind::StorageFull => {
                let reason = match error.kind() {
                    ErrorKind::CrossesDevices => "it is on another file system than --into".into(),
                    _ => error.to_string(),
                };
                anyhow::bail!(
                    "{}: cannot make a hard link to this file: {reason}; \
                     give --link copy, or --link symbolic",
                    source.display()
                );
            }
            Err(error) => Err(error).with_context(|| {
                let verb = if self == Self::Copy { "copy" } else { "link to" };
                format!("{}: cannot {verb} this file", source.display())
            }),
        }
    }

    fn try_place(self, source: &Path, target: &Path) -> io::Result<bool> {
        // A hard link to a symbolic link would be a symbolic link, which no longer leads to its
        // file from another folder.
        let file = match fs::canonicalize(source) {
            Ok(path) => path,
            Err(error) if is_missing(&error) => return Ok(false),
            Err(error) => return Err(error),
        };
        // Opening a pipe would wait for its writer.
        if !fs::metadata(&file)?.is_file() {
            return Ok(false);
        }
        let placed = match self {
            Self::Hard => fs::hard_link(&file, target),
            Self::Symbolic => std::os::unix::fs::symlink(&file, target),
            Self::Copy => copy(&file, target),
        };
        match placed {
            // The file vanished after it was found.
            Err(error) if is_missing(&error) && !file.exists() => Ok(false),
            other => other.map(|()| true),
        }
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Copies content and time of change. Nothing at `target` is followed or replaced.
fn copy(source: &Path, target: &Path) -> io::Result<()> {
    let mut from = File::open(source)?;
    let mut to = File::create_new(target)?;
    io::copy(&mut from, &mut to)?;
    // Programs for photographs sort by this time. Not every file system can set it.
    if let Ok(changed) = from.metadata().and_then(|file| file.modified()) {
        let _ = to.set_modified(changed);
    }
    Ok(())
}
