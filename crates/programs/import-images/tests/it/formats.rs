//! Every format, depth and orientation becomes the pixels that one sees.

use image::codecs::gif::GifEncoder;
use image::{DynamicImage, Frame, ImageFormat, Luma, Rgba, RgbaImage};
use ndarray::{Array3, Array4, s};

use crate::made::{bmp_with_palette, encoded, jpeg_turned, png, quarters};
use crate::{OUT, column, program, put};

const SHADES: [[u8; 3]; 4] = [[200, 20, 30], [10, 180, 40], [0, 0, 255], [250, 250, 250]];

#[test]
fn all_formats_give_the_same_pixels() {
    let program = program();
    let image = quarters(16, 24, SHADES);
    for (name, format) in [
        ("1.png", ImageFormat::Png),
        ("2.webp", ImageFormat::WebP),
        ("3.gif", ImageFormat::Gif),
        ("4.bmp", ImageFormat::Bmp),
        ("5.tiff", ImageFormat::Tiff),
        // The content counts, not the name.
        ("6.png", ImageFormat::Bmp),
        ("7", ImageFormat::Tiff),
        ("8.jpg", ImageFormat::Jpeg),
    ] {
        put(&program, &format!("in/{name}"), encoded(&image, format));
    }
    program.done(&format!("--from in {OUT} --size 16x24 --color rgb"));
    let images: Array4<u8> = program.read("images.npy");
    assert_eq!(images.dim(), (8, 16, 24, 3));
    for row in 0..7 {
        assert_eq!(images.slice(s![row, .., .., ..]).as_slice().unwrap(), image.as_bytes());
    }
    for (y, x, shade) in [(4, 4, 0), (4, 20, 1), (12, 4, 2), (12, 20, 3)] {
        for channel in 0..3 {
            let value = images[[7, y, x, channel]];
            assert!(value.abs_diff(SHADES[shade][channel]) < 6, "{value} in {shade} {channel}");
        }
    }
    assert_eq!(column(&program, "names.csv", "width"), ["24"; 8]);
    assert_eq!(column(&program, "names.csv", "height"), ["16"; 8]);
    assert!(column(&program, "skipped.csv", "file").is_empty());
}

#[test]
fn deep_images_and_palettes_become_bytes() {
    let program = program();
    // The 16-bit value of a level v is 257 v.
    let deep = DynamicImage::ImageLuma16(image::ImageBuffer::from_fn(4, 2, |x, y| {
        Luma([257 * (10 * x as u16 + 50 * y as u16)])
    }));
    put(&program, "in/1.png", encoded(&deep, ImageFormat::Png));
    put(&program, "in/2.tiff", encoded(&deep, ImageFormat::Tiff));
    let deep_color = DynamicImage::ImageRgb16(deep.to_rgb16());
    put(&program, "in/3.png", encoded(&deep_color, ImageFormat::Png));
    put(&program, "in/4.tiff", encoded(&deep_color, ImageFormat::Tiff));
    let gray = |level: u8| [level; 3];
    let rows = [[0, 1, 1, 0], [1, 0, 0, 0]];
    put(&program, "in/5.bmp", bmp_with_palette([gray(30), gray(99)], &rows));
    // Four pixels a byte; the third color of the palette is transparent.
    let palette = [gray(30), gray(99), gray(0)].concat();
    let chunks: [(&[u8; 4], &[u8]); 2] = [(b"PLTE", &palette), (b"tRNS", &[255, 255, 0])];
    let packed = [0, 0b0001_0100, 0, 0b0100_0010];
    put(&program, "in/6.png", png([4, 2], [2, 3], &chunks, &packed));
    program.done(&format!("--from in {OUT} --size 2x4 --color gray --invert no"));
    let images: Array3<u8> = program.read("images.npy");
    let deep = [0, 10, 20, 30, 50, 60, 70, 80];
    for row in 0..4 {
        assert_eq!(images.slice(s![row, .., ..]).as_slice().unwrap(), deep, "row {row}");
    }
    let pixels = |row: usize| images.slice(s![row, .., ..]).iter().copied().collect::<Vec<u8>>();
    assert_eq!(pixels(4), [30, 99, 99, 30, 99, 30, 30, 30]);
    assert_eq!(pixels(5), [30, 99, 99, 30, 99, 30, 30, 255]);
}

#[test]
fn photographs_are_turned_upright() {
    let program = program();
    let gray = |level: u8| [level; 3];
    let [a, b, c, d] = [10, 90, 170, 250];
    let image = quarters(16, 32, [a, b, c, d].map(gray));
    for orientation in 0..=9 {
        let file = jpeg_turned(&image, orientation);
        put(&program, &format!("in/{orientation}.jpg"), file);
    }
    program.done(&format!("--from in {OUT} --size 16 --fit stretch --color gray --invert no"));
    let images: Array3<u8> = program.read("images.npy");
    // By the definition of the tag: where the first row and the first column of the file belong.
    let upright = [
        [a, b, c, d],
        [a, b, c, d],
        [b, a, d, c],
        [d, c, b, a],
        [c, d, a, b],
        [a, c, b, d],
        [c, a, d, b],
        [d, b, c, a],
        [b, d, a, c],
        [a, b, c, d],
    ];
    for (orientation, expected) in upright.iter().enumerate() {
        let corners = [(3, 3), (3, 12), (12, 3), (12, 12)];
        for ((y, x), level) in corners.into_iter().zip(expected) {
            let found = images[[orientation, y, x]];
            assert!(found.abs_diff(*level) < 5, "{orientation}: {found} at {y}, {x}");
        }
        let turned = (5..=8).contains(&orientation);
        let width = &column(&program, "names.csv", "width")[orientation];
        assert_eq!(width, if turned { "16" } else { "32" });
    }
}

#[test]
fn what_is_transparent_shows_the_background() {
    let program = program();
    let image = DynamicImage::ImageRgba8(RgbaImage::from_fn(4, 1, |x, _| match x {
        0 => Rgba([0, 0, 0, 255]),
        1 => Rgba([255, 255, 255, 0]),
        2 => Rgba([0, 0, 0, 0]),
        _ => Rgba([0, 0, 0, 128]),
    }));
    put(&program, "in/1.png", encoded(&image, ImageFormat::Png));
    put(&program, "in/2.webp", encoded(&image, ImageFormat::WebP));
    put(&program, "in/3.tiff", encoded(&image, ImageFormat::Tiff));
    for (option, levels) in [
        ("", [0, 255, 255, 127]),
        ("--background white", [0, 255, 255, 127]),
        ("--background black", [0, 0, 0, 0]),
        ("--background #c8c8c8", [0, 200, 200, 100]),
        ("--background #c8c8c8 --invert yes", [255, 55, 55, 155]),
    ] {
        let invert = if option.contains("--invert") { "" } else { "--invert no" };
        program.done(&format!("--from in {OUT} --size 1x4 --color gray {invert} {option}"));
        let images: Array3<u8> = program.read("images.npy");
        for image in images.outer_iter() {
            assert_eq!(image.as_slice().unwrap(), levels, "{option}");
        }
    }
    program.done(&format!("--from in {OUT} --size 1x4 --color rgb --background #102030"));
    let images: Array4<u8> = program.read("images.npy");
    assert_eq!(images.slice(s![0, 0, 1, ..]).as_slice().unwrap(), [16, 32, 48]);
}

#[test]
fn of_an_animation_the_first_frame_counts() {
    let program = program();
    let mut file = Vec::new();
    let mut encoder = GifEncoder::new(&mut file);
    for level in [40, 200] {
        let frame = RgbaImage::from_pixel(5, 5, Rgba([level, level, level, 255]));
        encoder.encode_frame(Frame::new(frame)).unwrap();
    }
    drop(encoder);
    put(&program, "in/1.gif", file);
    program.done(&format!("--from in {OUT} --size 5 --color gray --invert no"));
    assert_eq!(program.read::<Array3<u8>>("images.npy"), Array3::from_elem((1, 5, 5), 40));
}

#[test]
fn each_way_to_fit_keeps_what_it_should() {
    let program = program();
    let gray = |level: u8| [level; 3];
    // Twice as wide as high: black, then gray.
    let image = quarters(8, 16, [gray(0), gray(100), gray(0), gray(100)]);
    put(&program, "in/1.png", encoded(&image, ImageFormat::Png));
    let run = |options: &str| -> Array3<u8> {
        program.done(&format!("--from in {OUT} --color gray --invert no {options}"));
        program.read("images.npy")
    };
    let padded = run("--size 8 --fit pad");
    assert!(padded.slice(s![0, ..2, ..]).iter().all(|&level| level == 255));
    assert!(padded.slice(s![0, 6.., ..]).iter().all(|&level| level == 255));
    assert!(padded.slice(s![0, 2..6, ..3]).iter().all(|&level| level == 0));
    assert!(padded.slice(s![0, 2..6, 5..]).iter().all(|&level| level == 100));
    let cropped = run("--size 8 --fit crop");
    assert!(cropped.slice(s![0, .., ..4]).iter().all(|&level| level == 0));
    assert!(cropped.slice(s![0, .., 4..]).iter().all(|&level| level == 100));
    let stretched = run("--size 8 --fit stretch");
    assert!(stretched.slice(s![0, .., ..3]).iter().all(|&level| level == 0));
    assert!(stretched.slice(s![0, .., 5..]).iter().all(|&level| level == 100));
    // Enlarged, and with odd numbers beside it.
    let large = run("--size 40x35 --background #070707");
    assert_eq!(large.dim(), (1, 40, 35));
    assert_eq!([large[[0, 10, 0]], large[[0, 11, 0]], large[[0, 28, 34]]], [7, 0, 100]);
    assert_eq!(large[[0, 29, 34]], 7);
}
