//! Shows how far a clustering is.

use cli::Quarters;
use hdbscan::Progress;

/// A progress bar for the neighbors, then one for the tree.
#[derive(Default)]
pub struct Shown {
    bar: Option<Quarters>,
    growing: bool,
}

impl Shown {
    /// Shows how far the clustering is.
    pub fn show(&mut self, event: Progress) {
        let (what, done, all, growing) = match event {
            Progress::Neighbors { done, total } => ("neighbors", done, total, false),
            Progress::Tree { done, total } => ("edges of the tree", done, total, true),
        };
        if self.growing != growing {
            // The bar of the neighbors is removed before that of the tree appears.
            (self.bar, self.growing) = (None, growing);
        }
        self.bar.get_or_insert_with(|| Quarters::new(what, all)).set(done);
    }
}
