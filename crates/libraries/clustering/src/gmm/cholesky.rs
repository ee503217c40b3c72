//! Cholesky factors of precision matrices (inverse covariances).

use ndarray::{Array2, ArrayView2, Zip};

/// For each component c, U with `U U^T` = the inverse of its covariance, so that the squared Mahalanobis
/// distance is `|(x - mean) U|^2`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Factors {
    /// One upper triangle `(d, d)` per component.
    Own(Vec<Array2<f64>>),
    /// One upper triangle `(d, d)` for all.
    Shared(Array2<f64>),
    /// Diagonals, shape `(k, d)`: inverse standard deviations.
    Diagonal(Array2<f64>),
}

impl Factors {
    /// `ln det U` of component `c`: minus half the logarithm of the covariance's determinant.
    pub(super) fn log_determinant(&self, c: usize) -> f64 {
        match self {
            Self::Own(factors) => factors[c].diag().mapv(f64::ln).sum(),
            Self::Shared(factor) => factor.diag().mapv(f64::ln).sum(),
            Self::Diagonal(rows) => rows.row(c).mapv(f64::ln).sum(),
        }
    }
}

/// U with `U U^T` = the inverse of `covariance` `(d, d)`; `None` unless that is symmetric and positive
/// definite.
///
/// With `covariance = L L^T`, U is the transposed inverse of L, as scikit-learn's
/// `_compute_precision_cholesky`.
pub(super) fn precision_cholesky(covariance: ArrayView2<f64>) -> Option<Array2<f64>> {
    if !is_symmetric(covariance) {
        return None;
    }
    let lower = cholesky(covariance)?;
    Some(inverse_of_lower(&lower).reversed_axes().as_standard_layout().into_owned())
}

/// Symmetric up to the rounding that a file or another program may have added.
fn is_symmetric(matrix: ArrayView2<f64>) -> bool {
    const RELATIVE: f64 = 1e-8;
    let scale = matrix.iter().fold(0.0, |scale: f64, value| scale.max(value.abs()));
    Zip::from(matrix).and(matrix.t()).all(|a, b| (a - b).abs() <= RELATIVE * scale)
}

/// L with `L L^T = matrix`, from the lower triangle; `None` when a pivot is not positive.
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

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The inverse of a lower triangle, by forward substitution, row by row.
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
    fn refuses_what_is_not_positive_definite() {
        for matrix in
            [array![[1.0, 2.0], [2.0, 1.0]], array![[1.0, 0.5], [0.4, 1.0]], array![[f64::NAN, 0.], [0., 1.]]]
        {
            assert_eq!(precision_cholesky(matrix.view()), None, "{matrix}");
        }
    }
}
