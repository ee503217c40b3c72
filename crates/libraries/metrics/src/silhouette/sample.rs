//! Draws the points that are scored.

use rand::seq::index;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Most points that are all scored; of more, a sample is.
pub(super) const EXACT: usize = 5_000;

/// Distances measured for a sample, about: of n points, this over n are scored.
const DISTANCES: usize = 50_000_000;

/// Fewest points that are scored, however many points there are.
const FEWEST: usize = 200;

/// Returns how many of `points` are scored.
pub(super) fn sample_size(points: usize) -> usize {
    if points <= EXACT { points } else { (DISTANCES / points).clamp(FEWEST, EXACT) }
}

/// A sample of the points.
pub(super) struct Sample {
    /// Places among the measured points, ascending.
    pub(super) places: Vec<usize>,
    /// Weight of each in the mean.
    pub(super) shares: Vec<f64>,
    /// Factor from the standard deviation to the standard error; 0 if all points are scored.
    pub(super) error: f64,
}

impl Sample {
    pub(super) fn whole(rows: &[usize], weights: Option<&[f64]>) -> Self {
        let shares = rows.iter().map(|&row| weights.map_or(1.0, |weights| weights[row])).collect();
        Self { places: (0..rows.len()).collect(), shares, error: 0.0 }
    }

    pub(super) fn drawn(rows: &[usize], weights: Option<&[f64]>, seed: u64) -> Self {
        let (n, size) = (rows.len(), sample_size(rows.len()));
        if size == n {
            return Self::whole(rows, weights);
        }
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let Some(weights) = weights else {
            let mut places = index::sample(&mut rng, n, size).into_vec();
            places.sort_unstable();
            // The finite population correction: only points that were not drawn are unknown.
            let unknown = 1.0 - size as f64 / n as f64;
            return Self { places, shares: vec![1.0; size], error: (unknown / size as f64).sqrt() };
        };
        let sums = rows.iter().scan(0.0, |sum, &row| {
            *sum += weights[row];
            Some(*sum)
        });
        let sums: Vec<f64> = sums.collect();
        let whole = sums.last().copied().unwrap_or_default();
        let mut drawn: Vec<usize> = (0..size)
            .map(|_| {
                let at = rng.r#gen::<f64>() * whole;
                sums.partition_point(|&sum| sum <= at).min(n - 1)
            })
            .collect();
        drawn.sort_unstable();
        let groups = || drawn.chunk_by(|a, b| a == b);
        Self {
            places: groups().map(|equal| equal[0]).collect(),
            shares: groups().map(|equal| equal.len() as f64).collect(),
            error: (1.0 / size as f64).sqrt(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_shrink_as_points_grow() {
        assert_eq!(sample_size(EXACT), EXACT);
        assert_eq!((sample_size(60_000), sample_size(1 << 30)), (833, FEWEST));
        for n in [EXACT + 1, 9_999, 10_001, 250_000, 10_000_000] {
            assert!(sample_size(n) <= EXACT && sample_size(n) * n <= DISTANCES.max(FEWEST * n));
        }
    }
}
