//! The names of the classes, `classes.json` of `fetch-data`.

use std::path::Path;

use anyhow::Context;
use artifact::{FileRecord, read_text};

/// Reads a JSON list of class names, in the order of the labels, and the record of the file.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("classes.json");
/// std::fs::write(&path, r#"["cat", "dog"]"#)?;
/// assert_eq!(score_io::read_classes(&path)?.0, ["cat", "dog"]);
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
/// Fails if the file cannot be read or is no list of strings.
pub fn read_classes(path: &Path) -> anyhow::Result<(Vec<String>, FileRecord)> {
    let (bytes, record) = read_text(path)?;
    let names = serde_json::from_slice(&bytes).with_context(|| {
        format!(
            "{}: expected a JSON list of class names such as [\"cat\", \"dog\"]",
            path.display()
        )
    })?;
    Ok((names, record))
}
