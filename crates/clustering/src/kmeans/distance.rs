//! Squared Euclidean distances: exact ones by differences, and scores that a matrix product gives.

use std::slice::ChunksExact;

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, ArrayViewMut2, Axis, concatenate};

use crate::Scalar;

/// `|x - c|^2` by differences in f64, for the figures that are reported.
pub(super) fn squared_distance<F: Scalar>(point: &[F], centre: &[f64]) -> f64 {
    // Independent lanes let the compiler use vector registers; a single running sum may not be reordered.
    const LANES: usize = 8;
    let (points, point_tail) = point.as_chunks::<LANES>();
    let (centres, centre_tail) = centre.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for (x, c) in points.iter().zip(centres) {
        for lane in 0..LANES {
            let difference: f64 = x[lane].into() - c[lane];
            lanes[lane] += difference * difference;
        }
    }
    let tail = point_tail.iter().zip(centre_tail).map(|(&x, &c)| {
        let difference: f64 = x.into() - c;
        difference * difference
    });
    lanes.iter().sum::<f64>() + tail.sum::<f64>()
}

/// Scores m centres against blocks of points with one matrix product per block.
///
/// With an origin s near the centres and `c' = c - s`, `|x - c|^2 = |x - s|^2 + (|c'|^2 + 2 s.c') - 2 x.c'`.
/// The first term is the same for all centres and is left out; the bracket is the offset. Measuring centres
/// from s costs nothing per point and keeps the digits that `|c|^2 - 2 x.c` loses in f32 when the points lie
/// far from zero.
///
/// A score depends on the point and the centre alone, not on the block or on the other centres scored with
/// it: that is what lets several starts share a product and still agree with a later `predict` in every bit.
pub(super) struct Scorer<F> {
    /// `-2 c'`, shape `(m, d)`.
    directions: Array2<F>,
    /// `|c'|^2 + 2 s.c'`, shape `(m,)`.
    offsets: Array1<F>,
}

impl<F: Scalar> Scorer<F> {
    /// Prepares centres `(m, d)` around `origin` `(d,)`.
    pub(super) fn around(origin: ArrayView1<f64>, centres: ArrayView2<f64>) -> Self {
        let directions = (&centres - &origin).mapv(|value| F::narrow(-2.0 * value));
        let offsets = directions.axis_iter(Axis(0)).map(|direction| {
            let offset = direction.iter().zip(origin).map(|(&direction, s)| {
                // The rounded centre, so that the score is exact for the centre that the product sees.
                let centred: f64 = -0.5 * direction.into();
                centred * (centred + 2.0 * s)
            });
            F::narrow(offset.sum())
        });
        Self { offsets: offsets.collect(), directions }
    }

    /// Prepares the centroids `(k, d)` of one model, around their own mean: nothing but the model enters.
    pub(super) fn of_model(centroids: ArrayView2<f64>) -> Self {
        let origin = centroids.sum_axis(Axis(0)) / centroids.nrows() as f64;
        Self::around(origin.view(), centroids)
    }

    /// Puts several sets of centres behind one another.
    pub(super) fn stack(parts: &[Self]) -> Self {
        let directions: Vec<_> = parts.iter().map(|part| part.directions.view()).collect();
        let offsets: Vec<_> = parts.iter().map(|part| part.offsets.view()).collect();
        let same_width = "all parts have d columns and there is at least one";
        Self {
            directions: concatenate(Axis(0), &directions).expect(same_width),
            offsets: concatenate(Axis(0), &offsets).expect(same_width),
        }
    }

    /// The scores of each point of a block, `(rows, m)` row by row. `scratch` is only there to be reused.
    pub(super) fn score<'a>(&self, block: ArrayView2<F>, scratch: &'a mut Vec<F>) -> ChunksExact<'a, F> {
        let (rows, m) = (block.nrows(), self.offsets.len());
        scratch.resize(rows * m, F::zero());
        let mut scores = ArrayViewMut2::from_shape((rows, m), scratch).expect("resized to this shape");
        scores.assign(&self.offsets);
        general_mat_mul(F::one(), &block, &self.directions.t(), F::one(), &mut scores);
        scratch.chunks_exact(m)
    }
}

/// Index of the lowest score; the lowest index wins ties.
pub(super) fn lowest<F: Scalar>(scores: &[F]) -> usize {
    let mut best = 0;
    for (j, &score) in scores.iter().enumerate() {
        if score < scores[best] {
            best = j;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn squared_distance_uses_every_feature() {
        for d in 1..20 {
            let point: Vec<f32> = (0..d).map(|i| i as f32).collect();
            let centre: Vec<f64> = (0..d).map(|i| i as f64 - 2.0).collect();
            assert_eq!(squared_distance(&point, &centre), 4.0 * f64::from(d));
        }
    }

    #[test]
    fn scores_rank_like_distances_far_from_zero() {
        // In f32 |c|^2 is about 1e10 here, where neighbouring numbers lie 1024 apart: the textbook form sees
        // nothing.
        let centroids = array![[100_000.0, 1.0], [100_000.0, 2.0], [100_001.0, 5.0]];
        let block = array![[100_000.0_f32, 1.25], [100_000.0, 1.75], [100_001.0, 4.0]];
        let scorer = Scorer::<f32>::of_model(centroids.view());
        let labels: Vec<usize> = scorer.score(block.view(), &mut Vec::new()).map(lowest).collect();
        assert_eq!(labels, [0, 1, 2]);
    }

    #[test]
    fn lowest_index_wins_ties() {
        assert_eq!(lowest(&[2.0, 1.0, 1.0]), 1);
        assert_eq!(lowest(&[f64::NAN, f64::NAN]), 0);
    }
}
