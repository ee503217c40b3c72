//! Reads and decodes files in parallel, and writes their rows in order.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::bail;
use cli::Quarters;
use fast_image_resize::Resizer;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::classes::{Classes, class};
use crate::entry::{Entry, Skipped};
use crate::hash::{Hash, hash, hexadecimal};
use crate::large::Large;
use crate::part::Part;
use crate::recipe::{Recipe, Row};
use crate::source::Source;

/// Files of a block for each thread.
const BLOCK: usize = 64;
/// Most bytes that the rows of a block take: 64 MiB.
const BLOCK_BYTES: usize = 64 << 20;

/// The files of an import, and how each becomes a row.
pub struct Import<'a> {
    /// Path that the user gave.
    pub from: &'a Path,
    /// Reads the files.
    pub source: &'a Source,
    /// The files.
    pub entries: &'a [Entry],
    /// How each becomes a row.
    pub recipe: Recipe,
    /// Whether each goes to the test set; empty if there is none.
    pub in_test: &'a [bool],
    /// Whether names have classes.
    pub labeled: bool,
    /// Whether to stop at the first image that cannot be used.
    pub stop: bool,
}

/// What was found while files were imported.
#[derive(Default)]
pub struct Found {
    /// Files that were skipped, in order.
    pub skipped: Vec<Skipped>,
    /// Classes of the images.
    pub classes: Classes,
    /// Number of images with the bytes of an earlier one.
    pub duplicates: usize,
    /// Number of these whose earlier one is in the other set.
    pub shared: usize,
    /// Number of images of one shade, and the name of the first.
    pub uniform: (usize, PathBuf),
    /// First image with each content. Half a SHA-256 is enough to tell files apart.
    first: HashMap<[u8; 16], usize>,
    digest: Sha256,
}

impl Found {
    /// Gives the SHA-256 of the names and contents of all images in order.
    pub fn sha256(&self) -> String {
        hexadecimal(&self.digest.clone().finalize())
    }
}

/// The row of a file and the hash of the file, or why it is skipped.
type Loaded = Result<(Row, Hash), String>;

/// Writes the rows of all files to `parts`: the training set, and the test set if there is one.
///
/// # Errors
/// A file that cannot be written; under `stop` also an image that cannot be used.
pub fn import(import: &Import, parts: &mut [Part]) -> anyhow::Result<Found> {
    let (mut found, mut done) = (Found::default(), 0);
    let mut progress = Quarters::new("images", import.entries.len());
    let row_bytes: usize = import.recipe.row_shape().iter().product();
    let most = BLOCK * rayon::current_num_threads();
    let block = (BLOCK_BYTES / row_bytes).clamp(1, most);
    let mut before: Vec<Loaded> = Vec::new();
    // Rows of one block are written while the next block is decoded.
    for entries in import.entries.chunks(block).chain([[].as_slice()]) {
        let loaded = std::mem::take(&mut before);
        let count = loaded.len();
        let (written, next) = rayon::join(
            || write(import, done, loaded, parts, &mut found),
            || {
                let load = |resizer: &mut Resizer, entry| load(import, entry, resizer);
                entries.par_iter().map_init(Resizer::new, load).collect()
            },
        );
        written?;
        (before, done) = (next, done + count);
        progress.set(done);
    }
    Ok(found)
}

/// Makes the row of a file.
fn load(import: &Import, entry: &Entry, resizer: &mut Resizer) -> Loaded {
    let mut large = Large::default();
    let bytes = import.source.read(entry, &mut large)?;
    let row = import.recipe.row(&bytes, &mut large, resizer)?;
    Ok((row, hash(&bytes)))
}

/// Writes the rows of files; the first is the file `start`.
fn write(
    import: &Import,
    start: usize,
    loaded: Vec<Loaded>,
    parts: &mut [Part],
    found: &mut Found,
) -> anyhow::Result<()> {
    for (at, loaded) in (start..).zip(loaded) {
        let name = &import.entries[at].name;
        match loaded {
            Ok((row, hash)) => write_row(import, at, &row, &hash, parts, found)?,
            Err(reason) => {
                let skipped = Skipped { name: name.clone(), reason };
                if import.stop {
                    stop_at(import.from, &skipped)?;
                }
                found.skipped.push(skipped);
            }
        }
    }
    Ok(())
}

/// Writes the row of the file `at`.
fn write_row(
    import: &Import,
    at: usize,
    row: &Row,
    hash: &Hash,
    parts: &mut [Part],
    found: &mut Found,
) -> anyhow::Result<()> {
    let name = import.entries[at].name.as_path();
    let in_test = |at: usize| import.in_test.get(at).copied().unwrap_or(false);
    found.digest.update(name.as_os_str().as_encoded_bytes());
    // No name has a zero byte.
    found.digest.update([0]);
    found.digest.update(hash);
    let key = hash.first_chunk().copied().unwrap_or_default();
    let first = *found.first.entry(key).or_insert(at);
    if first < at {
        found.duplicates += 1;
        found.shared += usize::from(in_test(first) != in_test(at));
    }
    if row.values.iter().all(|value| *value == row.values[0]) {
        if found.uniform.0 == 0 {
            found.uniform.1 = name.to_owned();
        }
        found.uniform.0 += 1;
    }
    let class = if import.labeled { class(name) } else { None };
    let class = class.map(|class| (found.classes.number(class), class));
    let duplicate_of = (first < at).then(|| import.entries[first].name.as_path());
    parts[usize::from(in_test(at))].add(name, row, class, duplicate_of)
}

/// Makes the error for an image that cannot be used; other files are none.
///
/// # Errors
/// The file was meant to be an image.
pub fn stop_at(from: &Path, skipped: &Skipped) -> anyhow::Result<()> {
    if skipped.is_fault() {
        bail!(
            "{}: expected an image that can be used, found {}: {}; \
             replace or remove it, or skip such images with --on-error skip",
            from.display(),
            names::escape(&skipped.name),
            skipped.reason
        );
    }
    Ok(())
}
