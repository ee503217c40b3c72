//! Tells how everything was made, without the folders of the machine it was made on.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf, absolute};

use artifact::FileRecord;
use artifact::lineage::{File, Lineage};

use crate::args::Args;

/// Options of all programs that change no result, and whether a value follows.
const WITHOUT_EFFECT: [(&str, bool); 3] =
    [("--threads", true), ("--quiet", false), ("--json", false)];

/// Most folders between the page and the folder of the artifacts.
const DEPTH: usize = 3;

/// The runs of programs that led to the page.
pub struct Made {
    /// Runs, the earliest first.
    pub steps: Vec<StepView>,
    /// Files without provenance.
    pub untracked: Vec<String>,
    /// A command a line; empty if none is known.
    pub commands: String,
}

/// A run of a program.
pub struct StepView {
    /// Name and version of the program.
    pub stage: String,
    /// Files read: path and hash.
    pub inputs: Vec<(String, String)>,
    /// Files written.
    pub outputs: Vec<OutputView>,
    /// Parameters as `name=value`.
    pub parameters: String,
    /// Results as `name=value`.
    pub result: String,
    /// Run time in seconds.
    pub seconds: f64,
    /// Device and threads.
    pub on: String,
}

/// A file that a run wrote.
pub struct OutputView {
    /// Path in the folder of the artifacts.
    pub path: String,
    /// First digits of its hash.
    pub hash: String,
    /// Element type and shape, or size.
    pub contents: String,
    /// Whether a later step read another one.
    pub changed: bool,
}

impl Made {
    /// Follows the files that the page was made of.
    pub fn new(records: &[FileRecord], args: &Args) -> Self {
        let lineage = Lineage::trace(records);
        let files = Folder::of(args);
        let known: Vec<&str> = lineage
            .steps
            .iter()
            .flat_map(|step| step.inputs.iter().chain(&step.outputs))
            .map(|file| file.record.path.as_str())
            .collect();
        let commands = lineage.steps.iter().filter(|step| !step.argv.is_empty());
        let mut seen = HashSet::new();
        let commands: Vec<String> = commands
            .map(|step| files.command(&step.argv, &known))
            .filter(|command| seen.insert(command.clone()))
            .collect();
        let on = |device: &str, threads: usize| {
            format!("{device}, {threads} thread{}", if threads == 1 { "" } else { "s" })
        };
        let output = |file: &File| OutputView {
            path: files.shown(&file.record.path),
            hash: file.hash().to_owned(),
            contents: file.contents(),
            changed: file.changed,
        };
        let steps = lineage.steps.iter().map(|step| StepView {
            stage: step.stage.clone(),
            inputs: step
                .inputs
                .iter()
                .map(|file| (files.shown(&file.record.path), file.hash().to_owned()))
                .collect(),
            outputs: step.outputs.iter().map(output).collect(),
            parameters: files.words(&step.parameters),
            result: files.words(&step.result),
            seconds: step.seconds,
            on: on(&step.device, step.threads),
        });
        Self {
            steps: steps.collect(),
            untracked: lineage.untracked.iter().map(|file| files.untracked(file)).collect(),
            commands: commands.join("\n"),
        }
    }
}

/// The folder of the artifacts, to which paths are relative.
struct Folder(PathBuf);

impl Folder {
    /// Finds the nearest folder that holds the page and what it is about, else that of the page.
    fn of(args: &Args) -> Self {
        let out = full(&args.out);
        let about = args.assignments.last().map(|named| &named.path).or(args.scores.last());
        let about = about.map(|path| full(path)).unwrap_or_default();
        let near = out
            .ancestors()
            .skip(1)
            .take(DEPTH)
            .find(|folder| about.starts_with(folder) && folder.components().nth(1).is_some());
        Self(near.or(out.parent()).unwrap_or(Path::new("/")).to_owned())
    }

    /// Returns a path relative to the folder, or `…/NAME` if it lies elsewhere.
    fn shown(&self, path: &str) -> String {
        let full = full(Path::new(path));
        match full.strip_prefix(&self.0) {
            Ok(inside) if inside.as_os_str().is_empty() => ".".into(),
            Ok(inside) => inside.display().to_string(),
            Err(_) => match full.file_name().map(OsStr::to_string_lossy) {
                Some(name) => format!("…/{name}"),
                None => "…".into(),
            },
        }
    }

    /// Shortens the absolute paths in `name=value` words.
    fn words(&self, text: &str) -> String {
        let word = |word: &str| match word.split_once('=') {
            Some((name, path)) if path.starts_with('/') => format!("{name}={}", self.shown(path)),
            _ if word.starts_with('/') => self.shown(word),
            _ => word.to_owned(),
        };
        text.split(' ').map(word).collect::<Vec<_>>().join(" ")
    }

    /// Shortens the path in `PATH (SHA-256 ...)`.
    fn untracked(&self, text: &str) -> String {
        match text.rsplit_once(" (") {
            Some((path, hash)) => format!("{} ({hash}", self.shown(path)),
            None => self.shown(text),
        }
    }

    /// Writes a command for a shell; of its words, those in `known` and those with a slash are
    /// paths.
    fn command(&self, argv: &[String], known: &[&str]) -> String {
        let is_path = |word: &str| word.contains('/') || known.contains(&word);
        let program = Path::new(&argv[0]).file_name().map(OsStr::to_string_lossy);
        let mut words = vec![program.unwrap_or_default().into_owned()];
        let mut rest = argv[1..].iter();
        while let Some(word) = rest.next() {
            if let Some((_, value)) = WITHOUT_EFFECT.iter().find(|(name, _)| name == word) {
                if *value {
                    rest.next();
                }
                continue;
            }
            words.push(match word.split_once('=') {
                _ if word.starts_with("--") => word.clone(),
                Some((name, path)) if !name.contains('/') && is_path(path) => {
                    quoted(&format!("{name}={}", self.shown(path)))
                }
                _ if is_path(word) => quoted(&self.shown(word)),
                _ => quoted(word),
            });
        }
        words.join(" ")
    }
}

/// Makes a path absolute and resolves `.` and `..` in its text.
fn full(path: &Path) -> PathBuf {
    let mut found = PathBuf::new();
    for part in absolute(path).unwrap_or_else(|_| path.to_owned()).components() {
        match part {
            Component::ParentDir => {
                found.pop();
            }
            Component::CurDir => {}
            other => found.push(other),
        }
    }
    found
}

/// Quotes a word for a shell if it needs that.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "-_./=,:+@%…".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> Folder {
        Folder("/home/me/artifacts/mine".into())
    }

    #[test]
    fn paths_are_relative_to_the_artifacts_and_never_absolute() {
        let files = folder();
        assert_eq!(files.shown("/home/me/artifacts/mine/data/a.npy"), "data/a.npy");
        assert_eq!(files.shown("/home/me/artifacts/mine/x/../a.npy"), "a.npy");
        assert_eq!(files.shown("/home/me/photos"), "…/photos");
        assert_eq!(files.shown("/"), "…");
        assert_eq!(files.words("k=10 from=/home/me/photos"), "k=10 from=…/photos");
        assert_eq!(files.untracked("/home/me/a (b).npy (SHA-256 12)"), "…/a (b).npy (SHA-256 12)");
    }

    #[test]
    fn a_command_is_ready_for_a_shell_and_says_nothing_of_the_machine() {
        let argv = [
            "/usr/local/bin/cluster-gmm",
            "--points",
            "/home/me/artifacts/mine/a b.npy",
            "--threads",
            "4",
            "--k",
            "10",
            "--quiet",
            "--note",
            "it's",
            "a=/home/me/artifacts/mine/c.npy",
        ];
        let argv = argv.map(str::to_owned);
        assert_eq!(
            folder().command(&argv, &[]),
            r"cluster-gmm --points 'a b.npy' --k 10 --note 'it'\''s' a=c.npy"
        );
    }
}
