//! Helpers of the fuzz targets.

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Calls `read` with a temporary file `name` of these bytes, and removes the file.
pub fn with_file(name: &str, bytes: &[u8], read: impl FnOnce(&Path)) {
    let folder = folder();
    let path = folder.join(name);
    std::fs::create_dir_all(&folder).expect("the folder for temporary files can be written to");
    std::fs::write(&path, bytes).expect("the folder for temporary files can be written to");
    read(&path);
    let _ = std::fs::remove_file(path);
    // The folder stays while another file is in it.
    let _ = std::fs::remove_dir(folder);
}

/// Gives a folder of this process, in memory if the system has such a place.
fn folder() -> PathBuf {
    let shared = Path::new("/dev/shm");
    let base = if shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() };
    base.join(format!("fuzz-{}", std::process::id()))
}

/// Splits an input into its form and its content.
///
/// The first byte says whether the content is a file as it is, or the members of a container that
/// is made here, whose checksums no mutation would get right.
pub fn form(data: &[u8]) -> Option<(bool, &[u8])> {
    data.split_first().map(|(first, rest)| (first % 2 == 1, rest))
}

/// Makes an archive of members: for each a byte that chooses one of `names`, by its remainder, its
/// length (u2) and content. There are at most 32 names.
pub fn archive(names: &[&str], mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let mut seen = 0u32;
    while let [name, low, high, after @ ..] = rest {
        let length = usize::from(u16::from_le_bytes([*low, *high])).min(after.len());
        let (content, left) = after.split_at(length);
        let at = usize::from(*name) % names.len();
        rest = left;
        if seen & 1 << at != 0 {
            continue;
        }
        seen |= 1 << at;
        writer.start_file(format!("{}.npy", names[at]), SimpleFileOptions::default()).ok()?;
        writer.write_all(content).ok()?;
    }
    Some(writer.finish().ok()?.into_inner())
}
