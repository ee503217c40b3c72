//! Spearman's rank correlation, with a permutation test.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::Serialize;

/// Number of shuffles for [`RankCorrelation::chance`].
const SHUFFLES: usize = 20_000;

/// Spearman's rank correlation of pairs of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RankCorrelation {
    /// Number of pairs.
    pub n: usize,
    /// Correlation of the ranks, in -1..=1; equal values share their mean rank.
    pub rho: f64,
    /// The p-value of a permutation test: how often shuffled pairs are as far from 0, in 0..=1.
    ///
    /// Counts 20,000 shuffles, with a seed that never changes, and the order given. Three pairs
    /// cannot have less than about 1/3, however well they agree.
    pub chance: f64,
}

impl RankCorrelation {
    /// Computes the rank correlation of `pairs`; `None` if one side has a single value.
    ///
    /// Spearman 1904, *The proof and measurement of association between two things*, Am. J.
    /// Psychol. 15, with a permutation test (Pitman 1937, *Significance tests which may be applied
    /// to samples from any populations*, J. R. Stat. Soc. Suppl. 4). Tested by hand and against
    /// SciPy's `spearmanr`.
    ///
    /// ```
    /// use metrics::RankCorrelation;
    ///
    /// // Both sides have the same order, whatever the distances.
    /// let pairs = [(0.1, 3.0), (0.2, 4.0), (0.7, 400.0), (0.9, 500.0)];
    /// let found = RankCorrelation::of(&pairs).expect("both sides vary");
    /// assert_eq!(found.rho, 1.0);
    /// assert!(found.chance < 0.1);
    /// ```
    pub fn of(pairs: &[(f64, f64)]) -> Option<Self> {
        let (first, second): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        let (mut first, second) = (ranks(&first), ranks(&second));
        let squares = product(&first, &first) as f64 * product(&second, &second) as f64;
        if squares == 0.0 {
            return None;
        }
        let found = product(&first, &second);
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
        let as_far = (0..SHUFFLES).filter(|_| {
            first.shuffle(&mut rng);
            product(&first, &second).abs() >= found.abs()
        });
        let chance = (1 + as_far.count()) as f64 / (1 + SHUFFLES) as f64;
        Some(Self { n: pairs.len(), rho: found as f64 / squares.sqrt(), chance })
    }
}

/// Returns twice the distance of each rank from the mean rank, which is an integer.
///
/// Equal values have the mean of their ranks.
fn ranks(values: &[f64]) -> Vec<i64> {
    let below = |value: f64| values.iter().filter(|&&other| other < value).count() as i64;
    let above = |value: f64| values.iter().filter(|&&other| other > value).count() as i64;
    values.iter().map(|&value| below(value) - above(value)).collect()
}

fn product(a: &[i64], b: &[i64]) -> i64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // Ranks 1, 2, 3, 4 against 1, 3, 2, 4: 1 - 6 (1 + 1) / (4 x 15).
        let found =
            RankCorrelation::of(&[(0.1, 5.0), (0.2, 7.0), (0.3, 6.0), (0.4, 90.0)]).unwrap();
        assert!((found.rho - 0.8).abs() < 1e-15 && found.n == 4, "{found:?}");
        let reversed = RankCorrelation::of(&[(1.0, 3.0), (2.0, 2.0), (3.0, 1.0)]).unwrap();
        assert_eq!(reversed.rho, -1.0);
        // Two of the six orders of three are as far from 0, of 24 orders of four two.
        assert!((reversed.chance - 1.0 / 3.0).abs() < 0.02, "{reversed:?}");
        let four = RankCorrelation::of(&[(1.0, 1.0), (2.0, 2.0), (3.0, 3.0), (4.0, 9.0)]).unwrap();
        assert!((four.chance - 1.0 / 12.0).abs() < 0.01, "{four:?}");
    }

    #[test]
    fn equals_share_their_rank() {
        // Ranks 1.5, 1.5, 3 against 1, 2, 3: covariance 1.5, variances 1.5 and 2.
        let found = RankCorrelation::of(&[(4.0, 1.0), (4.0, 2.0), (5.0, 3.0)]).unwrap();
        assert!((found.rho - 1.5 / 3.0_f64.sqrt()).abs() < 1e-15, "{found:?}");
    }

    #[test]
    fn without_an_order_there_is_none() {
        assert_eq!(RankCorrelation::of(&[]), None);
        assert_eq!(RankCorrelation::of(&[(1.0, 2.0)]), None);
        assert_eq!(RankCorrelation::of(&[(1.0, 2.0), (1.0, 3.0)]), None);
    }
}
