//! Files that belong to something with a name.

use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A file with the name of what it belongs to, for an option that may be repeated.
///
/// It is given as `NAME=FILE`, or as `FILE`, which has the name of its folder. Letters of the name
/// that neither a page nor a line can show are replaced by U+FFFD.
///
/// ```
/// let named: cli::Named = "mine=a/b.npy".parse()?;
/// assert_eq!((named.name.as_str(), named.path.to_str()), ("mine", Some("a/b.npy")));
/// let named: cli::Named = "clusters/latents-gmm/train.npy".parse()?;
/// assert_eq!(named.name, "latents-gmm");
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Name of what the file belongs to.
    pub name: String,
    /// Path of the file.
    pub path: PathBuf,
}

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, path)) if !name.is_empty() && !path.is_empty() && !name.contains('/') => {
                Ok(Self { name: shown(name), path: path.into() })
            }
            _ => {
                let path = PathBuf::from(text);
                let folder = path.parent().and_then(Path::file_name);
                let name = folder.ok_or("expected NAME=FILE, or FILE in a folder of that name")?;
                Ok(Self { name: shown(&name.to_string_lossy()), path })
            }
        }
    }
}

/// Replaces control letters and what Unicode calls no characters.
fn shown(name: &str) -> String {
    let forbidden = |letter: char| letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}');
    name.replace(forbidden, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_by_its_folder_unless_it_is_named() {
        let named = |text: &str| text.parse::<Named>().map(|named| (named.name, named.path));
        assert_eq!(named("a=b/c.npy").unwrap(), ("a".into(), "b/c.npy".into()));
        assert_eq!(named("x/a=b/c.npy").unwrap(), ("a=b".into(), "x/a=b/c.npy".into()));
        assert_eq!(named("a\nb=c.npy").unwrap().0, "a\u{fffd}b");
        for wrong in ["", "b.npy"] {
            assert!(named(wrong).is_err(), "{wrong}");
        }
    }
}
