//! Writes a single file at once.

use std::path::Path;

use crate::Result;
use crate::output::Outputs;
use crate::paths::parent;
use crate::place::sync;

/// Writes `bytes` to `target` at once, without provenance.
///
/// For the state of work in progress, which is no result. The old file stays until the new one is
/// complete.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("checkpoint");
/// artifact::write_atomic(&path, b"state")?;
/// assert_eq!(std::fs::read(&path)?, b"state");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The file cannot be written.
pub fn write_atomic(target: &Path, bytes: &[u8]) -> Result<()> {
    let mut outputs = Outputs::new();
    outputs.bytes(target, bytes)?;
    for pending in outputs.into_pending() {
        let place = pending.place.clone();
        pending.rename()?;
        sync(parent(&place));
    }
    Ok(())
}
