use std::path::{Path, PathBuf};

/// Longest part of a message that is taken from a file, in characters.
const LONGEST: usize = 300;

/// Why an artifact could not be read or written.
///
/// Each message is one line: file, expected, found, what to do.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused to read or write.
    #[error("{}: cannot {action}: {cause}; {hint}", path.display())]
    Io {
        /// The file or folder concerned.
        path: PathBuf,
        /// The verb for what was tried: `read` or `write`.
        action: &'static str,
        /// Error of the operating system. It is not the `source` of this error: the message holds
        /// it, and a chain of causes would repeat it.
        cause: std::io::Error,
        /// What to do about it.
        hint: &'static str,
    },
    /// The file exists but does not hold what is needed.
    #[error("{}: expected {expected}, found {found}; {hint}", path.display())]
    Content {
        /// The file concerned.
        path: PathBuf,
        /// What the reader can use.
        expected: String,
        /// What the file holds.
        found: String,
        /// What to do about it.
        hint: String,
    },
}

impl Error {
    /// Makes the error that a file holds `found` where `expected` was needed. A very long `found`
    /// is cut in its middle.
    ///
    /// ```
    /// let path = std::path::Path::new("a.npy");
    /// let error = artifact::Error::content(path, "points", "text", "give points");
    /// assert_eq!(error.to_string(), "a.npy: expected points, found text; give points");
    /// ```
    pub fn content(
        path: &Path,
        expected: impl Into<String>,
        found: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self::Content {
            path: path.to_owned(),
            expected: expected.into(),
            found: clipped(found.into()),
            hint: hint.into(),
        }
    }

    pub(crate) fn read(path: &Path, cause: std::io::Error) -> Self {
        let hint = "check the path, or run the stage that writes it";
        Self::Io { path: path.to_owned(), action: "read", cause, hint }
    }

    pub(crate) fn write(path: &Path, cause: std::io::Error) -> Self {
        let hint = "choose a folder that can be written to and has space left";
        Self::Io { path: path.to_owned(), action: "write", cause, hint }
    }
}

/// Describes an unusable file: the content that was found, and the hint.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) found: String,
    pub(crate) hint: String,
}

impl Refusal {
    pub(crate) fn new(found: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { found: found.into(), hint: hint.into() }
    }

    /// Makes this an error about the file at `path`.
    pub(crate) fn at(self, path: &Path, expected: &str) -> Error {
        Error::content(path, expected, self.found, self.hint)
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

/// Gives `text`, or its start and its end if it is longer than [`LONGEST`].
fn clipped(text: String) -> String {
    let length = text.chars().count();
    if length <= LONGEST {
        return text;
    }
    let start: String = text.chars().take(LONGEST / 2).collect();
    let end: String = text.chars().skip(length - LONGEST / 4).collect();
    format!("{start}...{end}")
}

/// Formats a number for a message, in at most some twenty characters however large it is.
pub(crate) fn number(value: f64) -> String {
    let plain = value.to_string();
    if plain.len() <= 20 { plain } else { format!("{value:e}") }
}
