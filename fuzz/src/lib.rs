//! What the fuzz targets share.

use std::path::{Path, PathBuf};

/// Gives `read` a file of these bytes called `name`, in a folder of this process, and takes it away
/// again.
pub fn with_file(name: &str, bytes: &[u8], read: impl FnOnce(&Path)) {
    let folder = folder();
    let path = folder.join(name);
    std::fs::create_dir_all(&folder).expect("the folder for temporary files can be written to");
    std::fs::write(&path, bytes).expect("the folder for temporary files can be written to");
    read(&path);
    let _ = std::fs::remove_file(path);
    // Stays while another file is in it.
    let _ = std::fs::remove_dir(folder);
}

/// In memory where the system has such a place.
fn folder() -> PathBuf {
    let shared = Path::new("/dev/shm");
    let base = if shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() };
    base.join(format!("fuzz-{}", std::process::id()))
}

/// The first byte says in which of two forms the rest is: as it is, or as what a container is to be
/// made of, whose checksums no mutation would get right.
pub fn form(data: &[u8]) -> Option<(bool, &[u8])> {
    data.split_first().map(|(first, rest)| (first % 2 == 1, rest))
}
