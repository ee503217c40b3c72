//! Fuzzes the readers of weights and checkpoints.

#![no_main]

use libfuzzer_sys::fuzz_target;
use model_io::weights::Layers;

#[path = "../checks/weights.rs"]
mod weights;

fuzz_target!(|data: &[u8]| {
    let bytes = weights::file(data);
    weights::check(&bytes);
    let _ = Layers::read(&bytes);
});
