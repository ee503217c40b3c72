//! The M step: parameters from sufficient statistics.

use ndarray::{Array1, Array2, Array3, Axis};

use super::centered::Centered;
use super::covariance::{CovarianceType, Covariances};
use super::responsibilities::Responsibilities;
use super::sufficient_stats::SufficientStats;
use super::weighted_outer::SecondMoments;
use crate::scalar::Scalar;

/// Parameters of a mixture, with means measured from the origin of the points.
pub(super) struct Parameters {
    /// Shape `(k,)`.
    pub(super) weights: Array1<f64>,
    /// Shape `(k, d)`.
    pub(super) means: Array2<f64>,
    pub(super) covariances: Covariances,
    /// Whether the reference means of the sufficient statistics were close enough to the new ones.
    precise: bool,
}

impl Parameters {
    /// Takes parameters that do not come from sufficient statistics.
    pub(super) fn given(
        weights: Array1<f64>,
        means: Array2<f64>,
        covariances: Covariances,
    ) -> Self {
        Self { weights, means, covariances, precise: true }
    }
}

/// Labels, sums and memory that one M step leaves to the next.
#[derive(Default)]
pub(super) struct Kept {
    /// The most probable component of each point, shape `(n,)`.
    pub(super) labels: Option<Vec<i32>>,
    /// Share of the components that SIMD blocks of points needed.
    pub(super) share: f64,
    /// The second-order sums over all components together, if they share one covariance.
    together: Option<Vec<f64>>,
    /// Memory for sums. To take so much from the system anew, and to give it back, would cost more
    /// than the sums.
    memory: Vec<f64>,
}

/// Longest step of a mean, in standard deviations, after which no second pass is needed.
///
/// The square of a longer step takes more than 13 of the 53 binary digits of a variance.
const LONGEST_STEP: f64 = 100.0;

/// Most passes over the points in one M step.
///
/// Each pass brings a mean closer by a factor of about 2^50, and the range of `f64` is below
/// 2^2100.
const MOST_PASSES: usize = 48;

/// Computes new parameters from responsibilities, and the weighted mean of the log densities.
///
/// `means` `(k, d)` are the reference means, usually those of the previous iteration. If the new
/// means are far from them, the statistics are computed once more around the new means. `kept` is
/// from the step before with the same points, whose responsibilities summed to 1.
pub(super) fn m_step<F: Scalar>(
    points: Centered<F>,
    means: &Array2<f64>,
    kind: CovarianceType,
    reg_covar: f64,
    responsibilities: &impl Responsibilities,
    kept: &mut Kept,
) -> (Parameters, f64) {
    let Kept { together, memory, .. } = &mut *kept;
    let mut collect = |means: &_, second_moments, together: Option<&[f64]>| {
        SufficientStats::collect(points, means, second_moments, together, responsibilities, memory)
    };
    if kind == CovarianceType::Tied {
        let stats = collect(means, SecondMoments::Together, together.as_deref());
        if let Some(parameters) = stats.tied_parameters(means, reg_covar) {
            let log_likelihood = stats.log_likelihood();
            kept.share = stats.share();
            let (labels, together) = stats.into_labels_and_together();
            (kept.labels, kept.together) = (Some(labels), Some(together));
            return (parameters, log_likelihood);
        }
    }
    let second_moments = match kind {
        CovarianceType::Full | CovarianceType::Tied => SecondMoments::Matrix,
        CovarianceType::Diag | CovarianceType::Spherical => SecondMoments::Diagonal,
    };
    let stats = collect(means, second_moments, None);
    let log_likelihood = stats.log_likelihood();
    let mut parameters = stats.parameters(means, kind, reg_covar);
    for _ in 1..MOST_PASSES {
        if parameters.precise {
            break;
        }
        let means = parameters.means;
        parameters = collect(&means, second_moments, None).parameters(&means, kind, reg_covar);
        if parameters.means == means {
            break;
        }
    }
    kept.share = stats.share();
    kept.labels = Some(stats.into_labels_and_together().0);
    (parameters, log_likelihood)
}

/// Computes the means `(k, d)` alone, in one pass around the reference means `origins` `(k, d)`.
///
/// A component without points stays at its origin.
pub(super) fn means_around<F: Scalar>(
    points: Centered<F>,
    origins: &Array2<f64>,
    responsibilities: &impl Responsibilities,
) -> Array2<f64> {
    // Squares are cheap to collect, and they are not used.
    let squares = SecondMoments::Diagonal;
    let stats =
        SufficientStats::collect(points, origins, squares, None, responsibilities, &mut Vec::new());
    stats.parameters(origins, CovarianceType::Diag, 0.0).means
}

/// Returns whether all `steps` `(k, d)` of means are at most [`LONGEST_STEP`] deviations long.
fn steps_are_short(steps: &Array2<f64>, weights: &Array1<f64>, covariances: &Covariances) -> bool {
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
            let square: f64 =
                steps.column(i).iter().zip(weights).map(|(step, w)| w * step * step).sum();
            short(square / weights.sum(), matrix[[i, i]])
        }),
    }
}

impl SufficientStats {
    /// Computes parameters from sufficient statistics around the reference `means` `(k, d)`.
    ///
    /// As in scikit-learn, the weight of a component is raised by 10 machine epsilons (of a point),
    /// so that a component without points does not divide by zero. It keeps its mean, and its
    /// variances are `reg_covar`.
    ///
    /// With the step t of a mean, `sum r (x - m - t)(x - m - t)^T / w` equals
    /// `sum r (x - m)(x - m)^T / w - t t^T`. Steps shrink as EM converges, so the difference loses
    /// hardly any digits; if a step is long, [`Parameters::precise`] is false.
    fn parameters(&self, means: &Array2<f64>, kind: CovarianceType, reg_covar: f64) -> Parameters {
        let weights = &self.weights() + 10.0 * f64::EPSILON * self.mean_weight();
        let steps =
            Array2::from_shape_fn(means.dim(), |(c, i)| self.first_moment(c, i) / weights[c]);
        let covariances = match kind {
            CovarianceType::Full => Covariances::Full(self.matrices(&weights, &steps, reg_covar)),
            CovarianceType::Tied => {
                Covariances::Tied(self.shared_matrix(&weights, &steps, reg_covar))
            }
            CovarianceType::Diag => Covariances::Diag(self.variances(&weights, &steps, reg_covar)),
            CovarianceType::Spherical => {
                let variances = self.variances(&weights, &steps, reg_covar);
                Covariances::Spherical(variances.sum_axis(Axis(1)) / means.ncols() as f64)
            }
        };
        let precise = steps_are_short(&steps, &weights, &covariances);
        let means = means + &steps;
        Parameters { weights: &weights / weights.sum(), means, covariances, precise }
    }

    /// Computes parameters with one covariance for all components from
    /// [`SecondMoments::Together`].
    ///
    /// With the new means m', `sum r (x - m')(x - m')^T` over points and components equals
    /// `sum r x x^T - sum w m' m'^T`, which needs no products of each component; scikit-learn
    /// computes it so, too. Returns `None` if a step of a mean is long, or means lie so far apart
    /// that the difference would lose more digits than after such a step.
    fn tied_parameters(&self, means: &Array2<f64>, reg_covar: f64) -> Option<Parameters> {
        let weights = &self.weights() + 10.0 * f64::EPSILON * self.mean_weight();
        let (d, total) = (means.ncols(), weights.sum());
        let steps =
            Array2::from_shape_fn(means.dim(), |(c, i)| self.first_moment(c, i) / weights[c]);
        let means = means + &steps;
        // A component without points has no part in this, wherever its mean is.
        let weighted = &means * &self.weights().insert_axis(Axis(1));
        let between = means.t().dot(&weighted);
        let mut matrix = Array2::zeros((d, d));
        for i in 0..d {
            for j in 0..=i {
                let value = (self.product_together(i, j) - between[[i, j]]) / total;
                matrix[[i, j]] = value;
                matrix[[j, i]] = value;
            }
            matrix[[i, i]] += reg_covar;
            let whole = self.product_together(i, i) / total;
            // A value that is not a number is not precise.
            let precise = whole <= LONGEST_STEP * LONGEST_STEP * matrix[[i, i]];
            if !precise {
                return None;
            }
        }
        let covariances = Covariances::Tied(matrix);
        if !steps_are_short(&steps, &weights, &covariances) {
            return None;
        }
        Some(Parameters { weights: weights / total, means, covariances, precise: true })
    }

    /// Computes the covariance of each component, shape `(k, d, d)`.
    fn matrices(&self, weights: &Array1<f64>, steps: &Array2<f64>, reg_covar: f64) -> Array3<f64> {
        let (k, d) = steps.dim();
        let mut matrices = Array3::zeros((k, d, d));
        for c in 0..k {
            for i in 0..d {
                for j in 0..=i {
                    let product = self.product(c, i, j);
                    let value = product / weights[c] - steps[[c, i]] * steps[[c, j]];
                    matrices[[c, i, j]] = value;
                    matrices[[c, j, i]] = value;
                }
                matrices[[c, i, i]] += reg_covar;
            }
        }
        matrices
    }

    /// Computes the covariance that all components share, shape `(d, d)`.
    fn shared_matrix(
        &self,
        weights: &Array1<f64>,
        steps: &Array2<f64>,
        reg_covar: f64,
    ) -> Array2<f64> {
        let (k, d) = steps.dim();
        let total = weights.sum();
        let mut matrix = Array2::zeros((d, d));
        for i in 0..d {
            for j in 0..=i {
                let share = |c| self.product(c, i, j) - weights[c] * steps[[c, i]] * steps[[c, j]];
                let value = (0..k).map(share).sum::<f64>() / total;
                matrix[[i, j]] = value;
                matrix[[j, i]] = value;
            }
            matrix[[i, i]] += reg_covar;
        }
        matrix
    }

    /// Computes the variance of each feature in each component, shape `(k, d)`.
    fn variances(&self, weights: &Array1<f64>, steps: &Array2<f64>, reg_covar: f64) -> Array2<f64> {
        let variance = |(c, i)| {
            let (square, step): (f64, f64) = (self.square(c, i), steps[[c, i]]);
            square / weights[c] - step * step + reg_covar
        };
        Array2::from_shape_fn(steps.dim(), variance)
    }
}
