//! Turns the bytes of an image file into pixels.
//!
//! The file may be broken or made to do harm: its size is checked before it is decoded. This module
//! uses no other of the program, so that it can be fuzzed alone.

use std::cell::Cell;
use std::io::Cursor;
use std::panic::{self, AssertUnwindSafe};

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

/// Bytes at the beginning of a file that tell its format.
pub const START: usize = 16;
/// Most bytes of an image file, and of a decoded image: 512 MiB.
pub const MOST_BYTES: u64 = 512 << 20;
/// Most pixels of a side.
const MOST_SIDE: u32 = 65_535;

/// Whether pixels are gray levels or have three values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// One value, the luma of ITU-R BT.601 as in Pillow.
    Gray,
    /// Red, green and blue.
    Rgb,
}

impl Color {
    /// Gives the number of values of a pixel.
    pub fn channels(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::Rgb => 3,
        }
    }

    /// Gives a color as one or three values.
    pub fn values(self, [red, green, blue]: [u8; 3]) -> Vec<u8> {
        match self {
            Self::Gray => vec![luma(red, green, blue)],
            Self::Rgb => vec![red, green, blue],
        }
    }
}

/// An image in memory: its rows from top to bottom, the values of a pixel side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raster {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Meaning of the values of a pixel.
    pub color: Color,
    /// Values, height * width * channels of them.
    pub values: Vec<u8>,
}

/// An image file whose header was read and found acceptable.
pub struct Header<'a> {
    decoder: Box<dyn ImageDecoder + 'a>,
    orientation: Orientation,
}

/// Finds the format of an image by the first bytes of its file.
///
/// # Errors
/// The reason why a file that begins so is skipped.
pub fn format(start: &[u8]) -> Result<ImageFormat, String> {
    use ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
    if start.is_empty() {
        return Err("an empty file (0 bytes)".into());
    }
    match image::guess_format(start) {
        Ok(format @ (Bmp | Gif | Jpeg | Png | Tiff | WebP)) => Ok(format),
        Ok(other) => Err(unsupported(&format!("{other:?}"))),
        Err(_) if start.get(4..8) == Some(b"ftyp") => match start.get(8..12) {
            Some(b"heic" | b"heix" | b"hevc" | b"mif1" | b"msf1") => Err(unsupported("HEIC")),
            _ => Err("not an image: a video".into()),
        },
        Err(_) => Err("not an image, by its first bytes".into()),
    }
}

fn unsupported(format: &str) -> String {
    format!("an image in the format {format}, which is not supported; convert it to PNG or JPEG")
}

impl<'a> Header<'a> {
    /// Reads the header of the image file `bytes`.
    ///
    /// # Errors
    /// The reason why the file is skipped: no image, broken, or too large.
    pub fn read(bytes: &'a [u8]) -> Result<Self, String> {
        let format = format(bytes)?;
        if format == ImageFormat::Jpeg && !has_jpeg_end(bytes) {
            // The decoder would fill the missing part with gray.
            return Err("truncated: the JPEG has no end".into());
        }
        let mut limits = Limits::default();
        limits.max_image_width = Some(MOST_SIDE);
        limits.max_image_height = Some(MOST_SIDE);
        limits.max_alloc = Some(MOST_BYTES);
        let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
        reader.limits(limits);
        let mut decoder = guarded(|| reader.into_decoder().map_err(reason))?;
        let (width, height) = decoder.dimensions();
        let needed = decoder.total_bytes();
        if width == 0 || height == 0 {
            return Err(format!("broken: it has {width} x {height} pixels"));
        }
        if needed > MOST_BYTES {
            return Err(format!(
                "too large: {width} x {height} pixels need {} MiB, and {} MiB are the most",
                needed >> 20,
                MOST_BYTES >> 20
            ));
        }
        // An orientation that cannot be read is none.
        let orientation =
            guarded(|| Ok(decoder.orientation().unwrap_or(Orientation::NoTransforms)))?;
        Ok(Self { decoder: Box::new(decoder), orientation })
    }

    /// Gives the bytes that the decoded image takes.
    pub fn bytes(&self) -> u64 {
        self.decoder.total_bytes()
    }

    /// Decodes the image, upright, with `background` where it is transparent.
    ///
    /// Of an animation this is the first frame.
    ///
    /// # Errors
    /// The reason why the file is skipped.
    pub fn decode(self, color: Color, background: [u8; 3]) -> Result<Raster, String> {
        let mut image = guarded(|| DynamicImage::from_decoder(self.decoder).map_err(reason))?;
        image.apply_orientation(self.orientation);
        let (width, height) = (image.width(), image.height());
        let values = if image.color().has_alpha() {
            blended(&image.into_rgba8(), color, background)
        } else {
            match (color, image) {
                (Color::Gray, DynamicImage::ImageLuma8(image)) => image.into_raw(),
                (Color::Gray, image) => {
                    let pixels = image.into_rgb8().into_raw();
                    let (pixels, _) = pixels.as_chunks();
                    pixels.iter().map(|&[red, green, blue]| luma(red, green, blue)).collect()
                }
                (Color::Rgb, image) => image.into_rgb8().into_raw(),
            }
        };
        Ok(Raster { width, height, color, values })
    }
}

thread_local! {
    /// Whether a panic of this thread is caught.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Calls a decoder, and makes an error of its panic.
///
/// A defect of a decoder costs one image, not all of them. Nothing that `decode` has changed may be
/// used after an error.
///
/// # Errors
/// That of `decode`, or that it failed.
pub fn guarded<T>(decode: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let before = GUARDED.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(decode));
    GUARDED.set(before);
    result.unwrap_or_else(|_| Err("broken: its decoder failed".into()))
}

/// Keeps panics that [`guarded`] catches from the hook of the program, which tells the others.
pub fn hush_decoders() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !GUARDED.get() {
            usual(info);
        }
    }));
}

/// Blends transparent pixels with `background`.
fn blended(image: &image::RgbaImage, color: Color, background: [u8; 3]) -> Vec<u8> {
    let (pixels, _) = image.as_raw().as_chunks();
    let blend = |&[red, green, blue, alpha]: &[u8; 4]| {
        let [r, g, b] = background;
        [mixed(red, r, alpha), mixed(green, g, alpha), mixed(blue, b, alpha)]
    };
    match color {
        Color::Rgb => pixels.iter().flat_map(blend).collect(),
        Color::Gray => {
            pixels.iter().map(blend).map(|[red, green, blue]| luma(red, green, blue)).collect()
        }
    }
}

/// Gives `alpha` parts of 255 of `above` and the rest of `below`, rounded.
fn mixed(above: u8, below: u8, alpha: u8) -> u8 {
    let alpha = u32::from(alpha);
    let sum = u32::from(above) * alpha + u32::from(below) * (255 - alpha);
    ((sum + 127) / 255) as u8
}

/// Gives the luma of ITU-R BT.601 in the fixed point of Pillow.
fn luma(red: u8, green: u8, blue: u8) -> u8 {
    let sum = 19_595 * u32::from(red) + 38_470 * u32::from(green) + 7_471 * u32::from(blue);
    ((sum + 0x8000) >> 16) as u8
}

/// Describes an error of a decoder.
fn reason(error: ImageError) -> String {
    match error {
        ImageError::Limits(_) => format!(
            "too large: more than {MOST_SIDE} pixels in a row or column, or {} MiB to decode",
            MOST_BYTES >> 20
        ),
        ImageError::Unsupported(error) => format!("not supported: {error}"),
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            "truncated: the file ends too early".into()
        }
        error => format!("broken: {error}"),
    }
}

/// Whether a JPEG file has its end marker, outside of its segments.
///
/// A segment may hold a thumbnail, which is a JPEG file itself.
fn has_jpeg_end(bytes: &[u8]) -> bool {
    const END: u8 = 0xd9;
    let mut at = 2;
    while let Some(offset) = bytes.get(at..).and_then(|rest| rest.iter().position(|&b| b == 0xff)) {
        at += offset;
        match bytes.get(at + 1) {
            None => return false,
            Some(&END) => return true,
            // Fill bytes may stand before a marker.
            Some(0xff) => at += 1,
            // A value 0xff of the image, and markers without a segment.
            Some(0x00 | 0x01 | 0xd0..=0xd8) => at += 2,
            Some(_) => match bytes.get(at + 2..at + 4) {
                Some(&[high, low]) => at += 2 + usize::from(u16::from_be_bytes([high, low])),
                _ => return false,
            },
        }
    }
    false
}
