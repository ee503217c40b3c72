//! Checks the files of a run before anything is computed.

use std::path::PathBuf;

use artifact::{NamedFile, check_files};

/// The files that a run reads and writes, with the options that name them.
///
/// ```
/// # use std::path::PathBuf;
/// # let folder = tempfile::tempdir()?;
/// # let (points, out) = (folder.path().join("points.npy"), folder.path().join("out.npy"));
/// # std::fs::write(&points, "")?;
/// # let weights = None::<PathBuf>;
/// cli::Files::new()
///     .reads("--points", [&points])
///     .reads("--weights", &weights)
///     .writes("--out", [&out])
///     .check()?;
/// # Ok::<(), anyhow::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Files {
    inputs: Vec<NamedFile>,
    outputs: Vec<NamedFile>,
}

impl Files {
    /// Makes an empty set of files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the files that `option` names to those that are read.
    #[must_use]
    pub fn reads<'a>(mut self, option: &str, paths: impl IntoIterator<Item = &'a PathBuf>) -> Self {
        self.inputs.extend(named(option, paths));
        self
    }

    /// Adds the files that `option` names to those that are written, each with its provenance.
    #[must_use]
    pub fn writes<'a>(
        mut self,
        option: &str,
        paths: impl IntoIterator<Item = &'a PathBuf>,
    ) -> Self {
        self.outputs.extend(named(option, paths));
        self
    }

    /// Checks that outputs can be written and replace neither one another nor an input.
    ///
    /// See [`artifact::check_files`]. Programs call this first, so that no work is lost to a wrong
    /// name.
    ///
    /// # Errors
    /// The first output that is refused, and why: the program ends with exit code 1.
    pub fn check(&self) -> anyhow::Result<()> {
        Ok(check_files(&self.outputs, &self.inputs)?)
    }
}

fn named<'a>(
    option: &str,
    paths: impl IntoIterator<Item = &'a PathBuf>,
) -> impl Iterator<Item = NamedFile> {
    paths.into_iter().map(move |path| NamedFile { option: option.to_owned(), path: path.clone() })
}
