//! What made a file: written as `<file>.json` beside it.

use serde::Serialize;
use serde_json::Value;

/// A file that a stage read or wrote.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FileRecord {
    /// As it was given on the command line.
    pub path: String,
    /// NumPy's type string; absent where the file is no array.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dtype: Option<String>,
    /// Shape of the array; empty where the file is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shape: Vec<usize>,
    /// Length of the file.
    pub bytes: u64,
    /// Of the whole file, in hexadecimal.
    pub sha256: String,
}

/// One run of one stage. All but `run` is the same whenever the inputs and the parameters are.
#[derive(Debug, Clone, Serialize)]
pub struct Provenance {
    /// Name of the program.
    pub stage: String,
    /// Version of the program.
    pub version: String,
    /// Every parameter that can change the output, defaults filled in.
    pub parameters: Value,
    /// Files read.
    pub inputs: Vec<FileRecord>,
    /// Files written; filled in by [`crate::Outputs::commit`].
    pub outputs: Vec<FileRecord>,
    /// What the stage found, such as inertia or iterations.
    pub result: Value,
    /// What may differ from run to run.
    pub run: Run,
}

/// The part of a provenance that may differ from run to run.
#[derive(Debug, Clone, Serialize)]
pub struct Run {
    /// From the start of the program to the writing of this.
    pub seconds: f64,
    /// Threads used.
    pub threads: usize,
    /// Where the arithmetic ran, such as `cpu` or `cuda:0`.
    pub device: String,
    /// Most memory in use at any time, in bytes, where the system tells.
    pub peak_memory: Option<u64>,
    /// The command line.
    pub argv: Vec<String>,
}
