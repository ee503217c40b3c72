//! The files of a run, held against one another before anything is computed.

use std::path::PathBuf;

use artifact::{NamedFile, check_files};

/// The files that a run reads and writes, by the options that name them.
///
/// ```no_run
/// # use std::path::PathBuf;
/// # let (points, weights, out) = (PathBuf::from("points.npy"), None::<PathBuf>, PathBuf::from("out.npy"));
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
    /// No files yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what `option` names to the files that are read.
    #[must_use]
    pub fn reads<'a>(mut self, option: &str, paths: impl IntoIterator<Item = &'a PathBuf>) -> Self {
        self.inputs.extend(named(option, paths));
        self
    }

    /// Adds what `option` names to the files that are written, each with its provenance `<file>.json`.
    #[must_use]
    pub fn writes<'a>(
        mut self,
        option: &str,
        paths: impl IntoIterator<Item = &'a PathBuf>,
    ) -> Self {
        self.outputs.extend(named(option, paths));
        self
    }

    /// Refuses outputs that could not be written, or that would replace one another or an input, see
    /// [`artifact::check_files`]. Called first thing, so that no work is lost to a name.
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
