//! Brings images to one size.

use std::fmt::{self, Display};
use std::str::FromStr;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use crate::decode::{Color, Raster};

/// Most pixels of a side of the images that are written.
const MOST_SIDE: u32 = 4096;

/// Height and width that all images get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Pixels down.
    pub height: u32,
    /// Pixels across.
    pub width: u32,
}

impl Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.height, self.width)
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (height, width) = text.split_once(['x', 'X']).unwrap_or((text, text));
        let side = |text: &str| {
            text.parse().ok().filter(|side| (1..=MOST_SIDE).contains(side)).ok_or_else(|| {
                format!("expected auto, a side such as 28, or HxW, each from 1 to {MOST_SIDE}")
            })
        };
        Ok(Self { height: side(height)?, width: side(width)? })
    }
}

/// How images of another shape get the size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// The whole image, with the background beside it.
    Pad,
    /// The center of the image.
    Crop,
    /// The whole image, distorted.
    Stretch,
}

impl Fit {
    /// Names the way, as on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pad => "pad",
            Self::Crop => "crop",
            Self::Stretch => "stretch",
        }
    }
}

impl FromStr for Fit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Pad, Self::Crop, Self::Stretch];
        let found = all.into_iter().find(|fit| fit.name() == text);
        found.ok_or_else(|| "expected pad, crop or stretch".into())
    }
}

/// Brings an image to a size, and gives its values.
///
/// The filter is a triangle as wide as the pixels of the smaller image, Pillow's BILINEAR.
/// `background` is the color beside an image that is padded.
///
/// # Errors
/// The reason why the image is skipped; none is known.
pub fn fit(
    raster: &Raster,
    size: Size,
    fit: Fit,
    background: [u8; 3],
    resizer: &mut Resizer,
) -> Result<Vec<u8>, String> {
    let Raster { width, height, color, .. } = *raster;
    if (height, width) == (size.height, size.width) {
        return Ok(raster.values.clone());
    }
    let inner = match fit {
        Fit::Pad => inner_size(raster, size),
        Fit::Crop | Fit::Stretch => size,
    };
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    let options = if fit == Fit::Crop { options.fit_into_destination(None) } else { options };
    let kind = match color {
        Color::Gray => PixelType::U8,
        Color::Rgb => PixelType::U8x3,
    };
    let failed = |error: &dyn Display| format!("cannot be resized: {error}");
    let source =
        ImageRef::new(width, height, &raster.values, kind).map_err(|error| failed(&error))?;
    let mut target = Image::new(inner.width, inner.height, kind);
    resizer.resize(&source, &mut target, &options).map_err(|error| failed(&error))?;
    let values = target.into_vec();
    Ok(if inner == size { values } else { padded(&values, inner, size, color, background) })
}

/// Gives the largest size with the shape of an image that is within `size`.
fn inner_size(raster: &Raster, size: Size) -> Size {
    let scale = f64::min(
        f64::from(size.width) / f64::from(raster.width),
        f64::from(size.height) / f64::from(raster.height),
    );
    let side = |side: u32, most: u32| ((f64::from(side) * scale).round() as u32).clamp(1, most);
    Size { height: side(raster.height, size.height), width: side(raster.width, size.width) }
}

/// Puts an image of the size `inner` into the middle of one of `size`.
fn padded(values: &[u8], inner: Size, size: Size, color: Color, background: [u8; 3]) -> Vec<u8> {
    let pixels = (size.height * size.width) as usize;
    let mut padded = color.values(background).repeat(pixels);
    let channels = color.channels();
    let (row, inner_row) = (size.width as usize * channels, inner.width as usize * channels);
    let left = ((size.width - inner.width) / 2) as usize * channels;
    let top = ((size.height - inner.height) / 2) as usize;
    let rows = padded.chunks_exact_mut(row).skip(top);
    for (row, values) in rows.zip(values.chunks_exact(inner_row)) {
        row[left..left + inner_row].copy_from_slice(values);
    }
    padded
}
