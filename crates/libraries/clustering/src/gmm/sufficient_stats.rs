//! The sufficient statistics of a mixture: the sums over the points that the M step needs.
//!
//! They are collected in the pass that computes the responsibilities.

use std::ops::Range;

use kernels::simd::{Isa, Kernel, dispatch};
use ndarray::{Array2, ArrayView1};

use super::centered::Centered;
use super::packed_triangular::packed_row_offset;
use super::responsibilities::Responsibilities;
use super::simd_block::{BLOCK_LANES, Lanes, load_simd_block, simd_block_count, simd_blocks};
use super::weighted_outer::{SecondMoments, WeightedOuter};
use crate::kernel::{keep_loop, mul_add, sum_lanes};
use crate::parallel::{BLOCK_ROWS, blocks, map_chunks};
use crate::scalar::Scalar;

/// Sums over the points x, weighted by responsibility times weight r, around reference means m.
///
/// scikit-learn first computes the new means and then goes through the points again for the
/// covariances. Around the means of the previous iteration, which are close to the new ones, one
/// pass gives the same: see `SufficientStats::parameters`.
pub(super) struct SufficientStats {
    second_moments: SecondMoments,
    /// Sums of each component as in [`WeightedOuter`], shape `(k, width)`.
    sums: Array2<f64>,
    /// With [`SecondMoments::Together`] the sums of a matrix around 0, over all components.
    together: Vec<f64>,
    /// Sum over the points of weight times log density.
    log_likelihood: f64,
    /// Mean weight of a point.
    mean_weight: f64,
    n: usize,
}

impl SufficientStats {
    /// Collects the statistics of `points` around the reference `means` `(k, d)`.
    pub(super) fn collect<F: Scalar>(
        points: Centered<F>,
        means: &Array2<f64>,
        second_moments: SecondMoments,
        source: &impl Responsibilities,
    ) -> Self {
        let (k, d) = means.dim();
        let width = second_moments.width(d);
        let all = k * width + second_moments.width_together(d);
        let means = means.as_standard_layout();
        let means = means.as_slice().expect("as_standard_layout gives C order");
        let (unit, mean_weight) = weight_unit(points);
        let partials = map_chunks(points.n(), size_of::<f64>() * all, |rows| {
            dispatch(CollectChunk { points, rows, means, second_moments, k, unit, source })
        });
        let mut sums = Array2::zeros((k, width));
        let mut together = vec![0.0; all - k * width];
        let mut log_likelihood = 0.0;
        for (partial, of_chunk) in partials {
            let all = sums.iter_mut().chain(&mut together);
            all.zip(partial).for_each(|(sum, value)| *sum += value);
            log_likelihood += of_chunk;
        }
        Self { second_moments, sums, together, log_likelihood, mean_weight, n: points.n() }
    }

    /// Returns the weighted mean of the log densities.
    pub(super) fn log_likelihood(&self) -> f64 {
        self.log_likelihood / (self.mean_weight * self.n as f64)
    }

    /// Returns the mean weight of a point.
    pub(super) fn mean_weight(&self) -> f64 {
        self.mean_weight
    }

    /// Returns `sum r` of each component, shape `(k,)`.
    pub(super) fn weights(&self) -> ArrayView1<'_, f64> {
        self.sums.column(0)
    }

    /// Returns `sum r (x - m)_i` of component `c`.
    pub(super) fn first_moment(&self, c: usize, i: usize) -> f64 {
        match self.second_moments {
            SecondMoments::Matrix => self.sums[[c, packed_row_offset(i + 1)]],
            SecondMoments::Diagonal => self.sums[[c, 1 + 2 * i]],
            SecondMoments::Together => self.sums[[c, 1 + i]],
        }
    }

    /// Returns `sum r x_i x_j` over all components, for j up to i, with
    /// [`SecondMoments::Together`].
    pub(super) fn product_together(&self, i: usize, j: usize) -> f64 {
        self.together[packed_row_offset(i + 1) + 1 + j]
    }

    /// Returns `sum r (x - m)_i (x - m)_j` of component `c`, for j up to i.
    pub(super) fn product(&self, c: usize, i: usize, j: usize) -> f64 {
        self.sums[[c, packed_row_offset(i + 1) + 1 + j]]
    }

    /// Returns `sum r (x - m)_i^2` of component `c` with diagonal second-order sums.
    pub(super) fn square(&self, c: usize, i: usize) -> f64 {
        self.sums[[c, 2 + 2 * i]]
    }
}

/// Returns a power of two that scales the mean weight to about 1, and the scaled mean weight.
///
/// With it, sums of very small or very large weights neither underflow nor overflow.
fn weight_unit<F: Scalar>(points: Centered<F>) -> (f64, f64) {
    /// Keeps the unit and its inverse normal numbers, whose exponents end at 1022.
    const MOST_EXPONENT: f64 = 1000.0;
    let Some(weights) = points.rows().weights() else { return (1.0, 1.0) };
    // The sum of the weights is finite, which the check of the points ensures.
    let mean = weights.iter().sum::<f64>() / weights.len() as f64;
    let unit = (-mean.log2().floor().clamp(-MOST_EXPONENT, MOST_EXPONENT)).exp2();
    (unit, mean * unit)
}

/// Work of one chunk: the sums `(k, width)`, those of all components together, and the
/// log-likelihood of the points of `rows`.
struct CollectChunk<'a, F, R> {
    points: Centered<'a, F>,
    rows: Range<usize>,
    /// Shape `(k, d)`.
    means: &'a [f64],
    second_moments: SecondMoments,
    k: usize,
    /// Factor on the weights of points.
    unit: f64,
    source: &'a R,
}

impl<F: Scalar, R: Responsibilities> Kernel for CollectChunk<'_, F, R> {
    type Output = (Vec<f64>, f64);

    #[inline(always)]
    fn run<I: Isa>(self) -> Self::Output {
        let Self { points, rows, means, second_moments, k, unit, source } = self;
        let d = points.d();
        let width = second_moments.width(d);
        let mut sums = vec![0.0; k * width + second_moments.width_together(d)];
        let mut log_likelihood = [0.0; BLOCK_LANES];
        let mut outer = WeightedOuter::new(second_moments, d);
        // SIMD blocks of a cache block of points, and the responsibilities times the weights.
        let mut values = vec![[0.0; BLOCK_LANES]; simd_block_count(BLOCK_ROWS) * d];
        let mut weighted = vec![[0.0; BLOCK_LANES]; simd_block_count(BLOCK_ROWS) * k];
        let mut scratch = vec![[0.0; BLOCK_LANES]; d];
        let mut outer_together = (second_moments == SecondMoments::Together).then(|| {
            let of_points = vec![[0.0; BLOCK_LANES]; simd_block_count(BLOCK_ROWS)];
            (WeightedOuter::new(SecondMoments::Matrix, d), vec![0.0; d], of_points)
        });
        for rows in blocks(rows) {
            let count = simd_block_count(rows.len());
            let (values, weighted) = (&mut values[..count * d], &mut weighted[..count * k]);
            for (rows, (block, responsibilities)) in
                simd_blocks(rows).zip(values.chunks_exact_mut(d).zip(weighted.chunks_exact_mut(k)))
            {
                load_simd_block(points, rows.clone(), block);
                let log_density =
                    source.fill::<I>(rows.clone(), block, &mut scratch, responsibilities);
                let weights = block_weights(points, rows, unit);
                for l in 0..BLOCK_LANES {
                    log_likelihood[l] =
                        mul_add::<I, f64>(weights[l], log_density[l], log_likelihood[l]);
                }
                for responsibility in responsibilities {
                    keep_loop();
                    for l in 0..BLOCK_LANES {
                        responsibility[l] *= weights[l];
                    }
                }
            }
            let (sums, sums_together) = sums.split_at_mut(k * width);
            let components = means.chunks_exact(d).zip(sums.chunks_exact_mut(width));
            for (c, (mean, sums)) in components.enumerate() {
                outer.add::<I>(values, weighted.iter().skip(c).step_by(k), mean, sums);
            }
            if let Some((outer, zero, of_points)) = &mut outer_together {
                let of_points = &mut of_points[..count];
                for (total, weighted) in of_points.iter_mut().zip(weighted.chunks_exact(k)) {
                    *total = [0.0; BLOCK_LANES];
                    for r in weighted {
                        keep_loop();
                        for l in 0..BLOCK_LANES {
                            total[l] += r[l];
                        }
                    }
                }
                outer.add::<I>(values, of_points.iter(), zero, sums_together);
            }
        }
        (sums, sum_lanes(log_likelihood))
    }
}

/// Returns the weights of the points of `rows` times `unit`; other lanes are 0.
#[inline(always)]
fn block_weights<F: Scalar>(points: Centered<F>, rows: Range<usize>, unit: f64) -> Lanes {
    let mut weights = [0.0; BLOCK_LANES];
    for (weight, i) in weights.iter_mut().zip(rows) {
        *weight = points.rows().weight(i) * unit;
    }
    weights
}
