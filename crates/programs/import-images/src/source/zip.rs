//! Members of a zip archive.

use std::io::Read;
use std::path::Path;

use anyhow::anyhow;
use zip::ZipArchive;
use zip::result::ZipError;

use crate::entry::{Entry, Listing};
use crate::source::shared_file::SharedFile;

/// Opens the archive `file`, which lies at `path`, and lists its members.
///
/// # Errors
/// A file that is no zip archive or is cut off.
pub fn open(path: &Path, file: SharedFile) -> anyhow::Result<(ZipArchive<SharedFile>, Listing)> {
    let archive = ZipArchive::new(file).map_err(|error| {
        anyhow!(
            "{}: expected a zip archive, found one that cannot be opened ({error}); \
             copy or download it again",
            path.display()
        )
    })?;
    let mut listing = Listing::default();
    for index in 0..archive.len() {
        let Some(name) = archive.name_for_index(index) else { continue };
        if !name.ends_with(['/', '\\']) {
            listing.add(Entry { name: name.into(), place: index as u64, length: 0 });
        }
    }
    Ok((archive, listing))
}

/// Opens a member, and gives its length to `read` as the archive tells it.
///
/// # Errors
/// The reason why it cannot be read.
pub fn with_member<T>(
    archive: &ZipArchive<SharedFile>,
    entry: &Entry,
    read: impl FnOnce(&mut dyn Read, u64) -> Result<T, String>,
) -> Result<T, String> {
    // A copy has a place in the file of its own, and shares everything else.
    let mut archive = archive.clone();
    let index = usize::try_from(entry.place).map_err(|error| error.to_string())?;
    let mut member = archive.by_index(index).map_err(|error| match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            "encrypted: unpack the archive with its password first".to_owned()
        }
        other => format!("cannot be unpacked: {other}"),
    })?;
    let length = member.size();
    read(&mut member, length)
}
