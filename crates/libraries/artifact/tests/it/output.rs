use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::thread;

use artifact::{NamedFile, Outputs, Provenance, Run, check_files, read_points};
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
    let refused =
        outputs.commit(Provenance { inputs: vec![input], ..provenance() }).unwrap_err().to_string();
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

/// The name under which `name` is written now.
fn temporary_name(folder: &Path, name: &str) -> String {
    let mut outputs = Outputs::new();
    outputs.bytes(&folder.join(name), b"text").unwrap();
    let start = format!(".{name}.");
    names(folder)
        .into_iter()
        .find(|found| found.starts_with(&start) && found.ends_with(".tmp"))
        .unwrap()
}

#[test]
fn what_killed_runs_left_is_removed_and_nothing_else() {
    let folder = tempdir().unwrap();
    let target = folder.path().join("a.npy");
    let left = ["a.npy", "a.npy.json"].map(|name| temporary_name(folder.path(), name));
    let of_another = temporary_name(folder.path(), "b.npy");
    assert!(names(folder.path()).is_empty(), "those were given up");
    let pattern = left[0].clone();
    let stem = pattern.strip_suffix(".tmp").unwrap();
    let longer = format!("{stem}0.tmp");
    let changed =
        format!("{}{}.tmp", &stem[..stem.len() - 1], if stem.ends_with('0') { '1' } else { '0' });
    let without_dot = pattern[1..].to_owned();
    // Names that users give their own files: of letters, of digits and of both, as long as what is
    // drawn or longer.
    let users = [
        ".a.npy.backup.tmp",
        ".a.npy.250131.tmp",
        ".a.npy.Copy01.tmp",
        ".a.npy.x7Z0aB.tmp",
        ".a.npy.tmp",
    ];
    let long = [".a.npy.beforebackup.tmp", ".a.npy.aaaaaa000000.tmp", ".a.npy..tmp"];
    let made = [of_another.as_str(), &longer, &changed, &without_dot];
    let others: Vec<&str> = users.into_iter().chain(long).chain(made).collect();
    for name in left.iter().map(String::as_str).chain(others.iter().copied()) {
        fs::write(folder.path().join(name), "half of").unwrap();
    }
    // Another run that is at the same file.
    let mut living = Outputs::new();
    living.bytes(&target, b"living").unwrap();
    write_npy_file(&target);
    let found = names(folder.path());
    assert_eq!(found.len(), others.len() + 3, "{found:?}");
    assert!(others.iter().all(|name| found.contains(&(*name).to_owned())), "{found:?}");
    living.commit(provenance()).unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"living");
    assert_eq!(names(folder.path()).len(), others.len() + 2);
}

/// Opening a pipe waits for whoever writes to it; a link or a folder of that name is nobody's
/// leftover.
#[test]
fn what_is_no_regular_file_is_no_leftover() {
    let folder = tempdir().unwrap();
    let target = folder.path().join("a.npy");
    fs::write(folder.path().join("mine"), "mine").unwrap();
    let [pipe, link, inner] =
        [0, 1, 2].map(|_| folder.path().join(temporary_name(folder.path(), "a.npy")));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    symlink("mine", &link).unwrap();
    fs::create_dir(&inner).unwrap();
    write_npy_file(&target);
    assert!(pipe.exists() && link.is_symlink() && inner.is_dir());
    assert_eq!(names(folder.path()).len(), 6);
}

#[test]
fn links_are_followed_and_devices_and_pipes_are_not() {
    let folder = tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("elsewhere/deep")).unwrap();
    fs::write(at("elsewhere/there"), "old").unwrap();
    // To a file, to another link, to a file that does not exist yet; relative and absolute.
    symlink("elsewhere/there", at("link")).unwrap();
    symlink(at("link"), at("link-to-link")).unwrap();
    symlink("elsewhere/deep/new", at("to-new")).unwrap();
    for (target, place) in [
        ("link", "elsewhere/there"),
        ("link-to-link", "elsewhere/there"),
        ("to-new", "elsewhere/deep/new"),
    ] {
        let mut outputs = Outputs::new();
        Outputs::check(&at(target)).unwrap();
        outputs.bytes(&at(target), target.as_bytes()).unwrap();
        let done = outputs.commit(provenance()).unwrap();
        assert_eq!(done.outputs[0].path, at(target).display().to_string());
        assert!(at(target).is_symlink(), "{target}");
        assert_eq!(fs::read(at(place)).unwrap(), target.as_bytes());
        // Beside the name that was given, where readers of it look.
        assert!(at(&format!("{target}.json")).is_file() && !at(&format!("{place}.json")).exists());
    }
    assert_eq!(names(&at("elsewhere")), ["deep", "there"]);
    symlink(at("gone/there"), at("lost")).unwrap();
    symlink("loop", at("loop")).unwrap();
    symlink("gone", at("lost-folder")).unwrap();
    for (target, told) in [
        ("lost", "whose folder does not exist; make that folder, or remove the link"),
        ("loop", "symbolic links"),
        ("lost-folder/a", "cannot write"),
    ] {
        let refused = Outputs::check(&at(target)).unwrap_err().to_string();
        assert!(refused.contains(told), "{refused}");
        assert!(Outputs::new().bytes(&at(target), b"text").is_err());
    }
    assert!(!at("gone").exists());

    let device = at("device");
    symlink("/dev/null", &device).unwrap();
    for target in [device.as_path(), Path::new("/dev/null")] {
        let refused = Outputs::check(target).unwrap_err().to_string();
        assert!(refused.contains("found something that is not a file"), "{refused}");
        assert!(Outputs::new().bytes(target, b"text").is_err());
    }
}

#[test]
fn a_file_that_is_replaced_keeps_its_mode() {
    let folder = tempdir().unwrap();
    let [path, link] = ["a.npy", "link"].map(|name| folder.path().join(name));
    symlink("a.npy", &link).unwrap();
    for (target, mode) in
        [(&path, 0o600), (&path, 0o664), (&link, 0o600), (&path, 0o444), (&path, 0o777)]
    {
        write_npy_file(&path);
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let mut outputs = Outputs::new();
        outputs.bytes(target, b"new").unwrap();
        // Not even on its way may others read it.
        let temporary =
            names(folder.path()).into_iter().find(|name| name.ends_with(".tmp")).unwrap();
        let mode_of = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode_of(&folder.path().join(temporary)), mode);
        outputs.commit(provenance()).unwrap();
        assert_eq!(
            (mode_of(&path), fs::read(&path).unwrap().as_slice()),
            (mode, b"new".as_slice())
        );
    }
}

fn named(option: &str, path: &Path) -> NamedFile {
    NamedFile { option: option.into(), path: path.into() }
}

#[test]
fn files_of_a_run_are_held_against_one_another_before_it() {
    let folder = tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("there/deep")).unwrap();
    for name in ["in.npy", "old.npy", "names.json"] {
        fs::write(at(name), name).unwrap();
    }
    symlink("in.npy", at("link-to-in")).unwrap();
    symlink("new.npy", at("link-to-new")).unwrap();
    symlink("there", at("link-to-there")).unwrap();
    symlink("other.npy.json", at("mixed")).unwrap();
    fs::hard_link(at("in.npy"), at("same-as-in")).unwrap();
    let before = names(folder.path());
    let check = |outputs: &[&str], inputs: &[&str]| {
        let list = |option: &'static str, names: &[&str]| -> Vec<NamedFile> {
            names.iter().map(|name| named(option, &at(name))).collect()
        };
        let checked = check_files(&list("--out", outputs), &list("--in", inputs));
        assert_eq!(names(folder.path()), before, "nothing is left behind");
        checked.map_err(|error| error.to_string())
    };
    for (outputs, inputs) in [
        (["new.npy", "other.npy"].as_slice(), ["in.npy", "in.npy", "none.npy"].as_slice()),
        (&["old.npy", "new/folder/a", "new/folder/b", "there/a"], &["in.npy", "names.json"]),
        (&["new.npy/../a", "new.npy"], &[]),
        (&["link-to-new", "there/new.npy"], &["in.npy"]),
        (&[], &["in.npy"]),
    ] {
        assert_eq!(check(outputs, inputs), Ok(()), "{outputs:?}");
    }
    let spellings =
        ["./new.npy", "there/../new.npy", "gone/../new.npy", "link-to-there/deep/../../new.npy"];
    for same in
        spellings.into_iter().chain(["gone/far/../../new.npy", "link-to-new", "new.npy.json"])
    {
        let refused = check(&["new.npy", same], &["in.npy"]).unwrap_err();
        assert!(
            refused.contains("expected a file to write, found another output of this run ("),
            "{refused}"
        );
        assert!(refused.ends_with("give each output a name of its own"), "{refused}");
    }
    assert!(check(&["new/a.npy", "there/../new/b/../a.npy"], &[]).is_err());
    assert!(check(&["new/a", "there/new/a", "link-to-there/new/a"], &[]).is_err());
    assert!(check(&["other.npy", "mixed"], &[]).unwrap_err().contains("the provenance of --out"));
    for same in [
        "in.npy",
        "./in.npy",
        "there/../in.npy",
        "gone/../in.npy",
        "link-to-in",
        "same-as-in",
        "in.npy.json",
    ] {
        for outputs in [&[same, "new.npy"], &["new.npy", same]] {
            let refused = check(outputs, &["names.json", "in.npy"]).unwrap_err();
            let told = if same.ends_with("json") { "the provenance of --in" } else { "--in" };
            assert!(refused.contains(&format!("found an input of this run ({told} ")), "{refused}");
            assert!(refused.starts_with(&at(same).display().to_string()), "{refused}");
        }
    }
    // Its provenance would take the place of the names.
    assert!(check(&["names"], &["names.json"]).unwrap_err().contains("names.json: "));
    // A file and a folder of one name.
    let refused = check(&["new", "new/a.npy"], &[]).unwrap_err();
    assert!(refused.contains("found the folder of another output of this run"), "{refused}");
    assert!(check(&["new/a/b.npy", "new/a"], &[]).is_err());
    // What could not be written, it or its provenance.
    let long = format!("new/{}/a", "x".repeat(300));
    let of_provenance = "x".repeat(245);
    for (wrong, told) in [
        ("there", "found a folder"),
        ("new/", "found a folder"),
        ("in.npy/a", "cannot write"),
        ("x/../in.npy/a", "cannot write"),
        (long.as_str(), "too long"),
        (of_provenance.as_str(), "too long"),
    ] {
        let refused = check(&["new.npy", wrong], &[]).unwrap_err();
        assert!(refused.contains(told), "{refused}");
    }
    fs::create_dir(at("new.npy.json")).unwrap();
    assert!(
        check_files(&[named("--out", &at("new.npy"))], &[])
            .unwrap_err()
            .to_string()
            .contains("found a folder")
    );
}

/// Those of one run are the same bytes, which tools that save space make one file of.
#[test]
fn provenances_may_be_links_to_one_another() {
    let folder = tempdir().unwrap();
    let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
    for round in 0..2 {
        check_files(&[named("--a", &a), named("--b", &b)], &[]).unwrap();
        let mut outputs = Outputs::new();
        outputs.bytes(&a, b"one").unwrap();
        outputs.bytes(&b, b"two").unwrap();
        outputs.commit(provenance()).unwrap();
        assert_eq!(names(folder.path()), ["a", "a.json", "b", "b.json"], "round {round}");
        fs::remove_file(folder.path().join("b.json")).unwrap();
        fs::hard_link(folder.path().join("a.json"), folder.path().join("b.json")).unwrap();
    }
}

/// Each run writes the same number into all of its files.
#[test]
fn runs_at_the_same_files_do_not_mix() {
    let folder = tempdir().unwrap();
    let targets: Vec<_> =
        ["one/a", "b", "two/c"].iter().map(|name| folder.path().join(name)).collect();
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
