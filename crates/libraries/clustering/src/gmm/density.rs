//! Log densities of all components for a SIMD block of points: the main work of the E step.

use kernels::simd::Isa;
use ndarray::{Array1, Array2};

use super::cholesky::PrecisionFactors;
use super::covariance::Covariances;
use super::packed_triangular::PackedTriangular;
use super::simd_block::{BLOCK_LANES, Lanes};
use crate::error::Error;
use crate::kernel::{keep_loop, mul_add};

/// Lowest log density, so that points too far away for `f64` do not give NaN.
const LOWEST: f64 = -1e290;

/// Largest distance between means, in standard deviations, for one whitening of all points: 2^20.
///
/// Beyond it, differences from one common origin lose more than 20 of their 53 binary digits, so
/// that the difference from each mean is whitened by itself.
const FARTHEST: f64 = 1_048_576.0;

/// Precomputed terms of `ln weight + ln N(x; mean, covariance)` for every component.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Densities {
    /// Shape `(k, d)`.
    means: Array2<f64>,
    whitening: Whitening,
    /// `ln weight + ln det U - d/2 ln 2 pi`, shape `(k,)`.
    constants: Array1<f64>,
}

/// The transformation of differences after which squares are squared Mahalanobis distances.
#[derive(Debug, Clone, PartialEq)]
enum Whitening {
    /// One factor per component, or a single factor for all components.
    Own(Vec<PackedTriangular>),
    /// One factor for all components, with which each point is whitened only once.
    ///
    /// The origin of the whitened coordinates is the mean of the largest component, `origin`
    /// `(d,)`; `means` `(k, d)` are whitened means.
    Shared { factor: PackedTriangular, origin: Vec<f64>, means: Array2<f64> },
    /// Inverse standard deviations, shape `(k, d)`.
    Diagonal(Array2<f64>),
}

impl Densities {
    /// Precomputes the terms of `weights` `(k,)`, `means` `(k, d)` and `covariances`.
    ///
    /// # Errors
    ///
    /// [`Error::NotPositiveDefinite`].
    pub(super) fn new(
        weights: &Array1<f64>,
        means: &Array2<f64>,
        covariances: &Covariances,
    ) -> Result<Self, Error> {
        let (k, d) = means.dim();
        let factors = covariances.factors((k, d))?;
        let log_normalizer = 0.5 * d as f64 * std::f64::consts::TAU.ln();
        let constant =
            |(c, weight): (usize, &f64)| weight.ln() + factors.log_determinant(c) - log_normalizer;
        let constants = weights.iter().enumerate().map(constant).collect();
        let means = means.as_standard_layout().into_owned();
        let whitening = match factors {
            PrecisionFactors::Own(factors) => Whitening::Own(
                factors.iter().map(|factor| PackedTriangular::new(factor.view())).collect(),
            ),
            PrecisionFactors::Shared(factor) => {
                let largest =
                    (1..k).fold(0, |most, c| if weights[c] > weights[most] { c } else { most });
                let origin = means.row(largest).to_owned();
                let whitened = (&means - &origin).dot(&factor).as_standard_layout().into_owned();
                let factor = PackedTriangular::new(factor.view());
                if whitened.iter().all(|x| x.abs() < FARTHEST) {
                    Whitening::Shared { factor, origin: origin.to_vec(), means: whitened }
                } else {
                    Whitening::Own(vec![factor])
                }
            }
            PrecisionFactors::Diagonal(rows) => {
                Whitening::Diagonal(rows.as_standard_layout().into_owned())
            }
        };
        Ok(Self { means, whitening, constants })
    }

    /// Returns the means, shape `(k, d)`.
    pub(super) fn means(&self) -> &Array2<f64> {
        &self.means
    }

    /// Returns the number of components.
    pub(super) fn k(&self) -> usize {
        self.constants.len()
    }

    /// Writes the weighted log densities of the points in `block` to `log_joint`.
    ///
    /// `block` and `scratch` are `(d, BLOCK_LANES)`, `log_joint` is `(k, BLOCK_LANES)`.
    #[inline(always)]
    pub(super) fn evaluate<I: Isa>(
        &self,
        block: &[Lanes],
        scratch: &mut [Lanes],
        log_joint: &mut [Lanes],
    ) {
        if let Whitening::Shared { factor, origin, .. } = &self.whitening {
            subtract(block, origin, scratch);
            factor.whiten_in_place::<I>(scratch);
        }
        for (c, joint) in log_joint.iter_mut().enumerate() {
            let mean = row(&self.means, c);
            match &self.whitening {
                Whitening::Own(factors) => {
                    subtract(block, mean, scratch);
                    factors[c.min(factors.len() - 1)].squares::<I>(scratch, joint);
                }
                Whitening::Shared { means, .. } => {
                    squares_around::<I>(scratch, row(means, c), joint);
                }
                Whitening::Diagonal(scales) => {
                    scaled_squares::<I>(block, mean, row(scales, c), joint);
                }
            }
        }
        for (joint, &constant) in log_joint.iter_mut().zip(&self.constants) {
            keep_loop();
            for value in joint {
                let log_density = mul_add::<I, f64>(*value, -0.5, constant);
                *value = if log_density > LOWEST { log_density } else { LOWEST };
            }
        }
    }
}

/// Returns row `i` of a matrix in C order.
#[inline(always)]
fn row(matrix: &Array2<f64>, i: usize) -> &[f64] {
    let d = matrix.ncols();
    &matrix.as_slice().expect("matrices of Densities are in C order")[i * d..(i + 1) * d]
}

/// Writes the columns of `block` minus `mean` `(d,)` to `differences`.
#[inline(always)]
fn subtract(block: &[Lanes], mean: &[f64], differences: &mut [Lanes]) {
    for ((to, x), &m) in differences.iter_mut().zip(block).zip(mean) {
        keep_loop();
        let mut difference = [0.0; BLOCK_LANES];
        for l in 0..BLOCK_LANES {
            difference[l] = x[l] - m;
        }
        *to = difference;
    }
}

/// Computes `sum ((x - mean) scale)^2` of each lane.
#[inline(always)]
fn scaled_squares<I: Isa>(block: &[Lanes], mean: &[f64], scales: &[f64], squares: &mut Lanes) {
    let mut sums = [0.0; BLOCK_LANES];
    for ((x, &m), &scale) in block.iter().zip(mean).zip(scales) {
        for l in 0..BLOCK_LANES {
            let y = (x[l] - m) * scale;
            sums[l] = mul_add::<I, f64>(y, y, sums[l]);
        }
    }
    *squares = sums;
}

/// Computes `sum (x - mean)^2` of each lane.
#[inline(always)]
fn squares_around<I: Isa>(block: &[Lanes], mean: &[f64], squares: &mut Lanes) {
    let mut sums = [0.0; BLOCK_LANES];
    for (x, &m) in block.iter().zip(mean) {
        for l in 0..BLOCK_LANES {
            let y = x[l] - m;
            sums[l] = mul_add::<I, f64>(y, y, sums[l]);
        }
    }
    *squares = sums;
}
