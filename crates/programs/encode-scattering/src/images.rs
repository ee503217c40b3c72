//! Images that are read block by block, as often as needed.

use std::fmt;
use std::path::Path;

use anyhow::{bail, ensure};
use artifact::{FileRecord, ImageFile, ImageShape, Pixels};
use ndarray::Array2;
use scattering::{Channels, Features};

/// Values of the images that are in memory at once: 32 MB.
const BLOCK_VALUES: usize = 8 << 20;

/// Most images that are in memory at once.
const BLOCK_ROWS: usize = 4096;

/// A file of images with sides.
pub struct Images<'a> {
    path: &'a Path,
    /// Number of images.
    pub n: usize,
    /// Sides and channels of each.
    pub kind: Kind,
    /// SHA-256 of the file when it was read first.
    sha256: Option<String>,
}

/// Sides and channels of an image.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Height and width in pixels.
    pub size: (usize, usize),
    /// Meaning of the values of a pixel.
    pub channels: Channels,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (height, width) = self.size;
        let color = if self.channels == Channels::Rgb { " in color" } else { "" };
        write!(f, "{height} x {width} pixels{color}")
    }
}

impl<'a> Images<'a> {
    /// Reads the shape of the images.
    ///
    /// # Errors
    /// A file that cannot be read, or has rows of pixels.
    pub fn open(path: &'a Path) -> anyhow::Result<Self> {
        let file = ImageFile::open(path)?;
        let Some(ImageShape { height, width, channels }) = ImageShape::of(file.shape()) else {
            let (found, path) = (file.shape(), path.display());
            bail!(
                "{path}: expected images of shape (n, height, width) or (n, height, width, 3), \
                 found {found:?}; edges need to know which pixels lie side by side"
            );
        };
        let channels = if channels == 3 { Channels::Rgb } else { Channels::Gray };
        let kind = Kind { size: (height, width), channels };
        Ok(Self { path, n: file.dim().0, kind, sha256: None })
    }

    /// Checks that a model, read from `path`, was fitted to images of this kind.
    ///
    /// # Errors
    /// Other sides, or gray images where the model has color, or the reverse.
    pub fn check_kind(&self, model: &Features, path: &Path) -> anyhow::Result<()> {
        let expected = Kind { size: model.size(), channels: model.channels() };
        let (found, images) = (self.kind, self.path.display());
        let hint = match (expected.channels, found.channels) {
            (Channels::Rgb, Channels::Gray) => "give images of shape (n, height, width, 3)",
            (Channels::Gray, Channels::Rgb) => "give gray images, of shape (n, height, width)",
            _ => "give images of that size, or fit a model to these",
        };
        ensure!(
            expected == found,
            "{images}: expected images of {expected}, as {} was fitted to, found {found}; {hint}",
            path.display()
        );
        Ok(())
    }

    /// Reads all images, and calls `take` with each block and the index of its first image.
    ///
    /// Pixels are `f32`, levels from 0 to 1. Gives the record of the file, and a warning about the
    /// scale of its values.
    ///
    /// # Errors
    /// The errors of `take`; a file that cannot be read, or has changed since it was read first.
    pub fn read(
        &mut self,
        mut take: impl FnMut(Array2<f32>, usize) -> anyhow::Result<()>,
    ) -> anyhow::Result<(FileRecord, Option<String>)> {
        let file = ImageFile::open(self.path)?;
        let (n, values) = file.dim();
        let mut blocks = file.blocks((BLOCK_VALUES / values).clamp(1, BLOCK_ROWS));
        let mut first = 0;
        for block in blocks.by_ref() {
            let pixels = match block?.pixels {
                Pixels::U8(levels) => levels.mapv(|x| f32::from(x) / 255.0),
                Pixels::F32(pixels) => pixels,
            };
            let rows = pixels.nrows();
            take(pixels, first)?;
            first += rows;
        }
        let Some(record) = blocks.record().cloned() else {
            bail!("{}: expected to read all images, found an error before", self.path.display());
        };
        let same = self.sha256.get_or_insert_with(|| record.sha256.clone()) == &record.sha256;
        ensure!(
            same && n == self.n,
            "{}: expected the same images when they are read again, found others; leave the file \
             as it is while they are transformed",
            self.path.display()
        );
        Ok((record, blocks.scale_warning()))
    }
}
