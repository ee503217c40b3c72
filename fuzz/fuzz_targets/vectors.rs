//! Fuzzes the reader of vectors in texts and tensors.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../checks/vectors.rs"]
mod vectors;

fuzz_target!(|data: &[u8]| {
    let (name, bytes) = vectors::file(data);
    fuzz::with_file(name, &bytes, |path| {
        vectors::check(path);
    });
});
