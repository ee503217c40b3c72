//! Describes a file for the provenance.

use serde::{Deserialize, Serialize};

/// A file that a program read or wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileRecord {
    /// The path as it was given on the command line.
    pub path: String,
    /// NumPy's type string; `None` if the file is no array.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dtype: Option<String>,
    /// Shape of the array; empty if the file is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shape: Vec<usize>,
    /// Length of the file in bytes.
    pub bytes: u64,
    /// SHA-256 of the whole file, in hexadecimal.
    pub sha256: String,
}

impl FileRecord {
    /// Whether the file holds an array of booleans.
    pub(crate) fn is_boolean(&self) -> bool {
        self.dtype.as_deref().is_some_and(|dtype| dtype.ends_with("b1"))
    }
}
