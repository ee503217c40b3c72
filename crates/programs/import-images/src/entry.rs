//! Files that may be images, and files that are skipped.

use std::path::{Component, Path, PathBuf};

/// Names of files and folders that systems leave beside images; those of hidden files as well.
const SYSTEM_NAMES: [&str; 4] = ["Thumbs.db", "desktop.ini", "__MACOSX", "@eaDir"];

/// Extensions of image files, to tell a broken image from a file of another kind.
const IMAGE_EXTENSIONS: [&str; 16] = [
    "jpg", "jpeg", "jpe", "jfif", "png", "apng", "webp", "gif", "bmp", "dib", "tif", "tiff",
    "heic", "heif", "avif", "ico",
];

/// A file of a source that may be an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Path relative to the source.
    pub name: PathBuf,
    /// Index of a member of a zip archive, or offset in a tar archive; 0 in a folder.
    pub place: u64,
    /// Length of a member of a tar archive in bytes; 0 elsewhere.
    pub length: u64,
}

/// A file that is skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Path relative to the source.
    pub name: PathBuf,
    /// Why it is skipped.
    pub reason: String,
}

impl Skipped {
    /// Whether this was meant to be an image, by its extension or because it cannot be read.
    ///
    /// Other files, such as texts and tables, may lie beside images and are no fault.
    pub fn is_fault(&self) -> bool {
        let of_image = |extension: &std::ffi::OsStr| {
            IMAGE_EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known))
        };
        !self.reason.starts_with(NOT_AN_IMAGE) && !self.reason.starts_with(EMPTY)
            || self.name.extension().is_some_and(of_image)
    }
}

/// Beginning of the reason for files whose content is no image.
pub const NOT_AN_IMAGE: &str = "not an image";
/// Beginning of the reason for files without content.
pub const EMPTY: &str = "an empty file";

/// The files of a source.
#[derive(Debug, Default)]
pub struct Listing {
    /// Files that may be images, in the order of rows.
    pub entries: Vec<Entry>,
    /// Files that cannot be opened.
    pub skipped: Vec<Skipped>,
    /// Number of hidden files and of files that systems leave beside images.
    pub hidden: usize,
}

impl Listing {
    /// Adds a file, unless it is hidden or its name leads out of the source.
    pub fn add(&mut self, entry: Entry) {
        if is_hidden(&entry.name) {
            self.hidden += 1;
        } else if entry.name.components().any(|part| !matches!(part, Component::Normal(_))) {
            let reason = "a name that leads out of the archive".into();
            self.skipped.push(Skipped { name: entry.name, reason });
        } else {
            self.entries.push(entry);
        }
    }

    /// Adds a file that is skipped, unless it is hidden.
    pub fn skip(&mut self, name: PathBuf, reason: impl Into<String>) {
        if is_hidden(&name) {
            self.hidden += 1;
        } else {
            self.skipped.push(Skipped { name, reason: reason.into() });
        }
    }
}

/// Whether a file, or a folder above it, is hidden or left there by a system.
pub fn is_hidden(name: &Path) -> bool {
    name.components().any(|part| match part {
        Component::Normal(part) => {
            let hidden = part.as_encoded_bytes().starts_with(b".");
            hidden || SYSTEM_NAMES.iter().any(|system| part == *system)
        }
        _ => false,
    })
}
