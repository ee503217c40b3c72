//! Finds the files that names stand for.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, bail, ensure};
use artifact::Provenance;
use names::Names;

/// The files that rows were made of.
pub struct Sources {
    /// Folder that the files are relative to.
    pub folder: PathBuf,
    /// File of each row.
    pub files: Vec<PathBuf>,
}

impl Sources {
    /// Finds the folder of the files, and the file of each of `names`, which were read from `path`.
    ///
    /// Whether a file exists is not checked.
    ///
    /// # Errors
    /// No folder is given or known; an archive in its place; a name that leads out of it.
    pub fn find(path: &Path, names: &Names, from: Option<&Path>) -> anyhow::Result<Self> {
        let file = path.display();
        let from = match from {
            Some(from) => from.to_owned(),
            None => recorded(path).with_context(|| {
                format!(
                    "{file}: expected the folder of the files in its provenance {file}.json, \
                     found none; give --from, or leave --into out"
                )
            })?,
        };
        let shown = from.display();
        let metadata = fs::metadata(&from).with_context(|| {
            format!("{shown}: cannot find the folder of the files; give it with --from")
        })?;
        let is_list = metadata.is_file();
        ensure!(
            is_list || metadata.is_dir(),
            "{shown}: expected the folder of the files, found something that is neither a folder \
             nor a file; give it with --from"
        );
        ensure!(
            !is_list || !is_archive(&from).with_context(|| shown.to_string())?,
            "{shown}: expected the folder of the files, found an archive; \
             unpack it and give the folder with --from, or leave --into out"
        );
        let below = if is_list { "files".into() } else { format!("files below {shown}") };
        let files = names.names.iter().enumerate();
        let files = files
            .map(|(row, name)| {
                file_of(name, is_list).with_context(|| {
                    format!("{file}: expected names of {below}, found {name} in row {row}")
                })
            })
            .collect::<anyhow::Result<_>>()?;
        // The names in a list are relative to its folder.
        let folder = if is_list { from.parent().map_or("".into(), Path::to_owned) } else { from };
        Ok(Self { folder, files })
    }

    /// Gives the path of the file of `row`.
    pub fn path(&self, row: usize) -> PathBuf {
        self.folder.join(&self.files[row])
    }
}

/// Gives the folder that the provenance of `names` says the files were read from.
fn recorded(names: &Path) -> Option<PathBuf> {
    let provenance = Provenance::sidecar(names)?;
    provenance.parameters.get("from")?.as_str().map(PathBuf::from)
}

/// Whether a file is a zip or tar archive, compressed or not, by its content.
fn is_archive(path: &Path) -> std::io::Result<bool> {
    // A tar archive has its mark at this place.
    const MARK: usize = 257;
    let mut start = Vec::new();
    File::open(path)?.take(MARK as u64 + 5).read_to_end(&mut start)?;
    let known = [b"PK\x03\x04".as_slice(), b"PK\x05\x06", b"\x1f\x8b"];
    Ok(known.iter().any(|mark| start.starts_with(mark)) || start.get(MARK..) == Some(b"ustar"))
}

/// Gives the path that a name stands for.
///
/// A name leads to a file below the folder that it is relative to, unless it is from a list of the
/// user's own, which may name `any` file.
fn file_of(name: &str, any: bool) -> anyhow::Result<PathBuf> {
    let Some(path) = names::unescape(name) else {
        bail!("a backslash begins neither \\\\ nor \\xNN; give the names that import-images wrote")
    };
    let inside =
        path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    ensure!(inside || any, "names that are absolute or contain .. are not followed");
    ensure!(path.file_name().is_some(), "this is no name of a file");
    ensure!(!path.as_os_str().as_encoded_bytes().contains(&0), "a name has no zero byte");
    Ok(path)
}
