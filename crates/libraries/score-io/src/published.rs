//! Figures of others, to show beside the scores.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context;
use artifact::{FileRecord, read_text};
use serde_json::{Map, Value};

/// Published purity by system and split.
pub type Published = HashMap<(String, String), f64>;

/// Reads published figures: a JSON object from system to split to `purity`.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("published.json");
/// std::fs::write(&path, r#"{"umap-kmeans": {"train": {"purity": 0.75, "of": "a paper"}}}"#)?;
/// let (published, _) = score_io::read_published(&path)?;
/// assert_eq!(published[&("umap-kmeans".into(), "train".into())], 0.75);
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
/// Fails if the file cannot be read or has no such figures.
pub fn read_published(path: &Path) -> anyhow::Result<(Published, FileRecord)> {
    let (bytes, record) = read_text(path)?;
    let systems: Map<String, Value> = serde_json::from_slice(&bytes).with_context(|| {
        format!("{}: expected a JSON object of published figures", path.display())
    })?;
    let mut published = HashMap::new();
    for (system, splits) in systems {
        for (split, figures) in splits.as_object().into_iter().flatten() {
            if let Some(purity) = figures.get("purity").and_then(Value::as_f64) {
                published.insert((system.clone(), split.clone()), purity);
            }
        }
    }
    anyhow::ensure!(
        !published.is_empty(),
        "{}: expected published figures, system, split, purity, found none; leave --reference out",
        path.display()
    );
    Ok((published, record))
}
