//! Provenance, scores and published figures.

#![no_main]

use artifact::FileRecord;
use libfuzzer_sys::fuzz_target;
use score_files::{ScoreFiles, read_published};

#[allow(dead_code)]
#[path = "../../crates/report/src/history.rs"]
mod history;

fuzz_target!(|data: &[u8]| {
    // The provenance is beside a file of any kind: here beside itself.
    fuzz::with_file("a.json.json", data, |_| {});
    fuzz::with_file("a.json", data, |path| {
        let record = FileRecord {
            path: path.display().to_string(),
            dtype: None,
            shape: Vec::new(),
            bytes: data.len() as u64,
            sha256: "0".repeat(64),
        };
        let found = history::History::of(&[record]);
        assert!(found.steps.len() + found.unknown.len() > 0);
        let _ = ScoreFiles::read(&[path.to_owned()]);
        let _ = read_published(path);
    });
});
