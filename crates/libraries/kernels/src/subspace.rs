//! Randomized subspace iteration.

use ndarray::{Array2, NdFloat};
use rand::distributions::uniform::SampleUniform;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Finds orthonormal rows that nearly span the leading eigenvectors of a symmetric matrix.
///
/// The matrix `(d, d)` has no negative eigenvalues, as a covariance. `multiply` returns the product
/// of some rows and the matrix, `start` `(count, d)` are [`random_rows`], and `orthonormalize` gets
/// the products and the number of iterations that are left. Halko, Martinsson and Tropp, *Finding
/// structure with randomness*, SIAM Review 2011, algorithm 4.4.
///
/// ```
/// use kernels::{orthonormalize, random_rows, subspace_iteration};
/// use ndarray::{Array2, array};
///
/// let matrix = Array2::from_diag(&array![1.0, 9.0, 2.0]);
/// let rows = subspace_iteration(
///     random_rows(1, 3),
///     20,
///     |rows| rows.dot(&matrix),
///     |rows, left| orthonormalize(rows, if left > 0 { 1 } else { 2 }),
/// );
/// assert!((rows[[0, 1]].abs() - 1.0).abs() < 1e-12);
/// ```
pub fn subspace_iteration<T>(
    start: Array2<T>,
    iterations: usize,
    multiply: impl Fn(&Array2<T>) -> Array2<T>,
    orthonormalize: impl Fn(&mut Array2<T>, usize),
) -> Array2<T> {
    (0..iterations).rev().fold(start, |rows, left| {
        let mut rows = multiply(&rows);
        orthonormalize(&mut rows, left);
        rows
    })
}

/// Draws rows of values between -1 and 1, shape `(count, d)`, the same ones each time.
///
/// ```
/// let rows = kernels::random_rows::<f32>(2, 3);
/// assert!(rows.iter().all(|x| (-1.0..1.0).contains(x)));
/// assert_eq!(rows, kernels::random_rows(2, 3));
/// ```
pub fn random_rows<T: NdFloat + SampleUniform>(count: usize, d: usize) -> Array2<T> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    Array2::from_shape_fn((count, d), |_| rng.gen_range(-T::one()..T::one()))
}

#[cfg(test)]
mod tests {
    use ndarray::Array1;

    use super::*;
    use crate::{orthonormalize, orthonormalize_f32};

    #[test]
    fn rows_span_the_leading_eigenvectors() {
        let variances = Array1::from_shape_fn(30, |i| 0.25_f64.powi(i as i32));
        let matrix = Array2::from_diag(&variances);
        let orthonormalize = |rows: &mut Array2<f64>, _| orthonormalize(rows, 2);
        let rows =
            subspace_iteration(random_rows(4, 30), 20, |rows| rows.dot(&matrix), orthonormalize);
        let outside = rows.slice(ndarray::s![.., 4..]);
        assert!(outside.iter().all(|x| x.abs() < 1e-9));
        let matrix = matrix.mapv(|x| x as f32);
        let orthonormalize = |rows: &mut Array2<f32>, _| orthonormalize_f32(rows);
        let rows =
            subspace_iteration(random_rows(4, 30), 20, |rows| rows.dot(&matrix), orthonormalize);
        let outside = rows.slice(ndarray::s![.., 4..]);
        assert!(outside.iter().all(|x| x.abs() < 1e-5));
    }

    #[test]
    fn the_last_iteration_has_none_left() {
        let left = std::cell::RefCell::new(Vec::new());
        let rows = Array2::<f64>::eye(2);
        let found = subspace_iteration(
            rows.clone(),
            3,
            |rows| 2.0 * rows,
            |_, still| left.borrow_mut().push(still),
        );
        assert_eq!((found, left.into_inner()), (8.0 * rows, vec![2, 1, 0]));
    }
}
