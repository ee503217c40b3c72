//! Names of any bytes come back as they were.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use proptest::prelude::*;

proptest! {
    #[test]
    fn any_path_comes_back(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let path = PathBuf::from(OsString::from_vec(bytes));
        let text = names::escape(&path);
        prop_assert!(!text.chars().any(char::is_control));
        prop_assert_eq!(names::unescape(&text), Some(path));
    }

    #[test]
    fn no_text_panics(text in "[\\\\x0-9a-fé]{0,12}") {
        let _ = names::unescape(&text);
    }
}

#[test]
fn names_are_read_from_their_column_or_from_the_only_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("names.csv");
    for (text, expected) in [
        ("id,x\nb,1\na,2\n", vec!["b", "a"]),
        ("x,name\n1,b\n2,a\n", vec!["b", "a"]),
        ("b\na\n", vec!["b", "a"]),
        ("file\nb\n", vec!["b"]),
        ("\u{feff}file\nb\n", vec!["b"]),
    ] {
        std::fs::write(&path, text).unwrap();
        assert_eq!(names::Names::read(&path).unwrap().0.names, expected, "{text:?}");
    }
    for (text, told) in
        [("", "an empty file"), ("x,y\n1,2\n", "the columns x, y"), ("file,x\na\n", "found record")]
    {
        std::fs::write(&path, text).unwrap();
        let error = names::Names::read(&path).unwrap_err().to_string();
        assert!(error.contains("names.csv: expected a CSV of names"), "{error}");
        assert!(told == "found record" || error.contains(told), "{error}");
    }
}
