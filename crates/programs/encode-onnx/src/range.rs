//! Finds values of images that networks do not take.

use std::path::Path;

use artifact::Pixels;

/// The range of values that are taken as they are.
pub struct Range {
    least: f32,
    most: f32,
}

impl Range {
    /// Makes a range of no values.
    pub fn new() -> Self {
        Self { least: f32::INFINITY, most: f32::NEG_INFINITY }
    }

    /// Adds the values of a block; levels are from 0 to 1 by their kind.
    pub fn add(&mut self, images: &Pixels) {
        if let Pixels::F32(values) = images {
            for &value in values {
                (self.least, self.most) = (self.least.min(value), self.most.max(value));
            }
        }
    }

    /// Warns of values that a mean and a deviation for values from 0 to 1 do not suit.
    pub fn warning(&self, path: &Path) -> Option<String> {
        // Interpolation may go a little beyond.
        const SLACK: f32 = 0.1;
        let outside = self.least < -SLACK || self.most > 1.0 + SLACK;
        (outside && self.least.is_finite()).then(|| {
            format!(
                "{}: values from {} to {}, where networks take 0 to 1 before --mean and --std; \
                 divide levels by 255, or save them as u1",
                path.display(),
                self.least,
                self.most
            )
        })
    }
}
