//! Helpers of the fuzz targets.

use std::path::{Path, PathBuf};

/// Writes the bytes to a file `name`, calls `read` with its path, and removes it.
pub fn with_file(name: &str, bytes: &[u8], read: impl FnOnce(&Path)) {
    let folder = folder();
    let path = folder.join(name);
    std::fs::create_dir_all(&folder).expect("the folder for temporary files can be written to");
    std::fs::write(&path, bytes).expect("the folder for temporary files can be written to");
    read(&path);
    let _ = std::fs::remove_file(path);
    // Fails, and keeps the folder, while another file is in it.
    let _ = std::fs::remove_dir(folder);
}

/// Chooses a folder of this process, in memory if the system has such a place.
fn folder() -> PathBuf {
    let shared = Path::new("/dev/shm");
    let base = if shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() };
    base.join(format!("fuzz-{}", std::process::id()))
}

/// Splits the first byte off: it tells whether a container is to be made of the rest.
///
/// Otherwise the rest is the file itself. Mutations rarely get the checksums of a container right.
pub fn form(data: &[u8]) -> Option<(bool, &[u8])> {
    data.split_first().map(|(first, rest)| (first % 2 == 1, rest))
}
