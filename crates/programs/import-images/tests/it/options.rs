//! Choices, labels, the test set, and which options go together.

use std::collections::HashSet;

use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use ndarray::{Array1, Array3, Array4};

use crate::made::{encoded, png_of, quarters};
use crate::{OUT, column, program, put};

/// A dark stroke on a light background, of this size.
fn drawing(height: u32, width: u32, at: u32) -> Vec<u8> {
    let image = GrayImage::from_fn(width, height, |x, y| {
        Luma([if x.abs_diff(at) < 6 && y > 9 && y < height - 9 { 10 } else { 250 }])
    });
    encoded(&DynamicImage::ImageLuma8(image), ImageFormat::Jpeg)
}

#[test]
fn what_is_left_open_is_chosen_by_the_images() {
    let program = program();
    for at in 0..8 {
        put(&program, &format!("drawings/{at}.jpg"), drawing(90 + at, 100, 20 + 5 * at));
        let image = quarters(70, 100, [[200, 30, 30], [20, 20, 20], [9, 200, 40], [0, 0, 0]]);
        put(&program, &format!("photos/{at}.jpg"), encoded(&image, ImageFormat::Jpeg));
        put(&program, &format!("small/{at}.png"), png_of(10 * at as u8));
    }
    let told = program.notes(&format!("--from drawings {OUT}"));
    for part in ["size 28x28: the 8 images", "color gray: 0 of 8", "invert yes, so that"] {
        assert!(told.contains(part), "{told}");
    }
    let images: Array3<u8> = program.read("images.npy");
    assert!(images[[0, 0, 0]] < 10 && images.iter().max() > Some(&200), "the background is 0");
    let record = program.json("images.npy.json");
    let parameters = &record["parameters"];
    assert_eq!(parameters["size"], serde_json::json!([28, 28]));
    assert_eq!((&parameters["color"], &parameters["fit"]), (&"gray".into(), &"pad".into()));
    assert_eq!((&parameters["invert"], &parameters["from"]), (&true.into(), &"drawings".into()));
    assert_eq!(parameters["background"], "#ffffff");

    let told = program.notes(&format!("--from photos {OUT}"));
    assert!(told.contains("color rgb: 8 of 8") && told.contains("size 64x64"), "{told}");
    assert_eq!(program.read::<Array4<u8>>("images.npy").dim(), (8, 64, 64, 3));
    let told = program.notes(&format!("--from small {OUT}"));
    assert!(told.contains("size 9x9: all 8 images looked at have it"), "{told}");
    assert!(told.contains("warning: 8 images have one shade throughout, 0.png the first"));
    let told = program.notes(&format!("--from small {OUT} --quiet --size 3x5 --color grey"));
    assert!(!told.contains("size"), "{told}");
    assert_eq!(program.read::<Array3<u8>>("images.npy").dim(), (8, 3, 5));
}

#[test]
fn new_images_become_like_earlier_ones() {
    let program = program();
    for at in 0..8 {
        put(&program, &format!("drawings/{at}.jpg"), drawing(90 + at, 100, 20 + 5 * at));
    }
    program.done(&format!("--from drawings {OUT} --fit crop"));
    // Alone these would be kept at 9 x 9, and not inverted.
    put(&program, "new/1.png", png_of(30));
    put(&program, "new/2.png", png_of(200));
    program.done("--from new --like images.npy --out new.npy --names new.csv");
    let images: Array3<u8> = program.read("new.npy");
    assert_eq!(images.dim(), (2, 28, 28));
    assert_eq!((images[[0, 14, 14]], images[[1, 14, 14]]), (225, 55));
    let [old, new] = ["images.npy.json", "new.npy.json"].map(|file| program.json(file));
    for name in ["size", "fit", "color", "background", "invert"] {
        assert_eq!(new["parameters"][name], old["parameters"][name], "{name}");
    }
    let words = "--from new --out more.npy --names more.csv";
    program.refused(&format!("{words} --like images.npy --size 9"), 2, "leave out --size");
    program.write("plain.npy", &images);
    let told = "plain.npy: expected images that import-images wrote, found no provenance";
    program.refused(&format!("{words} --like plain.npy"), 1, told);
}

#[test]
fn folders_are_classes() {
    let program = program();
    for (level, name) in
        (1..).zip(["in/dog 10/x/1.png", "in/dog 2/1.png", "in/cat/2.png", "in/dog 2/3.png"])
    {
        put(&program, name, png_of(level));
    }
    // No class: it has no image.
    put(&program, "in/bird/notes.txt", "text");
    let options = "--labels folders --labels-out labels.npy --classes classes.json";
    program.done(&format!("--from in {OUT} {options}"));
    assert_eq!(program.read::<Array1<i64>>("labels.npy").to_vec(), [0, 1, 1, 2]);
    assert_eq!(column(&program, "names.csv", "class"), ["cat", "dog 2", "dog 2", "dog 10"]);
    let classes = score_io::read_classes(&program.path("classes.json")).unwrap().0;
    assert_eq!(classes, ["cat", "dog 2", "dog 10"]);
    // A text beside the folders is no image without a class; an image is.
    put(&program, "in/readme.txt", "text");
    program.done(&format!("--from in {OUT} {options}"));
    put(&program, "in/1.png", png_of(9));
    program.refused(
        &format!("--from in {OUT} {options}"),
        1,
        "in: expected every image in a folder that names its class, found 1.png in none",
    );
}

#[test]
fn a_share_of_the_images_is_drawn_for_the_test_set() {
    let program = program();
    for level in 0..50 {
        put(&program, &format!("in/{}/{level}.png", level % 2), png_of(level));
    }
    put(&program, "in/1/copy.png", png_of(3));
    let options = "--size 1 --color gray --invert no --test-share 0.3 --test-out test.npy \
                   --test-names test.csv --labels folders --labels-out l.npy \
                   --test-labels-out tl.npy";
    let mut drawn = HashSet::new();
    for seed in ["", "--seed 0", "--seed 1"] {
        program.done(&format!("--from in {OUT} {options} {seed}"));
        let (train, test) =
            (column(&program, "names.csv", "file"), column(&program, "test.csv", "file"));
        assert_eq!((train.len(), test.len()), (36, 15));
        let all: HashSet<_> = train.iter().chain(&test).collect();
        assert_eq!(all.len(), 51);
        for (names, images) in [(&train, "images.npy"), (&test, "test.npy")] {
            let images: Array3<u8> = program.read(images);
            for (name, level) in names.iter().zip(&images) {
                let named = name[2..].strip_suffix(".png").unwrap();
                assert!(named == "copy" || *named == level.to_string(), "{name} {level}");
            }
        }
        let labels: Array1<i64> = program.read("tl.npy");
        let classes = column(&program, "test.csv", "class");
        assert!(labels.iter().zip(&classes).all(|(label, class)| label.to_string() == *class));
        drawn.insert(test);
    }
    assert_eq!(drawn.len(), 2, "0 is the default seed, and another seed draws others");
}

#[test]
fn what_does_not_go_together_is_refused() {
    let program = program();
    put(&program, "in/1.png", png_of(1));
    put(&program, "in.zip", "PK\u{3}\u{4}");
    let photo = program.bytes("in/1.png");
    for (words, code, told) in [
        ("--from in", 2, "give --out and --names, or --to"),
        ("--from in --out a.npy", 2, "give --out and --names, or --to"),
        ("--from in --out a --names b --labels folders", 2, "--labels folders needs"),
        ("--from in --out a --names b --labels names", 2, "expected folders"),
        ("--from in --out a --names b --classes c", 2, "go with --labels folders"),
        ("--from in --out a --names b --test-share 0.5", 2, "needs --test-out and --test-names"),
        ("--from in --out a --names b --test-share 1", 2, "above 0 and below 1"),
        ("--from in --out a --names b --test-out c", 2, "go with --test-share"),
        ("--from in --out a --names b --seed 1", 2, "go with --test-share"),
        (
            "--from in --out a --names b --labels folders --labels-out l --test-share 0.5 \
             --test-out c --test-names d",
            2,
            "--test-labels-out goes with",
        ),
        ("--from in --out a --names b --size 0", 2, "expected auto, a side such as 28, or HxW"),
        ("--from in --out a --names b --size 28x", 2, "expected auto, a side such as 28, or HxW"),
        ("--from in --out a --names b --size 9999", 2, "each from 1 to 4096"),
        ("--from in --out a --names b --fit fill", 2, "expected pad, crop or stretch"),
        ("--from in --out a --names b --color blue", 2, "expected auto, gray or rgb"),
        ("--from in --out a --names b --background red", 2, "expected white, black or #rrggbb"),
        ("--from in --out a --names b --background #+12345", 2, "expected white, black or"),
        ("--from in --out a --names b --invert 1", 2, "expected auto, yes or no"),
        ("--from in --out a --names b --on-error go", 2, "expected skip or stop"),
        ("--from in --out a --names a", 1, "another output of this run"),
        ("--from in --out in/1.png --names b", 1, "expected a file to write, found an image"),
        ("--from in.zip --out in.zip --names b", 1, "an input of this run"),
        ("--from in/1.png --out a --names b", 1, "found a single image; give its folder"),
    ] {
        program.refused(words, code, told);
    }
    assert!(program.bytes("in/1.png") == photo);
    assert_eq!(program.names(), ["in", "in.zip"]);
    program.write("a.npy", &Array3::<u8>::zeros((1, 4, 4)));
    program.refused("--from a.npy --out b --names c", 1, "found an array; give --to DIR");
}
