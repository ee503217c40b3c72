//! Puts images side by side on one, as thumbnails and tiles are stored.

use crate::pictures::Pictures;

/// Images side by side and one above the other, each downscaled by a whole factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// Images in a row.
    pub columns: usize,
    /// Rows of images.
    pub lines: usize,
    /// Factor of the downscaling.
    pub shrink: usize,
}

impl Grid {
    /// Returns the width and height of an image on the grid.
    pub fn sides_of_one(&self, images: &Pictures) -> (usize, usize) {
        (images.width.div_ceil(self.shrink), images.height.div_ceil(self.shrink))
    }

    /// Returns the width and height of the grid.
    pub fn sides(&self, images: &Pictures) -> (usize, usize) {
        let (width, height) = self.sides_of_one(images);
        (self.columns * width, self.lines * height)
    }

    /// Returns the levels of the grid with the images `rows`, row by row; empty places are black.
    pub fn levels(&self, images: &Pictures, rows: &[usize]) -> Vec<u8> {
        let ((width, height), channels) = (self.sides_of_one(images), images.channels);
        let across = self.columns * width;
        let mut grid = vec![0; across * height * self.lines * channels];
        for (at, &row) in rows.iter().enumerate() {
            let corner = at / self.columns * height * across + at % self.columns * width;
            for y in 0..height {
                for x in 0..width {
                    let pixel = (corner + y * across + x) * channels;
                    for (channel, level) in grid[pixel..][..channels].iter_mut().enumerate() {
                        *level = images.mean_level(row, (x, y), channel, self.shrink);
                    }
                }
            }
        }
        grid
    }
}
