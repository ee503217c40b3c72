use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::thread;

use artifact::{Outputs, Provenance, Run, read_points};
use ndarray::array;
use serde_json::{Value, json};
use tempfile::tempdir;

pub fn provenance() -> Provenance {
    Provenance {
        stage: "test".into(),
        version: "0".into(),
        parameters: json!({ "k": 10 }),
        inputs: Vec::new(),
        outputs: Vec::new(),
        result: json!({}),
        run: Run {
            seconds: 0.5,
            threads: 2,
            device: "cpu".into(),
            peak_memory: None,
            argv: vec!["test".into()],
        },
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn files_appear_together_with_their_provenance() {
    let folder = tempdir().unwrap();
    let (array_path, text_path) = (folder.path().join("new/a.npy"), folder.path().join("b.txt"));
    let mut outputs = Outputs::new();
    outputs.npy(&array_path, &array![[1.0f32, 2.0]]).unwrap();
    outputs.bytes(&text_path, b"text").unwrap();
    assert!(!array_path.exists() && !text_path.exists());
    outputs.commit(provenance()).unwrap();

    assert_eq!(names(folder.path()), ["b.txt", "b.txt.json", "new"]);
    assert_eq!(names(&folder.path().join("new")), ["a.npy", "a.npy.json"]);
    let (_, read) = read_points(&array_path).unwrap();
    let record: Value =
        serde_json::from_slice(&fs::read(folder.path().join("new/a.npy.json")).unwrap()).unwrap();
    assert_eq!(record["outputs"][0], serde_json::to_value(&read).unwrap());
    assert_eq!(record["outputs"][0]["dtype"], "<f4");
    assert_eq!(record["outputs"][1]["bytes"], 4);
    // SHA-256 of "text"
    let expected = "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1";
    assert_eq!(record["outputs"][1]["sha256"], expected);
}

#[test]
fn what_is_not_committed_leaves_nothing() {
    let folder = tempdir().unwrap();
    let mut outputs = Outputs::new();
    outputs.bytes(&folder.path().join("a"), b"text").unwrap();
    assert_eq!(names(folder.path()).len(), 1);
    drop(outputs);
    assert!(names(folder.path()).is_empty());
    for target in ["a", "new/folder/a"] {
        Outputs::check(&folder.path().join(target)).unwrap();
        assert!(names(folder.path()).is_empty(), "{target}");
    }
}

#[test]
fn a_file_is_replaced_and_others_may_read_it() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a");
    for text in ["old", "new"] {
        let mut outputs = Outputs::new();
        outputs.bytes(&path, text.as_bytes()).unwrap();
        outputs.commit(provenance()).unwrap();
    }
    assert_eq!(fs::read(&path).unwrap(), b"new");
    let plain = folder.path().join("plain");
    fs::write(&plain, "").unwrap();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), mode(&plain));
}

#[test]
fn a_target_that_cannot_be_is_refused() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let refused = Outputs::check(&folder.path().join("file/a.npy")).unwrap_err().to_string();
    assert!(refused.contains("file/a.npy: cannot write: "), "{refused}");
    for path in [folder.path().to_owned(), folder.path().join("..")] {
        let refused = Outputs::check(&path).unwrap_err().to_string();
        assert!(refused.contains("found a folder"), "{refused}");
    }
}

#[test]
fn no_output_replaces_another_or_an_input() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a.npy");
    for second in ["a.npy", "a.npy.json"] {
        let mut outputs = Outputs::new();
        outputs.bytes(&path, b"one").unwrap();
        let refused = outputs.bytes(&folder.path().join(second), b"two").unwrap_err().to_string();
        assert!(refused.contains("found another output of this run"), "{refused}");
    }
    write_npy_file(&path);
    let (_, input) = read_points(&path).unwrap();
    let before = fs::read(&path).unwrap();
    let mut outputs = Outputs::new();
    outputs.bytes(&folder.path().join("./a.npy"), b"assignments").unwrap();
    let refused = outputs.commit(Provenance { inputs: vec![input], ..provenance() }).unwrap_err().to_string();
    assert!(refused.contains("found an input of this run"), "{refused}");
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(names(folder.path()), ["a.npy", "a.npy.json"]);
}

/// A folder in the place of one output stops the renames there, as a kill would.
#[test]
fn the_first_output_appears_last_and_never_without_the_others() {
    let folder = tempdir().unwrap();
    let [first, second] = ["first", "second"].map(|name| folder.path().join(name));
    let mut outputs = Outputs::new();
    outputs.bytes(&first, b"text").unwrap();
    outputs.bytes(&second, b"text").unwrap();
    fs::create_dir(&second).unwrap();
    assert!(outputs.commit(provenance()).is_err());
    assert_eq!(names(folder.path()), ["first.json", "second", "second.json"]);
}

#[test]
fn what_killed_runs_left_is_removed_and_nothing_else() {
    let folder = tempdir().unwrap();
    let target = folder.path().join("a.npy");
    let left = [".a.npy.x7Z0aB.tmp", ".a.npy.json.x7Z0aB.tmp"];
    let other = [
        ".a.npy.x7Z0a.tmp",
        ".a.npy.tmp",
        ".b.npy.x7Z0aB.tmp",
        "a.npy.x7Z0aB.tmp",
        ".a.npy.x7Z0a-.tmp",
        ".a.npy.x7Z0aB.tmp2",
    ];
    for name in left.iter().chain(&other) {
        fs::write(folder.path().join(name), "half of").unwrap();
    }
    // Another run that is at the same file.
    let mut living = Outputs::new();
    living.bytes(&target, b"living").unwrap();
    write_npy_file(&target);
    let found = names(folder.path());
    assert_eq!(found.len(), other.len() + 3, "{found:?}");
    assert!(other.iter().all(|name| found.contains(&(*name).to_owned())), "{found:?}");
    living.commit(provenance()).unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"living");
    assert_eq!(names(folder.path()).len(), other.len() + 2);
}

#[test]
fn links_are_replaced_and_devices_and_pipes_are_not() {
    let folder = tempdir().unwrap();
    let [outside, link, lost] = ["outside", "link", "lost"].map(|name| folder.path().join(name));
    fs::write(&outside, "untouched").unwrap();
    symlink(&outside, &link).unwrap();
    symlink(folder.path().join("nowhere"), &lost).unwrap();
    for target in [&link, &lost] {
        let mut outputs = Outputs::new();
        outputs.bytes(target, b"text").unwrap();
        outputs.commit(provenance()).unwrap();
        assert!(fs::symlink_metadata(target).unwrap().is_file());
    }
    assert_eq!(fs::read(&outside).unwrap(), b"untouched");
    assert!(!folder.path().join("nowhere").exists());

    let device = folder.path().join("device");
    symlink("/dev/null", &device).unwrap();
    for target in [device.as_path(), Path::new("/dev/null")] {
        let refused = Outputs::check(target).unwrap_err().to_string();
        assert!(refused.contains("found something that is not a file"), "{refused}");
        assert!(Outputs::new().bytes(target, b"text").is_err());
    }
}

/// Each run writes the same number into all of its files.
#[test]
fn runs_at_the_same_files_do_not_mix() {
    let folder = tempdir().unwrap();
    let targets: Vec<_> = ["one/a", "b", "two/c"].iter().map(|name| folder.path().join(name)).collect();
    for _ in 0..20 {
        thread::scope(|scope| {
            for run in 0..4u8 {
                let targets = &targets;
                scope.spawn(move || {
                    let mut outputs = Outputs::new();
                    // In an order of its own.
                    for i in 0..3 {
                        outputs.bytes(&targets[(i + usize::from(run)) % 3], &[run]).unwrap();
                    }
                    outputs.commit(provenance()).unwrap();
                });
            }
        });
        let found: Vec<Vec<u8>> = targets.iter().map(|target| fs::read(target).unwrap()).collect();
        assert!(found.iter().all(|bytes| *bytes == found[0]), "{found:?}");
    }
}

fn write_npy_file(path: &Path) {
    let mut outputs = Outputs::new();
    outputs.npy(path, &array![[1.0f32, 2.0]]).unwrap();
    outputs.commit(provenance()).unwrap();
}
