//! What the fuzz targets share.

use std::path::{Path, PathBuf};

/// Gives `read` a file of these bytes called `name`, in a folder of this process.
pub fn with_file(name: &str, bytes: &[u8], read: impl FnOnce(&Path)) {
    let path = folder().join(name);
    std::fs::write(&path, bytes).expect("the folder for temporary files can be written to");
    read(&path);
}

/// In memory where the system has such a folder.
fn folder() -> PathBuf {
    let shared = Path::new("/dev/shm");
    let base = if shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() };
    let folder = base.join(format!("fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the folder for temporary files can be written to");
    folder
}

/// The first byte says in which of two forms the rest is: as it is, or as what a container is to be made of, whose checksums no
/// mutation would get right.
pub fn form(data: &[u8]) -> Option<(bool, &[u8])> {
    data.split_first().map(|(first, rest)| (first % 2 == 1, rest))
}
