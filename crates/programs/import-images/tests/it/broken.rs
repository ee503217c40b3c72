//! Broken and hostile files are skipped, each with its reason, and nothing else is lost.

use std::process::Command;

use image::ImageFormat::{self, Bmp, Gif, Jpeg, Png, Tiff, WebP};

use crate::made::{bmp_header, encoded, jpeg_turned, png, png_of, quarters, tiff};
use crate::{OUT, column, program, put};

/// A file of noise in a format, cut off in its middle.
fn cut(format: ImageFormat) -> Vec<u8> {
    let mut state = 1_u32;
    let image = image::RgbImage::from_fn(40, 40, |_, _| {
        image::Rgb([0; 3].map(|_: u8| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        }))
    });
    let mut file = encoded(&image::DynamicImage::ImageRgb8(image), format);
    file.truncate(file.len() / 2);
    file
}

/// Files that are no images, with a part of the reason.
fn broken() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let mut flipped = png_of(9);
    let at = flipped.len() - 20;
    flipped[at] ^= 0x55;
    let mut tables = encoded(&quarters(16, 16, [[0; 3]; 4]), Jpeg);
    let at = tables.windows(2).position(|pair| pair == [0xff, 0xc4]).unwrap();
    tables[at + 5..at + 21].fill(0xff);
    // Its thumbnail, a JPEG file in the EXIF segment, has an end; the image has none.
    let whole = jpeg_turned(&quarters(16, 16, [[0; 3]; 4]), 1);
    let thumbnail = [&[0xff, 0xe2, 0, 8][..], &[0xff, 0xd8, 0xff, 0xd9, 0, 0]].concat();
    let with_thumbnail = [&whole[..2], &thumbnail, &whole[2..whole.len() - 40]].concat();
    let long_strip = tiff(
        &[
            (256, 4, 1, 9),
            (257, 4, 1, 9),
            (258, 3, 1, 8),
            (259, 3, 1, 1),
            (262, 3, 1, 1),
            (273, 4, 1, 4_000_000_000),
            (277, 3, 1, 1),
            (278, 4, 1, 9),
            (279, 4, 1, 4_000_000_000),
        ],
        0,
    );
    let huge_tiff = tiff(
        &[
            (256, 4, 1, 100_000),
            (257, 4, 1, 100_000),
            (258, 3, 1, 8),
            (259, 3, 1, 1),
            (262, 3, 1, 1),
            (273, 4, 1, 8),
            (277, 3, 1, 1),
            (278, 4, 1, 100_000),
            (279, 4, 1, 100),
        ],
        0,
    );
    let mut huge_gif = b"GIF89a\xff\xff\xff\xff\x80\0\0".to_vec();
    huge_gif.extend([0; 6]);
    huge_gif.extend(b",\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x44\x01\0;");
    let riff = |chunk: &[u8]| {
        let length = u32::try_from(chunk.len() + 4).unwrap().to_le_bytes();
        [b"RIFF", &length[..], b"WEBP", chunk].concat()
    };
    // An animation whose decoder indexes beyond its end, as fuzzing found.
    let failing = include_bytes!(concat!(
        "../../../../../fuzz/corpus/images/",
        "16fa152d243141b969ae59abf6b912416f307067"
    ));
    vec![
        ("failing.webp", failing.to_vec(), "broken: its decoder failed"),
        ("empty.jpg", Vec::new(), "an empty file (0 bytes)"),
        ("text.jpg", b"no image at all".to_vec(), "not an image"),
        ("page.png", b"<html>404</html>".to_vec(), "not an image"),
        ("vector.svg", b"<svg/>".to_vec(), "not an image"),
        ("zeros.png", vec![0; 1000], "not an image"),
        ("cut.jpg", cut(Jpeg), "truncated"),
        ("cut.png", cut(Png), "truncated"),
        ("cut.gif", cut(Gif), ""),
        ("cut.bmp", cut(Bmp), "truncated"),
        ("cut.tiff", cut(Tiff), ""),
        ("cut.webp", cut(WebP), ""),
        ("mark.png", b"\x89PNG\r\n\x1a\n".to_vec(), "truncated"),
        ("mark.jpg", vec![0xff, 0xd8, 0xff], "truncated"),
        ("mark.gif", b"GIF89a".to_vec(), ""),
        ("mark.webp", riff(b""), ""),
        ("noise.webp", riff(b"VP8 \x08\0\0\0abcdefgh"), ""),
        ("thumbnail.jpg", with_thumbnail, "truncated"),
        ("tables.jpg", tables, "broken"),
        ("flipped.png", flipped, "broken"),
        ("huge.png", png([30_000, 30_000], [8, 2], &[], &[]), "too large: 30000 x 30000 pixels"),
        ("huge-gray.png", png([30_000, 30_000], [1, 0], &[], &[]), "too large: 30000 x 30000"),
        ("endless.png", png([u32::MAX >> 1, 1], [8, 0], &[], &[]), "too large"),
        ("huge.bmp", bmp_header(30_000, 30_000), "too large"),
        ("huge.gif", huge_gif, "too large"),
        ("huge.tiff", huge_tiff, "too large"),
        ("strip.tiff", long_strip, ""),
        ("circle.tiff", tiff(&[(256, 4, 1, 9)], 8), ""),
        ("nothing.png", png([0, 0], [8, 2], &[], &[]), "broken"),
        ("kind.png", png([9, 9], [3, 5], &[], &[]), "broken"),
        ("no-palette.png", png([9, 9], [8, 3], &[], &[0; 90]), ""),
        ("short.png", png([9, 9], [8, 2], &[], &[0; 90]), ""),
        ("film.jpg", b"\0\0\0\x20ftypisom0000".to_vec(), "a video"),
        ("photo.heic", b"\0\0\0\x20ftypheic0000".to_vec(), "HEIC, which is not supported"),
        ("photo.avif", b"\0\0\0\x20ftypavif0000".to_vec(), "Avif, which is not supported"),
        ("icon.ico", b"\0\0\x01\0\x01\0\x10\x10aaaaaaaaaa".to_vec(), "Ico, which is not supported"),
    ]
}

#[test]
fn each_is_named_with_its_reason_and_nothing_else_is_lost() {
    let program = program();
    let broken = broken();
    assert!(broken.len() > 20);
    for (level, (name, bytes, _)) in (0..).zip(&broken) {
        // Good images stand before and after each.
        put(&program, &format!("in/{name}-good"), png_of(level));
        put(&program, &format!("in/{name}"), bytes);
    }
    std::fs::create_dir(program.path("in/folder.png")).unwrap();
    let pipe = Command::new("mkfifo").arg(program.path("in/pipe.png")).status().unwrap();
    assert!(pipe.success());
    for name in [".DS_Store", ".hidden/a.png", "Thumbs.db", "__MACOSX/._a.png"] {
        put(&program, &format!("in/{name}"), "x");
    }
    let told = program.notes(&format!("--from in {OUT} --quiet"));
    // The pipe is one more; vector.svg has never been one of these formats.
    let warned = format!("warning: {} files were skipped: ", broken.len());
    assert!(told.contains(&warned), "{told}");
    assert!(!told.contains("panicked"), "{told}");

    let mut good: Vec<String> = broken.iter().map(|(name, ..)| format!("{name}-good")).collect();
    let mut found = column(&program, "names.csv", "file");
    good.sort();
    found.sort();
    assert_eq!(found, good);
    let files = column(&program, "skipped.csv", "file");
    let reasons = column(&program, "skipped.csv", "reason");
    assert_eq!(files.len(), broken.len() + 1, "{files:?}");
    for (name, _, told) in &broken {
        let at = files.iter().position(|file| file == name);
        let reason = &reasons[at.unwrap_or_else(|| panic!("{name} is not in {files:?}"))];
        assert!(reason.contains(told) && !reason.is_empty(), "{name}: {reason}");
    }
    assert!(files.contains(&"pipe.png".to_owned()));
    assert_eq!(program.json("images.npy.json")["result"]["hidden"], 4);
}

#[test]
fn a_run_can_stop_at_the_first() {
    let program = program();
    put(&program, "in/1.png", png_of(1));
    put(&program, "in/2.txt", "a text is no fault");
    put(&program, "in/3.jpg", "but this is");
    put(&program, "in/4.jpg", "");
    let told = program.refused(&format!("--from in {OUT} --on-error stop --quiet"), 1, "3.jpg");
    assert!(told.contains("found 3.jpg: not an image, by its first bytes"), "{told}");
    assert!(!program.has("images.npy") && !program.has("names.csv"));
    std::fs::remove_file(program.path("in/3.jpg")).unwrap();
    program.refused(&format!("--from in {OUT} --on-error stop --quiet"), 1, "4.jpg: an empty file");
    std::fs::remove_file(program.path("in/4.jpg")).unwrap();
    program.done(&format!("--from in {OUT} --on-error stop"));
    assert_eq!(column(&program, "skipped.csv", "file"), ["2.txt"]);
}

#[test]
fn a_source_without_images_says_what_there_is() {
    let program = program();
    std::fs::create_dir(program.path("in")).unwrap();
    program.refused(&format!("--from in {OUT}"), 1, "found no file; give a folder");
    put(&program, "in/.DS_Store", "x");
    program.refused(&format!("--from in {OUT}"), 1, "found no file (and 1 hidden ones)");
    put(&program, "in/a.txt", "text");
    put(&program, "in/b.jpg", "");
    let told = program.refused(&format!("--from in {OUT}"), 1, "found none in 2 files: a.txt (not");
    assert!(told.contains("b.jpg (an empty file (0 bytes))"), "{told}");
    // With every choice made no sample is taken.
    let chosen = "--size 28 --color gray --invert no --quiet";
    program.refused(&format!("--from in {OUT} {chosen}"), 1, "found none in 2 files: a.txt");
    program.refused(&format!("--from nowhere {OUT}"), 1, "nowhere: cannot read it");
    assert_eq!(program.names(), ["in"]);
}
