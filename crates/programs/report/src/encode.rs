//! Encodes images as PNG and WebP files, and files as base64.

use anyhow::anyhow;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use webp::{Encoder, PixelLayout, WebPConfig};

/// Effort of the WebP encoder, 0 to 6. The highest spends more than half of its time on trellis
/// quantization, which saves few bytes.
const METHOD: i32 = 4;

/// How exactly an image is kept.
#[derive(Debug, Clone, Copy)]
pub enum Quality {
    /// Every level is kept.
    Lossless,
    /// Levels change, from 0, the most, to 100.
    Lossy(f32),
    /// As lossy, but edges between colors stay sharp, which takes longer.
    LossySharp(f32),
}

/// Encodes levels of `channels` 1 or 3, row by row, as a WebP file.
///
/// # Errors
/// Fails only if memory runs out.
pub fn webp(
    levels: &[u8],
    channels: usize,
    (width, height): (usize, usize),
    quality: Quality,
) -> anyhow::Result<Vec<u8>> {
    let gray;
    let rgb = match channels {
        3 => levels,
        _ => {
            gray = levels.iter().flat_map(|&level| [level; 3]).collect::<Vec<u8>>();
            &gray
        }
    };
    let mut config = WebPConfig::new().map_err(|()| anyhow!("WebP: no such version"))?;
    match quality {
        Quality::Lossless => config.lossless = 1,
        Quality::Lossy(quality) => config.quality = quality,
        Quality::LossySharp(quality) => {
            config.quality = quality;
            config.use_sharp_yuv = 1;
        }
    }
    config.method = METHOD;
    let (width, height) = (u32::try_from(width)?, u32::try_from(height)?);
    let encoder = Encoder::new(rgb, PixelLayout::Rgb, width, height);
    let file = encoder.encode_advanced(&config).map_err(|error| anyhow!("WebP: {error:?}"))?;
    Ok(file.to_vec())
}

/// Encodes RGBA values, row by row, as a PNG file.
///
/// # Errors
/// Fails only if memory runs out.
pub fn color_png(rgba: &[u8], width: usize, height: usize) -> anyhow::Result<Vec<u8>> {
    png(rgba, width, height, png::ColorType::Rgba)
}

/// Encodes values, row by row, as a PNG file.
///
/// # Errors
/// Fails only if memory runs out.
pub fn png(
    bytes: &[u8],
    width: usize,
    height: usize,
    color: png::ColorType,
) -> anyhow::Result<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, u32::try_from(width)?, u32::try_from(height)?);
    encoder.set_color(color);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    encoder.write_header()?.write_image_data(bytes)?;
    Ok(file)
}

/// Returns the data URL of a PNG file.
pub fn png_data_url(file: &[u8]) -> String {
    format!("data:image/png;base64,{}", base64(file))
}

/// Encodes bytes in base64.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
