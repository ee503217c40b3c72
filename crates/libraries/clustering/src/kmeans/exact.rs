//! Decisions between centres that scores are too coarse for.

use ndarray::Array2;

use super::distance::squared_distance;
use crate::Scalar;

/// Largest relative error of one rounding in f64.
const ROUNDING: f64 = f64::EPSILON / 2.0;

/// Differences of squared distances that count as none are at most this share of them, however little
/// is known of the centres.
const MOST: f64 = 1e-3;

/// Centres as they are known in f64, for points whose nearest has to be found by differences.
///
/// Scores ([`super::centres::Centres`]) are computed in f32 for most points, and lose digits where a
/// point lies far from the origin. Where the lowest are closer together than that, the distances are
/// computed here, so that what comes out depends neither on the origin nor on the way in which scores
/// were computed. Squared distances that differ by no more than the rounding of the centres counts for
/// are equal, and the lowest index wins.
pub(super) struct Exact {
    /// Origin that points and centers are measured from, shape `(d,)`.
    origin: Vec<f64>,
    /// Shape `(m, d)`, in the values of points.
    centres: Array2<f64>,
    /// How far rounding may have put a centre from its place.
    deviation: f64,
}

impl Exact {
    /// Of `centres` `(m, d)` that are measured from `origin` `(d,)`, as points then are.
    pub(super) fn new(origin: &[f64], centres: Array2<f64>) -> Self {
        let largest = centres.iter().fold(0.0, |largest: f64, c| largest.max(c.abs()));
        let deviation = 2.0 * ROUNDING * (centres.ncols() as f64).sqrt() * largest;
        Self { origin: origin.to_vec(), centres, deviation }
    }

    /// The nearest to `point` of `candidates`, which are positions of centres with their labels.
    pub(super) fn nearest<F: Scalar>(&self, point: &[F], candidates: &[(usize, u32)]) -> (usize, u32) {
        /// Squares and their sums keep their digits.
        const USUAL: std::ops::Range<f64> = 1e-280..1e300;
        let plain = |&(position, _): &(usize, u32)| {
            let centre = self.centres.row(position);
            squared_distance(point, &self.origin, 1.0, centre.to_slice().expect("centres are in C order"))
        };
        let mut squared: Vec<f64> = candidates.iter().map(plain).collect();
        let lowest = |squared: &[f64]| squared.iter().copied().fold(f64::INFINITY, f64::min);
        let mut unit = 1.0;
        if !USUAL.contains(&lowest(&squared)) {
            // In a unit that brings the nearest, by its largest difference, near 1.
            let difference = |position: usize| {
                let centre = self.centres.row(position);
                point.iter().zip(&self.origin).zip(centre).map(|((&x, o), c)| {
                    let x: f64 = x.into();
                    x - o - c
                })
            };
            let largest = |&(position, _): &(usize, u32)| difference(position).fold(0.0, larger);
            unit = unit_of(candidates.iter().map(largest).fold(f64::INFINITY, f64::min));
            let scaled =
                |&(position, _): &(usize, u32)| difference(position).map(|x| (x * unit).powi(2)).sum::<f64>();
            squared = candidates.iter().map(scaled).collect();
        }
        let lowest = lowest(&squared);
        let limit = lowest + self.slack(unit, lowest.sqrt());
        let near = candidates.iter().zip(&squared).filter(|(_, squared)| **squared <= limit);
        let nearest = near.map(|(candidate, _)| *candidate).min_by_key(|&(_, label)| label);
        nearest.unwrap_or(candidates[0])
    }

    /// By how much squared distances may differ and still be equal, if the smaller one is at most that
    /// of `distance`; in the square of `unit`.
    pub(super) fn slack(&self, unit: f64, distance: f64) -> f64 {
        let (deviation, squared) = (self.deviation * unit, distance * distance);
        let of_sums = ROUNDING * (32.0 + 0.5 * self.origin.len() as f64);
        (4.0 * deviation * (distance + deviation)).min(MOST * squared) + of_sums * squared
    }
}

fn larger(a: f64, b: f64) -> f64 {
    a.max(b.abs())
}

/// A power of two that brings differences of this size near 1; the highest where the difference is 0, so that
/// others stay above it.
fn unit_of(difference: f64) -> f64 {
    let exponent = if difference == 0.0 { -1000.0 } else { difference.log2().floor().clamp(-1000.0, 1000.0) };
    (-exponent).exp2()
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn differences_decide_and_the_lowest_index_wins_ties() {
        for unit in [1.0, 1e-150, 1e150] {
            let exact = Exact::new(&[0.0, 0.0], array![[4.0, 0.0], [2.0, 0.0], [0.0, 0.0]] * unit);
            let all = [(0, 2), (1, 1), (2, 0)];
            let nearest = |x: f64| exact.nearest(&[x * unit, 0.0], &all);
            assert_eq!((nearest(3.5), nearest(2.5), nearest(0.1)), ((0, 2), (1, 1), (2, 0)));
            assert_eq!((nearest(3.0), nearest(1.0)), ((1, 1), (2, 0)), "ties");
        }
        // A third is rounded by more at 1e9 than at 1, which decides nothing.
        for far in [0.0, 1e3, 1e6, 1e9] {
            let thirds = array![[far + 1.0 / 3.0], [far - 1.0 / 3.0]];
            let exact = Exact::new(&[0.0], thirds);
            assert_eq!(exact.nearest(&[far], &[(0, 1), (1, 0)]), (1, 0), "{far:e}");
            assert_eq!(exact.nearest(&[far], &[(0, 0), (1, 1)]), (0, 0), "{far:e}");
            assert_eq!(exact.nearest(&[far + 1e-3], &[(0, 1), (1, 0)]), (0, 1), "{far:e}");
        }
    }
}
