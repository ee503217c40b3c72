//! Figures as PDF: vector graphics, text that is text, embedded fonts, the same bytes each time.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod common;

use std::collections::BTreeSet;
use std::io::Read;

use common::{ALL, inputs};
use test_support::Program;

const FIGURES: [&str; 8] =
    ["runs", "samples", "losses", "reconstructions", "map", "confusion", "sizes", "clusters"];

/// The streams of a file, decompressed, each with its dictionary.
fn streams(pdf: &[u8]) -> Vec<(String, Vec<u8>)> {
    let find = |from: usize, part: &[u8]| {
        pdf[from..].windows(part.len()).position(|found| found == part).map(|at| from + at)
    };
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(start) = find(from, b"\nstream\n") {
        let head = String::from_utf8_lossy(&pdf[from..start]).into_owned();
        let dictionary = head[head.rfind(" obj").unwrap()..].to_owned();
        let length = dictionary.split("/Length ").nth(1).unwrap();
        let length: usize = length.split_whitespace().next().unwrap().parse().unwrap();
        let data = &pdf[start + 8..start + 8 + length];
        let mut plain = Vec::new();
        match dictionary.contains("/FlateDecode") {
            true => drop(flate2::read::ZlibDecoder::new(data).read_to_end(&mut plain).unwrap()),
            false => plain = data.to_vec(),
        }
        found.push((dictionary, plain));
        from = start + 8 + length;
    }
    found
}

/// The operators that draw the page.
fn content(pdf: &[u8]) -> String {
    let drawn = streams(pdf).into_iter().map(|(_, data)| data);
    let mut texts = drawn.filter_map(|data| String::from_utf8(data).ok());
    texts.find(|text| text.contains(" cm\n")).unwrap()
}

/// All letters that the tables of the fonts give to the glyphs of the file.
fn letters(pdf: &[u8]) -> BTreeSet<char> {
    let mut found = BTreeSet::new();
    let number = |text: &str| u32::from_str_radix(text.trim_matches(['<', '>']), 16).unwrap();
    for (_, data) in streams(pdf).into_iter().filter(|(head, _)| head.contains("/CMap")) {
        let text = String::from_utf8(data).unwrap();
        for (begin, end) in [("beginbfchar\n", "endbfchar"), ("beginbfrange\n", "endbfrange")] {
            for part in text.split(begin).skip(1) {
                for line in part.split(end).next().unwrap().lines() {
                    let codes: Vec<&str> = line.split_whitespace().collect();
                    let more =
                        if codes.len() == 3 { number(codes[1]) - number(codes[0]) } else { 0 };
                    let hexadecimal = codes[codes.len() - 1].trim_matches(['<', '>']).as_bytes();
                    let units: Vec<u16> = hexadecimal
                        .chunks(4)
                        .map(|four| number(std::str::from_utf8(four).unwrap()) as u16)
                        .collect();
                    let first: Vec<char> = String::from_utf16(&units).unwrap().chars().collect();
                    found.extend(&first);
                    let last = u32::from(first[first.len() - 1]);
                    found.extend((last..=last + more).filter_map(char::from_u32));
                }
            }
        }
    }
    found
}

/// The letters that an SVG file shows, in its order.
fn shown(svg: &str) -> Vec<char> {
    let mut text = String::new();
    for part in svg.split("<text").skip(1) {
        let inside = part.split("</text>").next().unwrap();
        let pieces = format!("<{inside}");
        pieces.split('<').for_each(|piece| text += piece.split_once('>').map_or("", |two| two.1));
    }
    for (code, letter) in [("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")] {
        text = text.replace(code, letter);
    }
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}

#[test]
fn every_figure_is_vectors_and_text_with_its_font() {
    let program = inputs();
    for figure in FIGURES {
        program.done(&format!("{ALL} --figure {figure} --out f.svg"));
        program.done(&format!("{ALL} --figure {figure} --out f.pdf"));
        let (svg, pdf) = (program.text("f.svg"), program.bytes("f.pdf"));
        assert!(pdf.starts_with(b"%PDF-"), "{figure}");
        let objects = String::from_utf8_lossy(&pdf);
        for part in ["/FontFile2 ", "/ToUnicode ", "/Identity-H", "+Ubuntu-Light", "/Title"] {
            assert!(objects.contains(part), "{figure}: {part}");
        }
        // No date and no id, which would differ from run to run.
        for part in ["Date", "/ID", "/Producer"] {
            assert!(!objects.contains(part), "{figure}: {part}");
        }
        let wanted = shown(&svg);
        let missing: BTreeSet<char> =
            wanted.iter().copied().filter(|one| !letters(&pdf).contains(one)).collect();
        assert!(wanted.len() > 10 && missing.is_empty(), "{figure}: {missing:?}");
        let drawn = content(&pdf);
        assert!(drawn.matches(" Tj\n").count() >= wanted.len(), "{figure}: all letters are text");
        assert_eq!(drawn.matches(" Do\n").count(), svg.matches("<image").count(), "{figure}");
        program.done(&format!("{ALL} --figure {figure} --threads 1 --out again.pdf"));
        assert!(pdf == program.bytes("again.pdf"), "{figure}: other bytes");
    }
}

#[test]
fn shapes_and_images_keep_their_colors() {
    let program = inputs();
    let draw = |figure: &str| {
        program.done(&format!("{ALL} --figure {figure} --out f.pdf"));
        program.bytes("f.pdf")
    };
    // Dots are #08519c and let half of what is below them through; bars are #3f7fbf.
    let runs = draw("runs");
    assert!(content(&runs).contains("0.03137255 0.31764707 0.6117647 rg"));
    assert!(String::from_utf8_lossy(&runs).contains("/ca 0.55"));
    assert!(content(&draw("sizes")).contains("0.24705882 0.49803922 0.7490196 rg"));
    // A dashed line, and the white lines around names on the map, which are no text.
    assert!(content(&draw("losses")).contains("[6 3] 0 d"));
    let map = content(&draw("map"));
    assert!(map.contains("1 1 1 RG") && !map.contains(" Tr\n"));
    let color = ndarray::Array4::from_shape_fn((30, 6, 5, 3), |(i, y, x, channel)| {
        (i * 7 + y * 31 + x * 5 + channel * 60) as u8
    });
    program.write("color.npy", &color);
    program.done(
        "--assignments mine=assignments.npy --images color.npy --figure clusters --out f.pdf",
    );
    let levels = color.slice(ndarray::s![0, .., .., ..]).iter().copied().collect::<Vec<u8>>();
    let images: Vec<Vec<u8>> = streams(&program.bytes("f.pdf"))
        .into_iter()
        .filter(|(head, _)| head.contains("/DeviceRGB") && head.contains("/Image"))
        .map(|(_, data)| data)
        .collect();
    assert!(images.contains(&levels), "the pixels of an image are in the file");
}

#[test]
fn fonts_of_the_system_are_embedded_or_their_letters_are_pictures() {
    let program = inputs();
    let draw = |classes: &str, out: &str| -> (Vec<u8>, String) {
        program.write_text("classes.json", classes);
        let output = program
            .command(&format!("{ALL} --figure samples --out {out}"))
            .env("HOME", program.path("none"))
            .env("XDG_DATA_HOME", program.path("none"))
            .env("XDG_DATA_DIRS", program.path("share"))
            .output()
            .unwrap();
        assert!(output.status.success());
        (program.bytes(out), String::from_utf8(output.stderr).unwrap())
    };
    let fonts = program.path("share/fonts");
    std::fs::create_dir_all(&fonts).unwrap();
    std::fs::write(fonts.join("Emoji.ttf"), epaint_default_fonts::NOTO_EMOJI_REGULAR).unwrap();
    let (pdf, told) = draw(r#"["😀", "猫"]"#, "f.pdf");
    assert!(letters(&pdf).contains(&'😀'), "a second font is embedded");
    assert_eq!(String::from_utf8_lossy(&pdf).matches("/FontFile2 ").count(), 2);
    assert!(told.contains("f.pdf: no font of this system has 猫 (U+732B), drawn as ?"), "{told}");
    // The same font with an empty table of colored letters counts as a font of pictures.
    std::fs::write(fonts.join("Emoji.ttf"), with_table(b"COLR")).unwrap();
    let (pdf, _) = draw(r#"["😀", "b"]"#, "f.pdf");
    let masks = streams(&pdf).iter().filter(|(head, _)| head.contains("/SMask ")).count();
    assert_eq!(masks, 1, "the name with it is a picture");
    assert!(!letters(&pdf).contains(&'😀') && letters(&pdf).contains(&'b'));
    assert!(!String::from_utf8_lossy(&pdf).contains("/F1 "), "no resource is without an object");
}

/// The font of emoji with one more, empty table.
fn with_table(name: &[u8; 4]) -> Vec<u8> {
    let font = epaint_default_fonts::NOTO_EMOJI_REGULAR;
    let count = usize::from(u16::from_be_bytes([font[4], font[5]]));
    let (head, rest) = font.split_at(12 + 16 * count);
    let mut records: Vec<[u8; 16]> =
        head[12..].chunks(16).map(|record| record.try_into().unwrap()).collect();
    for record in &mut records {
        // Everything lies 16 bytes farther, behind the new record.
        let place = u32::from_be_bytes(record[8..12].try_into().unwrap()) + 16;
        record[8..12].copy_from_slice(&place.to_be_bytes());
    }
    let mut new = [0; 16];
    new[..4].copy_from_slice(name);
    let end = (font.len() + 16) as u32;
    new[8..12].copy_from_slice(&end.to_be_bytes());
    records.push(new);
    records.sort();
    let mut made = head[..12].to_vec();
    made[4..6].copy_from_slice(&(count as u16 + 1).to_be_bytes());
    made.extend(records.concat());
    made.extend(rest);
    made
}

#[test]
fn another_ending_is_refused_with_the_known_ones() {
    let program: Program = inputs();
    for out in ["f.eps", "f", "f.html", "f.pdf.gz"] {
        let words = format!("{ALL} --figure map --out {out}");
        program.refused(&words, 2, "with --figure it is FILE.svg, FILE.png or FILE.pdf");
    }
    program.refused(&format!("{ALL} --out f.pdf"), 2, "--out is the page, FILE.html");
    program.done(&format!("{ALL} --figure map --out F.PDF"));
    assert!(program.bytes("F.PDF").starts_with(b"%PDF-"));
}
