//! Chooses an array of an archive of NumPy.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use artifact::{FileRecord, Npz};
use zip::ZipArchive;

use crate::matrix::Matrix;

/// Longest header that is shown; NumPy refuses longer ones too (`max_header_size`).
const MOST: u64 = 10_000;

/// Reads the array `chosen` of the archive at `path`, or its only one.
///
/// # Errors
/// Several arrays and none chosen, with their names and shapes; another name; an array that is no
/// matrix of numbers.
pub fn read(
    path: &Path,
    (mut archive, record): (Npz, FileRecord),
    chosen: Option<&str>,
) -> anyhow::Result<Matrix> {
    let shown = path.display();
    let name = match chosen {
        Some(name) => name.to_owned(),
        None => {
            let arrays = arrays(path)?;
            ensure!(
                !arrays.is_empty(),
                "{shown}: expected an array, found a zip archive without; \
                 write it with numpy.savez"
            );
            if arrays.len() > 1 {
                let listed: Vec<String> = arrays
                    .iter()
                    .map(|(name, shape)| format!("{name} {shape}").trim().to_owned())
                    .collect();
                bail!(
                    "{shown}: expected one array, found {}; choose one with --array",
                    listed.join(", ")
                );
            }
            arrays[0].0.clone()
        }
    };
    let values = archive.array(&name)?;
    Matrix::new(path, values, Some(name), record)
}

/// Lists the arrays of an archive in its order, each with its type and shape.
fn arrays(path: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("{shown}: cannot read"))?;
    let mut archive = ZipArchive::new(file).with_context(|| shown.to_string())?;
    let mut found = Vec::new();
    for at in 0..archive.len() {
        // A member that cannot be unpacked is still named.
        let name = archive.name_for_index(at).unwrap_or_default();
        let Some(name) = name.strip_suffix(".npy").map(str::to_owned) else { continue };
        let shape = archive.by_index(at).ok().and_then(description);
        found.push((name, shape.unwrap_or_default()));
    }
    Ok(found)
}

/// Describes an array by its header, such as `f4 (3, 2)`.
fn description(member: impl Read) -> Option<String> {
    let mut start = Vec::new();
    member.take(MOST).read_to_end(&mut start).ok()?;
    let text = String::from_utf8_lossy(&start);
    let (_, dtype) = text.split_once("'descr': '")?;
    let (dtype, _) = dtype.split_once('\'')?;
    let (_, shape) = text.split_once("'shape': (")?;
    let (shape, _) = shape.split_once(')')?;
    Some(format!("{} ({shape})", dtype.trim_start_matches(['<', '>', '|', '='])))
}
