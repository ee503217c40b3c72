//! Follows the provenance of files back to the first program that ran.

use std::collections::BTreeSet;
use std::path::Path;

use artifact::{FileRecord, Provenance};
use serde_json::Value;

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
    pub fn hash(&self) -> &str {
        short(&self.record.sha256)
    }

    /// Describes its contents: element type and shape, else its size.
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_become_words() {
        let value = json!({
            "k": 10, "tol": 1e-10, "share": 0.123_456_789, "a": { "b": "c", "d": null },
            "l": [1, 2],
        });
        assert_eq!(key_values(&value), "k=10 tol=1e-10 share=0.123457 a.b=c l=[1,2]");
    }

    fn record(path: &Path, sha256: &str) -> FileRecord {
        FileRecord {
            path: path.display().to_string(),
            dtype: None,
            shape: vec![],
            bytes: 1,
            sha256: sha256.into(),
        }
    }

    #[test]
    fn files_are_followed_to_where_they_came_from() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let file =
            |name: &str, hash: &str| json!({ "path": path(name), "bytes": 1, "sha256": hash });
        let write = |name: &str, stage: &str, inputs: Value, outputs: Value| {
            let run = json!({ "seconds": 1.5, "threads": 2, "device": "cpu", "argv": [] });
            let text = json!({ "stage": stage, "version": "1", "parameters": {}, "inputs": inputs,
                "outputs": outputs,
                "result": {}, "run": run });
            std::fs::write(path(&format!("{name}.json")), text.to_string()).unwrap();
        };
        write(
            "b",
            "second",
            json!([file("a", "old"), file("raw", "r")]),
            json!([file("b", "bbb")]),
        );
        write("a", "first", json!([]), json!([file("a", "new"), file("a2", "x")]));
        let lineage = Lineage::trace(&[record(&path("b"), "bbb"), record(&path("a2"), "x")]);
        let stages: Vec<&str> = lineage.steps.iter().map(|step| step.stage.as_str()).collect();
        assert_eq!(stages, ["first 1", "second 1"]);
        assert_eq!(lineage.untracked.len(), 1);
        assert!(lineage.untracked[0].contains("raw"));
        // The second step read an `a` that is not the one the first step wrote last.
        let changed: Vec<bool> = lineage.steps.iter().map(|step| step.outputs[0].changed).collect();
        assert_eq!(changed, [true, false]);
    }

    #[test]
    fn any_provenance_that_fuzzing_kept_is_one_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fuzz/corpus/json");
        let mut tried = 0;
        for file in std::fs::read_dir(corpus).unwrap() {
            std::fs::copy(file.unwrap().path(), folder.path().join("a.json.json")).unwrap();
            let lineage = Lineage::trace(&[record(&path, &"0".repeat(64))]);
            assert!(lineage.steps.len() + lineage.untracked.len() > 0);
            tried += 1;
        }
        assert!(tried > 20, "{tried} files");
    }
}
