//! Fuzzes the readers of provenance, scores and published figures.

#![no_main]

use std::path::Path;

use artifact::FileRecord;
use artifact::lineage::Lineage;
use libfuzzer_sys::fuzz_target;
use score_io::{ScoreFiles, read_published};

fuzz_target!(|data: &[u8]| {
    // The same bytes stand for a file and for its provenance.
    fuzz::with_file("a.json.json", data, |_| fuzz::with_file("a.json", data, check));
});

fn check(path: &Path) {
    let record = FileRecord {
        path: path.display().to_string(),
        dtype: None,
        shape: Vec::new(),
        bytes: 0,
        sha256: "0".repeat(64),
    };
    let found = Lineage::trace(&[record]);
    assert!(found.steps.len() + found.untracked.len() > 0);
    let _ = ScoreFiles::read(&[path.to_owned()]);
    let _ = read_published(path);
}
