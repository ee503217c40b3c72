//! Draws the files of the test set.

use rand::SeedableRng;
use rand::seq::index::sample;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Draws a share of `n` files, at least one and not all, and tells for each whether it is drawn.
///
/// Neither names nor labels have a say.
pub fn draw(n: usize, share: f64, seed: u64) -> Vec<bool> {
    let most = n.saturating_sub(1);
    let count = ((n as f64 * share).round() as usize).clamp(1.min(most), most);
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut drawn = vec![false; n];
    sample(&mut random, n, count).into_iter().for_each(|at| drawn[at] = true);
    drawn
}

#[cfg(test)]
mod tests {
    use super::draw;

    #[test]
    fn a_share_is_drawn_by_the_seed() {
        let count = |drawn: &[bool]| drawn.iter().filter(|&&drawn| drawn).count();
        let tenth = draw(1000, 0.1, 0);
        assert_eq!(count(&tenth), 100);
        assert_eq!(tenth, draw(1000, 0.1, 0));
        assert_ne!(tenth, draw(1000, 0.1, 1));
        assert_eq!((count(&draw(3, 0.01, 0)), count(&draw(3, 0.99, 0))), (1, 2));
        assert_eq!((count(&draw(1, 0.5, 0)), count(&draw(0, 0.5, 0))), (0, 0));
    }
}
