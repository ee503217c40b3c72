//! Provenance of a file: what made it, written as `<file>.json` next to it.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::file::read_text;
use crate::paths::sidecar_path;
use crate::record::FileRecord;
use crate::{Error, Result};

/// One run of one program.
///
/// Everything except `run` is equal for equal inputs and parameters.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Provenance {
    /// Name of the program.
    pub stage: String,
    /// Version of the program.
    pub version: String,
    /// Every parameter that can change the output, with the defaults filled in.
    #[serde(default)]
    pub parameters: Value,
    /// Files read.
    pub inputs: Vec<FileRecord>,
    /// Files written; filled in by [`crate::Outputs::commit`].
    pub outputs: Vec<FileRecord>,
    /// Results of the program, such as inertia or iterations.
    #[serde(default)]
    pub result: Value,
    /// The part that may differ from run to run.
    pub run: Run,
}

/// The part of a provenance that may differ from run to run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Run {
    /// Seconds from the start of the program to the writing of this.
    pub seconds: f64,
    /// Number of threads.
    pub threads: usize,
    /// Device that computed, such as `cpu` or `cuda:0`.
    pub device: String,
    /// Peak memory in bytes, if the system tells it.
    pub peak_memory: Option<u64>,
    /// The command line.
    #[serde(default)]
    pub argv: Vec<String>,
}

impl Provenance {
    /// Reads the provenance next to the file at `path`, if there is one that can be read.
    ///
    /// It may be that of an older file with this name: compare its outputs.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// assert!(artifact::Provenance::sidecar(&folder.path().join("points.npy")).is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sidecar(path: &Path) -> Option<Self> {
        serde_json::from_slice(&read_text(&sidecar_path(path)).ok()?.0).ok()
    }

    /// Reads the provenance of exactly this file, by its SHA-256.
    fn of(file: &FileRecord) -> Option<Self> {
        let found = Self::sidecar(Path::new(&file.path))?;
        found.outputs.iter().any(|output| output.sha256 == file.sha256).then_some(found)
    }
}

/// Checks that points were made with the same network or model as those `model` was fitted to.
///
/// Latents of other weights, or an embedding by another model, may have the right shape: each point
/// would get a cluster, and it would mean nothing. Refuses only if the points, the
/// model and the points that it was fitted to have provenance with their SHA-256, and one program
/// made both sets of points.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let (model, points) = (folder.path().join("model.npz"), folder.path().join("points.npy"));
/// # [&model, &points].into_iter().try_for_each(|path| std::fs::write(path, "anything"))?;
/// let (_, model) = artifact::read_bytes(&model)?;
/// let (_, points) = artifact::read_bytes(&points)?;
/// assert!(artifact::check_lineage(&model, &points).is_ok(), "neither has a provenance");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The points were made with another network or model.
pub fn check_lineage(model: &FileRecord, points: &FileRecord) -> Result<()> {
    let Some(made) = Provenance::of(points) else { return Ok(()) };
    let fitted = Provenance::of(model).into_iter().flat_map(|fit| fit.inputs);
    let maker = made.inputs.iter().find(|input| is_model(input));
    let mut other = None;
    for fitted in
        fitted.filter_map(|input| Provenance::of(&input)).filter(|fit| fit.stage == made.stage)
    {
        // A program that fits a model writes its first points together with that model.
        let theirs: Vec<&FileRecord> =
            fitted.outputs.iter().chain(&fitted.inputs).filter(|file| is_model(file)).collect();
        let kin = made
            .inputs
            .iter()
            .filter(|input| is_model(input))
            .any(|maker| theirs.iter().any(|file| file.sha256 == maker.sha256));
        if kin {
            return Ok(());
        }
        other = other.or(theirs.first().map(|&file| file.clone()));
    }
    // A model that was fitted to several sets of points serves all points of the kind of one.
    let (Some(maker), Some(their)) = (maker, other) else { return Ok(()) };
    let named = |file: &FileRecord| format!("{} (SHA-256 {:.12})", file.path, file.sha256);
    Err(Error::content(
        Path::new(&points.path),
        format!("points made with {}, as those that {} was fitted to", named(&their), model.path),
        format!("points made with {}", named(maker)),
        "make both with the same, or fit again",
    ))
}

/// Whether a file holds weights or a model, as opposed to an array.
fn is_model(file: &FileRecord) -> bool {
    file.dtype.is_none() && (file.path.ends_with(".npz") || file.path.ends_with(".safetensors"))
}
