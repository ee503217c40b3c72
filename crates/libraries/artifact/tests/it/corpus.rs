//! What fuzzing found worth keeping, see fuzz/: read or refused, as on the day it was found.

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
        // The first byte says how the target takes the rest; here it is an archive, or refused as
        // none.
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
