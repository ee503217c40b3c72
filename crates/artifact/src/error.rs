use std::path::{Path, PathBuf};

/// Why an artifact could not be read or written. Each message is one line: file, expected, found, cure.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("{}: cannot {action}: {cause}; {cure}", path.display())]
    Io {
        /// The file or folder concerned.
        path: PathBuf,
        /// What was tried, as a verb: `read`, `write`.
        action: &'static str,
        /// What the operating system said. Not `source`: it is in the message, and a chain would repeat it.
        cause: std::io::Error,
        /// What to do about it.
        cure: &'static str,
    },
    /// The file is there but does not hold what is needed.
    #[error("{}: expected {expected}, found {found}; {cure}", path.display())]
    Content {
        /// The file concerned.
        path: PathBuf,
        /// What the reader can use.
        expected: String,
        /// What the file holds.
        found: String,
        /// What to do about it.
        cure: String,
    },
}

impl Error {
    /// The file holds `found` where `expected` was needed.
    pub fn content(
        path: &Path,
        expected: impl Into<String>,
        found: impl Into<String>,
        cure: impl Into<String>,
    ) -> Self {
        Self::Content {
            path: path.to_owned(),
            expected: expected.into(),
            found: found.into(),
            cure: cure.into(),
        }
    }

    pub(crate) fn read(path: &Path, cause: std::io::Error) -> Self {
        let cure = "check the path, or run the stage that writes it";
        Self::Io { path: path.to_owned(), action: "read", cause, cure }
    }

    pub(crate) fn write(path: &Path, cause: std::io::Error) -> Self {
        let cure = "choose a folder that can be written to and has space left";
        Self::Io { path: path.to_owned(), action: "write", cause, cure }
    }
}
