//! The sufficient statistics of a mixture: the sums over the points that the M step needs.
//!
//! They are collected in the pass that computes the responsibilities.

use std::ops::Range;

use kernels::simd::{Isa, Kernel, dispatch};
use ndarray::{Array2, ArrayView1};

use super::centered::Centered;
use super::label_order::{in_order_of_labels, windows};
use super::packed_triangular::packed_row_offset;
use super::responsibilities::{ByComponent, Responsibilities};
use super::simd_block::{BLOCK_LANES, Lanes, load_simd_block, simd_block_count};
use super::weighted_outer::{SecondMoments, WeightedOuter};
use crate::kernel::{keep_loop, mul_add, sum_lanes};
use crate::parallel::{self, BLOCK_ROWS, chunks};
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
    /// The most probable component of each point, shape `(n,)`.
    labels: Vec<i32>,
    /// Components with responsibilities, summed over the SIMD blocks.
    parts: usize,
    /// Sum over the points of weight times log density.
    log_likelihood: f64,
    /// Mean weight of a point.
    mean_weight: f64,
    n: usize,
}

impl SufficientStats {
    /// Collects the statistics of `points` around the reference `means` `(k, d)`.
    ///
    /// With [`SecondMoments::Together`], `together` are the sums over all components, where they
    /// are known: they do not depend on responsibilities. `memory` holds the sums of the chunks;
    /// what it held before does not matter.
    pub(super) fn collect<F: Scalar>(
        points: Centered<F>,
        means: &Array2<f64>,
        second_moments: SecondMoments,
        together: Option<&[f64]>,
        source: &impl Responsibilities,
        memory: &mut Vec<f64>,
    ) -> Self {
        let (k, d) = means.dim();
        let width = second_moments.width(d);
        let width_together = if together.is_none() { second_moments.width_together(d) } else { 0 };
        let all = k * width + width_together;
        let means = means.as_standard_layout();
        let means = means.as_slice().expect("as_standard_layout gives C order");
        let (unit, mean_weight) = weight_unit(points);
        let chunks = chunks(points.n(), size_of::<f64>() * all);
        memory.resize(chunks.len() * all, 0.0);
        let partials = chunks.into_iter().zip(memory.chunks_exact_mut(all));
        let partials = parallel::map(partials, |(rows, sums)| {
            let moments = (second_moments, width_together > 0);
            dispatch(CollectChunk { points, rows, means, moments, k, unit, source, sums })
        });
        let mut sums = Array2::zeros((k, width));
        let mut new_together = vec![0.0; width_together];
        let mut labels = Vec::with_capacity(points.n());
        let (mut log_likelihood, mut parts) = (0.0, 0);
        for of_chunk in partials {
            let all = sums.iter_mut().chain(&mut new_together);
            all.zip(of_chunk.sums).for_each(|(sum, value)| *sum += *value);
            labels.extend(of_chunk.labels);
            log_likelihood += of_chunk.log_likelihood;
            parts += of_chunk.parts;
        }
        let together = together.map_or(new_together, <[f64]>::to_vec);
        let n = points.n();
        Self { second_moments, sums, together, labels, parts, log_likelihood, mean_weight, n }
    }

    /// Returns the most probable component of each point, shape `(n,)`, and what
    /// [`SufficientStats::collect`] can be given the next time.
    pub(super) fn into_labels_and_together(self) -> (Vec<i32>, Vec<f64>) {
        (self.labels, self.together)
    }

    /// Returns the share of the components that SIMD blocks of points needed.
    pub(super) fn share(&self) -> f64 {
        self.parts as f64 / (self.sums.nrows() * simd_block_count(self.n)) as f64
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

/// The statistics of the points of one chunk.
struct OfChunk<'a> {
    /// The sums `(k, width)`, then those of all components together.
    sums: &'a mut [f64],
    /// The most probable component of each point.
    labels: Vec<i32>,
    parts: usize,
    log_likelihood: f64,
}

/// Work of one chunk: the statistics of the points of `rows`.
struct CollectChunk<'a, F, R> {
    points: Centered<'a, F>,
    rows: Range<usize>,
    /// Shape `(k, d)`.
    means: &'a [f64],
    /// The sums of each component, and whether to collect those of all together.
    moments: (SecondMoments, bool),
    k: usize,
    /// Factor on the weights of points.
    unit: f64,
    source: &'a R,
    /// Memory for the sums.
    sums: &'a mut [f64],
}

impl<'a, F: Scalar, R: Responsibilities> Kernel for CollectChunk<'a, F, R> {
    type Output = OfChunk<'a>;

    #[inline(always)]
    fn run<I: Isa>(self) -> OfChunk<'a> {
        let Self { points, rows, means, moments, k, unit, source, sums } = self;
        let (second_moments, with_together) = moments;
        let (first, d) = (rows.start, points.d());
        let width = second_moments.width(d);
        let mut of_chunk =
            OfChunk { sums, labels: vec![0; rows.len()], parts: 0, log_likelihood: 0.0 };
        of_chunk.sums.fill(0.0);
        let (sums, sums_together) = of_chunk.sums.split_at_mut(k * width);
        let mut log_likelihood = [0.0; BLOCK_LANES];
        let mut outer = WeightedOuter::new(second_moments, d);
        let mut outer_together = WeightedOuter::new(SecondMoments::Matrix, d);
        let zero = vec![0.0; d];
        // SIMD blocks of a cache block of points, their responsibilities times weights, and the
        // sums of these over the components.
        let mut values = vec![[0.0; BLOCK_LANES]; simd_block_count(BLOCK_ROWS) * d];
        let mut totals = [[0.0; BLOCK_LANES]; simd_block_count(BLOCK_ROWS)];
        let mut weighted: Vec<_> = totals.iter().map(|_| ByComponent::new(k)).collect();
        // For each component the SIMD blocks that have a part in it, and where in `weighted`.
        let mut parts = vec![Vec::new(); k];
        let mut scratch = vec![[0.0; BLOCK_LANES]; d];
        for window in windows(rows, k) {
            for block in in_order_of_labels(window, source.labels(), k).chunks(BLOCK_ROWS) {
                let count = simd_block_count(block.len());
                let each = block.chunks(BLOCK_LANES).zip(values.chunks_exact_mut(d));
                for (at, (rows, values)) in each.enumerate() {
                    load_simd_block(points, rows, values);
                    let (log_density, labels) =
                        source.fill::<I>(rows, values, &mut scratch, &mut weighted[at]);
                    for (&i, label) in rows.iter().zip(labels) {
                        of_chunk.labels[i - first] = label;
                    }
                    let weights = block_weights(points, rows, unit);
                    for l in 0..BLOCK_LANES {
                        log_likelihood[l] =
                            mul_add::<I, f64>(weights[l], log_density[l], log_likelihood[l]);
                    }
                    for responsibility in weighted[at].values_mut() {
                        keep_loop();
                        for l in 0..BLOCK_LANES {
                            responsibility[l] *= weights[l];
                        }
                    }
                    of_chunk.parts += weighted[at].components().len();
                    for (part, &c) in weighted[at].components().iter().enumerate() {
                        parts[c].push((at, part));
                    }
                }
                let values: &[Lanes] = &values;
                for (c, parts) in
                    parts.iter_mut().enumerate().filter(|(_, parts)| !parts.is_empty())
                {
                    let mean = &means[c * d..(c + 1) * d];
                    let of_component = parts.iter().map(|&(at, part)| {
                        (&values[at * d..(at + 1) * d], &weighted[at].values()[part])
                    });
                    outer.add::<I>(of_component, mean, &mut sums[c * width..(c + 1) * width]);
                    parts.clear();
                }
                if with_together {
                    // A point without a component has no part in any sum.
                    for (total, weighted) in totals[..count].iter_mut().zip(&weighted) {
                        *total = [0.0; BLOCK_LANES];
                        for responsibility in weighted.values() {
                            keep_loop();
                            for l in 0..BLOCK_LANES {
                                total[l] += responsibility[l];
                            }
                        }
                    }
                    let of_all = values.chunks_exact(d).zip(&totals[..count]);
                    outer_together.add::<I>(of_all, &zero, sums_together);
                }
            }
        }
        of_chunk.log_likelihood = sum_lanes(log_likelihood);
        of_chunk
    }
}

/// Returns the weights of the points of `rows` times `unit`; other lanes are 0.
#[inline(always)]
fn block_weights<F: Scalar>(points: Centered<F>, rows: &[usize], unit: f64) -> Lanes {
    let mut weights = [0.0; BLOCK_LANES];
    for (weight, &i) in weights.iter_mut().zip(rows) {
        *weight = points.rows().weight(i) * unit;
    }
    weights
}
