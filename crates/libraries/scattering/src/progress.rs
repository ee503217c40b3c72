//! How far a computation is.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How far [`fit`](crate::fit()) or [`Features::transform`](crate::Features::transform) is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Images that are transformed.
    pub done: usize,
    /// Number of images.
    pub total: usize,
}

/// Counts the images that all threads have done, and reports them.
pub(crate) struct Reporter<'a> {
    done: AtomicUsize,
    total: usize,
    on_progress: Mutex<&'a mut (dyn FnMut(Progress) + Send)>,
}

impl<'a> Reporter<'a> {
    /// Makes a reporter of `total` images, none of which is done.
    pub(crate) fn new(total: usize, on_progress: &'a mut (dyn FnMut(Progress) + Send)) -> Self {
        Self::starting(0, total, on_progress)
    }

    /// Makes a reporter of `total` images, some of which are done.
    pub(crate) fn starting(
        done: usize,
        total: usize,
        on_progress: &'a mut (dyn FnMut(Progress) + Send),
    ) -> Self {
        Self { done: AtomicUsize::new(done), total, on_progress: Mutex::new(on_progress) }
    }

    /// Adds `some` images to those done, and reports them.
    pub(crate) fn add(&self, some: usize) {
        let done = self.done.fetch_add(some, Ordering::Relaxed) + some;
        // If another thread holds the lock, skips this report.
        if let Ok(mut on_progress) = self.on_progress.try_lock() {
            on_progress(Progress { done, total: self.total });
        }
    }
}
