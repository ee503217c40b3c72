//! Score files side by side, as one table.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use artifact::read_bytes;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What the table shows of a split.
#[derive(Deserialize)]
struct Shown {
    purity: f64,
    acc: f64,
    nmi: f64,
    ari: f64,
}

/// A file that this program wrote.
#[derive(Deserialize)]
struct ScoreFile {
    splits: Map<String, Value>,
}

/// One row a system and split, the training split of all systems first. A system is named after its file.
///
/// # Errors
/// A file that cannot be read or was not written by this program.
pub fn table(files: &[PathBuf], reference: Option<&Path>) -> anyhow::Result<String> {
    let published = reference.map(read_reference).transpose()?;
    let mut rows: Vec<(usize, Vec<String>)> = Vec::new();
    for file in files {
        let system = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (bytes, _) = read_bytes(file)?;
        let not_scores = || format!("{}: expected scores written by evaluate", file.display());
        let scores: ScoreFile = serde_json::from_slice(&bytes).with_context(not_scores)?;
        for (position, (split, value)) in scores.splits.into_iter().enumerate() {
            let shown = Shown::deserialize(value).with_context(not_scores)?;
            let scores = [shown.purity, shown.acc, shown.nmi, shown.ari].map(|score| format!("{score:.4}"));
            let mut row = vec![system.clone(), split.clone()];
            row.extend(scores);
            if let Some(published) = &published {
                let figure = published.get(&(system.clone(), split));
                row.push(figure.map(|purity| format!("{purity:.4}")).unwrap_or_default());
            }
            rows.push((position, row));
        }
    }
    // The sort is stable: systems stay in the order they were given in.
    rows.sort_by_key(|&(position, _)| position);
    let mut head = vec!["system", "split", "purity", "ACC (Hungarian)", "NMI", "ARI"];
    if published.is_some() {
        head.push("purity in the report");
    }
    Ok(stage::table(&head, rows.into_iter().map(|(_, row)| row)))
}

/// Published purity by system and split.
fn read_reference(path: &Path) -> anyhow::Result<HashMap<(String, String), f64>> {
    let (bytes, _) = read_bytes(path)?;
    let systems: Map<String, Value> = serde_json::from_slice(&bytes)
        .with_context(|| format!("{}: expected a JSON object of published figures", path.display()))?;
    let mut published = HashMap::new();
    for (system, splits) in systems {
        for (split, figures) in splits.as_object().into_iter().flatten() {
            if let Some(purity) = figures.get("purity").and_then(Value::as_f64) {
                published.insert((system.clone(), split.clone()), purity);
            }
        }
    }
    Ok(published)
}
