//! Folders of clusters and contact sheets.

use std::fs;
use std::io::Cursor;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use ndarray::{Array3, Array4};

use crate::{BASE, prepared};

#[test]
fn folders_hold_links_or_copies_under_the_names_of_the_files() {
    let program = prepared();
    for link in ["hard", "symbolic", "copy"] {
        let shown = program.done(&format!("{BASE} --into {link} --link {link} --from photos"));
        assert!(shown.contains(&format!("{link}: 6 ")), "{shown}");
        assert_eq!(program.names_in(link), ["cluster-00", "cluster-01", "noise"]);
        let inside = |name: &str| program.names_in(&format!("{link}/{name}"));
        assert_eq!(inside("cluster-00"), ["2.jpg", "é.png"]);
        assert_eq!(inside("cluster-01"), ["1-2.jpg", "1.jpg", r"a\b"]);
        assert_eq!(inside("noise"), ["b, c.jpg"]);
        assert_eq!(program.text(format!("{link}/cluster-01/1-2.jpg")), "picture 2");
        let file = program.path(format!("{link}/cluster-01/1.jpg"));
        let found = fs::symlink_metadata(&file).unwrap();
        let source = fs::metadata(program.path("photos/cats/1.jpg")).unwrap();
        assert_eq!(found.ino() == source.ino(), link == "hard");
        assert_eq!(found.is_symlink(), link == "symbolic");
        assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), source.modified().unwrap());
        // As any folder that a program of this user makes.
        let mode = |name: &str| fs::metadata(program.path(name)).unwrap().permissions().mode();
        assert_eq!(mode(link), mode("photos"));
    }
    let record = program.json("clusters.csv.json");
    assert_eq!(
        record["parameters"],
        serde_json::json!({"into": "copy", "from": "photos", "link": "copy"})
    );
}

#[test]
fn the_folder_of_the_files_is_that_of_the_provenance() {
    let program = prepared();
    let told = "names.csv: expected the folder of the files in its provenance names.csv.json";
    program.refused(&format!("{BASE} --into groups"), 1, told);
    let recorded = |from: &str| {
        let text = format!(
            r#"{{"stage":"import-images","version":"1","parameters":{{"from":"{from}"}},
            "inputs":[],"outputs":[],"run":{{"seconds":0,"threads":1,"device":"cpu"}}}}"#
        );
        program.write_text("names.csv.json", text);
    };
    recorded("photos.zip");
    let mut tar = vec![0; 512];
    tar[257..262].copy_from_slice(b"ustar");
    for archive in [b"PK\x03\x04".to_vec(), b"\x1f\x8b".to_vec(), tar] {
        program.write_text("photos.zip", archive);
        let told = "photos.zip: expected the folder of the files, found an archive; unpack it";
        program.refused(&format!("{BASE} --into groups"), 1, told);
    }
    assert!(!program.has("groups") && !program.has("clusters.csv"));
    recorded("photos");
    program.done(&format!("{BASE} --into groups"));
    assert!(program.has("groups/cluster-00/2.jpg"));
}

#[test]
fn names_from_a_list_are_relative_to_its_folder_or_absolute() {
    let program = prepared();
    fs::create_dir(program.path("lists")).unwrap();
    program.write_text("lists/list.txt", "as import-images read it");
    let absolute = program.path("photos/cats/1.jpg");
    let line = "../photos/cats/2.jpg\n";
    program.write_text("names.csv", format!("file\n{}\n{}", absolute.display(), line.repeat(5)));
    program.done(&format!("{BASE} --from lists/list.txt --into groups"));
    assert_eq!(program.names_in("groups/cluster-00"), ["2-2.jpg", "2.jpg"]);
    assert_eq!(program.names_in("groups/cluster-01"), ["1.jpg", "2-2.jpg", "2.jpg"]);
    assert_eq!(program.names_in("groups"), ["cluster-00", "cluster-01", "noise"]);
}

#[test]
fn a_link_among_the_files_is_followed_to_its_file() {
    let program = prepared();
    program.write_text("real.jpg", "real");
    fs::remove_file(program.path("photos/cats/2.jpg")).unwrap();
    symlink("../../real.jpg", program.path("photos/cats/2.jpg")).unwrap();
    for link in ["hard", "symbolic", "copy"] {
        program.done(&format!("{BASE} --from photos --into {link} --link {link}"));
        assert_eq!(program.text(format!("{link}/cluster-00/2.jpg")), "real");
    }
    assert!(!fs::symlink_metadata(program.path("hard/cluster-00/2.jpg")).unwrap().is_symlink());
}

#[test]
fn contact_sheets_are_gray_or_in_color() {
    let program = prepared();
    let gray = Array3::from_shape_fn((6, 8, 8), |(row, ..)| 40 * row as u8);
    let color = Array4::from_shape_fn((6, 8, 8, 3), |(row, .., at)| 40 * row as u8 + at as u8);
    program.write("gray.npy", &gray);
    program.write("color.npy", &color);
    for (name, kind) in [("gray", png::ColorType::Grayscale), ("color", png::ColorType::Rgb)] {
        program.done(&format!("{BASE} --from photos --into {name} --images {name}.npy"));
        let names = program.names_in(name);
        assert_eq!(names.len(), 6, "{names:?}");
        let file = Cursor::new(program.bytes(format!("{name}/cluster-01.png")));
        let mut reader = png::Decoder::new(file).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        // Three tiles of 64 pixels, with 4 around each.
        assert_eq!((info.color_type, info.width, info.height), (kind, 4 + 3 * 68, 72));
        assert!(program.has(format!("{name}/noise.png")));
    }
    let record = program.json("clusters.csv.json");
    assert_eq!(record["inputs"][2]["path"], "color.npy");

    program.write("few.npy", &gray.slice_move(ndarray::s![..5, .., ..]));
    program.write("float.npy", &Array3::<f32>::zeros((6, 8, 8)));
    for (file, told) in [
        ("few.npy", "few.npy: expected 6 images, one for each of the assignments, found 5"),
        ("float.npy", "float.npy: expected images of dtype u1"),
    ] {
        program.refused(&format!("{BASE} --from photos --into g --images {file}"), 1, told);
        assert!(!program.has("g"));
    }
}
