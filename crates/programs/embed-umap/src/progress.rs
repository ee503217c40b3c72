//! Shows how far an embedding is.

use cli::Quarters;
use umap::Progress;

/// A progress bar for the neighbors, then one for the epochs.
#[derive(Default)]
pub struct Shown {
    bar: Option<Quarters>,
    embedding: bool,
    recall: Option<(usize, usize)>,
}

impl Shown {
    /// Shows how far the embedding is.
    pub fn show(&mut self, event: Progress) {
        let (what, done, all, embedding) = match event {
            Progress::Neighbors { done, total } => ("neighbors", done, total, false),
            Progress::Epoch { done, total } => ("epochs", done, total, true),
            Progress::Recall { found, of } => {
                self.recall = Some((found, of));
                return;
            }
        };
        if self.embedding != embedding {
            // The bar of the neighbors is removed before that of the epochs appears.
            (self.bar, self.embedding) = (None, embedding);
        }
        self.bar.get_or_insert_with(|| Quarters::new(what, all)).set(done);
    }

    /// Removes the bar, and returns the share of exact neighbors that an approximate search found.
    pub fn into_recall(self) -> Option<f64> {
        self.recall.map(|(found, of)| found as f64 / of.max(1) as f64)
    }
}
