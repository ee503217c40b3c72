//! What is told to the user: skipped files, warnings and the summary.

use std::path::Path;

use anyhow::anyhow;
use names::escape;
use serde_json::Value;

use crate::decode::Color;
use crate::entry::{Entry, Skipped};
use crate::import::Found;
use crate::large::Large;
use crate::order::natural;
use crate::recipe::Recipe;
use crate::source::Source;

/// Skipped files that a message names.
const TOLD: usize = 3;

/// Makes the table of skipped files: a CSV in natural order of names.
///
/// # Errors
/// Fails only if memory runs out.
pub fn skipped_table(skipped: &mut [Skipped]) -> anyhow::Result<Vec<u8>> {
    skipped.sort_by(|a, b| natural(&a.name, &b.name));
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["file", "reason"])?;
    for Skipped { name, reason } in skipped {
        table.write_record([escape(name), reason.clone()])?;
    }
    Ok(table.into_inner()?)
}

/// Warns of skipped files, of duplicates in both sets, and of images that show nothing.
///
/// `listed` says whether the user asked for the table of skipped files.
pub fn warn(found: &Found, listed: bool) {
    let (faults, others): (Vec<_>, Vec<_>) =
        found.skipped.iter().partition(|skipped| skipped.is_fault());
    let all = if listed { "" } else { "; --skipped FILE lists all with their reasons" };
    if !faults.is_empty() {
        let many = counted(faults.len(), "file was", "files were");
        cli::warn(&format!("{many} skipped: {}{all}", told(&faults)));
    }
    if !others.is_empty() {
        let many = counted(others.len(), "file is no image", "files are no images");
        cli::note(&format!("{many}: {}{all}", told(&others)));
    }
    if found.duplicates > 0 {
        let many = counted(found.duplicates, "image has", "images have");
        cli::note(&format!("{many} the same bytes as an earlier one, which duplicate_of names"));
    }
    if found.shared > 0 {
        let many = counted(found.shared, "image is", "images are");
        cli::warn(&format!("{many} in the training and in the test set, byte by byte"));
    }
    let (uniform, first) = &found.uniform;
    if *uniform > 0 {
        let many = counted(*uniform, "image has", "images have");
        cli::warn(&format!(
            "{many} one shade throughout, {} the first; if they show something, \
             give another --background",
            escape(first)
        ));
    }
}

/// Puts a number before what is counted.
fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

/// Names the first of some skipped files.
fn told(skipped: &[&Skipped]) -> String {
    let named = |skipped: &&Skipped| format!("{} ({})", escape(&skipped.name), skipped.reason);
    let mut told: Vec<String> = skipped.iter().take(TOLD).map(named).collect();
    if skipped.len() > TOLD {
        told.push("...".into());
    }
    told.join(", ")
}

/// Makes the error for a source without images; `entries` are files that were not read yet.
pub fn no_images(
    from: &Path,
    source: &Source,
    entries: &[Entry],
    mut skipped: Vec<Skipped>,
    hidden: usize,
) -> anyhow::Error {
    let files = entries.len() + skipped.len();
    for entry in entries.iter().take(TOLD) {
        if let Err(reason) = source.read(entry, &mut Large::default()) {
            skipped.push(Skipped { name: entry.name.clone(), reason });
        }
    }
    let found = match files {
        0 => "no file".to_owned(),
        _ => format!("none in {files} files: {}", told(&skipped.iter().collect::<Vec<_>>())),
    };
    let hidden = match hidden {
        0 => String::new(),
        _ => format!(" (and {hidden} hidden ones)"),
    };
    anyhow!(
        "{}: expected JPEG, PNG, WebP, GIF, BMP or TIFF images, found {found}{hidden}; \
         give a folder, archive or list with images",
        from.display()
    )
}

/// Makes the text of the result.
pub fn summary(from: &Path, recipe: &Recipe, rows: &[usize], result: &Value) -> String {
    let color = if recipe.color == Color::Gray { "gray" } else { "rgb" };
    let inverted = if recipe.invert { ", inverted" } else { "" };
    let test = rows.get(1).map(|test| format!(" and {test} for the test set"));
    let classes =
        result["classes"].as_array().map(|classes| format!(", {} classes", classes.len()));
    format!(
        "{} images{} of {} {color}{inverted} from {}{}\n",
        rows[0],
        test.unwrap_or_default(),
        recipe.size,
        from.display(),
        classes.unwrap_or_default()
    )
}
