//! The sums that the M step needs, collected in the pass that computes the responsibilities.

use std::ops::Range;

use ndarray::{Array1, Array2, Array3, Axis};

use super::centered::Centered;
use super::covariance::{CovarianceType, Covariances};
use super::panel::{LANES, Lanes, keep_loop, load, panels, panels_of};
use super::scatter::{Extent, Scatter, add_lanes, triangle};
use crate::Scalar;
use crate::kernel::mul_add;
use crate::parallel::{BLOCK_ROWS, blocks, map_chunks};
use crate::simd::{Isa, Kernel, dispatch};

/// Where the responsibilities of a panel come from.
pub(super) trait Responsibilities: Sync {
    /// Writes the responsibilities `(k, LANES)` of the points of `rows`, which are `panel` `(d, LANES)`, and returns their
    /// log densities. Lanes beyond `rows` may hold anything finite. Always inlined.
    fn fill<I: Isa>(
        &self,
        rows: Range<usize>,
        panel: &[Lanes],
        scratch: &mut [Lanes],
        to: &mut [Lanes],
    ) -> Lanes;
}

/// Sums over the points x with responsibilities r times their weight, around reference means m.
///
/// scikit-learn first forms the new means and then goes through the points again for the covariances. Around
/// the means of the iteration before, which are near, one pass gives the same: see [`Moments::parameters`].
struct Moments {
    extent: Extent,
    /// See [`Scatter`], shape `(k, width)`.
    sums: Array2<f64>,
    /// Sum over the points of weight times log density.
    log_likelihood: f64,
    /// Mean weight of a point.
    mean_weight: f64,
    n: usize,
}

/// Weights `(k,)`, means `(k, d)` from the origin of the points, and covariances that follow from
/// moments.
pub(super) struct Parameters {
    pub(super) weights: Array1<f64>,
    pub(super) means: Array2<f64>,
    pub(super) covariances: Covariances,
    /// Whether the means were near enough to those that the moments are around.
    precise: bool,
}

/// A step of a mean, in standard deviations, beyond which moments are collected once more: its
/// square takes more than 13 of the 53 binary digits of a variance.
const LONGEST_STEP: f64 = 100.0;

/// Most passes of an M step. Each brings a mean nearer by 2^50 or so, and the range of `f64` is
/// below 2^2100.
const MOST_PASSES: usize = 48;

/// The M step after an E step: the parameters that follow from the responsibilities, and the
/// weighted mean of the log densities. `means` `(k, d)` are near the new ones, usually those of the
/// iteration before; if they turn out to be far away, the points are gone through again around the
/// new means.
pub(super) fn maximize<F: Scalar>(
    points: Centered<F>,
    means: &Array2<f64>,
    kind: CovarianceType,
    reg_covar: f64,
    responsibilities: &impl Responsibilities,
) -> (Parameters, f64) {
    let moments = Moments::of(points, means, kind, responsibilities);
    let log_likelihood = moments.log_likelihood();
    let mut parameters = moments.parameters(means, kind, reg_covar);
    for _ in 1..MOST_PASSES {
        if parameters.precise {
            break;
        }
        let means = parameters.means;
        parameters = Moments::of(points, &means, kind, responsibilities).parameters(&means, kind, reg_covar);
        if parameters.means == means {
            break;
        }
    }
    (parameters, log_likelihood)
}

/// Means `(k, d)` alone, in one pass around `origins` `(k, d)`; a component without points stays at
/// its origin.
pub(super) fn means_around<F: Scalar>(
    points: Centered<F>,
    origins: &Array2<f64>,
    responsibilities: &impl Responsibilities,
) -> Array2<f64> {
    // Diagonals are the cheapest to collect, and nobody looks at them.
    let diagonal = CovarianceType::Diag;
    Moments::of(points, origins, diagonal, responsibilities).parameters(origins, diagonal, 0.0).means
}

/// Whether no step `(k, d)` of a mean is longer than [`LONGEST_STEP`] deviations, as the
/// covariances have them.
fn are_short(steps: &Array2<f64>, weights: &Array1<f64>, covariances: &Covariances) -> bool {
    let d = steps.ncols();
    let short = |square: f64, variance: f64| square <= LONGEST_STEP * LONGEST_STEP * variance;
    let each = |variance: &dyn Fn(usize, usize) -> f64| {
        steps.indexed_iter().all(|((c, i), step)| short(step * step, variance(c, i)))
    };
    match covariances {
        Covariances::Full(matrices) => each(&|c, i| matrices[[c, i, i]]),
        Covariances::Diag(variances) => each(&|c, i| variances[[c, i]]),
        Covariances::Spherical(variances) => {
            let rows = steps.outer_iter().zip(variances);
            rows.into_iter().all(|(step, &variance)| short(step.dot(&step) / d as f64, variance))
        }
        Covariances::Tied(matrix) => (0..d).all(|i| {
            let square: f64 = steps.column(i).iter().zip(weights).map(|(step, w)| w * step * step).sum();
            short(square / weights.sum(), matrix[[i, i]])
        }),
    }
}

impl Parameters {
    /// Parameters that come from somewhere else than moments.
    pub(super) fn given(weights: Array1<f64>, means: Array2<f64>, covariances: Covariances) -> Self {
        Self { weights, means, covariances, precise: true }
    }
}

impl Moments {
    /// The moments of all points around `means` `(k, d)`.
    fn of<F: Scalar>(
        points: Centered<F>,
        means: &Array2<f64>,
        kind: CovarianceType,
        responsibilities: &impl Responsibilities,
    ) -> Self {
        let (k, d) = means.dim();
        let extent = match kind {
            CovarianceType::Full | CovarianceType::Tied => Extent::Matrix,
            CovarianceType::Diag | CovarianceType::Spherical => Extent::Diagonal,
        };
        let width = extent.width(d);
        let means = means.as_standard_layout();
        let means = means.as_slice().expect("just laid out so");
        let (unit, mean_weight) = weight_unit(points);
        let partials = map_chunks(points.n(), size_of::<f64>() * k * width, |rows| {
            dispatch(Chunk { points, rows, means, extent, k, unit, responsibilities })
        });
        let mut sums = Array2::zeros((k, width));
        let mut log_likelihood = 0.0;
        for (partial, of_chunk) in partials {
            sums.iter_mut().zip(partial).for_each(|(sum, value)| *sum += value);
            log_likelihood += of_chunk;
        }
        Self { extent, sums, log_likelihood, mean_weight, n: points.n() }
    }

    /// Weighted mean of the log densities.
    fn log_likelihood(&self) -> f64 {
        self.log_likelihood / (self.mean_weight * self.n as f64)
    }

    /// The M step: parameters from moments around `means`.
    ///
    /// As scikit-learn, a component's weight is raised by 10 machine epsilons (of a point), so one that lost all its
    /// points divides by no zero: it keeps its mean, with `reg_covar` for a variance.
    ///
    /// With the step t of a mean, `sum r (x - m - t)(x - m - t)^T / w = sum r (x - m)(x - m)^T / w
    /// - t t^T`. Steps shrink as EM converges, so hardly anything is subtracted and no digits are
    /// lost; where that is not so, [`Parameters::precise`] is false.
    fn parameters(&self, means: &Array2<f64>, kind: CovarianceType, reg_covar: f64) -> Parameters {
        let weights = &self.sums.column(0) + 10.0 * f64::EPSILON * self.mean_weight;
        let steps =
            Array2::from_shape_fn(means.dim(), |(c, i)| self.sums[[c, self.shift_at(i)]] / weights[c]);
        let covariances = match kind {
            CovarianceType::Full => Covariances::Full(self.matrices(&weights, &steps, reg_covar)),
            CovarianceType::Tied => Covariances::Tied(self.shared_matrix(&weights, &steps, reg_covar)),
            CovarianceType::Diag => Covariances::Diag(self.variances(&weights, &steps, reg_covar)),
            CovarianceType::Spherical => {
                let variances = self.variances(&weights, &steps, reg_covar);
                Covariances::Spherical(variances.sum_axis(Axis(1)) / means.ncols() as f64)
            }
        };
        let precise = are_short(&steps, &weights, &covariances);
        Parameters { weights: &weights / weights.sum(), means: means + &steps, covariances, precise }
    }

    /// Where `sum r (x - m)_i` is in a row of sums.
    fn shift_at(&self, i: usize) -> usize {
        match self.extent {
            Extent::Matrix => triangle(i + 1),
            Extent::Diagonal => 1 + 2 * i,
        }
    }

    fn matrices(&self, weights: &Array1<f64>, steps: &Array2<f64>, reg_covar: f64) -> Array3<f64> {
        let (k, d) = steps.dim();
        let mut matrices = Array3::zeros((k, d, d));
        for c in 0..k {
            for i in 0..d {
                for j in 0..=i {
                    let product = self.sums[[c, triangle(i + 1) + 1 + j]];
                    let value = product / weights[c] - steps[[c, i]] * steps[[c, j]];
                    matrices[[c, i, j]] = value;
                    matrices[[c, j, i]] = value;
                }
                matrices[[c, i, i]] += reg_covar;
            }
        }
        matrices
    }

    fn shared_matrix(&self, weights: &Array1<f64>, steps: &Array2<f64>, reg_covar: f64) -> Array2<f64> {
        let (k, d) = steps.dim();
        let total = weights.sum();
        let mut matrix = Array2::zeros((d, d));
        for i in 0..d {
            for j in 0..=i {
                let at = triangle(i + 1) + 1 + j;
                let share = |c| self.sums[[c, at]] - weights[c] * steps[[c, i]] * steps[[c, j]];
                let value = (0..k).map(share).sum::<f64>() / total;
                matrix[[i, j]] = value;
                matrix[[j, i]] = value;
            }
            matrix[[i, i]] += reg_covar;
        }
        matrix
    }

    fn variances(&self, weights: &Array1<f64>, steps: &Array2<f64>, reg_covar: f64) -> Array2<f64> {
        let variance = |(c, i)| {
            let (square, step): (f64, f64) = (self.sums[[c, 2 + 2 * i]], steps[[c, i]]);
            square / weights[c] - step * step + reg_covar
        };
        Array2::from_shape_fn(steps.dim(), variance)
    }
}

/// A power of two that brings the mean weight near 1, so that sums of very small or large weights are as good as any;
/// and the mean weight in this unit.
fn weight_unit<F: Scalar>(points: Centered<F>) -> (f64, f64) {
    let Some(weights) = points.rows().weights() else { return (1.0, 1.0) };
    // Dividing first: as a sum of weights that is finite, so is this.
    let mean = weights.iter().sum::<f64>() / weights.len() as f64;
    let unit = (-mean.log2().floor().clamp(-1000.0, 1000.0)).exp2();
    (unit, mean * unit)
}

/// The sums `(k, width)` and the log-likelihood of the points of `rows`.
struct Chunk<'a, F, R> {
    points: Centered<'a, F>,
    rows: Range<usize>,
    /// Shape `(k, d)`.
    means: &'a [f64],
    extent: Extent,
    k: usize,
    /// Of weights.
    unit: f64,
    responsibilities: &'a R,
}

impl<F: Scalar, R: Responsibilities> Kernel for Chunk<'_, F, R> {
    type Output = (Vec<f64>, f64);

    #[inline(always)]
    fn run<I: Isa>(self) -> Self::Output {
        let Self { points, rows, means, extent, k, unit, responsibilities } = self;
        let d = points.d();
        let width = extent.width(d);
        let mut sums = vec![0.0; k * width];
        let mut log_likelihood = [0.0; LANES];
        let mut scatter = Scatter::new(extent, d);
        let mut block = vec![[0.0; LANES]; panels(BLOCK_ROWS) * d];
        let mut shares = vec![[0.0; LANES]; panels(BLOCK_ROWS) * k];
        let mut scratch = vec![[0.0; LANES]; d];
        for rows in blocks(rows) {
            let count = panels(rows.len());
            let (block, shares) = (&mut block[..count * d], &mut shares[..count * k]);
            for (rows, (panel, shares)) in
                panels_of(rows).zip(block.chunks_exact_mut(d).zip(shares.chunks_exact_mut(k)))
            {
                load(points, rows.clone(), panel);
                let log_density = responsibilities.fill::<I>(rows.clone(), panel, &mut scratch, shares);
                let weights = weights(points, rows, unit);
                for l in 0..LANES {
                    log_likelihood[l] = mul_add::<I, f64>(weights[l], log_density[l], log_likelihood[l]);
                }
                for share in shares {
                    keep_loop();
                    for l in 0..LANES {
                        share[l] *= weights[l];
                    }
                }
            }
            for (c, (mean, sums)) in means.chunks_exact(d).zip(sums.chunks_exact_mut(width)).enumerate() {
                scatter.add::<I>(block, shares.iter().skip(c).step_by(k), mean, sums);
            }
        }
        (sums, add_lanes(log_likelihood))
    }
}

/// The weights of the points of `rows` times `unit`, 0 in lanes without one.
#[inline(always)]
fn weights<F: Scalar>(points: Centered<F>, rows: Range<usize>, unit: f64) -> Lanes {
    let mut weights = [0.0; LANES];
    for (weight, i) in weights.iter_mut().zip(rows) {
        *weight = points.rows().weight(i) * unit;
    }
    weights
}
