//! Shows how far an embedding is.

use cli::Quarters;
use umap::Progress;

/// A progress bar for the neighbors, then one for the epochs.
#[derive(Default)]
pub struct Shown {
    bar: Option<Quarters>,
    embedding: bool,
}

impl Shown {
    /// Shows how far the embedding is.
    pub fn show(&mut self, event: Progress) {
        let (what, done, all, embedding) = match event {
            Progress::Neighbors { done, total } => ("neighbors", done, total, false),
            Progress::Epoch { done, total } => ("epochs", done, total, true),
        };
        if self.embedding != embedding {
            // The bar of the neighbors is removed before that of the epochs appears.
            (self.bar, self.embedding) = (None, embedding);
        }
        self.bar.get_or_insert_with(|| Quarters::new(what, all)).set(done);
    }
}
