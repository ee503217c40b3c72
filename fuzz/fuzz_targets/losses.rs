//! Fuzzes the reader of the losses of a training.

#![no_main]

use libfuzzer_sys::fuzz_target;
use score_io::Losses;

fuzz_target!(|data: &[u8]| {
    fuzz::with_file("losses.csv", data, |path| {
        if let Ok((losses, _)) = Losses::read(path) {
            let epochs = losses.epochs();
            assert!(epochs.iter().all(|line| line.epoch.is_finite() && line.train.is_finite()));
            assert!(epochs.is_sorted_by(|a, b| a.epoch < b.epoch));
        }
    });
});
