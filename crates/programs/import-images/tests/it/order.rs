//! The order of rows, and what depends on it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use ndarray::{Array1, Array3};

use crate::made::png_of;
use crate::{OUT, column, program, put};

#[test]
fn rows_stand_in_natural_order_of_names() {
    let program = program();
    let ordered =
        ["10.png", "a/img1.png", "a/img2.png", "a/img10.png", "a-b/0.png", "b.png", "ü.png"];
    // The order in which files are made is not that of the rows.
    for (level, name) in (0..7).zip(ordered).rev() {
        put(&program, &format!("in/{name}"), png_of(10 * level));
    }
    program.done(&format!("--from in {OUT} --size 1 --color gray --invert no"));
    assert_eq!(column(&program, "names.csv", "file"), ordered);
    let rows: Vec<String> = (0..7).map(|row| row.to_string()).collect();
    assert_eq!(column(&program, "names.csv", "row"), rows);
    let images: Array3<u8> = program.read("images.npy");
    assert_eq!(images.into_raw_vec_and_offset().0, [0, 10, 20, 30, 40, 50, 60]);
}

#[test]
fn names_may_have_any_bytes() {
    let program = program();
    put(&program, "in/a,\"b\".png", png_of(1));
    put(&program, "in/b\\c.png", png_of(2));
    put(&program, "in/c\nd.png", png_of(3));
    put(&program, "in/ö/1.png", png_of(4));
    let odd = program.path("in").join(OsStr::from_bytes(b"z\xff\xfe.png"));
    std::fs::write(&odd, png_of(5)).unwrap();
    std::fs::write(program.path("in").join(OsStr::from_bytes(b"y\x80.png")), "x").unwrap();
    program.done(&format!("--from in {OUT} --size 1 --color gray --invert no"));
    let names = ["a,\"b\".png", r"b\\c.png", r"c\x0ad.png", r"z\xff\xfe.png", "ö/1.png"];
    assert_eq!(column(&program, "names.csv", "file"), names);
    assert_eq!(column(&program, "skipped.csv", "file"), [r"y\x80.png"]);
    let images: Array3<u8> = program.read("images.npy");
    assert_eq!(images.into_raw_vec_and_offset().0, [1, 2, 3, 5, 4]);
}

#[test]
fn links_are_followed_but_not_in_circles() {
    let program = program();
    put(&program, "in/a/1.png", png_of(1));
    put(&program, "elsewhere/2.png", png_of(2));
    symlink("..", program.path("in/a/up")).unwrap();
    symlink("loop", program.path("in/loop")).unwrap();
    symlink("nowhere.png", program.path("in/dangling.png")).unwrap();
    symlink("../elsewhere", program.path("in/b")).unwrap();
    symlink("a/1.png", program.path("in/c.png")).unwrap();
    program.done(&format!("--from in {OUT}"));
    assert_eq!(column(&program, "names.csv", "file"), ["a/1.png", "b/2.png", "c.png"]);
    assert_eq!(column(&program, "names.csv", "duplicate_of"), ["", "", "a/1.png"]);
    assert_eq!(column(&program, "skipped.csv", "file"), ["a/up", "dangling.png", "loop"]);
    let reasons = column(&program, "skipped.csv", "reason");
    assert!(reasons[0].starts_with("a link back to in"), "{reasons:?}");
}

#[test]
fn a_list_keeps_its_order() {
    let program = program();
    put(&program, "lists/in/1.png", png_of(1));
    put(&program, "lists/in/2.png", png_of(2));
    put(&program, "other/3.png", png_of(3));
    let absolute = program.path("other/3.png").canonicalize().unwrap();
    let lines = format!(
        "in/2.png\r\n\nin/1.png\nin/none.png\n../other/3.png\n{}\nin/2.png",
        absolute.display()
    );
    put(&program, "lists/list.txt", lines);
    program.done(&format!("--from lists/list.txt {OUT} --size 1 --color gray --invert no"));
    let expected =
        ["in/2.png", "in/1.png", "../other/3.png", absolute.to_str().unwrap(), "in/2.png"];
    assert_eq!(column(&program, "names.csv", "file"), expected);
    assert_eq!(column(&program, "skipped.csv", "file"), ["in/none.png"]);
    let images: Array3<u8> = program.read("images.npy");
    assert_eq!(images.into_raw_vec_and_offset().0, [2, 1, 3, 3, 2]);
    let record = program.json("images.npy.json");
    assert_eq!(record["inputs"][0]["path"], "lists/list.txt");
    assert_eq!(record["result"]["duplicates"], 2);
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let program = program();
    for number in 0..300_u32 {
        let name = format!("in/{}/{number}.png", number % 3);
        match number % 10 {
            7 => put(&program, &name, "broken"),
            _ => put(&program, &name, png_of((number % 251) as u8)),
        }
    }
    let options = "--labels folders --test-share 0.2 --test-out ti --test-names tn \
                   --labels-out l --test-labels-out tl --classes c --out i --names n --skipped s";
    let outputs = ["i", "n", "s", "l", "c", "ti", "tn", "tl"];
    let run = |threads: usize| {
        program.done(&format!("--from in {options} --threads {threads}"));
        outputs.map(|name| program.bytes(name))
    };
    let first = run(1);
    assert!(run(2) == first && run(5) == first);
    let labels: Array1<i64> = program.read("l");
    let test: Array1<i64> = program.read("tl");
    assert_eq!((labels.len() + test.len(), test.len()), (270, column(&program, "tn", "row").len()));
}
