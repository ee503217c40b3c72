//! What provenance tells of a file.

use serde::{Deserialize, Serialize};

/// A file that a stage read or wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileRecord {
    /// As it was given on the command line.
    pub path: String,
    /// NumPy's type string; absent where the file is no array.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dtype: Option<String>,
    /// Shape of the array; empty where the file is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shape: Vec<usize>,
    /// Length of the file.
    pub bytes: u64,
    /// Of the whole file, in hexadecimal.
    pub sha256: String,
}

impl FileRecord {
    /// Whether the file holds an array of booleans.
    pub(crate) fn is_boolean(&self) -> bool {
        self.dtype.as_deref().is_some_and(|dtype| dtype.ends_with("b1"))
    }
}
