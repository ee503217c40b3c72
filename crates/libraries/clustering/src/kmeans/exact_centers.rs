//! Decides which center is nearest where scores are too coarse.

use kernels::centered_squared_distance;
use ndarray::Array2;

use crate::Scalar;

/// Rounding steps of a squared distance beyond the additions of its features.
const SUM_STEPS: f64 = 32.0;

/// Two centers are off, and each error enters a squared distance twice.
const TIE_FACTOR: f64 = 4.0;

/// Largest relative error of one rounding in f64.
const ROUNDING: f64 = f64::EPSILON / 2.0;

/// Largest difference of tied squared distances, as a share of them, however coarse the centers
/// are.
const MAX_TIE_SHARE: f64 = 1e-3;

/// Centers in f64, for points whose nearest center has to be found from differences.
///
/// Scores are computed in f32 for most points, and lose digits if a point lies far from the origin.
/// If the lowest scores are too close to tell, this type computes the distances. The result depends
/// neither on the origin nor on the way in which scores were computed. Squared distances that
/// differ by no more than the rounding of the centers are ties, which the lowest index wins.
pub(super) struct ExactCenters {
    /// Origin that points and centers are measured from, shape `(d,)`.
    origin: Vec<f64>,
    /// The centers, shape `(m, d)`, in the values of points.
    centers: Array2<f64>,
    /// Most that rounding has moved a center.
    deviation: f64,
}

impl ExactCenters {
    /// Takes `centers` `(m, d)` that are measured from `origin` `(d,)`.
    pub(super) fn new(origin: &[f64], centers: Array2<f64>) -> Self {
        let largest = centers.iter().fold(0.0, |largest: f64, c| largest.max(c.abs()));
        let deviation = 2.0 * ROUNDING * (centers.ncols() as f64).sqrt() * largest;
        Self { origin: origin.to_vec(), centers, deviation }
    }

    /// Returns the nearest of `candidates` to `point`. Candidates are positions of centers with
    /// their labels.
    pub(super) fn nearest<F: Scalar>(
        &self,
        point: &[F],
        candidates: &[(usize, u32)],
    ) -> (usize, u32) {
        /// Squared distances in this range keep all their digits.
        const SAFE_SQUARES: std::ops::Range<f64> = 1e-280..1e300;
        let plain = |&(position, _): &(usize, u32)| {
            let center = self.centers.row(position);
            centered_squared_distance(
                point,
                &self.origin,
                1.0,
                center.to_slice().expect("centers are in C order"),
            )
        };
        let mut squared: Vec<f64> = candidates.iter().map(plain).collect();
        let lowest = |squared: &[f64]| squared.iter().copied().fold(f64::INFINITY, f64::min);
        let mut unit = 1.0;
        if !SAFE_SQUARES.contains(&lowest(&squared)) {
            // Squares over- or underflowed: choose a unit in which the largest difference of the
            // nearest candidate is near 1.
            let difference = |position: usize| {
                let center = self.centers.row(position);
                point.iter().zip(&self.origin).zip(center).map(|((&x, o), c)| {
                    let x: f64 = x.into();
                    x - o - c
                })
            };
            let largest = |&(position, _): &(usize, u32)| difference(position).fold(0.0, larger);
            unit = unit_of(candidates.iter().map(largest).fold(f64::INFINITY, f64::min));
            let scaled = |&(position, _): &(usize, u32)| {
                difference(position).map(|x| (x * unit).powi(2)).sum::<f64>()
            };
            squared = candidates.iter().map(scaled).collect();
        }
        let lowest = lowest(&squared);
        let limit = lowest + self.tie_slack(unit, lowest.sqrt());
        let near = candidates.iter().zip(&squared).filter(|(_, squared)| **squared <= limit);
        let nearest = near.map(|(candidate, _)| *candidate).min_by_key(|&(_, label)| label);
        nearest.unwrap_or(candidates[0])
    }

    /// Returns by how much squared distances may differ and still be ties, if the smaller one is at
    /// most the square of `distance`. The result is in the square of `unit`.
    pub(super) fn tie_slack(&self, unit: f64, distance: f64) -> f64 {
        let (deviation, squared) = (self.deviation * unit, distance * distance);
        let of_sums = ROUNDING * (SUM_STEPS + 0.5 * self.origin.len() as f64);
        (TIE_FACTOR * deviation * (distance + deviation)).min(MAX_TIE_SHARE * squared)
            + of_sums * squared
    }
}

/// Returns the larger of `a` and the size of `b`.
fn larger(a: f64, b: f64) -> f64 {
    a.max(b.abs())
}

/// Returns a power of two that brings differences of this size near 1. For 0 it is the highest one,
/// so that other differences stay above.
fn unit_of(difference: f64) -> f64 {
    let exponent =
        if difference == 0.0 { -1000.0 } else { difference.log2().floor().clamp(-1000.0, 1000.0) };
    (-exponent).exp2()
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn differences_decide_and_the_lowest_index_wins_ties() {
        for unit in [1.0, 1e-150, 1e150] {
            let exact =
                ExactCenters::new(&[0.0, 0.0], array![[4.0, 0.0], [2.0, 0.0], [0.0, 0.0]] * unit);
            let all = [(0, 2), (1, 1), (2, 0)];
            let nearest = |x: f64| exact.nearest(&[x * unit, 0.0], &all);
            assert_eq!((nearest(3.5), nearest(2.5), nearest(0.1)), ((0, 2), (1, 1), (2, 0)));
            assert_eq!((nearest(3.0), nearest(1.0)), ((1, 1), (2, 0)), "ties");
        }
        // A third has a larger rounding error at 1e9 than at 1, which must not decide.
        for far in [0.0, 1e3, 1e6, 1e9] {
            let thirds = array![[far + 1.0 / 3.0], [far - 1.0 / 3.0]];
            let exact = ExactCenters::new(&[0.0], thirds);
            assert_eq!(exact.nearest(&[far], &[(0, 1), (1, 0)]), (1, 0), "{far:e}");
            assert_eq!(exact.nearest(&[far], &[(0, 0), (1, 1)]), (0, 0), "{far:e}");
            assert_eq!(exact.nearest(&[far + 1e-3], &[(0, 1), (1, 0)]), (0, 1), "{far:e}");
        }
    }
}
