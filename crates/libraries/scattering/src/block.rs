//! Checks of images.

use ndarray::ArrayView2;

use crate::color::Channels;
use crate::{Error, Result};

/// Images `(m, values of all pixels)`, and the index of the first among those of all calls.
#[derive(Clone, Copy)]
pub(crate) struct Block<'a> {
    pub(crate) images: ArrayView2<'a, f32>,
    pub(crate) first: usize,
}

impl Block<'_> {
    /// Checks the size of images, and that their pixels are finite.
    pub(crate) fn check(&self, (height, width): (usize, usize), channels: Channels) -> Result<()> {
        let found = self.images.ncols();
        if found != height * width * channels.count() {
            return Err(match channels {
                Channels::Gray => Error::Pixels { height, width, found },
                Channels::Rgb => Error::ColorPixels { height, width, found },
            });
        }
        match self.images.indexed_iter().find(|(_, x)| !x.is_finite()) {
            Some(((row, column), &value)) => {
                Err(Error::NonFinite { row: self.first + row, column, value })
            }
            None => Ok(()),
        }
    }
}
