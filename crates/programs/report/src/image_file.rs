//! Reads files of images, gray or in color.

use std::path::Path;

use anyhow::bail;
use artifact::{FileRecord, ImageShape, Pixels, read_images};
use ndarray::Array2;

use crate::pictures::Pictures;

/// Longest side of an image on the page; larger ones are downscaled.
const MAX_SIDE: usize = 128;

/// Longest side of a tile.
const TILE_SIDE: usize = 256;

/// Images of a file, in the sizes that are shown.
pub struct Drawn {
    /// Images for the page.
    pub images: Pictures,
    /// The same images for tiles, where these are larger.
    pub larger: Option<Pictures>,
}

/// Reads images (n, height, width) or (n, height, width, 3).
///
/// Rows (n, pixels) are gray images if the pixels make a square. Scales floats to levels: from
/// 0 to 1 if they lie there, else from the smallest to the largest.
///
/// # Errors
/// Fails if the file cannot be read or does not hold images.
pub fn read_pictures(path: &Path) -> anyhow::Result<(Pictures, FileRecord)> {
    match read_in_full(path)? {
        (Some(pictures), record, _) => Ok((pictures.downscaled(MAX_SIDE), record)),
        (None, record, _) => bail!(not_drawable(path, &record)),
    }
}

/// Reads images as [`read_pictures`] does, and returns the number of rows.
///
/// Returns no images if the rows make no square. Images for tiles are kept only `for_tiles`.
///
/// # Errors
/// Fails if the file cannot be read or does not hold points; if tiles are wanted of rows that
/// make no square.
pub fn read_if_drawable(
    path: &Path,
    for_tiles: bool,
) -> anyhow::Result<(Option<Drawn>, FileRecord, usize)> {
    let (full, record, n) = read_in_full(path)?;
    let Some(full) = full else {
        if for_tiles {
            bail!(not_drawable(path, &record));
        }
        return Ok((None, record, n));
    };
    let drawn = match full.longest_side().div_ceil(MAX_SIDE) {
        by if for_tiles && by > 1 => {
            let images = full.shrunk(by);
            Drawn { images, larger: Some(full.downscaled(TILE_SIDE)) }
        }
        _ => Drawn { images: full.downscaled(MAX_SIDE), larger: None },
    };
    Ok((Some(drawn), record, n))
}

fn read_in_full(path: &Path) -> anyhow::Result<(Option<Pictures>, FileRecord, usize)> {
    let (images, record) = read_images(path)?;
    images.scale_warning(&record).iter().for_each(|text| cli::warn(text));
    let n = images.dim().0;
    let shape = match *record.shape {
        [_, pixels] if pixels.isqrt().pow(2) == pixels => {
            let side = pixels.isqrt();
            Some(ImageShape { height: side, width: side, channels: 1 })
        }
        ref shape => ImageShape::of(shape),
    };
    let pictures = shape.map(|ImageShape { height, width, channels }| {
        let (levels, sides) = (levels(images.pixels), (height, width));
        Pictures { levels, channels, height, width, sides }
    });
    Ok((pictures, record, n))
}

fn not_drawable(path: &Path, record: &FileRecord) -> String {
    format!(
        "{}: expected images (n, height, width) or (n, height, width, 3), found rows of {} \
         pixels, which make no square; reshape it, with numpy.reshape say",
        path.display(),
        record.shape.last().copied().unwrap_or_default()
    )
}

/// Scales pixels to levels.
fn levels(pixels: Pixels) -> Array2<u8> {
    match pixels {
        Pixels::U8(pixels) => pixels,
        Pixels::F32(pixels) => {
            let (low, high) = pixels
                .iter()
                .fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), &x| (a.min(x), b.max(x)));
            // A decoder of images from 0 to 1 oversteps these bounds a little.
            let (low, high) = if low >= -0.5 && high <= 1.5 { (0.0, 1.0) } else { (low, high) };
            let spread = (high - low).max(f32::MIN_POSITIVE);
            pixels.mapv(|x| (255.0 * (x - low) / spread).round().clamp(0.0, 255.0) as u8)
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn floats_from_0_to_1_keep_their_levels_and_others_are_spread() {
        assert_eq!(
            levels(Pixels::F32(array![[-0.2, 0.0, 0.5, 1.0, 1.2]])),
            array![[0, 0, 128, 255, 255]]
        );
        assert_eq!(levels(Pixels::F32(array![[-10.0, 0.0, 10.0]])), array![[0, 128, 255]]);
        assert_eq!(levels(Pixels::F32(array![[3.0, 3.0]])), array![[0, 0]]);
    }
}
