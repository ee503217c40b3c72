//! Fuzzes the readers of weights and checkpoints.

#![no_main]

use libfuzzer_sys::fuzz_target;

// The module of `report`, which shows the layers.
#[allow(dead_code)]
#[path = "../../crates/programs/report/src/autoencoder.rs"]
mod autoencoder_file;
#[path = "../checks/weights.rs"]
mod weights;

fuzz_target!(|data: &[u8]| {
    let bytes = weights::file(data);
    weights::check(&bytes);
    fuzz::with_file("weights.safetensors", &bytes, |path| {
        let _ = autoencoder_file::Layers::read(path);
    });
});
