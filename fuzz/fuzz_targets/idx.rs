//! Fuzzes the reader of gzipped IDX files: as they are, or compressed here.

#![no_main]

use std::io::Write;

use artifact::idx;
use flate2::Compression;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((made, rest)) = fuzz::form(data) else { return };
    let bytes = if made {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(rest).and_then(|()| encoder.finish()).expect("memory is never full")
    } else {
        rest.to_vec()
    };
    if let Ok(images) = idx::images(&bytes) {
        assert!(!images.is_empty());
        assert!(!made || images.len() + 16 == rest.len());
    }
    if let Ok(labels) = idx::labels(&bytes) {
        assert!(!labels.is_empty());
    }
});
