//! Fuzzes every reader of `.npy` files.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../checks/npy.rs"]
mod npy;

fuzz_target!(|data: &[u8]| fuzz::with_file("a.npy", data, npy::check));
