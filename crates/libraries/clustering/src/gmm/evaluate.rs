//! What a mixture says about points, without fitting: labels, probabilities, log densities.

use std::ops::Range;

use super::centered::Centered;
use super::density::Densities;
use super::panel::{LANES, Lanes, load, panels_of};
use super::posterior::{highest, normalise};
use crate::Scalar;
use crate::parallel::map_chunks;
use crate::simd::{Isa, Kernel, dispatch};

/// Assignments `(n,)` and the weighted mean of the log densities.
pub(super) struct Scores {
    pub(super) labels: Vec<i32>,
    pub(super) log_likelihood: f64,
}

pub(super) fn scores<F: Scalar>(points: Centered<F>, densities: &Densities) -> Scores {
    let pairs = of_points(points, densities, &LabelAndDensity);
    // A weighted mean of weights of any size: only their ratios count.
    let rows = points.rows();
    let total: f64 = (0..rows.n()).map(|i| rows.weight(i)).sum();
    let weighted = pairs.iter().enumerate().map(|(i, (_, score))| rows.weight(i) / total * score);
    let log_likelihood = match rows.weights() {
        None => pairs.iter().map(|(_, score)| score).sum::<f64>() / total,
        Some(_) => weighted.sum(),
    };
    Scores { labels: pairs.into_iter().map(|(label, _)| label).collect(), log_likelihood }
}

/// Most probable component of each point, shape `(n,)`.
pub(super) fn labels<F: Scalar>(points: Centered<F>, densities: &Densities) -> Vec<i32> {
    of_points(points, densities, &Label)
}

/// Shape `(n, k)`, row by row.
pub(super) fn probabilities<F: Scalar>(points: Centered<F>, densities: &Densities) -> Vec<f64> {
    of_points(points, densities, &Probabilities)
}

/// Shape `(n,)`.
pub(super) fn log_densities<F: Scalar>(points: Centered<F>, densities: &Densities) -> Vec<f64> {
    of_points(points, densities, &LogDensity)
}

/// What is wanted of a panel.
trait Answer: Sync {
    type Value: Clone + Send;
    /// Appends what the first `count` points have to say, from the weighted log densities `(k, LANES)`. Always inlined.
    fn append<I: Isa>(&self, log_joint: &mut [Lanes], count: usize, to: &mut Vec<Self::Value>);
}

struct Label;

impl Answer for Label {
    type Value = i32;

    #[inline(always)]
    fn append<I: Isa>(&self, log_joint: &mut [Lanes], count: usize, to: &mut Vec<i32>) {
        to.extend_from_slice(&highest(log_joint)[..count]);
    }
}

struct LabelAndDensity;

impl Answer for LabelAndDensity {
    type Value = (i32, f64);

    #[inline(always)]
    fn append<I: Isa>(&self, log_joint: &mut [Lanes], count: usize, to: &mut Vec<(i32, f64)>) {
        let labels = highest(log_joint);
        let scores = normalise::<I>(log_joint);
        to.extend(labels.into_iter().zip(scores).take(count));
    }
}

struct LogDensity;

impl Answer for LogDensity {
    type Value = f64;

    #[inline(always)]
    fn append<I: Isa>(&self, log_joint: &mut [Lanes], count: usize, to: &mut Vec<f64>) {
        to.extend_from_slice(&normalise::<I>(log_joint)[..count]);
    }
}

struct Probabilities;

impl Answer for Probabilities {
    type Value = f64;

    #[inline(always)]
    fn append<I: Isa>(&self, log_joint: &mut [Lanes], count: usize, to: &mut Vec<f64>) {
        normalise::<I>(log_joint);
        for lane in 0..count {
            to.extend(log_joint.iter().map(|joint| joint[lane]));
        }
    }
}

/// The answers of all points, in their order.
fn of_points<F: Scalar, A: Answer>(points: Centered<F>, densities: &Densities, answer: &A) -> Vec<A::Value> {
    map_chunks(points.n(), 0, |rows| dispatch(Chunk { points, rows, densities, answer })).concat()
}

struct Chunk<'a, F, A> {
    points: Centered<'a, F>,
    rows: Range<usize>,
    densities: &'a Densities,
    answer: &'a A,
}

impl<F: Scalar, A: Answer> Kernel for Chunk<'_, F, A> {
    type Output = Vec<A::Value>;

    #[inline(always)]
    fn run<I: Isa>(self) -> Self::Output {
        let Self { points, rows, densities, answer } = self;
        let mut panel = vec![[0.0; LANES]; points.d()];
        let mut scratch = panel.clone();
        let mut log_joint = vec![[0.0; LANES]; densities.k()];
        let mut out = Vec::new();
        for rows in panels_of(rows) {
            load(points, rows.clone(), &mut panel);
            densities.evaluate::<I>(&panel, &mut scratch, &mut log_joint);
            answer.append::<I>(&mut log_joint, rows.len(), &mut out);
        }
        out
    }
}
