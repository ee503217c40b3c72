//! Leading eigenvectors of a scatter matrix, exact or by randomized subspace iteration.

use kernels::{orthonormalize, random_rows, subspace_iteration};
use linfa_linalg::eigh::{EigSort, Eigh};
use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, s};

use crate::scatter_matrix::{
    MAX_EXACT_FEATURES, MAX_EXACT_POINTS, OVERSAMPLES, ScatterMatrix, iterations,
};
use crate::value::Value;

/// Variance, as a share of the largest, at and below which a component is nothing but rounding.
const LEAST_VARIANCE: f64 = 1e-13;

/// Finds the `count` largest eigenvalues `(count,)` and their eigenvectors `(count, d)`.
///
/// Eigenvalues fall; eigenvectors are orthonormal rows. Both are 0 beyond the rank of the matrix.
pub(crate) fn leading<T: Value>(
    matrix: &ScatterMatrix<T>,
    count: usize,
) -> (Array1<f64>, Array2<f64>) {
    let d = matrix.d();
    let width = match matrix {
        ScatterMatrix::Implicit { .. } if matrix.max_rank() <= MAX_EXACT_POINTS => {
            matrix.max_rank()
        }
        _ => (count + OVERSAMPLES).min(d),
    };
    let basis = match matrix {
        ScatterMatrix::Dense(_) if d <= MAX_EXACT_FEATURES || width == d => Array2::eye(d),
        _ => subspace(matrix, width, iterations(count, matrix.max_rank())),
    };
    // Rayleigh and Ritz: the best approximations of eigenvectors within this subspace.
    let products = matrix.multiply(&basis);
    let Eigen { values, unit, vectors } = eigen(products.dot(&basis.t()));
    let found = count.min(values.len());
    let mut components = Array2::zeros((count, d));
    general_mat_mul(
        1.0,
        &vectors.slice(s![.., ..found]).t(),
        &basis,
        0.0,
        &mut components.slice_mut(s![..found, ..]),
    );
    let largest = values.iter().fold(0.0, |most: f64, &value| most.max(value));
    let mut eigenvalues = Array1::zeros(count);
    for (at, &value) in values.iter().take(found).enumerate() {
        if value <= LEAST_VARIANCE * largest {
            components.row_mut(at).fill(0.0);
        } else {
            eigenvalues[at] = value * unit;
        }
    }
    orient(&mut components, 2);
    (eigenvalues, components)
}

/// Makes components orthonormal, with a positive entry where they are largest in magnitude.
///
/// `passes` are those of [`orthonormalize`].
pub(crate) fn orient(components: &mut Array2<f64>, passes: usize) {
    for mut component in components.outer_iter_mut() {
        let larger = |peak: f64, &x: &f64| if x.abs() > peak.abs() { x } else { peak };
        let peak = component.iter().fold(0.0, larger);
        if peak < 0.0 {
            component.mapv_inplace(|x| -x);
        }
    }
    orthonormalize(components, passes);
}

/// Finds `width` orthonormal vectors in the range of a power of the matrix.
fn subspace<T: Value>(matrix: &ScatterMatrix<T>, width: usize, iterations: usize) -> Array2<f64> {
    let mut start = random_rows(width, matrix.d());
    orthonormalize(&mut start, 1);
    let multiply = |vectors: &Array2<f64>| {
        let mut products = matrix.multiply(vectors);
        // Squares of very large or small values would overflow or vanish.
        let largest = products.fold(0.0, |most: f64, x| most.max(x.abs()));
        if largest > 0.0 && largest.is_finite() {
            products /= largest;
        }
        products
    };
    subspace_iteration(start, iterations, multiply, |vectors, left| {
        // The second pass removes what rounding leaves of other vectors; only the end needs it.
        orthonormalize(vectors, if left > 0 { 1 } else { 2 });
    })
}

/// Eigenvalues and eigenvectors of a symmetric matrix.
struct Eigen {
    /// Eigenvalues over `unit`, falling.
    values: Array1<f64>,
    /// Largest magnitude in the matrix, or 1 if there is none above 0.
    unit: f64,
    /// Eigenvectors in columns.
    vectors: Array2<f64>,
}

/// Finds the eigenvalues and eigenvectors of a symmetric matrix.
fn eigen(matrix: Array2<f64>) -> Eigen {
    // In this unit squares neither overflow nor vanish.
    let unit = matrix.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    if !(unit > 0.0 && unit.is_finite()) {
        let (values, vectors) = (Array1::zeros(matrix.nrows()), Array2::eye(matrix.nrows()));
        return Eigen { values, unit: 1.0, vectors };
    }
    let symmetric = (&matrix + &matrix.t()) * (0.5 / unit);
    let (values, vectors) = symmetric.eigh().expect("a square matrix").sort_eig_desc();
    Eigen { values, unit, vectors }
}
