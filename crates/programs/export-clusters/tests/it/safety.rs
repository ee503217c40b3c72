//! Files that may not be written, and files that a failure leaves.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};

use ndarray::Array1;

use crate::{BASE, prepared};

#[test]
fn nothing_is_written_outside_or_over_what_exists() {
    let program = prepared();
    let words = format!("{BASE} --from photos --into");
    fs::create_dir(program.path("full")).unwrap();
    program.write_text("full/mine.txt", "mine");
    fs::create_dir(program.path("empty")).unwrap();
    symlink("empty", program.path("link")).unwrap();
    for (into, told) in [
        ("full", "full: expected a folder to make, found one that is not empty"),
        ("link", "link: expected a folder to make, found a symbolic link"),
        ("link/", "found a symbolic link"),
        ("ids.npy", "ids.npy: expected a folder to make, found a file"),
        ("..", "..: expected a folder to make, found no name"),
    ] {
        program.refused(&format!("{words} {into}"), 1, told);
    }
    assert_eq!(
        (program.names_in("full"), program.names_in("empty").len()),
        (vec!["mine.txt".to_owned()], 0)
    );
    let before = program.names();
    for (name, told) in [
        (
            "../outside.jpg",
            "names.csv: expected names of files below photos, found ../outside.jpg in row 1",
        ),
        ("cats/../../x.jpg", "found cats/../../x.jpg in row 1"),
        ("/etc/hostname", "found /etc/hostname in row 1"),
        (r"C:\a.jpg", r"a backslash begins neither \\ nor \xNN"),
        (r"a\x00b", "a name has no zero byte"),
        ("", "this is no name of a file"),
        ("..", "found .. in row 1"),
    ] {
        let names = format!("file\ncats/1.jpg\n\"{name}\"\na\na\na\na\n");
        program.write_text("names.csv", names);
        program.refused(&format!("{words} groups"), 1, told);
    }
    assert_eq!(program.names(), before);
    // An empty folder is taken.
    let program = prepared();
    fs::create_dir(program.path("empty")).unwrap();
    program.done(&format!("{words} empty"));
    assert!(program.has("empty/noise"));
}

#[test]
fn files_that_vanished_are_counted_and_named() {
    let program = prepared();
    fs::remove_file(program.path("photos/cats/2.jpg")).unwrap();
    fs::remove_file(program.path("photos/dogs/1.jpg")).unwrap();
    fs::create_dir(program.path("photos/dogs/1.jpg")).unwrap();
    let told = program.notes(&format!("{BASE} --from photos --into groups"));
    let warning = "warning: photos: 2 of 6 files are missing and were left out of the folders: \
                   cats/2.jpg, dogs/1.jpg\n";
    assert!(told.contains(warning), "{told}");
    assert_eq!(program.names_in("groups/cluster-00"), ["é.png"]);
    let record = program.json("clusters.csv.json");
    assert_eq!(record["result"]["missing"], serde_json::json!(["cats/2.jpg", "dogs/1.jpg"]));
    assert_eq!(program.text("clusters.csv").lines().count(), 7, "rows of missing files stay");

    fs::create_dir(program.path("elsewhere")).unwrap();
    let before = program.names();
    program.refused(
        &format!("{BASE} --quiet --from elsewhere --into other"),
        1,
        "elsewhere: expected the files of the names, such as cats/1.jpg, found none of 6",
    );
    assert_eq!(program.names(), before, "no temporary folder is left");
}

#[test]
fn hard_links_to_another_file_system_are_refused_with_the_way_out() {
    let program = prepared();
    let device = |path: &str| fs::metadata(path).map(|found| found.dev());
    let here = fs::metadata(program.folder()).unwrap().dev();
    // Linux has a file system in memory here; elsewhere there is nothing to test with.
    if device("/dev/shm").is_ok_and(|other| other != here) {
        let other = tempfile::tempdir_in("/dev/shm").unwrap();
        fs::create_dir(other.path().join("cats")).unwrap();
        fs::write(other.path().join("cats/1.jpg"), "far").unwrap();
        let words = format!("{BASE} --quiet --into groups --from {}", other.path().display());
        let told = program.refused(&words, 1, "it is on another file system than --into");
        assert!(told.contains("give --link copy, or --link symbolic"), "{told}");
        assert!(!program.has("groups") && !program.has("clusters.csv"));
        program.run(&format!("{words} --link copy"));
        assert_eq!(program.text("groups/cluster-01/1.jpg"), "far");
    }
}

#[test]
fn a_folder_that_a_killed_run_left_is_told_of_and_stays() {
    let program = prepared();
    fs::create_dir(program.path(".groups.aBcDeF.tmp")).unwrap();
    let told = program.notes(&format!("{BASE} --from photos --into groups"));
    assert!(told.contains(".groups.aBcDeF.tmp: a run that was killed has left this folder"));
    assert!(program.has(".groups.aBcDeF.tmp"));
}

#[test]
fn a_signal_leaves_nothing_behind() {
    let program = prepared();
    let n = 100_000;
    program.write("many.npy", &Array1::<i32>::zeros(n));
    program.write_text("many.csv", format!("file\n{}", "cats/1.jpg\n".repeat(n)));
    let before = program.names();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_export-clusters"))
        .current_dir(program.folder())
        .args(["--assignments", "many.npy", "--names", "many.csv", "--out", "c.csv"])
        .args(["--into", "groups", "--from", "photos", "--link", "symbolic"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while !program.names().iter().any(|name| name.starts_with(".groups.")) {
        assert!(child.try_wait().unwrap().is_none(), "it was done before it could be stopped");
    }
    let kill = std::process::Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(kill.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(143));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.ends_with("export-clusters: stopped; nothing was written\n"), "{told}");
    assert_eq!(program.names(), before);
}
