//! Holds images, gray or in color, downscales them and encodes them as data URLs.

use ndarray::{Array2, ArrayView1};

use crate::encode::{Quality, base64, png, png_data_url, webp};

/// Longest side of an image in a figure or a table.
const FIGURE_SIDE: usize = 64;

/// Longest side of images whose means are shown; of larger ones a mean is a blur.
const MEAN_SIDE: usize = 32;

/// Quality of the WebP files of cards.
const CARD_QUALITY: Quality = Quality::Lossy(82.0);

/// Images of one size.
pub struct Pictures {
    /// Levels, (n, height * width * channels), with the channels of a pixel side by side.
    pub levels: Array2<u8>,
    /// Values of a pixel: 1 for gray images, 3 for red, green and blue.
    pub channels: usize,
    /// Height in pixels.
    pub height: usize,
    /// Width in pixels.
    pub width: usize,
    /// Height and width in the file, which may be larger.
    pub sides: (usize, usize),
}

impl Pictures {
    /// Downscales images whose sides are above `most` by a whole factor.
    #[must_use]
    pub fn downscaled(self, most: usize) -> Self {
        match self.longest_side().div_ceil(most) {
            0 | 1 => self,
            by => self.shrunk(by),
        }
    }

    /// Returns the images downscaled by a factor; each pixel is the mean of a square.
    #[must_use]
    pub fn shrunk(&self, by: usize) -> Self {
        let (height, width) = (self.height.div_ceil(by), self.width.div_ceil(by));
        let shape = (self.len(), height * width * self.channels);
        let levels = Array2::from_shape_fn(shape, |(row, at)| {
            let (pixel, channel) = (at / self.channels, at % self.channels);
            self.mean_level(row, (pixel % width, pixel / width), channel, by)
        });
        Self { levels, height, width, ..*self }
    }

    /// Returns the longest side in pixels.
    pub fn longest_side(&self) -> usize {
        self.width.max(self.height)
    }

    /// Returns the number of pixels of an image in a figure.
    pub fn figure_pixels(&self) -> usize {
        let by = self.longest_side().div_ceil(FIGURE_SIDE).max(1);
        self.height.div_ceil(by) * self.width.div_ceil(by)
    }

    /// Returns the rounded mean of a channel of the pixels of image `row` that become one.
    ///
    /// The one is pixel `(x, y)`, and `by` is the factor of the downscaling.
    pub fn mean_level(&self, row: usize, (x, y): (usize, usize), channel: usize, by: usize) -> u8 {
        let ends = |at: usize, side: usize| at * by..((at + 1) * by).min(side);
        let (mut sum, mut count) = (0, 0);
        for y in ends(y, self.height) {
            for x in ends(x, self.width) {
                sum +=
                    u32::from(self.levels[[row, (y * self.width + x) * self.channels + channel]]);
                count += 1;
            }
        }
        ((sum + count / 2) / count) as u8
    }

    /// Returns the number of images.
    pub fn len(&self) -> usize {
        self.levels.nrows()
    }

    /// Encodes image `row` as the data URL of a PNG, at most 64 pixels high and wide.
    ///
    /// # Errors
    /// Fails only if memory runs out.
    pub fn data_url(&self, row: usize) -> anyhow::Result<String> {
        let by = self.longest_side().div_ceil(FIGURE_SIDE);
        if by <= 1 {
            return self.encode_data_url(self.levels.row(row));
        }
        let (height, width) = (self.height.div_ceil(by), self.width.div_ceil(by));
        let levels: Vec<u8> = (0..height * width * self.channels)
            .map(|at| {
                let (pixel, channel) = (at / self.channels, at % self.channels);
                self.mean_level(row, (pixel % width, pixel / width), channel, by)
            })
            .collect();
        Ok(png_data_url(&png(&levels, width, height, self.color())?))
    }

    /// Encodes image `row` in full for a card: small ones as PNG, others as WebP.
    ///
    /// # Errors
    /// Fails only if memory runs out.
    pub fn card_url(&self, row: usize) -> anyhow::Result<String> {
        if self.longest_side() <= FIGURE_SIDE {
            return self.data_url(row);
        }
        let levels = self.levels.row(row).to_vec();
        let file = webp(&levels, self.channels, (self.width, self.height), CARD_QUALITY)?;
        Ok(format!("data:image/webp;base64,{}", base64(&file)))
    }

    /// Tells whether a mean of images shows anything: they are gray and small.
    pub fn have_meaningful_mean(&self) -> bool {
        self.channels == 1 && self.longest_side() <= MEAN_SIDE
    }

    fn color(&self) -> png::ColorType {
        if self.channels == 3 { png::ColorType::Rgb } else { png::ColorType::Grayscale }
    }

    /// Encodes levels of an image of this size as the data URL of a PNG.
    ///
    /// # Errors
    /// Fails only if memory runs out.
    pub fn encode_data_url(&self, levels: ArrayView1<u8>) -> anyhow::Result<String> {
        Ok(png_data_url(&png(&levels.to_vec(), self.width, self.height, self.color())?))
    }

    /// Returns the rounded mean of the images `rows`.
    pub fn mean(&self, rows: &[usize]) -> Vec<u8> {
        let mut sums = vec![0u64; self.levels.ncols()];
        for &row in rows {
            sums.iter_mut()
                .zip(self.levels.row(row))
                .for_each(|(sum, &level)| *sum += u64::from(level));
        }
        let count = rows.len().max(1) as u64;
        sums.into_iter().map(|sum| ((sum + count / 2) / count) as u8).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use ndarray::array;

    use super::*;

    const MAX_SIDE: usize = 128;

    #[test]
    fn a_png_holds_what_it_was_given() {
        let pictures = Pictures {
            levels: array![[0, 50, 100, 150, 200, 255]],
            channels: 1,
            height: 2,
            width: 3,
            sides: (2, 3),
        };
        let address = pictures.data_url(0).unwrap();
        let file =
            STANDARD.decode(address.strip_prefix("data:image/png;base64,").unwrap()).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut found = vec![0; 6];
        let info = reader.next_frame(&mut found).unwrap();
        assert_eq!((info.width, info.height), (3, 2));
        assert_eq!(found, [0, 50, 100, 150, 200, 255]);
    }

    #[test]
    fn large_images_are_made_smaller() {
        let levels = Array2::from_shape_fn((1, 260 * 2), |(_, at)| (at % 260 / 2) as u8);
        let pictures = Pictures { levels, channels: 1, height: 2, width: 260, sides: (2, 260) };
        let small = pictures.downscaled(MAX_SIDE);
        assert_eq!((small.height, small.width), (1, 87));
        assert_eq!([small.levels[[0, 1]], small.levels[[0, 86]]], [2, 129]);
        let levels = Array2::from_shape_fn((1, 130 * 2), |(_, at)| (at % 130) as u8);
        let pictures = Pictures { levels, channels: 1, height: 2, width: 130, sides: (2, 130) };
        let small = pictures.downscaled(MAX_SIDE);
        assert_eq!((small.height, small.width), (1, 65));
        // Every two columns become one, and in a figure two of these again.
        assert_eq!([small.levels[[0, 0]], small.levels[[0, 64]]], [1, 129]);
        assert_eq!(small.figure_pixels(), 33);
        assert!(small.card_url(0).unwrap().starts_with("data:image/webp;base64,"));
    }

    #[test]
    fn the_mean_is_rounded() {
        let levels = array![[0, 1], [9, 9], [1, 2]];
        let pictures = Pictures { levels, channels: 1, height: 1, width: 2, sides: (1, 2) };
        assert_eq!(pictures.mean(&[0, 2]), [1, 2]);
    }
    #[test]
    fn color_stays_color() {
        // Two rows of 132 pixels: red, but for the blue of odd ones.
        let level = |at: usize| match (at / 3 % 2, at % 3) {
            (_, 0) => 200,
            (1, 2) => 100,
            _ => 0,
        };
        let levels = Array2::from_shape_fn((1, 2 * 132 * 3), |(_, at)| level(at));
        let pictures = Pictures { levels, channels: 3, height: 2, width: 132, sides: (2, 132) };
        let small = pictures.downscaled(MAX_SIDE);
        assert_eq!((small.height, small.width, small.levels.ncols()), (1, 66, 198));
        assert_eq!(small.levels.row(0).to_vec(), [200, 0, 50].repeat(66));
        assert_eq!(small.mean(&[0, 0]), small.levels.row(0).to_vec());
        let address = small.data_url(0).unwrap();
        let file =
            STANDARD.decode(address.strip_prefix("data:image/png;base64,").unwrap()).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut found = vec![0; 99];
        let info = reader.next_frame(&mut found).unwrap();
        assert_eq!((info.width, info.height, info.color_type), (33, 1, png::ColorType::Rgb));
        assert_eq!(found, small.levels.row(0).to_vec()[..99]);
    }
}
