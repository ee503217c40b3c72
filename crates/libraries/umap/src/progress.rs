//! How far a computation is.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::neighbors::Recall;

/// How far [`fit`](crate::fit()) or [`Umap::transform`](crate::Umap::transform) is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The search for neighbors, which comes first.
    Neighbors {
        /// Distinct points whose neighbors are known.
        done: usize,
        /// Number of distinct points.
        total: usize,
    },
    /// The end of an approximate search: how many of the exact neighbors of a sample it found.
    Recall {
        /// Neighbors that were found.
        found: usize,
        /// Exact neighbors.
        of: usize,
    },
    /// The gradient descent.
    Epoch {
        /// Epochs that have ended.
        done: usize,
        /// Number of epochs.
        total: usize,
    },
}

/// Counts the points for which all threads have found neighbors, and reports them.
pub(crate) struct NeighborsReporter<'a> {
    done: AtomicUsize,
    total: usize,
    on_progress: Mutex<&'a mut (dyn FnMut(Progress) + Send)>,
}

impl<'a> NeighborsReporter<'a> {
    /// Makes a reporter of `total` points, none of which is done.
    pub(crate) fn new(total: usize, on_progress: &'a mut (dyn FnMut(Progress) + Send)) -> Self {
        Self { done: AtomicUsize::new(0), total, on_progress: Mutex::new(on_progress) }
    }

    /// Adds `some` points to those done, and reports them.
    pub(crate) fn add(&self, some: usize) {
        let done = self.done.fetch_add(some, Ordering::Relaxed) + some;
        // If another thread holds the lock, skips this report.
        if let Ok(mut on_progress) = self.on_progress.try_lock() {
            on_progress(Progress::Neighbors { done, total: self.total });
        }
    }

    /// Reports the recall of a search that has ended.
    pub(crate) fn report(self, Recall { found, of }: Recall) {
        let on_progress = self.on_progress.into_inner();
        on_progress.unwrap_or_else(PoisonError::into_inner)(Progress::Recall { found, of });
    }
}
