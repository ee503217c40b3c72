//! Bounds the memory of large images, however many threads there are.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes from which on an image is large: 48 MiB, 16 million pixels in color.
const LARGE: u64 = 48 << 20;

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The right to hold a large image in memory, which one thread at a time has.
#[derive(Default)]
pub struct Large {
    held: Option<MutexGuard<'static, ()>>,
}

impl Large {
    /// Waits until no other thread holds a large image, if `bytes` are many.
    pub fn wait(&mut self, bytes: u64) {
        if bytes > LARGE && self.held.is_none() {
            self.held = Some(ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}
