//! Points that the tests analyze, and measures of components.

use linfa_linalg::eigh::{EigSort, Eigh};
use ndarray::{Array1, Array2, ArrayView2, Axis, concatenate, s};
use pca::Pca;

const DIGITS: &[u8] = include_bytes!("../../../clustering/tests/golden/digits.npy");

/// Reads the digits, 1797 x 64, as `scripts/golden/make_pca.py` takes them.
pub fn digits() -> Array2<f64> {
    let values = DIGITS[DIGITS.len() - 1797 * 64..].iter().map(|&x| f64::from(x)).collect();
    Array2::from_shape_vec((1797, 64), values).unwrap()
}

/// Appends to pixels their products with three of their neighbors: 1797 x 256.
pub fn products(digits: &Array2<f64>) -> Array2<f64> {
    let rolled = |shift: usize| {
        concatenate![Axis(1), digits.slice(s![.., shift..]), digits.slice(s![.., ..shift])] * digits
    };
    concatenate![Axis(1), *digits, rolled(1), rolled(8), rolled(9)]
}

/// Computes one minus the smallest cosine between rows of both.
pub fn angle(found: ArrayView2<f64>, expected: ArrayView2<f64>) -> f64 {
    let cosines = found.outer_iter().zip(expected.outer_iter()).map(|(a, b)| a.dot(&b).abs());
    1.0 - cosines.fold(1.0, f64::min)
}

/// Computes the variances of points along the components.
pub fn variances(pca: &Pca, points: &Array2<f64>) -> Array1<f64> {
    let scores = pca.transform(points.view());
    scores.map_axis(Axis(0), |column| column.dot(&column)) / (points.nrows() - 1) as f64
}

/// Finds all eigenvectors of the covariance, by falling eigenvalue, in rows.
pub fn exact(points: &Array2<f64>) -> Array2<f64> {
    let centered = points - &points.mean_axis(Axis(0)).unwrap();
    centered.t().dot(&centered).eigh().unwrap().sort_eig_desc().1.reversed_axes()
}

pub fn close(found: &Array1<f64>, expected: &Array1<f64>, relative: f64) {
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= relative * expected, "{found} for {expected}");
    }
}
