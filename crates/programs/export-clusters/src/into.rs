//! Fills a folder with a folder for each cluster.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use artifact::FileRecord;
use cli::Quarters;

use crate::contact_sheet::{Images, Tiles};
use crate::groups::{Group, folder_names, link_names};
use crate::link::Link;
use crate::pick::bands;
use crate::sources::Sources;

/// Number of groups up to which a contact sheet has bands of three rows instead of one. The tiles
/// of all sheets are in memory.
const FEW: usize = 200;

/// Counts of the files that were put into the folders.
pub struct Filled {
    /// Number of files that were linked or copied.
    pub placed: usize,
    /// Rows whose file is missing, ascending.
    pub missing: Vec<usize>,
}

/// Makes a folder for each group below `folder` and links or copies its files into it.
///
/// # Errors
/// A file that cannot be linked or copied; a signal, after which nothing should stay.
pub fn fill(
    folder: &Path,
    groups: &[Group],
    sources: &Sources,
    link: Link,
) -> anyhow::Result<Filled> {
    let mut shown = Quarters::new("files", sources.files.len());
    let mut missing = Vec::new();
    let mut done = 0;
    for (group, name) in groups.iter().zip(folder_names(groups)) {
        let own = folder.join(name);
        fs::create_dir(&own).with_context(|| own.display().to_string())?;
        for (&row, name) in group.members.iter().zip(link_names(&group.members, &sources.files)) {
            stop_if_asked()?;
            if !link.place(&sources.path(row), &own.join(name))? {
                missing.push(row);
            }
            done += 1;
            shown.set(done);
        }
    }
    missing.sort_unstable();
    let placed = done - missing.len();
    ensure!(
        placed > 0,
        "{}: expected the files of the names, such as {}, found none of {done}; \
         give --from the folder that the names are relative to",
        sources.folder.display(),
        sources.files[missing[0]].display()
    );
    Ok(Filled { placed, missing })
}

/// Draws a contact sheet of each group into `folder`, named as the folder of the group.
///
/// Gives the record of the images, which were opened at `path`.
///
/// # Errors
/// Images that cannot be read, a file that cannot be written; a signal.
pub fn draw(
    folder: &Path,
    groups: &[Group],
    certainty: impl Fn(usize) -> Option<f64>,
    path: &Path,
    images: Images,
) -> anyhow::Result<FileRecord> {
    let rows = if groups.len() <= FEW { 3 } else { 1 };
    let picked: Vec<Vec<Vec<usize>>> =
        groups.iter().map(|group| bands(&group.members, &certainty, rows)).collect();
    let wanted: BTreeSet<usize> = picked.iter().flatten().flatten().copied().collect();
    let (tiles, record): (Tiles, FileRecord) = images.tiles(path, &wanted)?;
    for (bands, name) in picked.iter().zip(folder_names(groups)) {
        stop_if_asked()?;
        let file = folder.join(format!("{name}.png"));
        fs::write(&file, tiles.sheet(bands)?).with_context(|| file.display().to_string())?;
    }
    Ok(record)
}

/// Ends the run after a signal; the temporary folder is removed on the way.
pub fn stop_if_asked() -> anyhow::Result<()> {
    if cli::asked_to_stop() {
        return Err(cli::stopped("stopped; nothing was written"));
    }
    Ok(())
}
