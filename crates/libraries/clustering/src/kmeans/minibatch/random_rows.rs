//! Draws random rows of points that are read as they are needed.

use rand::seq::index;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::rng;

/// Draws random rows of n, for batches of points that are read as they are needed.
///
/// The rows of one draw are different from one another. Each draw is independent of those before,
/// so no memory grows with n, and a pass over the data is a number of points, not every point once.
///
/// ```
/// use clustering::kmeans::RandomRows;
///
/// let mut rows = RandomRows::new(1_000, 0);
/// let drawn = rows.draw(5);
/// assert_eq!(drawn.len(), 5);
/// assert!(drawn.is_sorted() && drawn.iter().all(|&row| row < 1_000));
/// assert_ne!(drawn, rows.draw(5));
/// assert_eq!(drawn, RandomRows::new(1_000, 0).draw(5));
/// ```
#[derive(Debug, Clone)]
pub struct RandomRows {
    n: usize,
    rng: Xoshiro256PlusPlus,
}

impl RandomRows {
    /// Makes a generator of rows in `0..n`. [`RandomRows`] has an example.
    pub fn new(n: usize, seed: u64) -> Self {
        Self { n, rng: rng::apart(seed, 1) }
    }

    /// Draws `count` rows, or all n if there are no more, in increasing order.
    ///
    /// ```
    /// use clustering::kmeans::RandomRows;
    ///
    /// assert_eq!(RandomRows::new(3, 7).draw(10), [0, 1, 2]);
    /// ```
    pub fn draw(&mut self, count: usize) -> Vec<usize> {
        let mut rows = index::sample(&mut self.rng, self.n, count.min(self.n)).into_vec();
        rows.sort_unstable();
        rows
    }
}
