//! What made a file: written as `<file>.json` beside it.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::file::read_text;
use crate::paths::sidecar_path;
use crate::record::FileRecord;
use crate::{Error, Result};

/// One run of one stage. All but `run` is the same whenever the inputs and the parameters are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Provenance {
    /// Name of the program.
    pub stage: String,
    /// Version of the program.
    pub version: String,
    /// Every parameter that can change the output, defaults filled in.
    #[serde(default)]
    pub parameters: Value,
    /// Files read.
    pub inputs: Vec<FileRecord>,
    /// Files written; filled in by [`crate::Outputs::commit`].
    pub outputs: Vec<FileRecord>,
    /// What the stage found, such as inertia or iterations.
    #[serde(default)]
    pub result: Value,
    /// What may differ from run to run.
    pub run: Run,
}

/// The part of a provenance that may differ from run to run.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
    #[serde(default)]
    pub argv: Vec<String>,
}

impl Provenance {
    /// That of the file at `path`, if there is one beside it that can be read. It may tell of an older file: see its outputs.
    pub fn sidecar(path: &Path) -> Option<Self> {
        serde_json::from_slice(&read_text(&sidecar_path(path)).ok()?.0).ok()
    }

    /// That of this very file.
    fn of(file: &FileRecord) -> Option<Self> {
        let found = Self::sidecar(Path::new(&file.path))?;
        found.outputs.iter().any(|output| output.sha256 == file.sha256).then_some(found)
    }
}

/// Refuses points that were made with another network or model than those which `model` was fitted to: latents of other weights say,
/// or places in another embedding. Of the right shape they would be given a cluster each, and it would mean nothing.
///
/// Both provenances have to be there, and be of these very files; where they are not, nothing is refused.
///
/// # Errors
/// The points are of something else.
pub fn check_lineage(model: &FileRecord, points: &FileRecord) -> Result<()> {
    let Some(made) = Provenance::of(points) else { return Ok(()) };
    let fitted = Provenance::of(model).into_iter().flat_map(|fit| fit.inputs);
    let makers: Vec<&FileRecord> = made.inputs.iter().filter(|input| is_model(input)).collect();
    for other in
        fitted.filter_map(|input| Provenance::of(&input)).filter(|other| other.stage == made.stage)
    {
        // What is made with a model the first time is written together with it.
        let theirs: Vec<&FileRecord> =
            other.inputs.iter().chain(&other.outputs).filter(|file| is_model(file)).collect();
        let kin = makers.iter().any(|maker| theirs.iter().any(|file| file.sha256 == maker.sha256));
        if let (false, Some(maker), Some(their)) = (kin, makers.first(), theirs.first()) {
            let named = |file: &FileRecord| format!("{} (SHA-256 {:.12})", file.path, file.sha256);
            return Err(Error::content(
                Path::new(&points.path),
                format!(
                    "points made with {}, as those that {} was fitted to",
                    named(their),
                    model.path
                ),
                format!("points made with {}", named(maker)),
                "make both with the same, or fit again",
            ));
        }
    }
    Ok(())
}

/// Weights and models, as opposed to arrays.
fn is_model(file: &FileRecord) -> bool {
    file.dtype.is_none() && (file.path.ends_with(".npz") || file.path.ends_with(".safetensors"))
}
