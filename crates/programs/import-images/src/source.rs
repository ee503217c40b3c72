//! Where image files come from: a folder, a list, or an archive.

mod folder;
mod shared_file;
mod tar;
mod zip;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use ::zip::ZipArchive;
use anyhow::{Context, anyhow, bail};
use artifact::FileRecord;

use crate::decode::{self, MOST_BYTES};
use crate::entry::{Entry, Listing};
use crate::hash::hash_file;
use crate::large::Large;
use crate::order::natural;
use shared_file::SharedFile;

/// What a path holds, by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Folder,
    Zip,
    Tar,
    GzippedTar,
    List,
}

/// Image files that can be read in any order by any thread.
pub enum Source {
    /// Files whose names are relative to a folder.
    Folder(PathBuf),
    /// Members of a zip archive.
    Zip(ZipArchive<SharedFile>),
    /// Members of a tar archive.
    Tar(SharedFile),
}

/// A source that was opened.
pub struct Opened {
    /// Reads the files.
    pub source: Source,
    /// Names the files, in the order of rows.
    pub listing: Listing,
    /// Hashes the archive or list meanwhile; `None` for a folder.
    pub record: Option<JoinHandle<anyhow::Result<FileRecord>>>,
}

/// Opens the folder, list or archive at `path`.
///
/// A compressed tar archive is unpacked into a file without a name in `scratch`.
///
/// # Errors
/// A file that cannot be read or is none of these.
pub fn open(path: &Path, scratch: &Path) -> anyhow::Result<Opened> {
    let kind = kind(path)?;
    let file = || File::open(path).with_context(|| path.display().to_string());
    let shared = |file| SharedFile::new(file).with_context(|| path.display().to_string());
    let (source, mut listing) = match kind {
        Kind::Folder => (Source::Folder(path.to_owned()), folder::walk(path)),
        Kind::List => {
            let (text, _) = artifact::read_bytes(path)?;
            let root = path.parent().unwrap_or(Path::new("")).to_owned();
            (Source::Folder(root), folder::named_in(&text))
        }
        Kind::Zip => {
            let (archive, listing) = zip::open(path, shared(file()?)?)?;
            (Source::Zip(archive), listing)
        }
        Kind::Tar | Kind::GzippedTar => {
            let packed = file()?;
            let file = match kind {
                Kind::Tar => packed,
                _ => tar::unpacked(path, packed, scratch)?,
            };
            let file = shared(file)?;
            let listing = tar::list(path, file.clone())?;
            (Source::Tar(file), listing)
        }
    };
    // A list has an order of its own.
    if kind != Kind::List {
        listing.entries.sort_by(|a, b| natural(&a.name, &b.name));
        listing.skipped.sort_by(|a, b| natural(&a.name, &b.name));
    }
    let path = path.to_owned();
    let record = (kind != Kind::Folder).then(|| std::thread::spawn(move || hash_file(&path)));
    Ok(Opened { source, listing, record })
}

/// Finds out what `path` holds.
fn kind(path: &Path) -> anyhow::Result<Kind> {
    const EXPECTED: &str = "a folder of images, a .zip or .tar(.gz) archive, or a list of files";
    let failed = || format!("{}: cannot read it; give {EXPECTED}", path.display());
    let metadata = std::fs::metadata(path).with_context(failed)?;
    if metadata.is_dir() {
        return Ok(Kind::Folder);
    }
    if !metadata.is_file() {
        bail!(
            "{}: expected {EXPECTED}, found something that is not a file; give one of these",
            path.display()
        );
    }
    // A tar archive has its mark in the last bytes of the first 265.
    let mut start = Vec::new();
    File::open(path)
        .with_context(failed)?
        .take(512)
        .read_to_end(&mut start)
        .with_context(failed)?;
    let refused =
        |found: &str| Err(anyhow!("{}: expected {EXPECTED}, found {found}", path.display()));
    match start.as_slice() {
        [] => refused("an empty file"),
        [b'P', b'K', 3 | 5, 4 | 6, ..] => Ok(Kind::Zip),
        [0x1f, 0x8b, ..] => Ok(Kind::GzippedTar),
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => {
            refused("an array; give --to DIR to write its images")
        }
        start if start.get(257..262) == Some(b"ustar") => Ok(Kind::Tar),
        start if decode::format(start).is_ok() => refused("a single image; give its folder"),
        // Old archives have no mark; their names end in a zero byte, which no text has.
        start if start.contains(&0) => match path.extension().is_some_and(|end| end == "tar") {
            true => Ok(Kind::Tar),
            false => refused("a file of another kind"),
        },
        _ => Ok(Kind::List),
    }
}

impl Source {
    /// Reads an image file, or only its beginning if that is not the beginning of an image.
    ///
    /// # Errors
    /// The reason why the file is skipped.
    pub fn read(&self, entry: &Entry, large: &mut Large) -> Result<Vec<u8>, String> {
        self.with_reader(entry, |reader, length| {
            let mut bytes = start(reader)?;
            decode::format(&bytes)?;
            if length > MOST_BYTES {
                return Err(too_long());
            }
            large.wait(length);
            // One byte more than expected shows a length that is wrong.
            let failed = |error: std::io::Error| format!("cannot be read: {error}");
            bytes.reserve(usize::try_from(length).unwrap_or(0));
            reader.take(MOST_BYTES).read_to_end(&mut bytes).map_err(failed)?;
            match bytes.len() as u64 {
                found if found > MOST_BYTES => Err(too_long()),
                found if found < length => {
                    Err(format!("truncated: {found} of {length} bytes are there"))
                }
                _ => Ok(bytes),
            }
        })
    }

    /// Whether a file begins as an image does.
    pub fn is_image(&self, entry: &Entry) -> bool {
        let format = |reader: &mut dyn Read, _| decode::format(&start(reader)?);
        self.with_reader(entry, format).is_ok()
    }

    /// Opens a file, and gives `read` its content and length.
    fn with_reader<T>(
        &self,
        entry: &Entry,
        read: impl FnOnce(&mut dyn Read, u64) -> Result<T, String>,
    ) -> Result<T, String> {
        match self {
            Self::Folder(root) => {
                let (mut file, length) = folder::open(root.join(&entry.name))?;
                read(&mut file, length)
            }
            Self::Zip(archive) => zip::with_member(archive, entry, read),
            Self::Tar(file) => {
                let mut member = file.clone().from(entry.place).take(entry.length);
                read(&mut member, entry.length)
            }
        }
    }
}

/// Reads as many bytes as tell the format of an image.
fn start(reader: &mut dyn Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = reader.take(decode::START as u64).read_to_end(&mut bytes);
    read.map(|_| bytes).map_err(|error| format!("cannot be read: {error}"))
}

fn too_long() -> String {
    format!("too large: the file has more than {} MiB", MOST_BYTES >> 20)
}
