//! Helpers that the fuzz targets share.

use std::path::{Path, PathBuf};

/// Gives `read` a file of these bytes, and removes it.
///
/// The file is called `name`, in a folder of this process.
pub fn with_file(name: &str, bytes: &[u8], read: impl FnOnce(&Path)) {
    let folder = folder();
    let path = folder.join(name);
    std::fs::create_dir_all(&folder).expect("the folder for temporary files can be written to");
    std::fs::write(&path, bytes).expect("the folder for temporary files can be written to");
    read(&path);
    let _ = std::fs::remove_file(path);
    // Fails while another file is in the folder, which then stays.
    let _ = std::fs::remove_dir(folder);
}

/// Returns a folder of this process, in memory where the system has such a place.
fn folder() -> PathBuf {
    let shared = Path::new("/dev/shm");
    let base = if shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() };
    base.join(format!("fuzz-{}", std::process::id()))
}

/// Splits an input into its form and its content.
///
/// The first byte says whether the content is a file, or what a file with checksums, which no
/// mutation would get right, is to be made of.
pub fn form(data: &[u8]) -> Option<(bool, &[u8])> {
    data.split_first().map(|(first, rest)| (first % 2 == 1, rest))
}
