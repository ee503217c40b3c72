//! Writes the images of an array as PNG files.

use std::collections::HashMap;
use std::fs;
use std::io::Cursor;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, bail, ensure};
use artifact::{Error, ImageFile, ImageShape, Outputs, Pixels};
use cli::{Quarters, Stage};
use image::{ExtendedColorType, ImageFormat};
use names::{Names, unescape};
use rayon::prelude::*;
use serde_json::json;

use crate::args::Args;

/// Images that are encoded at a time.
const BLOCK: usize = 1024;

/// Writes each image of the array `args.from` to a file in the folder `to`.
///
/// The folder appears complete or not at all.
///
/// # Errors
/// A file that cannot be read; a folder that exists and is not empty; names that lead out of it.
pub fn export(args: &Args, to: &Path, stage: &Stage) -> anyhow::Result<()> {
    let from = args.from.as_path();
    let file = ImageFile::open(from)?;
    let Some(shape) = ImageShape::of(file.shape()) else {
        let expected = "images of shape (n, height, width) or (n, height, width, 3)";
        let found = format!("shape {:?}", file.shape());
        return Err(Error::content(from, expected, found, "reshape it to images").into());
    };
    let rows = file.dim().0;
    let (targets, names) = match &args.names {
        Some(path) => {
            let (names, record) = Names::read(path)?;
            names.check_rows(path, rows, from)?;
            (named(path, &names)?, Some(record))
        }
        None => (numbered(rows), None),
    };
    let place = free_folder(to)?;
    let parent = place.parent().unwrap_or(Path::new("/"));
    let failed = || format!("{}: cannot write it", to.display());
    let scratch = tempfile::Builder::new().prefix(".import-images.").tempdir_in(parent);
    let scratch = scratch.with_context(failed)?;
    // A temporary folder is closed to other users, and the folder in it is not.
    let folder = scratch.path().join("images");
    fs::create_dir(&folder).with_context(failed)?;

    cli::stop_when_asked();
    let mut progress = Quarters::new("images", rows);
    let mut blocks = file.blocks(BLOCK);
    let mut done = 0;
    for block in blocks.by_ref() {
        let Pixels::U8(levels) = block?.pixels else {
            let hint = "convert it: numpy.clip(255 * x, 0, 255).astype('u1') for values 0 to 1";
            return Err(Error::content(from, "images of dtype u1", "other numbers", hint).into());
        };
        let rows: Vec<Vec<u8>> = levels.outer_iter().map(|row| row.to_vec()).collect();
        let targets = &targets[done..done + rows.len()];
        rows.par_iter().zip(targets).try_for_each(|(levels, target)| {
            write(&folder.join(target), levels, shape).with_context(|| target.display().to_string())
        })?;
        done += rows.len();
        progress.set(done);
        if cli::asked_to_stop() {
            return Err(cli::stopped(format!("{}: stopped, nothing was written", to.display())));
        }
    }
    drop(progress);
    fs::rename(&folder, &place).with_context(failed)?;
    let inputs = blocks.record().cloned().into_iter().chain(names).collect();
    let text = format!("{rows} images of {}x{} in {}\n", shape.height, shape.width, to.display());
    let result = json!({ "images": rows, "to": to.display().to_string() });
    stage.finish(Outputs::new(), json!({}), inputs, result, &text)
}

/// Resolves `to`, which has to be new or an empty folder, and makes the folders above it.
fn free_folder(to: &Path) -> anyhow::Result<PathBuf> {
    const EXPECTED: &str = "a new or empty folder";
    let refused = |found: &str| Error::content(to, EXPECTED, found, "give --to another name");
    let failed = || format!("{}: cannot write it", to.display());
    match fs::symlink_metadata(to) {
        Ok(_) => {
            let place = to.canonicalize().with_context(failed)?;
            if !place.is_dir() {
                return Err(refused("a file").into());
            }
            if fs::read_dir(&place).with_context(failed)?.next().is_some() {
                return Err(refused("a folder with files").into());
            }
            Ok(place)
        }
        Err(_) => {
            let Some(name) = to.file_name() else {
                return Err(refused("a path that does not end in a name").into());
            };
            let parent = match to.parent() {
                Some(parent) if parent != Path::new("") => parent,
                _ => Path::new("."),
            };
            fs::create_dir_all(parent).with_context(failed)?;
            Ok(parent.canonicalize().with_context(failed)?.join(name))
        }
    }
}

/// Names files after their rows, with as many digits as the last one has.
fn numbered(rows: usize) -> Vec<PathBuf> {
    let digits = rows.saturating_sub(1).to_string().len();
    (0..rows).map(|row| format!("{row:0digits$}.png").into()).collect()
}

/// Names files after the files that they were made of, with the extension `.png`.
///
/// Where two would get one name, `.png` follows the whole name of each.
fn named(path: &Path, names: &Names) -> anyhow::Result<Vec<PathBuf>> {
    let mut originals = Vec::with_capacity(names.names.len());
    for name in &names.names {
        let inside = |name: &PathBuf| {
            let mut parts = name.components();
            parts.all(|part| matches!(part, Component::Normal(_))) && name.file_name().is_some()
        };
        let Some(name) = unescape(name).filter(inside) else {
            bail!(
                "{}: expected names of files below a folder, found '{name}'; \
                 leave out --names to name files after their rows",
                path.display()
            );
        };
        originals.push(name);
    }
    let short: Vec<PathBuf> = originals.iter().map(|name| name.with_extension("png")).collect();
    let mut counts: HashMap<&PathBuf, usize> = HashMap::new();
    short.iter().for_each(|name| *counts.entry(name).or_default() += 1);
    let targets: Vec<PathBuf> = short
        .iter()
        .zip(&originals)
        .map(|(short, original)| match counts[short] {
            1 => short.clone(),
            _ => {
                let mut whole = original.as_os_str().to_owned();
                whole.push(".png");
                whole.into()
            }
        })
        .collect();
    let mut taken = HashMap::new();
    for (row, target) in targets.iter().enumerate() {
        if let Some(first) = taken.insert(target, row) {
            bail!(
                "{}: expected a name of its own for each row, found {} for the rows {first} and \
                 {row}; leave out --names to name files after their rows",
                path.display(),
                originals[row].display()
            );
        }
    }
    Ok(targets)
}

/// Writes one image to a new file.
fn write(target: &Path, levels: &[u8], shape: ImageShape) -> anyhow::Result<()> {
    let kind = if shape.channels == 3 { ExtendedColorType::Rgb8 } else { ExtendedColorType::L8 };
    let (width, height) = (u32::try_from(shape.width)?, u32::try_from(shape.height)?);
    let mut png = Cursor::new(Vec::new());
    image::write_buffer_with_format(&mut png, levels, width, height, kind, ImageFormat::Png)?;
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder)?;
    }
    ensure!(!target.exists(), "two images have this name");
    fs::write(target, png.get_ref())?;
    Ok(())
}
