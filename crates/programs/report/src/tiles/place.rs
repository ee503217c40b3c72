//! Finds the folder of tiles from the page.

use std::ffi::OsString;
use std::fmt::Write;
use std::path::{Component, Path, PathBuf};

/// Returns the address of the folder `tiles` relative to the file `page`.
///
/// # Errors
/// Fails if the folder does not lie in the folder of the page, from which it could not be moved or
/// mailed together with the page.
pub fn relative_url(tiles: &Path, page: &Path) -> anyhow::Result<String> {
    let (folder, page) = (settled(tiles)?, settled(page)?);
    let beside = page.parent().unwrap_or(&page);
    let below = folder.strip_prefix(beside).ok().filter(|path| path.components().next().is_some());
    let mut provenance = OsString::from(&page);
    provenance.push(".json");
    match below {
        Some(path) if !folder.starts_with(&page) && !folder.starts_with(&provenance) => {
            Ok(encoded(path))
        }
        _ => Err(cli::usage(format!(
            "--tiles is a folder in that of the page, so that both move together: expected one in \
             {}, found {}",
            beside.display(),
            tiles.display()
        ))),
    }
}

/// Returns the path without links and detours above its last name.
///
/// # Errors
/// Fails if it ends without a name, or the current folder is gone.
fn settled(path: &Path) -> anyhow::Result<PathBuf> {
    let whole = std::path::absolute(path)?;
    let (Some(above), Some(name)) = (whole.parent(), whole.file_name()) else {
        return Err(cli::usage(format!(
            "expected a path that ends with a name, found {}",
            path.display()
        )));
    };
    let mut folder = PathBuf::new();
    for component in above.components() {
        match component {
            Component::ParentDir => drop(folder.pop()),
            other => folder.push(other),
        }
        // A link is followed before `..` leads on from it.
        if let Ok(real) = folder.canonicalize() {
            folder = real;
        }
    }
    Ok(folder.join(name))
}

/// Encodes a path as an address, in which only letters, digits and `-._~` stand for themselves.
fn encoded(path: &Path) -> String {
    let mut address = String::new();
    for (at, component) in path.components().enumerate() {
        if at > 0 {
            address.push('/');
        }
        for byte in component.as_os_str().as_encoded_bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    address.push(char::from(*byte));
                }
                // Writing to a text does not fail.
                other => drop(write!(address, "%{other:02X}")),
            }
        }
    }
    address
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use super::*;

    #[test]
    fn the_address_leads_from_the_page_to_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        std::fs::create_dir_all(at("a/b")).unwrap();
        std::os::unix::fs::symlink(at("a"), at("link")).unwrap();
        let url = |tiles: &str, page: &str| relative_url(&at(tiles), &at(page)).ok();
        assert_eq!(url("a/tiles", "a/page.html").as_deref(), Some("tiles"));
        assert_eq!(url("a/b/c/t", "a/page.html").as_deref(), Some("b/c/t"));
        assert_eq!(url("a/b/../t", "new/../a/page.html").as_deref(), Some("t"));
        assert_eq!(url("link/t", "a/page.html").as_deref(), Some("t"));
        let odd = url("a/ä: 1%/t#?", "a/page.html");
        assert_eq!(odd.as_deref(), Some("%C3%A4%3A%201%25/t%23%3F"));
        for tiles in ["a", "tiles", "a/../tiles", "b/tiles", "a/page.html", "a/page.html.json"] {
            assert_eq!(url(tiles, "a/page.html"), None, "{tiles}");
        }
    }
}
