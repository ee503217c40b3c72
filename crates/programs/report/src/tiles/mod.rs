//! Writes all images in full beside the page, on grids that it loads when it shows them.

mod folder;
mod place;

use std::path::Path;

use anyhow::Context;
use cli::Progress;
use rayon::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::encode::{Quality, webp};
use crate::grid::Grid;
use crate::pictures::Pictures;

use folder::{KEY_LETTERS, Kept, Unfinished};

pub use folder::check as check_folder;
pub use place::relative_url;

/// Longest side of a grid in pixels; 4 MB when it is decoded.
const GRID_PIXELS: usize = 1024;

/// Most images in a row of a grid, and most rows.
const MAX_COLUMNS: usize = 8;

/// Longest side of images that are kept exactly; of larger ones it is the size that counts.
const EXACT_SIDE: usize = 64;

/// Quality of larger images, at which no difference is seen.
const QUALITY: Quality = Quality::LossySharp(90.0);

/// Grids that each thread encodes between two checks for a signal.
const BATCH: usize = 2;

/// Where the script of the page finds tiles, and how they lie on their grids.
#[derive(Serialize)]
pub struct TileLink {
    /// Address of the folder of the grids, relative to the page; ends with a slash.
    url: String,
    /// Width of a tile in pixels.
    width: usize,
    /// Height of a tile in pixels.
    height: usize,
    /// Tiles in a row of a grid.
    columns: usize,
    /// Tiles on a grid.
    per_sheet: usize,
}

/// A folder of tiles that is complete.
pub struct Tiles {
    /// Address and layout, for the script of the page.
    pub link: TileLink,
    /// Numbers of images, grids and bytes, and the name of the set, for the provenance.
    pub result: Value,
    /// The folder.
    pub kept: Kept,
}

impl Tiles {
    /// Writes the images `rows`, in this order, into the folder `place` of the page `page`.
    ///
    /// They are removed again if the folder is dropped before [`Kept::keep`].
    ///
    /// # Errors
    /// Fails if the folder cannot be written, or a signal came.
    pub fn write(
        images: &Pictures,
        rows: &[usize],
        place: &Path,
        page: &Path,
    ) -> anyhow::Result<Self> {
        let columns = (GRID_PIXELS / images.longest_side()).clamp(1, MAX_COLUMNS);
        let grid = Grid { columns, lines: columns, shrink: 1 };
        let quality = if images.longest_side() <= EXACT_SIDE { Quality::Lossless } else { QUALITY };
        let grids: Vec<&[usize]> = rows.chunks(columns * columns).collect();
        let bar = Progress::new("tiles", grids.len() as u64);
        // From here on a signal is answered between two batches, so that the folder is removed.
        cli::stop_when_asked();
        let folder = Unfinished::begin(place)?;
        let (mut hash, mut bytes, mut done) = (Sha256::new(), 0, 0);
        for batch in grids.chunks(BATCH * rayon::current_num_threads()) {
            let encode = |rows: &&[usize]| {
                // The last grid has no more rows than it needs.
                let grid = Grid { lines: rows.len().div_ceil(columns), ..grid };
                let levels = grid.levels(images, rows);
                webp(&levels, images.channels, grid.sides(images), quality)
            };
            let files: Vec<Vec<u8>> =
                batch.par_iter().map(encode).collect::<anyhow::Result<_>>()?;
            for file in files {
                let path = folder.path().join(format!("{done:05}.webp"));
                std::fs::write(&path, &file).with_context(|| path.display().to_string())?;
                hash.update(&file);
                bytes += file.len();
                done += 1;
            }
            bar.set(done as u64, "");
            if cli::asked_to_stop() {
                return Err(cli::stopped("stopped; nothing was written"));
            }
        }
        // The order of the tiles is the page's, and so is part of what they are.
        rows.iter().for_each(|row| hash.update((*row as u64).to_le_bytes()));
        let digest: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let key = &digest[..KEY_LETTERS];
        let link = TileLink {
            url: format!("{}/{key}/", relative_url(place, page)?),
            width: images.width,
            height: images.height,
            columns,
            per_sheet: columns * columns,
        };
        let result = json!({ "images": rows.len(), "grids": done, "bytes": bytes, "key": key });
        Ok(Self { link, result, kept: folder.finish(key)? })
    }
}

/// Orders points as their tiles lie on the grids: by group, and the nearest to its center first.
///
/// Members that the page shows together lie together. The script orders them the same way, by
/// `groups`, of which `None` is noise and comes last, and by `nearer` where there is one.
pub fn tile_order(groups: &[Option<usize>], nearer: Option<&[u8]>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_by_key(|&at| {
        (groups[at].unwrap_or(usize::MAX), nearer.map_or(0, |nearer| nearer[at]), at)
    });
    order
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use ndarray::Array2;

    use super::*;

    #[test]
    fn tiles_lie_by_group_and_distance() {
        let groups = [Some(1), None, Some(0), Some(1), Some(0)];
        assert_eq!(tile_order(&groups, None), [2, 4, 0, 3, 1]);
        assert_eq!(tile_order(&groups, Some(&[9, 0, 5, 3, 5])), [2, 4, 3, 0, 1]);
    }

    #[test]
    fn grids_are_bounded_and_their_folder_is_named_by_what_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let (place, page) = (folder.path().join("tiles"), folder.path().join("page.html"));
        let images = |side: usize, n: usize| Pictures {
            levels: Array2::from_shape_fn((n, side * side), |(row, at)| (row * at) as u8),
            channels: 1,
            height: side,
            width: side,
            sides: (side, side),
        };
        let write = |side: usize, rows: &[usize]| {
            Tiles::write(&images(side, 20), rows, &place, &page).unwrap()
        };
        let all: Vec<usize> = (0..20).collect();
        for (side, columns, grids) in [(8, 8, 1), (128, 8, 1), (256, 4, 2)] {
            let tiles = write(side, &all);
            assert_eq!((tiles.link.columns, tiles.link.per_sheet), (columns, columns * columns));
            assert_eq!(tiles.result["grids"], grids);
            let url = tiles.link.url.clone();
            assert!(folder.path().join(&url).join("00000.webp").exists(), "{url}");
            tiles.kept.keep();
            assert_eq!(std::fs::read_dir(&place).unwrap().count(), 1, "former ones are removed");
            assert!(folder.path().join(&url).exists());
        }
        let before = write(8, &all);
        let (key, kept) = (before.link.url.clone(), folder.path().join(&before.link.url));
        before.kept.keep();
        // The same tiles have the same key; in another order they are others.
        let again = write(8, &all);
        assert_eq!(again.link.url, key);
        drop(again);
        assert!(kept.exists(), "what was there before stays");
        let others: Vec<usize> = all.iter().rev().copied().collect();
        let other = write(8, &others);
        assert!(other.link.url != key);
        drop(other);
        assert_eq!(std::fs::read_dir(&place).unwrap().count(), 1, "what was not kept is gone");
    }
}
