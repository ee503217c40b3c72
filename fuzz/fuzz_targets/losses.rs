//! Fuzzes the reader of the losses of a training.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code)]
#[path = "../../crates/programs/report/src/autoencoder.rs"]
mod autoencoder;

fuzz_target!(|data: &[u8]| {
    fuzz::with_file("losses.csv", data, |path| {
        if let Ok((losses, _)) = autoencoder::Losses::read(path) {
            assert!(
                losses
                    .epochs
                    .iter()
                    .all(|(epoch, train, _)| epoch.is_finite() && train.is_finite())
            );
            assert!(losses.epochs.is_sorted_by(|a, b| a.0 < b.0));
        }
    });
});
