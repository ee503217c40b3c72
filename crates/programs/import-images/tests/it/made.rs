//! Image files, made by encoders or byte by byte.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use image::{DynamicImage, ImageFormat, Luma, Rgb, RgbImage};

/// An image of four quarters: left and right above, left and right below.
pub fn quarters(height: u32, width: u32, shades: [[u8; 3]; 4]) -> DynamicImage {
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| {
        let quarter = 2 * usize::from(y >= height / 2) + usize::from(x >= width / 2);
        Rgb(shades[quarter])
    }))
}

/// A gray image of one shade, by which it can be told from others.
pub fn shade(level: u8) -> DynamicImage {
    DynamicImage::ImageLuma8(image::GrayImage::from_pixel(9, 9, Luma([level])))
}

/// The file of an image.
pub fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image.write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// The PNG file of a gray image of one shade.
pub fn png_of(level: u8) -> Vec<u8> {
    encoded(&shade(level), ImageFormat::Png)
}

/// A PNG file: its header, and chunks before the image data, which is compressed here.
pub fn png(
    [width, height]: [u32; 2],
    [depth, kind]: [u8; 2],
    chunks: &[(&[u8; 4], &[u8])],
    data: &[u8],
) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, kind, 0, 0, 0]];
    file.extend(png_chunk(b"IHDR", &header.concat()));
    for (name, content) in chunks {
        file.extend(png_chunk(name, content));
    }
    let mut compressed = ZlibEncoder::new(Vec::new(), Compression::fast());
    compressed.write_all(data).unwrap();
    file.extend(png_chunk(b"IDAT", &compressed.finish().unwrap()));
    file.extend(png_chunk(b"IEND", &[]));
    file
}

fn png_chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut sum = flate2::Crc::new();
    sum.update(name);
    sum.update(content);
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[..], name, content, &sum.sum().to_be_bytes()].concat()
}

/// A JPEG file with an EXIF segment that tells its orientation.
pub fn jpeg_turned(image: &DynamicImage, orientation: u8) -> Vec<u8> {
    let file = encoded(image, ImageFormat::Jpeg);
    // A directory with one entry: tag 0x0112, a short, one of them.
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&file[..2], &[0xff, 0xe1], &length, &exif, &file[2..]].concat()
}

/// A BMP file with a palette of two colors and a row of pixels for each number.
pub fn bmp_with_palette(colors: [[u8; 3]; 2], rows: &[[u8; 4]]) -> Vec<u8> {
    let mut file = b"BM".to_vec();
    let start = 14 + 40 + 8_u32;
    let height = u32::try_from(rows.len()).unwrap();
    for number in [start + 4 * height, 0, start, 40, 4, height] {
        file.extend(number.to_le_bytes());
    }
    file.extend([1, 0, 8, 0]);
    for number in [0, 4 * height, 0, 0, 2, 2_u32] {
        file.extend(number.to_le_bytes());
    }
    for [red, green, blue] in colors {
        file.extend([blue, green, red, 0]);
    }
    rows.iter().rev().for_each(|row| file.extend(row));
    file
}

/// A BMP file with a header alone.
pub fn bmp_header(width: u32, height: u32) -> Vec<u8> {
    let mut file = bmp_with_palette([[0; 3]; 2], &[]);
    file[18..22].copy_from_slice(&width.to_le_bytes());
    file[22..26].copy_from_slice(&height.to_le_bytes());
    file
}

/// A TIFF file of one directory with entries (tag, type, count, value), in this order.
pub fn tiff(entries: &[(u16, u16, u32, u32)], next: u32) -> Vec<u8> {
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    file.extend(u16::try_from(entries.len()).unwrap().to_le_bytes());
    for (tag, kind, count, value) in entries {
        file.extend(tag.to_le_bytes());
        file.extend(kind.to_le_bytes());
        file.extend(count.to_le_bytes());
        file.extend(value.to_le_bytes());
    }
    file.extend(next.to_le_bytes());
    file
}
