//! Helpers of the fuzz targets.

use std::path::{Path, PathBuf};

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
