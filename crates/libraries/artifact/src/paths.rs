//! Parts of paths, and the path of a provenance.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Gives the path of the provenance of `target`: `<target>.json`.
pub(crate) fn sidecar_path(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".json");
    PathBuf::from(name)
}

/// Gives the folder that `target` lies in.
pub(crate) fn parent(target: &Path) -> &Path {
    or_here(target.parent().unwrap_or(Path::new("")))
}

/// Gives `folder`, or the current folder if it is empty.
pub(crate) fn or_here(folder: &Path) -> &Path {
    if folder == Path::new("") { Path::new(".") } else { folder }
}

/// Gives the name of `path` without its folder.
pub(crate) fn name(path: &Path) -> OsString {
    path.file_name().unwrap_or_default().to_owned()
}
