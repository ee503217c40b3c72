//! Log densities of all components on a panel of points: the heart of the E step.

use ndarray::{Array1, Array2};

use super::cholesky::Factors;
use super::covariance::Covariances;
use super::panel::{LANES, Lanes, keep_loop};
use super::triangle::Triangle;
use crate::Error;
use crate::kernel::mul_add;
use crate::simd::Isa;

/// Log densities never go below this, so that points too far away for `f64` give no NaN.
const LOWEST: f64 = -1e290;

/// Distance between means, in standard deviations, from which on points are measured from each mean
/// by itself: around one origin for all they would lose more than 20 of their 53 binary digits.
const FARTHEST: f64 = 1_048_576.0;

/// What is needed to evaluate `ln weight + ln N(x; mean, covariance)` for every component.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Densities {
    /// Shape `(k, d)`.
    means: Array2<f64>,
    whitening: Whitening,
    /// `ln weight + ln det U - d/2 ln 2 pi`, shape `(k,)`.
    constants: Array1<f64>,
}

/// How a difference from a mean becomes one whose square is the Mahalanobis distance.
#[derive(Debug, Clone, PartialEq)]
enum Whitening {
    /// A factor per component; or one alone, which is that of all.
    Own(Vec<Triangle>),
    /// One factor for all: points are whitened once, around `origin` `(d,)`, the mean of the
    /// largest component, and compared with the means whitened likewise, `means` `(k, d)`.
    Shared { factor: Triangle, origin: Vec<f64>, means: Array2<f64> },
    /// Inverse standard deviations, shape `(k, d)`.
    Diagonal(Array2<f64>),
}

impl Densities {
    /// Errors: [`Error::NotPositiveDefinite`].
    pub(super) fn new(
        weights: &Array1<f64>,
        means: &Array2<f64>,
        covariances: &Covariances,
    ) -> Result<Self, Error> {
        let (k, d) = means.dim();
        let factors = covariances.factors((k, d))?;
        let normaliser = 0.5 * d as f64 * std::f64::consts::TAU.ln();
        let constant = |(c, weight): (usize, &f64)| weight.ln() + factors.log_determinant(c) - normaliser;
        let constants = weights.iter().enumerate().map(constant).collect();
        let means = means.as_standard_layout().into_owned();
        let whitening = match factors {
            Factors::Own(factors) => {
                Whitening::Own(factors.iter().map(|factor| Triangle::new(factor.view())).collect())
            }
            Factors::Shared(factor) => {
                let largest = (1..k).fold(0, |most, c| if weights[c] > weights[most] { c } else { most });
                let origin = means.row(largest).to_owned();
                let whitened = (&means - &origin).dot(&factor).as_standard_layout().into_owned();
                let factor = Triangle::new(factor.view());
                if whitened.iter().all(|x| x.abs() < FARTHEST) {
                    Whitening::Shared { factor, origin: origin.to_vec(), means: whitened }
                } else {
                    Whitening::Own(vec![factor])
                }
            }
            Factors::Diagonal(rows) => Whitening::Diagonal(rows.as_standard_layout().into_owned()),
        };
        Ok(Self { means, whitening, constants })
    }

    /// The means, shape `(k, d)`.
    pub(super) fn means(&self) -> &Array2<f64> {
        &self.means
    }

    /// Number of components.
    pub(super) fn k(&self) -> usize {
        self.constants.len()
    }

    /// Writes the weighted log densities of the points in `panel` `(d, LANES)` to `log_joint` `(k, LANES)`; `scratch` is
    /// as large as `panel`.
    #[inline(always)]
    pub(super) fn evaluate<I: Isa>(&self, panel: &[Lanes], scratch: &mut [Lanes], log_joint: &mut [Lanes]) {
        if let Whitening::Shared { factor, origin, .. } = &self.whitening {
            subtract(panel, origin, scratch);
            factor.whiten_in_place::<I>(scratch);
        }
        for (c, joint) in log_joint.iter_mut().enumerate() {
            let mean = row(&self.means, c);
            match &self.whitening {
                Whitening::Own(factors) => {
                    subtract(panel, mean, scratch);
                    factors[c.min(factors.len() - 1)].squares::<I>(scratch, joint);
                }
                Whitening::Shared { means, .. } => squares_around::<I>(scratch, row(means, c), joint),
                Whitening::Diagonal(scales) => scaled_squares::<I>(panel, mean, row(scales, c), joint),
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

#[inline(always)]
fn row(matrix: &Array2<f64>, i: usize) -> &[f64] {
    let d = matrix.ncols();
    &matrix.as_slice().expect("matrices of Densities are in C order")[i * d..(i + 1) * d]
}

/// Writes the columns `panel` minus `mean` `(d,)` to `differences`.
#[inline(always)]
fn subtract(panel: &[Lanes], mean: &[f64], differences: &mut [Lanes]) {
    for ((to, x), &m) in differences.iter_mut().zip(panel).zip(mean) {
        keep_loop();
        let mut difference = [0.0; LANES];
        for l in 0..LANES {
            difference[l] = x[l] - m;
        }
        *to = difference;
    }
}

/// `sum ((x - mean) scale)^2` of each lane.
#[inline(always)]
fn scaled_squares<I: Isa>(panel: &[Lanes], mean: &[f64], scales: &[f64], squares: &mut Lanes) {
    let mut sums = [0.0; LANES];
    for ((x, &m), &scale) in panel.iter().zip(mean).zip(scales) {
        for l in 0..LANES {
            let y = (x[l] - m) * scale;
            sums[l] = mul_add::<I, f64>(y, y, sums[l]);
        }
    }
    *squares = sums;
}

/// `sum (x - mean)^2` of each lane.
#[inline(always)]
fn squares_around<I: Isa>(panel: &[Lanes], mean: &[f64], squares: &mut Lanes) {
    let mut sums = [0.0; LANES];
    for (x, &m) in panel.iter().zip(mean) {
        for l in 0..LANES {
            let y = x[l] - m;
            sums[l] = mul_add::<I, f64>(y, y, sums[l]);
        }
    }
    *squares = sums;
}
