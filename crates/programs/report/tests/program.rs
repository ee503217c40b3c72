//! The program from outside. The page in a browser is tested in `scripts/tests`.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod common;

use common::{ALL, inputs};
use ndarray::{Array1, Array2, Array3, Array4};
use test_support::Program;

#[test]
fn the_page_has_everything_and_nothing_from_elsewhere() {
    let program = inputs();
    program.done(&format!("{ALL} --title A<i>b --out page/index.html"));
    let page = program.text("page/index.html");
    for part in [
        "id=\"results\"",
        "id=\"data\"",
        "id=\"page-data\"",
        "<b>3 groups</b> of 30 images, on average <b>80 % sure</b>",
        "1 image is in no group.",
        "Majority map",
        "One-to-one map",
        "Group 2",
        "Nearest to the center",
        "Spread over the group",
        "Most doubtful",
        "responsibility",
        "The gap inside a group is that between its halves",
        "noise",
        "reconstruction",
    ] {
        assert!(page.contains(part), "{part}");
    }
    // Ten of eleven are right, and one is in no class.
    assert!(page.contains("--s:0.909") && page.contains("<span>none</span>"));
    // Names from outside are escaped, in the page and in what its script reads.
    assert!(!page.contains("<b>cat") && !page.contains("A<i>b"), "a name was taken for markup");
    assert!(page.contains("A&#60;i&#62;b"), "the title is there");
    for address in ["http:", "https:", "src=\"/", "url("] {
        let found = page
            .match_indices(address)
            .filter(|(at, _)| !page[*at..].starts_with("http://www.w3.org/2000/svg"));
        assert_eq!(found.count(), 0, "{address}");
    }
    // What is missing is said, and nothing else.
    assert_eq!(page.matches("<li>No ").count(), 1);
    assert!(page.contains("<li>No weights (--weights)"));
}

/// Scores of 101 classes, of which evaluate writes no matrix.
fn many_classes(program: &Program) {
    let ids: Vec<i64> = (0..101).collect();
    let train = serde_json::json!({
        "purity": 0.5, "acc": 0.5, "nmi": 0.5, "ari": 0.5, "class_ids": ids, "nonzero_cells": 101,
        "contingency_cells": ids.iter().map(|id| [*id, *id, 1]).collect::<Vec<_>>(),
        "majority": { "map": {}, "unassigned": ids, "recall": ids, "precision": ids },
    });
    let scores = serde_json::json!({ "splits": { "train": train } });
    program.write_text("many.json", scores.to_string());
}

#[test]
fn groups_come_before_scores() {
    let program = inputs();
    program.done(&format!("{ALL} --out page.html"));
    let page = program.text("page.html");
    let place = |part: &str| page.find(part).unwrap_or_else(|| panic!("{part}"));
    assert!(place("id=\"groups\"") < place("id=\"map-section\""));
    assert!(place("id=\"map-section\"") < place("id=\"compare\""));
    assert!(place("id=\"compare\"") < place("id=\"scores\""));
    assert!(place("id=\"scores\"") < place("id=\"made\""));
    // A mean means something for small gray images alone.
    assert!(page.contains("class=\"mean\""));
    let color = Array4::from_shape_fn((30, 6, 5, 3), |(i, y, x, _)| (i * y * x) as u8);
    program.write("color.npy", &color);
    program.done("--assignments a=assignments.npy --images color.npy --out page.html");
    assert!(!program.text("page.html").contains("class=\"mean\""));
}

#[test]
fn names_duplicates_outliers_and_numbers_of_groups_are_shown() {
    let program = inputs();
    let names: Vec<String> = (0..30).map(|i| format!("{i},Straße {i} 猫 🎈 <i>.png\n")).collect();
    program.write_text("names.csv", format!("row,file\n{}", names.concat()));
    let duplicates = "group,row,file,distance,representative\n0,4,a,0.1,no\n0,7,b,0.1,yes\n";
    program.write_text("duplicates.csv", duplicates);
    let outlier = |i: usize| format!("{},{i},{},0,1\n", i + 1, 100.0 / (1.0 + i as f64).powi(2));
    let outliers: String = (0..30).map(outlier).collect();
    let head = "rank,row,score,nearest_row,nearest_distance\n";
    program.write_text("outliers.csv", format!("{head}{outliers}"));
    let scores =
        "k,score,agreement,silhouette,criterion,suggested\n2,0.3,1,1,1,no\n3,0.5,1,1,1,yes\n";
    program.write_text("k.csv", scores);
    let mine = "--assignments mine=assignments.npy --images images.npy";
    let all = "--names names.csv --duplicates duplicates.csv --outliers outliers.csv \
               --suggestion k.csv";
    program.done(&format!("{mine} {all} --out page.html"));
    let page = program.text("page.html");
    for part in [
        "Straße 7 猫 🎈 &#60;i&#62;.png",
        "<a href=\"#duplicates\">2 images have near duplicates.</a>",
        "2 images in 1 set",
        "images are unlike all others.</a>",
        "Recommended: 3 groups (score 0.500). Next: 2 (0.300).",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("🎈 <i>"), "a name was taken for markup");
    let found = page.split("id=\"duplicates\"").nth(1).unwrap();
    let (first, second) = (found.find("Straße 7"), found.find("Straße 4"));
    assert!(first.unwrap() < second.unwrap(), "the representative comes first");

    program.write_text("few.csv", "file\na\nb\n");
    program.write_text("far.csv", "group,row,representative\n0,30,yes\n");
    program.write_text("odd.csv", "k,score,suggested\n2,high,no\n");
    for (words, told) in [
        ("--names few.csv", "few.csv: expected 30 rows"),
        (
            "--duplicates far.csv",
            "far.csv: expected rows of 30 points, numbered from 0, found row 30",
        ),
        ("--duplicates k.csv", "expected a table of find-duplicates, found the columns k, score"),
        ("--outliers k.csv", "expected a table of find-outliers"),
        ("--suggestion odd.csv", "found \"high\" in line 2"),
        ("--suggestion none.csv", "none.csv"),
    ] {
        program.refused(&format!("{mine} {words} --out other.html"), 1, told);
    }
    assert!(!program.has("other.html"));
}

#[test]
fn no_path_of_the_machine_is_on_the_page() {
    let program = inputs();
    let inside = program.path("points.npy").display().to_string();
    let file = |path: &str| {
        serde_json::json!({ "path": path, "bytes": 1, "dtype": null, "shape": [],
            "sha256": "0".repeat(64) })
    };
    let provenance = serde_json::json!({
        "stage": "cluster-gmm", "version": "1", "parameters": { "from": "/home/me/photos" },
        "inputs": [file(&inside), file("/home/me/secret/photos")],
        "outputs": [file("assignments.npy")], "result": {},
        "run": { "seconds": 1.0, "threads": 3, "device": "cpu", "peak_memory": null, "argv":
            ["/opt/me/bin/cluster-gmm", "--points", inside, "--k", "3", "--threads", "3", "--from",
             "/home/me/secret/my photos", "--out", "assignments.npy"] },
    });
    program.write_text("assignments.npy.json", provenance.to_string());
    program.done("--assignments mine=assignments.npy --out page/index.html");
    let page = program.text("page/index.html");
    let command = "cluster-gmm --points points.npy --k 3 --from &#39;…/my photos&#39; --out \
        assignments.npy";
    assert!(page.contains(command), "the command is there");
    let folder = program.path("").display().to_string();
    for part in ["/home/me", "/opt/me", folder.trim_end_matches('/')] {
        assert!(!page.contains(part), "{part}");
    }
}

#[test]
fn of_many_classes_there_is_no_matrix() {
    let program = inputs();
    many_classes(&program);
    program.done("--scores many.json --out page.html");
    assert!(
        program
            .text("page.html")
            .contains("No confusion matrices: no labels, or more than 50 classes.")
    );
}

#[test]
fn the_highest_of_a_column_is_bold() {
    let program = inputs();
    let scores = |ari: f64| {
        format!(r#"{{"splits":{{"train":{{"purity":0.5,"acc":0.4,"nmi":0.1,"ari":{ari}}}}}}}"#)
    };
    for (name, ari) in [("a", -0.01), ("b", -0.002), ("c", -0.1)] {
        program.write_text(format!("{name}.json"), scores(ari));
    }
    program.done("--scores a.json --scores b.json --scores c.json --out page.html");
    let page = program.text("page.html");
    let bold: Vec<&str> = page
        .split("<td class=\"best\">")
        .skip(1)
        .map(|rest| &rest[..rest.find('<').unwrap()])
        .collect();
    // Equal ones are all the highest; the nearest to 0 of the negative ones is.
    assert_eq!(
        bold,
        [
            "0.5000", "0.4000", "0.1000", "0.5000", "0.4000", "0.1000", "-0.0020", "0.5000",
            "0.4000", "0.1000"
        ]
    );
}

#[test]
fn parts_can_be_missing() {
    let program = inputs();
    let page = |words: &str| {
        program.done(&format!("{words} --out page.html"));
        program.text("page.html")
    };
    let unlabeled = page("--assignments mine=assignments.npy --images images.npy");
    assert!(unlabeled.contains("No labels (--labels)") && unlabeled.contains("No points of mine"));
    assert!(unlabeled.contains("At random") && !unlabeled.contains("Nearest to the center"));
    assert!(unlabeled.contains("Not scored"));
    program.write("wide.npy", &Array2::<f32>::zeros((30, 7)));
    let points = page("--assignments mine=assignments.npy --images wide.npy --labels labels.npy");
    assert!(points.contains("make no square") && points.contains("Sizes of groups"));
    let noise = "--assignments mine=noise.npy --points mine=points.npy --images images.npy --map \
        points.npy";
    program.write("noise.npy", &Array1::from_elem(30, -1));
    assert!(page(noise).contains("Sizes of groups"));
    let scores = page("--scores run-1/mine.json --scores run-2/mine.json");
    assert!(scores.contains("Every run") && scores.contains("No assignments of it"));
    let bare = page("--assignments mine=assignments.npy");
    assert!(bare.contains("Sizes of groups") && !bare.contains("<img "));
}

#[test]
fn a_heading_names_what_is_there() {
    let program = inputs();
    let heading = |words: &str| {
        program.done(&format!("{words} --out page.html"));
        let page = program.text("page.html");
        let text = page.split("<h3 id=\"data-head\">").nth(1).map(|rest| rest.split('<').next());
        text.flatten().map(str::to_owned)
    };
    let images = "--assignments mine=assignments.npy --images images.npy";
    assert_eq!(heading(ALL).as_deref(), Some("Images and autoencoder"));
    assert_eq!(heading(&format!("{images} --labels labels.npy")).as_deref(), Some("Images"));
    let losses = "--assignments mine=assignments.npy --losses losses.csv";
    assert_eq!(heading(losses).as_deref(), Some("Autoencoder"));
    assert_eq!(heading(images).as_deref(), Some("Images"));
    assert_eq!(heading("--assignments mine=assignments.npy"), None);
}

#[test]
fn images_in_color_are_drawn_in_color() {
    let program = inputs();
    let color = Array4::from_shape_fn((30, 6, 5, 3), |(i, y, x, channel)| {
        if channel == i % 3 { (200 + y * 5 + x) as u8 } else { 10 }
    });
    program.write("color.npy", &color);
    program.write("decoded-color.npy", &color.mapv(|level| f32::from(level) / 255.0));
    let words = ALL.replace("images.npy", "color.npy").replace("decoded.npy", "decoded-color.npy");
    program.done(&format!("{words} --out page.html"));
    let page = program.text("page.html");
    // Bytes 24 and 25 of a PNG are its depth, 8, and its type of color: 2 is red, green and blue.
    let kinds: Vec<(u8, u8)> = page
        .split("data:image/png;base64,")
        .skip(1)
        .map(|after| {
            let header = base64::Engine::decode(
                &base64::engine::general_purpose::STANDARD,
                &after.as_bytes()[..36],
            );
            let header = header.unwrap();
            (header[24], header[25])
        })
        .collect();
    let drawn = kinds.iter().filter(|&&kind| kind == (8, 2)).count();
    assert!(drawn > 30 && !kinds.contains(&(8, 0)), "{kinds:?}");
    program.done(&format!("{words} --figure clusters --out clusters.png"));
    let told = program.refused(
        "--assignments mine=assignments.npy --originals images.npy --reconstructions \
         decoded-color.npy --out other.html",
        1,
        "decoded-color.npy: expected images of the same sides and channels",
    );
    assert!(!told.contains("panicked") && !program.has("other.html"));
}

#[test]
fn the_same_inputs_give_the_same_page_whatever_the_threads() {
    let program = inputs();
    // Enough for several files of thumbnails, and a map that has to be found.
    let n = 1500;
    program.write(
        "many.npy",
        &Array3::from_shape_fn((n, 7, 7), |(i, y, x)| (i * 31 + y * x * 7) as u8),
    );
    program.write("high.npy", &Array2::from_shape_fn((n, 4), |(i, j)| (i * (j + 3) % 97) as f32));
    program.write("ids.npy", &Array1::from_shape_fn(n, |i| (i % 7) as i32));
    let pages = [1, 2, 5].map(|threads| {
        let words = "--assignments a=ids.npy --points a=high.npy --images many.npy --map high.npy";
        program.done(&format!("{words} --threads {threads} --out page.html"));
        program.text("page.html")
    });
    assert!(pages[0] == pages[1] && pages[0] == pages[2]);
}

#[test]
fn more_clusters_than_a_byte_counts_are_told_apart_from_noise() {
    let program = inputs();
    let n = 70_000;
    program.write("ids.npy", &Array1::from_shape_fn(n, |i| i as i32 - 1));
    program.write("map.npy", &Array2::from_shape_fn((n, 2), |(i, j)| (i * (j + 1)) as f32));
    program.done("--assignments a=ids.npy --map map.npy --out page.html");
    let page = program.text("page.html");
    assert!(
        page.contains("\"bytes\":4")
            && page.contains("The sizes of the largest 40 of 69999 groups")
    );
    program.done("--assignments a=ids.npy --map map.npy --figure map --out map.svg");
    let map = program.text("map.svg");
    assert!(map.contains("noise: 1") && map.matches("<text").count() < 40);
}

#[test]
fn figures_are_files_of_their_own() {
    let program = inputs();
    for figure in
        ["runs", "samples", "losses", "reconstructions", "map", "confusion", "sizes", "clusters"]
    {
        program.done(&format!("{ALL} --figure {figure} --out f.svg"));
        let svg = program.text("f.svg");
        assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"), "{figure}");
        assert!(svg.contains("<title>") && !svg.contains("<b>cat"), "{figure}");
        program.done(&format!("{ALL} --figure {figure} --out f.png"));
        let png = program.bytes("f.png");
        assert!(png.starts_with(b"\x89PNG"), "{figure}");
    }
}

#[test]
fn letters_that_our_font_lacks_come_from_the_system_or_are_named() {
    let program = inputs();
    for fonts in ["none/fonts", "some/fonts/emoji"] {
        std::fs::create_dir_all(program.path(fonts)).unwrap();
    }
    program.write_text("some/fonts/emoji/Emoji.ttf", epaint_default_fonts::NOTO_EMOJI_REGULAR);
    let draw = |classes: &str, fonts: &str| {
        program.write_text("classes.json", classes);
        let words = format!("{ALL} --figure samples --out f.png");
        let output = program
            .command(&words)
            .env("HOME", program.path("none"))
            .env("XDG_DATA_HOME", program.path("none"))
            .env("XDG_DATA_DIRS", program.path(fonts))
            .output()
            .unwrap();
        assert!(output.status.success());
        let warnings = String::from_utf8(output.stderr).unwrap();
        (program.bytes("f.png"), warnings)
    };
    let latin = r#"["Zürich", "Ω"]"#;
    let (with, without) = (draw(latin, "some"), draw(latin, "none"));
    assert!(
        with == without && !with.1.contains("font"),
        "the system's fonts changed letters of ours"
    );
    let emoji = r#"["😀", "猫 and 犬"]"#;
    let (with, without) = (draw(emoji, "some"), draw(emoji, "none"));
    assert!(with.0 != without.0, "the system's font was not used");
    assert!(
        with.1.contains("f.png: no font of this system has 犬 (U+72AC), 猫 (U+732B), drawn as ?"),
        "{}",
        with.1
    );
    assert!(without.1.contains("😀 (U+1F600)"), "{}", without.1);
    // Only what is drawn needs letters: a name that is too long to be drawn whole ends with dots.
    let long = format!(r#"["{}😀", "b"]"#, "a".repeat(60));
    assert!(!draw(&long, "none").1.contains("font"));
    // As SVG, letters are drawn by whoever looks at it, in the end by any font without serifs.
    program.done(&format!("{ALL} --figure samples --out f.svg"));
    assert!(program.text("f.svg").contains("sans-serif"));
}

#[test]
fn wide_letters_get_their_width() {
    let program = inputs();
    let width = |classes: &str| {
        program.write_text("classes.json", classes);
        program.done(&format!("{ALL} --figure confusion --out f.svg"));
        let svg = program.text("f.svg");
        let at = svg.find("<text class=\"small\" x=").unwrap();
        svg[at..].to_owned()
    };
    // The same drawing but for the letters: names of n wide letters take as much as names of 2 n
    // others.
    let wide = width(r#"["上衣上衣上衣上衣", "裤子"]"#);
    let wide = wide.replace("上衣上衣上衣上衣", "abcdefghijklmnop");
    assert_eq!(wide.replace("裤子", "abcd"), width(r#"["abcdefghijklmnop", "abcd"]"#));
}

#[test]
fn what_does_not_go_together_is_refused() {
    let program = inputs();
    program.write("short.npy", &Array1::<i32>::zeros(7));
    program.write("line.npy", &Array2::<f32>::zeros((30, 1)));
    program.write("wide.npy", &Array2::<f32>::zeros((30, 7)));
    program.write("large.npy", &Array1::from_elem(30, 3.5));
    program.write("noise.npy", &Array1::from_elem(30, -1));
    program.write_text("words.json", "{}");
    program.write_text("few.json", r#"["one"]"#);
    many_classes(&program);
    let mine = "--assignments mine=assignments.npy --out page.html";
    for (words, told) in [
        (format!("{mine} --images nowhere.npy"), "nowhere.npy"),
        (
            format!("{mine} --labels short.npy"),
            "short.npy: expected 30 rows, one for each of assignments.npy, found 7",
        ),
        (format!("{mine} --points mine=short.npy"), "short.npy"),
        (format!("{mine} --map line.npy"), "at least two dimensions"),
        (format!("{mine} --certainty mine=large.npy"), "from 0 to 1"),
        (format!("{mine} --certainty mine=images.npy"), "found 3 dimensions"),
        (format!("{mine} --labels assignments.npy"), "found -1 in row 29"),
        (
            format!("{mine} --labels labels.npy --classes few.json"),
            "found 1 names for labels up to 1",
        ),
        (format!("{mine} --scores run-1/mine.json --reference words.json"), "found none"),
        (
            "--assignments mine=noise.npy --images images.npy --figure clusters --out f.svg".into(),
            "noise alone",
        ),
        (format!("{mine} --classes words.json"), "JSON list"),
        (format!("{mine} --losses words.json"), "epoch, train and validation"),
        (format!("{mine} --weights words.json"), "weights of an autoencoder"),
        (format!("{mine} --scores words.json"), "expected scores written by evaluate"),
        (format!("{mine} --originals images.npy --reconstructions wide.npy"), "wide.npy"),
        ("--assignments mine=points.npy --out page.html".into(), "points.npy"),
        (
            "--scores many.json --figure confusion --out f.svg".into(),
            "expected 50 classes at most to draw, found 101",
        ),
    ] {
        program.refused(&words, 1, told);
    }
    for (words, told) in [
        ("--out page.html".to_owned(), "--scores or --assignments"),
        (format!("{mine} --points yours=points.npy"), "no --assignments of yours"),
        (format!("{mine} --system mine"), "--figure"),
        (
            "--scores run-1/mine.json --figure runs --system mine --out f.svg".into(),
            "--system goes with",
        ),
        (format!("{mine} --figure map"), "FILE.svg"),
        ("--assignments mine=assignments.npy --figure map --out f.svg".into(), "--map"),
        ("--assignments mine=assignments.npy --figure clusters --out f.svg".into(), "--images"),
        ("--assignments mine=assignments.npy --figure confusion --out f.svg".into(), "--scores"),
        (
            "--assignments mine=assignments.npy --figure sizes --system yours --out f.svg".into(),
            "yours",
        ),
        ("--assignments mine=assignments.npy --figure best --out f.svg".into(), "found best"),
        (format!("{mine} --originals images.npy"), "--reconstructions"),
        ("--assignments assignments.npy --out page.html".into(), "NAME=FILE"),
    ] {
        program.refused(&words, 2, told);
    }
    assert!(!program.has("page.html"));
}
