//! Files below a folder, and files of a list.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::entry::{Entry, Listing, is_hidden};

/// Lists the files below `root`; links are followed, but not in circles.
pub fn walk(root: &Path) -> Listing {
    let mut listing = Listing::default();
    let relative = |path: &Path| path.strip_prefix(root).unwrap_or(path).to_owned();
    let mut found = WalkDir::new(root).min_depth(1).follow_links(true).into_iter();
    while let Some(next) = found.next() {
        match next {
            Ok(entry) => {
                let name = relative(entry.path());
                if is_hidden(&name) {
                    listing.hidden += 1;
                    if entry.file_type().is_dir() {
                        found.skip_current_dir();
                    }
                } else if entry.file_type().is_file() {
                    listing.add(Entry { name, place: 0, length: 0 });
                } else if !entry.file_type().is_dir() {
                    listing.skip(name, "not an image: a pipe, socket or device");
                }
            }
            Err(error) => {
                let name = relative(error.path().unwrap_or(root));
                let reason = match (error.loop_ancestor(), error.io_error()) {
                    (Some(above), _) => {
                        format!("a link back to {}, a folder that it lies in", above.display())
                    }
                    (None, Some(cause)) if name.as_os_str().is_empty() => {
                        format!("a folder that cannot be listed: {cause}")
                    }
                    (None, Some(cause)) => format!("cannot be opened: {cause}"),
                    (None, None) => error.to_string(),
                };
                listing.skip(name, reason);
            }
        }
    }
    listing
}

/// Lists the files that `text` names, one a line, in that order.
pub fn named_in(text: &[u8]) -> Listing {
    let lines = text.split(|&byte| byte == b'\n');
    let lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let names = lines.filter(|line| !line.is_empty()).map(OsStr::from_bytes);
    let entry = |name: &OsStr| Entry { name: name.into(), place: 0, length: 0 };
    Listing { entries: names.map(entry).collect(), ..Listing::default() }
}

/// Opens a regular file, and gives its length.
///
/// # Errors
/// The reason why it cannot be opened.
pub fn open(path: PathBuf) -> Result<(File, u64), String> {
    let failed = |error: std::io::Error| format!("cannot be opened: {error}");
    // Opening a pipe would wait for its writer.
    let metadata = std::fs::metadata(&path).map_err(failed)?;
    if metadata.is_dir() {
        return Err("cannot be read: a folder".into());
    }
    if !metadata.is_file() {
        return Err("not an image: a pipe, socket or device".into());
    }
    let file = File::open(path).map_err(failed)?;
    Ok((file, metadata.len()))
}
