//! Second moments around reference means, as much of them as the covariance type needs.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, Array3, ArrayView1, ArrayViewMut2, Axis};

use super::covariance::{CovarianceType, Covariances};

/// `sum r (x - m)(x - m)^T` over points x with responsibilities r, around reference means m.
pub(super) enum Scatter {
    /// Shape `(k, d, d)`.
    Own(Array3<f64>),
    /// Summed over the components, shape `(d, d)`.
    Shared(Array2<f64>),
    /// Diagonals, shape `(k, d)`.
    Diagonal(Array2<f64>),
}

impl Scatter {
    pub(super) fn zeros((k, d): (usize, usize), kind: CovarianceType) -> Self {
        match kind {
            CovarianceType::Full => Self::Own(Array3::zeros((k, d, d))),
            CovarianceType::Tied => Self::Shared(Array2::zeros((d, d))),
            CovarianceType::Diag | CovarianceType::Spherical => Self::Diagonal(Array2::zeros((k, d))),
        }
    }

    /// Bytes that [`Scatter::zeros`] takes.
    pub(super) fn bytes((k, d): (usize, usize), kind: CovarianceType) -> usize {
        size_of::<f64>() * kind.shape(k, d).iter().product::<usize>()
    }

    /// Adds component c's share of a block: `differences` = x - m, `weighted` = r (x - m), both `(rows, d)`.
    pub(super) fn add_block(&mut self, c: usize, differences: &Array2<f64>, weighted: &Array2<f64>) {
        match self {
            Self::Own(own) => {
                let mut own = own.index_axis_mut(Axis(0), c);
                general_mat_mul(1.0, &weighted.t(), differences, 1.0, &mut own);
            }
            Self::Shared(shared) => general_mat_mul(1.0, &weighted.t(), differences, 1.0, shared),
            Self::Diagonal(rows) => {
                let mut row = rows.row_mut(c);
                row += &(weighted * differences).sum_axis(Axis(0));
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        match (self, other) {
            (Self::Own(sum), Self::Own(part)) => *sum += part,
            (Self::Shared(sum), Self::Shared(part)) | (Self::Diagonal(sum), Self::Diagonal(part)) => {
                *sum += part;
            }
            _ => unreachable!("all chunks of one pass collect the same kind"),
        }
    }

    /// The covariances around the new means, which lie `steps` `(k, d)` from the reference means; `weights`
    /// `(k,)` are the sums of r.
    ///
    /// With the step t of a mean, `sum r (x - m - t)(x - m - t)^T / w = sum r (x - m)(x - m)^T / w - t t^T`.
    /// Steps shrink as EM converges, so hardly anything is subtracted and no digits are lost.
    pub(super) fn covariances(
        self,
        weights: &Array1<f64>,
        steps: &Array2<f64>,
        kind: CovarianceType,
        reg_covar: f64,
    ) -> Covariances {
        match self {
            Self::Own(mut own) => {
                for ((mut matrix, step), &weight) in own.outer_iter_mut().zip(steps.outer_iter()).zip(weights)
                {
                    matrix /= weight;
                    subtract_outer(&mut matrix, step, 1.0);
                    symmetrise(&mut matrix, reg_covar);
                }
                Covariances::Full(own)
            }
            Self::Shared(mut shared) => {
                let mut matrix = shared.view_mut();
                for (step, &weight) in steps.outer_iter().zip(weights) {
                    subtract_outer(&mut matrix, step, weight);
                }
                matrix /= weights.sum();
                symmetrise(&mut matrix, reg_covar);
                Covariances::Tied(shared)
            }
            Self::Diagonal(rows) => {
                let variances = rows / weights.view().insert_axis(Axis(1)) - steps * steps + reg_covar;
                if kind == CovarianceType::Diag {
                    return Covariances::Diag(variances);
                }
                Covariances::Spherical(variances.sum_axis(Axis(1)) / variances.ncols() as f64)
            }
        }
    }
}

/// `matrix -= weight step step^T`.
fn subtract_outer(matrix: &mut ArrayViewMut2<f64>, step: ArrayView1<f64>, weight: f64) {
    for (mut row, &t) in matrix.outer_iter_mut().zip(step) {
        row.scaled_add(-weight * t, &step);
    }
}

/// Makes the matrix exactly symmetric (products of rounded numbers are so only nearly) and adds to its
/// diagonal.
fn symmetrise(matrix: &mut ArrayViewMut2<f64>, reg_covar: f64) {
    for i in 0..matrix.nrows() {
        for j in 0..i {
            let mean = 0.5 * (matrix[[i, j]] + matrix[[j, i]]);
            matrix[[i, j]] = mean;
            matrix[[j, i]] = mean;
        }
        matrix[[i, i]] += reg_covar;
    }
}
