//! Draws contact sheets: one PNG of many small images.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use anyhow::{Context, bail, ensure};
use artifact::{FileRecord, ImageFile, Pixels};
use ndarray::ArrayView1;

use crate::pick::COLUMNS;

/// Longest side of a tile in pixels: larger images are downscaled by a whole factor.
const MOST: usize = 96;
/// Longest side up to which small images are enlarged, by a whole factor.
const LEAST: usize = 64;
/// Pixels between tiles.
const GAP: usize = 4;
/// Pixels between bands: three times a gap tells them apart without a word.
const BAND_GAP: usize = 3 * GAP;
/// Gray level between tiles, from which both white and black images stand out.
const GROUND: u8 = 200;
/// Bytes of images that are read at a time: 4 MiB.
const BLOCK: usize = 4 << 20;

/// Images of one size in a file.
pub struct Images {
    file: ImageFile,
    height: usize,
    width: usize,
    /// Values of a pixel: 1 for gray, 3 for color.
    channels: usize,
}

/// The tiles of some images, all of one size.
pub struct Tiles {
    height: usize,
    width: usize,
    channels: usize,
    /// Pixels by the row of the image, row by row, each with its channels.
    pixels: HashMap<usize, Vec<u8>>,
}

impl Images {
    /// Opens images at `path`, one for each of `n` rows.
    ///
    /// # Errors
    /// A file that cannot be read; an array that is not of images; another number of them.
    pub fn open(path: &Path, n: usize) -> anyhow::Result<Self> {
        let file = ImageFile::open(path)?;
        let shape = file.shape().to_vec();
        let shown = path.display();
        let (height, width, channels) = match shape[..] {
            [_, height, width] => (height, width, 1),
            [_, height, width, 3] => (height, width, 3),
            _ => bail!(
                "{shown}: expected images (n, height, width) or (n, height, width, 3), \
                 found shape {shape:?}; reshape it"
            ),
        };
        ensure!(
            shape[0] == n,
            "{shown}: expected {n} images, one for each of the assignments, found {}; \
             give the images that were clustered",
            shape[0]
        );
        Ok(Self { file, height, width, channels })
    }

    /// Reads the images of `rows` as tiles, with the record of the file.
    ///
    /// Only the tiles stay in memory.
    ///
    /// # Errors
    /// A file that cannot be read; images that are not of dtype u1.
    pub fn tiles(self, path: &Path, rows: &BTreeSet<usize>) -> anyhow::Result<(Tiles, FileRecord)> {
        let Self { file, height, width, channels } = self;
        let scale = Scale::of(height.max(width));
        let mut pixels = HashMap::new();
        let mut blocks = file.blocks((BLOCK / (height * width * channels)).max(1));
        let mut first = 0;
        for images in blocks.by_ref() {
            let Pixels::U8(levels) = images?.pixels else {
                bail!(
                    "{}: expected images of dtype u1 for contact sheets, found another; \
                     np.save(FILE, (255 * x).astype('u1')) if they lie between 0 and 1",
                    path.display()
                )
            };
            for &row in rows.range(first..first + levels.nrows()) {
                let tile = scale.tile(levels.row(row - first), height, width, channels);
                pixels.insert(row, tile);
            }
            first += levels.nrows();
        }
        let record = blocks.record().context("the images have no end")?.clone();
        let (height, width) = (scale.side(height), scale.side(width));
        Ok((Tiles { height, width, channels, pixels }, record))
    }
}

/// Whole factors by which images become tiles. One of them is 1.
#[derive(Debug, Clone, Copy)]
struct Scale {
    shrink: usize,
    enlarge: usize,
}

impl Scale {
    /// Chooses the factors for images with this longest side.
    fn of(longest: usize) -> Self {
        Self { shrink: longest.div_ceil(MOST).max(1), enlarge: (LEAST / longest.max(1)).max(1) }
    }

    fn side(self, side: usize) -> usize {
        side.div_ceil(self.shrink) * self.enlarge
    }

    /// Scales an image: each pixel becomes the mean of a square, or a square.
    fn tile(self, image: ArrayView1<u8>, height: usize, width: usize, channels: usize) -> Vec<u8> {
        let mut tile = Vec::new();
        for y in 0..self.side(height) {
            for x in 0..self.side(width) {
                let (y, x) = (y / self.enlarge, x / self.enlarge);
                for channel in 0..channels {
                    let (mut sum, mut count) = (0, 0);
                    for y in y * self.shrink..((y + 1) * self.shrink).min(height) {
                        for x in x * self.shrink..((x + 1) * self.shrink).min(width) {
                            sum += usize::from(image[(y * width + x) * channels + channel]);
                            count += 1;
                        }
                    }
                    tile.push(((sum + count / 2) / count.max(1)) as u8);
                }
            }
        }
        tile
    }
}

impl Tiles {
    /// Draws `bands` of tiles below one another as a PNG file.
    ///
    /// # Errors
    /// Fails only if memory runs out.
    pub fn sheet(&self, bands: &[Vec<usize>]) -> anyhow::Result<Vec<u8>> {
        let columns = bands.iter().map(Vec::len).max().unwrap_or(0).clamp(1, COLUMNS);
        let width = GAP + columns * (self.width + GAP);
        let rows: usize = bands.iter().map(|band| band.len().div_ceil(COLUMNS)).sum();
        let between = bands.len().saturating_sub(1) * (BAND_GAP - GAP);
        let height = GAP + rows * (self.height + GAP) + between;
        let line = width * self.channels;
        let mut pixels = vec![GROUND; height * line];
        let mut top = GAP;
        for band in bands {
            for tiles in band.chunks(COLUMNS) {
                for (at, row) in tiles.iter().enumerate() {
                    let Some(tile) = self.pixels.get(row) else { continue };
                    let left = (GAP + at * (self.width + GAP)) * self.channels;
                    for (y, from) in tile.chunks(self.width * self.channels).enumerate() {
                        let start = (top + y) * line + left;
                        pixels[start..start + from.len()].copy_from_slice(from);
                    }
                }
                top += self.height + GAP;
            }
            top += BAND_GAP - GAP;
        }
        let mut file = Vec::new();
        let mut encoder =
            png::Encoder::new(&mut file, u32::try_from(width)?, u32::try_from(height)?);
        let gray = self.channels == 1;
        encoder.set_color(if gray { png::ColorType::Grayscale } else { png::ColorType::Rgb });
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header()?.write_image_data(&pixels)?;
        Ok(file)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use ndarray::{Array1, array};

    use super::*;

    #[test]
    fn large_images_shrink_and_small_ones_grow_by_whole_factors() {
        let scale = Scale::of(200);
        assert_eq!((scale.side(200), scale.side(100)), (67, 34));
        let stripes: Array1<u8> = (0..200 * 200).map(|at| (at % 3 * 30) as u8).collect();
        let tile = scale.tile(stripes.view(), 200, 200, 1);
        assert_eq!(tile.len(), 67 * 67);
        assert_eq!(tile[0], 30, "the mean of 0, 30 and 60 in each row but shifted by two");
        let scale = Scale::of(2);
        let tile = scale.tile(array![1, 2, 3, 4, 5, 6].view(), 1, 2, 3);
        assert_eq!((scale.side(1), scale.side(2), tile.len()), (32, 64, 32 * 64 * 3));
        assert_eq!(
            (&tile[..3], &tile[32 * 3..33 * 3]),
            ([1, 2, 3].as_slice(), [4, 5, 6].as_slice())
        );
    }

    #[test]
    fn a_sheet_has_its_tiles_in_bands() {
        let pixels = (0..14).map(|row| (row, vec![row as u8; 6])).collect();
        let tiles = Tiles { height: 2, width: 1, channels: 3, pixels };
        let file = tiles.sheet(&[(0..13).collect(), vec![13]]).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut found = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut found).unwrap();
        let width = GAP + 12 * (1 + GAP);
        let height = GAP + 3 * (2 + GAP) + BAND_GAP - GAP;
        assert_eq!((info.width as usize, info.height as usize), (width, height));
        let at = |y: usize, x: usize| found[(y * width + x) * 3];
        assert_eq!((at(0, 0), at(GAP, GAP), at(GAP, GAP + 5)), (GROUND, 0, 1));
        assert_eq!((at(GAP + 6, GAP), at(GAP + 6, GAP + 5)), (12, GROUND));
        assert_eq!((at(GAP + 12, GAP), at(GAP + 20, GAP)), (GROUND, 13));
    }
}
