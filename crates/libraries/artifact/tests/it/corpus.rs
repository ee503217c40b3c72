//! Runs the readers on the inputs in fuzz/corpus: no panic, and the readers of .npy files agree.

use std::fs;
use std::path::PathBuf;

use artifact::Npz;

#[path = "../../../../../fuzz/checks/npy.rs"]
mod npy;

fn corpus(target: &str) -> Vec<PathBuf> {
    let folder =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../fuzz/corpus").join(target);
    let files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() > 20, "{} files", files.len());
    files
}

#[test]
fn arrays() {
    corpus("npy").iter().for_each(|path| npy::check(path));
}

#[test]
fn archives() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.npz");
    for file in corpus("npz") {
        // The fuzz target uses the first byte as a mode; the rest is the archive.
        fs::write(&path, &fs::read(&file).unwrap()[1..]).unwrap();
        let Ok((mut archive, _)) = Npz::open(&path) else { continue };
        for name in [
            "centroids",
            "weights",
            "means",
            "covariances",
            "covariance_type",
            "points",
            "settings",
            "format_version",
        ] {
            let _ = (archive.array(name), archive.text(name));
        }
    }
}
