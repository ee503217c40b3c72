//! Cholesky factors of precision matrices (inverse covariances).

use ndarray::{Array2, ArrayView2, Zip};

/// Factors U of the precision matrices: `U U^T` is the inverse of a component's covariance.
///
/// The squared Mahalanobis distance is `|(x - mean) U|^2`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum PrecisionFactors {
    /// One upper triangular matrix `(d, d)` per component.
    Own(Vec<Array2<f64>>),
    /// One upper triangular matrix `(d, d)` for all components.
    Shared(Array2<f64>),
    /// Diagonals: the inverse standard deviations, shape `(k, d)`.
    Diagonal(Array2<f64>),
}

impl PrecisionFactors {
    /// Computes `ln det U` of component `c`: minus half the log-determinant of its covariance.
    pub(super) fn log_determinant(&self, c: usize) -> f64 {
        match self {
            Self::Own(factors) => factors[c].diag().mapv(f64::ln).sum(),
            Self::Shared(factor) => factor.diag().mapv(f64::ln).sum(),
            Self::Diagonal(rows) => rows.row(c).mapv(f64::ln).sum(),
        }
    }
}

/// Computes U with `U U^T` = the inverse of `covariance` `(d, d)`.
///
/// Returns `None` unless the covariance is symmetric and positive definite. With
/// `covariance = L L^T`, U is the transposed inverse of L, as in scikit-learn's
/// `_compute_precision_cholesky`.
pub(super) fn precision_cholesky(covariance: ArrayView2<f64>) -> Option<Array2<f64>> {
    if !is_symmetric(covariance) {
        return None;
    }
    let lower = cholesky(covariance)?;
    Some(inverse_of_lower(&lower).reversed_axes().as_standard_layout().into_owned())
}

/// Returns whether a matrix is symmetric, up to the rounding of a file or another program.
fn is_symmetric(matrix: ArrayView2<f64>) -> bool {
    /// Largest difference, relative to the largest value.
    ///
    /// scikit-learn computes in the precision of its points. In single precision, the two halves
    /// of what it takes for the covariance that all share differ by this for points far from 0.
    const RELATIVE: f64 = 1e-4;
    let scale = matrix.iter().fold(0.0, |scale: f64, value| scale.max(value.abs()));
    Zip::from(matrix).and(matrix.t()).all(|a, b| (a - b).abs() <= RELATIVE * scale)
}

/// Computes L with `L L^T = matrix` from its lower triangular part; `None` if a pivot is not
/// positive.
fn cholesky(matrix: ArrayView2<f64>) -> Option<Array2<f64>> {
    let d = matrix.nrows();
    let mut lower = vec![0.0; d * d];
    for i in 0..d {
        let (before, row) = lower.split_at_mut(i * d);
        for j in 0..i {
            let other = &before[j * d..=j * d + j];
            let rest = matrix[[i, j]] - dot(&row[..j], &other[..j]);
            row[j] = rest / other[j];
        }
        let rest = matrix[[i, i]] - dot(&row[..i], &row[..i]);
        if !(rest.is_finite() && rest > 0.0) {
            return None;
        }
        row[i] = rest.sqrt();
    }
    Some(Array2::from_shape_vec((d, d), lower).expect("d rows of d"))
}

/// Computes the inner product of two rows.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Inverts a lower triangular matrix by forward substitution, row by row.
fn inverse_of_lower(lower: &Array2<f64>) -> Array2<f64> {
    let d = lower.nrows();
    let mut inverse = vec![0.0; d * d];
    for i in 0..d {
        let (before, row) = inverse.split_at_mut(i * d);
        row[i] = 1.0;
        for (j, other) in before.chunks_exact(d).enumerate() {
            let factor = lower[[i, j]];
            for (to, value) in row[..=j].iter_mut().zip(other) {
                *to -= factor * value;
            }
        }
        row[..=i].iter_mut().for_each(|value| *value /= lower[[i, i]]);
    }
    Array2::from_shape_vec((d, d), inverse).expect("d rows of d")
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn by_hand() {
        // [[4, 2], [2, 5]] = L L^T with L = [[2, 0], [1, 2]].
        let factor = precision_cholesky(array![[4.0, 2.0], [2.0, 5.0]].view());
        assert_eq!(factor, Some(array![[0.5, -0.25], [0.0, 0.5]]));
    }

    #[test]
    fn halves_may_differ_by_the_rounding_of_another_program() {
        assert!(precision_cholesky(array![[4.0, 2.0], [2.0001, 5.0]].view()).is_some());
        assert_eq!(precision_cholesky(array![[4.0, 2.0], [2.001, 5.0]].view()), None);
    }

    #[test]
    fn refuses_what_is_not_positive_definite() {
        for matrix in [
            array![[1.0, 2.0], [2.0, 1.0]],
            array![[1.0, 0.5], [0.4, 1.0]],
            array![[f64::NAN, 0.], [0., 1.]],
        ] {
            assert_eq!(precision_cholesky(matrix.view()), None, "{matrix}");
        }
    }
}
