//! Evaluation of a mixture: labels, probabilities and log densities of points.

use std::ops::Range;

use kernels::simd::{Isa, Kernel, dispatch};

use super::centered::Centered;
use super::density::Densities;
use super::label_order::{in_order_of_labels, nearest_of_most, windows};
use super::responsibilities::{ByComponent, NEGLIGIBLE, entropy, softmax};
use super::simd_block::{BLOCK_LANES, load_simd_block};
use super::simd_math::LOWEST_EXPONENT;
use crate::parallel::{blocks, map_chunks};
use crate::scalar::Scalar;

/// Assignments `(n,)` and the weighted mean of the log densities.
pub(super) struct Scores {
    pub(super) labels: Vec<i32>,
    pub(super) log_likelihood: f64,
}

/// Computes assignments and the weighted mean of the log densities.
///
/// With `labels` `(n,)`, the probable components of the points, it is quicker where components lie
/// apart, and the same.
pub(super) fn scores<F: Scalar>(
    points: Centered<F>,
    densities: &Densities,
    labels: Option<&[i32]>,
) -> Scores {
    let pairs =
        map_chunks(points.n(), 0, |rows| dispatch(ScoreChunk { points, rows, densities, labels }));
    let pairs = pairs.concat();
    // Dividing by the total first keeps products with very large weights finite.
    let rows = points.rows();
    let total: f64 = (0..rows.n()).map(|i| rows.weight(i)).sum();
    let weighted = pairs.iter().enumerate().map(|(i, (_, score))| rows.weight(i) / total * score);
    let log_likelihood = match rows.weights() {
        None => pairs.iter().map(|(_, score)| score).sum::<f64>() / total,
        Some(_) => weighted.sum(),
    };
    Scores { labels: pairs.into_iter().map(|(label, _)| label).collect(), log_likelihood }
}

/// Returns the most probable component of each point, shape `(n,)`.
pub(super) fn labels<F: Scalar>(points: Centered<F>, densities: &Densities) -> Vec<i32> {
    evaluate_points(points, densities, &Label)
}

/// Computes the responsibilities, shape `(n, k)`, row by row.
pub(super) fn probabilities<F: Scalar>(points: Centered<F>, densities: &Densities) -> Vec<f64> {
    evaluate_points(points, densities, &Probabilities)
}

/// Computes the log densities, shape `(n,)`.
pub(super) fn log_densities<F: Scalar>(points: Centered<F>, densities: &Densities) -> Vec<f64> {
    evaluate_points(points, densities, &LogDensity)
}

/// Sums of responsibilities over the points of a chunk, each times the weight of its point.
pub(super) struct ResponsibilitySums {
    /// Shape `(k,)`.
    pub(super) sums: Vec<f64>,
    /// Sum of the entropies of the responsibilities of a point.
    pub(super) uncertainty: f64,
    /// Sum of the weights.
    pub(super) weight: f64,
}

/// Computes sums of responsibilities and of their entropies, chunk by chunk.
pub(super) fn responsibility_sums<F: Scalar>(
    points: Centered<F>,
    densities: &Densities,
) -> Vec<ResponsibilitySums> {
    let k = densities.k();
    map_chunks(points.n(), size_of::<f64>() * k, |rows| {
        let mut of_chunk = ResponsibilitySums { sums: vec![0.0; k], uncertainty: 0.0, weight: 0.0 };
        for rows in blocks(rows) {
            let block =
                EvaluateChunk { points, rows: rows.clone(), densities, output: &Probabilities };
            for (i, row) in rows.zip(dispatch(block).chunks_exact(k)) {
                let weight = points.rows().weight(i);
                of_chunk.sums.iter_mut().zip(row).for_each(|(sum, p)| *sum += weight * p);
                of_chunk.uncertainty += weight * entropy(row.iter().copied());
                of_chunk.weight += weight;
            }
        }
        of_chunk
    })
}

/// An output that is computed for each point of a SIMD block.
trait BlockOutput: Sync {
    type Value: Clone + Send;
    /// Appends the values of the first `count` points of a SIMD block.
    ///
    /// `log_joint` are the weighted log densities of all components in their order, and may be
    /// overwritten. Implementations are `#[inline(always)]`.
    fn append<I: Isa>(&self, log_joint: &mut ByComponent, count: usize, to: &mut Vec<Self::Value>);
}

/// The most probable component.
struct Label;

impl BlockOutput for Label {
    type Value = i32;

    #[inline(always)]
    fn append<I: Isa>(&self, log_joint: &mut ByComponent, count: usize, to: &mut Vec<i32>) {
        to.extend_from_slice(&log_joint.argmax()[..count]);
    }
}

/// The log density.
struct LogDensity;

impl BlockOutput for LogDensity {
    type Value = f64;

    #[inline(always)]
    fn append<I: Isa>(&self, log_joint: &mut ByComponent, count: usize, to: &mut Vec<f64>) {
        to.extend_from_slice(&softmax::<I>(log_joint.values_mut(), LOWEST_EXPONENT)[..count]);
    }
}

/// The responsibilities of all components.
struct Probabilities;

impl BlockOutput for Probabilities {
    type Value = f64;

    #[inline(always)]
    fn append<I: Isa>(&self, log_joint: &mut ByComponent, count: usize, to: &mut Vec<f64>) {
        softmax::<I>(log_joint.values_mut(), LOWEST_EXPONENT);
        for lane in 0..count {
            to.extend(log_joint.values().iter().map(|joint| joint[lane]));
        }
    }
}

/// Computes an output for all points, in their order.
fn evaluate_points<F: Scalar, A: BlockOutput>(
    points: Centered<F>,
    densities: &Densities,
    output: &A,
) -> Vec<A::Value> {
    map_chunks(points.n(), 0, |rows| dispatch(EvaluateChunk { points, rows, densities, output }))
        .concat()
}

/// Work of one chunk: an output for the points of `rows`.
struct EvaluateChunk<'a, F, A> {
    points: Centered<'a, F>,
    rows: Range<usize>,
    densities: &'a Densities,
    output: &'a A,
}

impl<F: Scalar, A: BlockOutput> Kernel for EvaluateChunk<'_, F, A> {
    type Output = Vec<A::Value>;

    #[inline(always)]
    fn run<I: Isa>(self) -> Self::Output {
        let Self { points, rows, densities, output } = self;
        let mut block = vec![[0.0; BLOCK_LANES]; points.d()];
        let mut scratch = block.clone();
        let mut log_joint = ByComponent::new(densities.k());
        let mut out = Vec::new();
        for start in rows.clone().step_by(BLOCK_LANES) {
            let indices: [usize; BLOCK_LANES] = std::array::from_fn(|lane| start + lane);
            let rows = &indices[..BLOCK_LANES.min(rows.end - start)];
            load_simd_block(points, rows, &mut block);
            densities.evaluate::<I>(&block, &mut scratch, None, &mut log_joint);
            output.append::<I>(&mut log_joint, rows.len(), &mut out);
        }
        out
    }
}

/// Work of one chunk: the most probable component and the log density of the points of `rows`.
struct ScoreChunk<'a, F> {
    points: Centered<'a, F>,
    rows: Range<usize>,
    densities: &'a Densities,
    labels: Option<&'a [i32]>,
}

impl<F: Scalar> Kernel for ScoreChunk<'_, F> {
    type Output = Vec<(i32, f64)>;

    #[inline(always)]
    fn run<I: Isa>(self) -> Self::Output {
        let Self { points, rows, densities, labels } = self;
        let (first, k) = (rows.start, densities.k());
        let mut block = vec![[0.0; BLOCK_LANES]; points.d()];
        let mut scratch = block.clone();
        let mut log_joint = ByComponent::new(k);
        let mut scores = vec![(0, 0.0); rows.len()];
        for window in windows(rows, k) {
            for rows in in_order_of_labels(window, labels, k).chunks(BLOCK_LANES) {
                load_simd_block(points, rows, &mut block);
                let nearest = nearest_of_most(rows, labels);
                densities.evaluate::<I>(&block, &mut scratch, nearest, &mut log_joint);
                let best = log_joint.argmax();
                let densities = softmax::<I>(log_joint.values_mut(), NEGLIGIBLE);
                for (lane, &i) in rows.iter().enumerate() {
                    scores[i - first] = (best[lane], densities[lane]);
                }
            }
        }
        scores
    }
}
