//! Runs a program of the workspace in an empty folder, for the tests in its `tests/program.rs`.
//!
//! Programs depend on this crate for their tests alone. Everything panics on failure, because in a
//! test a panic is the report.
//!
//! ```no_run
//! use ndarray::{Array1, array};
//! use test_support::Program;
//!
//! let program = Program::in_empty_folder("cluster-kmeans");
//! program.write("points.npy", &array![[0.0, 1.0], [0.0, 2.0], [9.0, 1.0]]);
//! let shown = program.done("--points points.npy --k 2 --out a.npy");
//! assert!(shown.starts_with("inertia "));
//! let assignments: Array1<i32> = program.read("a.npy");
//! assert_eq!(assignments[0], assignments[1]);
//! program.refused("--points nowhere.npy --out a.npy", 1, "nowhere.npy");
//! ```

#![deny(missing_docs)]
#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use ndarray_npy::{ReadNpyExt, WriteNpyExt, read_npy, write_npy};
use serde_json::Value;
use tempfile::TempDir;

/// A program of the workspace and the folder that it runs in, which is removed at the end.
pub struct Program {
    name: &'static str,
    folder: PathBuf,
    /// Holds `folder` alone, so that a program that looks beside it finds nothing.
    _parent: TempDir,
}

impl Program {
    /// Makes an empty folder for the program `name`, alone in another folder.
    pub fn in_empty_folder(name: &'static str) -> Self {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("project");
        std::fs::create_dir(&folder).unwrap();
        Self { name, folder, _parent: parent }
    }

    /// The folder that the program runs in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The path of the file `name` in the folder.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder().join(name)
    }

    /// Makes the command that runs the program in its folder; `words` are separated by spaces.
    pub fn command(&self, words: &str) -> Command {
        let mut command = Command::cargo_bin(self.name).unwrap();
        command.current_dir(self.folder()).args(words.split_whitespace());
        command
    }

    /// Runs the program.
    pub fn run(&self, words: &str) -> Output {
        self.command(words).output().unwrap()
    }

    /// Runs the program, which has to succeed, and gives its standard output.
    pub fn done(&self, words: &str) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs the program, which has to succeed, and gives what it prints on standard error.
    pub fn notes(&self, words: &str) -> String {
        let output = self.run(words);
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{words}: {told}");
        told
    }

    /// Runs the program, which has to fail with `code` and one line that contains `told`.
    ///
    /// Gives that line, for further checks.
    pub fn refused(&self, words: &str, code: i32, told: &str) -> String {
        let output = self.run(words);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), error.lines().count()),
            (Some(code), 1),
            "{words}: {error}"
        );
        assert!(error.starts_with(&format!("{}: ", self.name)), "{words}: {error}");
        assert!(error.contains(told), "{words}: expected '{told}' in {error}");
        error
    }

    /// Writes `array` to the `.npy` file `name`.
    pub fn write(&self, name: impl AsRef<Path>, array: &impl WriteNpyExt) {
        write_npy(self.path(name), array).unwrap();
    }

    /// Writes `text` to the file `name`.
    pub fn write_text(&self, name: impl AsRef<Path>, text: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Reads the `.npy` file `name`.
    pub fn read<A: ReadNpyExt>(&self, name: impl AsRef<Path>) -> A {
        read_npy(self.path(name)).unwrap()
    }

    /// Reads the bytes of the file `name`.
    pub fn bytes(&self, name: impl AsRef<Path>) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// Reads the text of the file `name`.
    pub fn text(&self, name: impl AsRef<Path>) -> String {
        String::from_utf8(self.bytes(name)).unwrap()
    }

    /// Reads the JSON file `name`.
    pub fn json(&self, name: impl AsRef<Path>) -> Value {
        serde_json::from_slice(&self.bytes(name)).unwrap()
    }

    /// Whether there is a file `name`.
    pub fn has(&self, name: impl AsRef<Path>) -> bool {
        self.path(name).exists()
    }

    /// The sorted names of the files in the folder.
    pub fn names(&self) -> Vec<String> {
        self.names_in("")
    }

    /// The sorted names of the files in a folder below it.
    pub fn names_in(&self, below: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(below)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}
