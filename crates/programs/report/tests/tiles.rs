//! The folder of tiles: where it may lie, what is in it, and that nothing of others is touched.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod common;

use common::{ALL, inputs};
use ndarray::{Array2, Array3};
use test_support::Program;

/// The folder of grids that the page names, relative to the page.
fn named(page: &str) -> String {
    let found = page.split("\"tiles\":{\"url\":\"").nth(1).unwrap();
    found.split('"').next().unwrap().to_owned()
}

fn large(program: &Program) {
    program.write(
        "large.npy",
        &Array3::from_shape_fn((30, 300, 150), |(i, y, x)| (i * 8 + y / 2 + x / 3) as u8),
    );
}

const LARGE: &str =
    "--assignments mine=assignments.npy --points mine=points.npy --images large.npy";

#[test]
fn the_page_names_its_tiles_and_is_the_same_without_them() {
    let program = inputs();
    large(&program);
    program.done(&format!("{LARGE} --out page/plain.html"));
    program.done(&format!("{LARGE} --out page/index.html --tiles page/sub/tiles"));
    let page = program.text("page/index.html");
    let url = named(&page);
    assert!(url.starts_with("sub/tiles/") && url.ends_with('/'), "{url}");
    // 300 x 150 becomes 150 x 75, six in a row of a grid; 30 fit on one.
    assert!(page.contains("\"width\":75,\"height\":150,\"columns\":6,\"per_sheet\":36}"));
    assert_eq!(program.names_in(&format!("page/{url}")), ["00000.webp"]);
    assert!(program.bytes(format!("page/{url}00000.webp")).starts_with(b"RIFF"));
    assert!(page.contains("img-src data: blob: 'self' file:;"));
    let plain = program.text("page/plain.html");
    assert!(plain.contains("img-src data: blob:;") && plain.contains("\"tiles\":null"));
    // All that the page without tiles shows is in the page with tiles.
    let thumbnails = |page: &str| {
        page.split("\"sprite\":").nth(1).unwrap().split("\"tiles\"").next().unwrap().to_owned()
    };
    assert_eq!(thumbnails(&page), thumbnails(&plain));
    assert_eq!(page.matches("<img ").count(), plain.matches("<img ").count());
    let told = program.json("page/index.html.json");
    assert_eq!(told["result"]["tiles"]["images"], 30);
    assert_eq!(told["result"]["tiles"]["grids"], 1);
}

#[test]
fn the_same_tiles_come_from_any_number_of_threads() {
    let program = inputs();
    large(&program);
    let urls = [1, 2, 5].map(|threads| {
        let words = format!("{LARGE} --threads {threads} --out page.html --tiles tiles");
        program.done(&words);
        // Tiles of the run before are the same, or are gone.
        assert_eq!(program.names_in("tiles").len(), 1);
        (named(&program.text("page.html")), program.names_in("tiles"))
    });
    assert!(urls[0] == urls[1] && urls[0] == urls[2]);
    // Other images have other tiles, and former ones are removed once the page is there.
    program.done(&format!("{ALL} --out page.html --tiles tiles"));
    let now = named(&program.text("page.html"));
    assert!(now != urls[0].0 && program.names_in("tiles").len() == 1);
    assert!(program.has(now));
}

#[test]
fn what_is_not_ours_is_refused_and_stays() {
    let program = inputs();
    std::fs::create_dir_all(program.path("photos/sub")).unwrap();
    program.write_text("photos/cat.png", "mine");
    program.write_text("file", "mine");
    std::os::unix::fs::symlink(program.path("photos"), program.path("link")).unwrap();
    program.write("wide.npy", &Array2::<f32>::zeros((30, 7)));
    for (words, told) in [
        ("--tiles photos", "photos: expected a folder of tiles alone, found "),
        ("--tiles file", "file: expected a folder of tiles, found a file"),
        ("--tiles link", "link: expected a folder of tiles, found a symbolic link"),
    ] {
        program.refused(&format!("{ALL} --out page.html {words}"), 1, told);
    }
    let wide = "--assignments mine=assignments.npy --images wide.npy --out page.html --tiles tiles";
    program.refused(wide, 1, "which make no square");
    for words in [
        "--out page/index.html --tiles tiles",
        "--out page/index.html --tiles page",
        "--out page/index.html --tiles page/../other",
        "--out page.html --tiles page.html",
        "--out page.html --tiles page.html.json/tiles",
    ] {
        program.refused(&format!("{ALL} {words}"), 2, "--tiles is a folder in that of the page");
    }
    for words in [
        format!("{ALL} --figure map --out f.svg --tiles tiles"),
        "--assignments mine=assignments.npy --out page.html --tiles tiles".to_owned(),
    ] {
        program.refused(&words, 2, "--tiles goes with --images, and not with --figure");
    }
    assert_eq!(program.text("photos/cat.png"), "mine");
    for name in ["page.html", "page", "tiles", "f.svg"] {
        assert!(!program.has(name), "{name}");
    }
}

#[test]
fn a_page_that_cannot_be_written_leaves_no_tiles() {
    let program = inputs();
    program.done(&format!("{ALL} --out page.html --tiles tiles"));
    let before = (program.names_in("tiles"), program.bytes("page.html"));
    // The names do not fit, which is found after the options and before the tiles.
    program.write_text("few.csv", "file\na\nb\n");
    program.refused(&format!("{ALL} --names few.csv --out page.html --tiles tiles"), 1, "few.csv");
    program.refused(&format!("{ALL} --names few.csv --out new.html --tiles new"), 1, "few.csv");
    assert_eq!((program.names_in("tiles"), program.bytes("page.html")), before);
    assert!(!program.has("new") && !program.has("new.html"));
}
