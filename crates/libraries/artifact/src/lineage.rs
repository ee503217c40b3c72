//! Follows the provenance of files back to the first program that ran.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::{FileRecord, Provenance};

/// A run of a program.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Name and version of the program.
    pub stage: String,
    /// Files read.
    pub inputs: Vec<File>,
    /// Files written.
    pub outputs: Vec<File>,
    /// Parameters as `name=value`.
    pub parameters: String,
    /// Results as `name=value`.
    pub result: String,
    /// Run time in seconds.
    pub seconds: f64,
    /// Number of threads.
    pub threads: usize,
    /// Device that it ran on.
    pub device: String,
    /// Command line, the program first; empty if it was not recorded.
    pub argv: Vec<String>,
}

/// A file that a step read or wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct File {
    /// Record of the file at the time of the step.
    pub record: FileRecord,
    /// Whether the file has been replaced since.
    pub changed: bool,
}

/// The runs of programs that led to a set of files.
#[derive(Debug, Default)]
pub struct Lineage {
    /// Steps, the earliest first.
    pub steps: Vec<Step>,
    /// Files without provenance.
    pub untracked: Vec<String>,
}

impl Lineage {
    /// Follows `files` back through the provenance beside each file.
    ///
    /// Counts a provenance that cannot be read as none.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// use artifact::lineage::Lineage;
    /// use artifact::{Outputs, Provenance, read_bytes};
    ///
    /// let path = folder.path().join("a.csv");
    /// let mut outputs = Outputs::new();
    /// outputs.bytes(&path, b"a\n1\n")?;
    /// outputs.commit(Provenance {
    ///     stage: "example".into(),
    ///     version: "1".into(),
    ///     ..Provenance::default()
    /// })?;
    /// let (_, record) = read_bytes(&path)?;
    /// let lineage = Lineage::trace(&[record]);
    /// assert_eq!(lineage.steps[0].stage, "example 1");
    /// assert!(lineage.untracked.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn trace(files: &[FileRecord]) -> Self {
        let mut lineage = Self::default();
        let mut seen = BTreeSet::new();
        for file in files {
            lineage.follow(&file.path, &file.sha256, &mut seen);
        }
        // A file has changed if the page, or a later step, read bytes that its step did not write.
        let read: Vec<(String, String)> = lineage
            .steps
            .iter()
            .flat_map(|step| step.inputs.iter().map(|file| &file.record))
            .chain(files)
            .map(|file| (file.path.clone(), file.sha256.clone()))
            .collect();
        for File { record, changed } in lineage.steps.iter_mut().flat_map(|step| &mut step.outputs)
        {
            *changed =
                read.iter().any(|(path, sha256)| *path == record.path && *sha256 != record.sha256);
        }
        lineage
    }

    /// Adds the step that wrote `path`, and before it those that wrote its inputs, each once.
    fn follow(&mut self, path: &str, sha256: &str, seen: &mut BTreeSet<String>) {
        if !seen.insert(path.to_owned()) {
            return;
        }
        let Some(read) = Provenance::sidecar(Path::new(path)) else {
            self.untracked.push(format!("{path} (SHA-256 {})", short(sha256)));
            return;
        };
        for input in &read.inputs {
            self.follow(&input.path, &input.sha256, seen);
        }
        // Files made together have the same provenance.
        seen.extend(read.outputs.iter().map(|output| output.path.clone()));
        self.steps.push(Step {
            stage: format!("{} {}", read.stage, read.version),
            inputs: read.inputs.into_iter().map(File::from).collect(),
            outputs: read.outputs.into_iter().map(File::from).collect(),
            parameters: key_values(&read.parameters),
            result: key_values(&read.result),
            seconds: read.run.seconds,
            threads: read.run.threads,
            device: read.run.device,
            argv: read.run.argv,
        });
    }
}

impl From<FileRecord> for File {
    fn from(record: FileRecord) -> Self {
        Self { record, changed: false }
    }
}

impl File {
    /// Returns the first digits of its hash.
    ///
    /// ```
    /// # let sha256 = "0123456789abcdef".repeat(4);
    /// # let (path, dtype, shape) = ("a.npy".into(), Some("<f4".into()), vec![2, 3]);
    /// # let record = artifact::FileRecord { path, dtype, shape, bytes: 152, sha256 };
    /// let file = artifact::lineage::File { record, changed: false };
    /// assert_eq!(file.hash(), "0123456789ab");
    /// ```
    pub fn hash(&self) -> &str {
        short(&self.record.sha256)
    }

    /// Describes its contents: element type and shape, else its size.
    ///
    /// ```
    /// # let sha256 = "0123456789abcdef".repeat(4);
    /// # let (path, dtype, shape) = ("a.npy".into(), Some("<f4".into()), vec![2, 3]);
    /// # let record = artifact::FileRecord { path, dtype, shape, bytes: 152, sha256 };
    /// let file = artifact::lineage::File { record, changed: false };
    /// assert_eq!(file.contents(), "f4 (2, 3)");
    /// ```
    pub fn contents(&self) -> String {
        match &self.record.dtype {
            Some(dtype) => {
                let sides: Vec<String> =
                    self.record.shape.iter().map(ToString::to_string).collect();
                format!("{} ({})", dtype.trim_start_matches(['<', '|', '>', '=']), sides.join(", "))
            }
            None => format!("{} bytes", self.record.bytes),
        }
    }
}

/// Returns the first 12 digits of a hash, enough to tell files apart.
fn short(sha256: &str) -> &str {
    sha256.get(..12).unwrap_or(sha256)
}

/// Formats an object as `name=value name=value`.
///
/// Joins the names of nested objects by dots and leaves out nulls.
///
/// ```
/// let value = serde_json::json!({ "k": 10, "tol": 0.25, "init": { "name": "random" } });
/// assert_eq!(artifact::lineage::key_values(&value), "k=10 tol=0.25 init.name=random");
/// ```
pub fn key_values(value: &Value) -> String {
    fn add(words: &mut Vec<String>, name: &str, value: &Value) {
        match value {
            Value::Null => {}
            Value::Object(members) => {
                for (inner, value) in members {
                    let name =
                        if name.is_empty() { inner.clone() } else { format!("{name}.{inner}") };
                    add(words, &name, value);
                }
            }
            Value::String(text) => words.push(format!("{name}={text}")),
            Value::Number(number) if number.is_f64() => {
                words.push(format!("{name}={}", six_digits(number.as_f64().unwrap_or_default())));
            }
            other => words.push(format!("{name}={other}")),
        }
    }
    let mut found = Vec::new();
    add(&mut found, "", value);
    found.join(" ")
}

/// Formats a number with six significant digits.
fn six_digits(value: f64) -> String {
    if value == 0.0 || (1e-3..1e7).contains(&value.abs()) {
        let digits = (5 - value.abs().max(1e-3).log10().floor() as i32).clamp(0, 8) as usize;
        let text = format!("{value:.digits$}");
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text
        }
    } else {
        format!("{value:e}")
    }
}
