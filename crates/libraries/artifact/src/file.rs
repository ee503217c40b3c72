//! Opens files, and reads small ones whole.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::format::START;
use crate::hash::sha256;
use crate::record::FileRecord;
use crate::{Error, Result};

/// Length that compressed data may always unpack to: 64 MiB.
const UNPACKED: u64 = 64 << 20;
/// Factor by which longer data may exceed the file. Measured numbers do not compress to a
/// hundredth; data that does is there to fill memory.
const MOST_COMPRESSED: u64 = 100;

/// Reads a file that is not an array, with its record.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("weights.safetensors");
/// std::fs::write(&path, [1, 2, 3])?;
/// let (bytes, record) = artifact::read_bytes(&path)?;
/// assert_eq!((bytes.as_slice(), record.bytes), ([1, 2, 3].as_slice(), 3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A file that cannot be read.
pub fn read_bytes(path: &Path) -> Result<(Vec<u8>, FileRecord)> {
    let (file, length) = open(path)?;
    read_whole(path, &file, length)
}

/// Reads a text file, such as JSON or CSV, as bytes, with its record.
///
/// A byte-order mark is left out. A file that begins with the mark of UTF-16 becomes UTF-8; that
/// others are UTF-8 is not checked.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("classes.json");
/// std::fs::write(&path, "\u{feff}[]")?;
/// assert_eq!(artifact::read_text(&path)?.0, b"[]");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A file that cannot be read.
pub fn read_text(path: &Path) -> Result<(Vec<u8>, FileRecord)> {
    let (bytes, record) = read_bytes(path)?;
    let wide = |decode: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].as_chunks().0.iter().map(|&pair| decode(pair)).collect();
        String::from_utf16_lossy(&units).into_bytes()
    };
    let text = match bytes.as_slice() {
        [0xef, 0xbb, 0xbf, text @ ..] => text.to_vec(),
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        _ => bytes,
    };
    Ok((text, record))
}

/// Reads an open file of `length` bytes, and makes its record.
pub(crate) fn read_whole(
    path: &Path,
    mut file: &File,
    length: u64,
) -> Result<(Vec<u8>, FileRecord)> {
    let mut bytes = Vec::new();
    file.by_ref().take(length).read_to_end(&mut bytes).map_err(|error| Error::read(path, error))?;
    let record = FileRecord {
        path: path.display().to_string(),
        dtype: None,
        shape: Vec::new(),
        bytes: bytes.len() as u64,
        sha256: sha256(&bytes),
    };
    Ok((bytes, record))
}

/// Opens a regular file, and gives its length.
pub(crate) fn open(path: &Path) -> Result<(File, u64)> {
    // The type is checked before the file is opened: opening a pipe waits for its writer.
    let metadata = std::fs::metadata(path).map_err(|error| Error::read(path, error))?;
    if !metadata.is_file() {
        let found = if metadata.is_dir() { "a folder" } else { "something that is not a file" };
        return Err(Error::content(path, "a file", found, "give the path of a file"));
    }
    let file = File::open(path).map_err(|error| Error::read(path, error))?;
    let length = file.metadata().map_err(|error| Error::read(path, error))?.len();
    Ok((file, length))
}

/// Reads the first bytes of a file, fewer if it is shorter.
pub(crate) fn start_of(path: &Path, file: &File) -> Result<Vec<u8>> {
    let mut start = vec![0; START];
    let length = file.read_at(&mut start, 0).map_err(|error| Error::read(path, error))?;
    start.truncate(length);
    Ok(start)
}

/// Gives the longest that compressed data in a file of this length may unpack to.
pub(crate) fn most_unpacked(length: u64) -> u64 {
    UNPACKED.max(length.saturating_mul(MOST_COMPRESSED))
}
