use std::path::{Path, PathBuf};

/// Longest part of a message that comes out of a file, in characters.
const LONGEST: usize = 300;

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
    /// The file holds `found` where `expected` was needed. A `found` that is very long is cut in its middle.
    pub fn content(
        path: &Path,
        expected: impl Into<String>,
        found: impl Into<String>,
        cure: impl Into<String>,
    ) -> Self {
        Self::Content {
            path: path.to_owned(),
            expected: expected.into(),
            found: clipped(found.into()),
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

/// Describes an unusable file: the content that was found, and the cure.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) found: String,
    pub(crate) cure: String,
}

impl Refusal {
    pub(crate) fn new(found: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { found: found.into(), cure: cure.into() }
    }

    /// As an error about the file at `path`.
    pub(crate) fn at(self, path: &Path, expected: &str) -> Error {
        Error::content(path, expected, self.found, self.cure)
    }
}

impl From<String> for Refusal {
    fn from(found: String) -> Self {
        Self::new(found, "write it again with np.save")
    }
}

impl From<&str> for Refusal {
    fn from(found: &str) -> Self {
        found.to_owned().into()
    }
}

/// `text`, or its start and its end where it is very long.
fn clipped(text: String) -> String {
    let length = text.chars().count();
    if length <= LONGEST {
        return text;
    }
    let start: String = text.chars().take(LONGEST / 2).collect();
    let end: String = text.chars().skip(length - LONGEST / 4).collect();
    format!("{start}...{end}")
}

/// A number for a message, of at most some twenty characters however large or small it is.
pub(crate) fn number(value: f64) -> String {
    let plain = value.to_string();
    if plain.len() <= 20 { plain } else { format!("{value:e}") }
}
