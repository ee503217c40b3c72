//! Packs small images of all points into a few WebP files.
//!
//! Tens of thousands of images fit into a page that way.

use rayon::prelude::*;
use serde::Serialize;

use crate::encode::{Quality, base64, webp};
use crate::grid::Grid;
use crate::pictures::Pictures;

/// Most bytes of all grids together, before base64.
const MAX_BYTES: usize = 3_200_000;

/// Images in a row of a sheet, and rows of a sheet.
const SHEET_SIDE: usize = 24;

/// Longest side of thumbnails that may have any quality, in pixels.
///
/// Larger ones are kept only if they fit in [`GOOD_QUALITY`].
const ANY_QUALITY_SIDE: usize = 48;

/// Lowest quality of thumbnails that are larger than they need to be.
const GOOD_QUALITY: f32 = 60.0;

/// WebP qualities that are tried, the best first.
const QUALITY_LADDER: [f32; 13] =
    [90.0, 80.0, 70.0, 60.0, 52.0, 45.0, 37.0, 30.0, 20.0, 10.0, 6.0, 3.0, 1.0];

/// The last of these.
const LOWEST_QUALITY: f32 = QUALITY_LADDER[QUALITY_LADDER.len() - 1];

/// One in this many grids is encoded to estimate the size at a quality.
const SAMPLE_STRIDE: usize = 8;

/// Share of [`MAX_BYTES`] that an estimate may reach, so that all grids seldom exceed them.
const ESTIMATE_SHARE: f64 = 0.98;

/// Thumbnails of small images.
#[derive(Serialize)]
pub struct Thumbnails {
    /// Of a small image.
    width: usize,
    /// Of a small image.
    height: usize,
    /// Images in a row of a sheet.
    columns: usize,
    /// Images on a sheet.
    per_sheet: usize,
    /// WebP files in base64.
    files: Vec<String>,
}

impl Thumbnails {
    /// Encodes the images `rows` in the best quality and size that fit.
    ///
    /// # Errors
    /// Fails only if memory runs out.
    pub fn encode(images: &Pictures, rows: &[usize]) -> anyhow::Result<Self> {
        let mut shrink = 1;
        loop {
            let small = Downscaled { images, shrink };
            let (width, height) = small.sides();
            let large = width.max(height) > ANY_QUALITY_SIDE;
            let lowest = if large { GOOD_QUALITY } else { LOWEST_QUALITY };
            if let Some(files) = small.encode_within_limit(rows, lowest)? {
                return Ok(Self {
                    width,
                    height,
                    columns: SHEET_SIDE,
                    per_sheet: SHEET_SIDE * SHEET_SIDE,
                    files,
                });
            }
            shrink = if large { shrink + 1 } else { 2 * shrink };
        }
    }
}

/// Images downscaled by a whole factor.
struct Downscaled<'a> {
    images: &'a Pictures,
    shrink: usize,
}

impl Downscaled<'_> {
    fn layout(&self) -> Grid {
        Grid { columns: SHEET_SIDE, lines: SHEET_SIDE, shrink: self.shrink }
    }

    fn sides(&self) -> (usize, usize) {
        self.layout().sides_of_one(self.images)
    }

    fn sheet(&self, rows: &[usize]) -> Vec<u8> {
        self.layout().levels(self.images, rows)
    }

    /// Encodes the grids in the best quality from `lowest` on that fits into [`MAX_BYTES`].
    ///
    /// Returns `None` if no quality fits, unless the images are already one pixel each.
    fn encode_within_limit(
        &self,
        rows: &[usize],
        lowest: f32,
    ) -> anyhow::Result<Option<Vec<String>>> {
        let grids: Vec<Vec<u8>> =
            rows.par_chunks(SHEET_SIDE * SHEET_SIDE).map(|rows| self.sheet(rows)).collect();
        let smallest = self.sides() == (1, 1);
        let all: Vec<&Vec<u8>> = grids.iter().collect();
        let first = self.first_likely_quality(&grids)?;
        for quality in QUALITY_LADDER[first..].iter().filter(|quality| **quality >= lowest) {
            let files = self.encode(&all, *quality)?;
            let fits = files.iter().map(Vec::len).sum::<usize>() <= MAX_BYTES;
            if fits || (smallest && *quality == LOWEST_QUALITY) {
                return Ok(Some(files.iter().map(|file| base64(file)).collect()));
            }
        }
        Ok(None)
    }

    /// Finds the first of [`QUALITY_LADDER`] at which the grids probably fit, by some of them.
    ///
    /// Returns the last one if none does. A lower quality never takes more bytes, so few are tried.
    fn first_likely_quality(&self, grids: &[Vec<u8>]) -> anyhow::Result<usize> {
        let sample: Vec<&Vec<u8>> = grids.iter().step_by(SAMPLE_STRIDE).collect();
        let limit = ESTIMATE_SHARE * MAX_BYTES as f64 * sample.len() as f64;
        let (mut first, mut last) = (0, QUALITY_LADDER.len() - 1);
        while first < last {
            let middle = usize::midpoint(first, last);
            let some: usize =
                self.encode(&sample, QUALITY_LADDER[middle])?.iter().map(Vec::len).sum();
            if some as f64 * grids.len() as f64 <= limit {
                last = middle;
            } else {
                first = middle + 1;
            }
        }
        Ok(first)
    }

    fn encode(&self, grids: &[&Vec<u8>], quality: f32) -> anyhow::Result<Vec<Vec<u8>>> {
        let sides = self.layout().sides(self.images);
        let quality = Quality::Lossy(quality);
        let one = |sheet: &&Vec<u8>| webp(sheet, self.images.channels, sides, quality);
        grids.par_iter().map(one).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use ndarray::{Array2, array};

    use super::*;

    #[test]
    fn pixels_that_become_one_are_averaged() {
        let levels = array![[0, 10, 50, 20, 30, 70]];
        let images = Pictures { levels, channels: 1, height: 2, width: 3, sides: (2, 3) };
        let small = Downscaled { images: &images, shrink: 2 };
        assert_eq!(small.sides(), (2, 1));
        let sheet = small.sheet(&[0]);
        assert_eq!(
            (sheet.len(), &sheet[..3]),
            (SHEET_SIDE * 2 * SHEET_SIDE, [15, 60, 0].as_slice())
        );
    }

    #[test]
    fn thumbnails_of_images_in_color_have_three_values_a_pixel() {
        // One pixel of red above one of green.
        let levels = array![[240, 0, 0, 0, 240, 0]];
        let images = Pictures { levels, channels: 3, height: 2, width: 1, sides: (2, 1) };
        let sheet = Downscaled { images: &images, shrink: 1 }.sheet(&[0, 0]);
        let row = 3 * SHEET_SIDE;
        assert_eq!(sheet.len(), 2 * SHEET_SIDE * row);
        assert_eq!(sheet[..9], [240, 0, 0, 240, 0, 0, 0, 0, 0]);
        assert_eq!(sheet[row..row + 9], [0, 240, 0, 0, 240, 0, 0, 0, 0]);
        let thumbnails = Thumbnails::encode(&images, &[0]).unwrap();
        assert_eq!((thumbnails.width, thumbnails.height, thumbnails.files.len()), (1, 2, 1));
    }

    #[test]
    fn images_that_compress_badly_are_made_to_fit() {
        // Noise, which no format compresses.
        let mut state = 1u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let images = Pictures {
            levels: Array2::from_shape_fn((20_000, 28 * 28), |_| next()),
            channels: 1,
            height: 28,
            width: 28,
            sides: (28, 28),
        };
        let grids = Thumbnails::encode(&images, &(0..20_000).collect::<Vec<_>>()).unwrap();
        assert_eq!(grids.files.len(), 20_000usize.div_ceil(SHEET_SIDE * SHEET_SIDE));
        let bytes: usize = grids.files.iter().map(|file| file.len() * 3 / 4).sum();
        assert!(bytes <= MAX_BYTES && bytes > MAX_BYTES / 10, "{bytes}");
    }
}
