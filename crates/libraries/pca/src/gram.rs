//! Leading eigenvectors of a scatter matrix by way of the products of all pairs of points.
//!
//! With the centered points in the rows of X, the scatter matrix is `X^T X` and the Gram matrix is
//! `X X^T`. Both have the same eigenvalues above 0. If u is an eigenvector of the second, then
//! `X^T u` is one of the first.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use rayon::prelude::*;

use crate::eigenvectors::{leading as leading_of, orient};
use crate::scatter_matrix::{MAX_EXACT_FEATURES, MAX_EXACT_POINTS, Operations, ScatterMatrix};
use crate::value::Value;

/// Rows and columns of the square tiles in which the matrix is summed.
const TILE: usize = 256;

/// Features that are copied to `f64` and multiplied at once.
const CHUNK: usize = 512;

/// Whether `count` components of `n` points of `d` features take the fewest operations this way.
///
/// Few points or features have exact methods of their own.
pub(crate) fn is_cheapest(n: usize, d: usize, count: usize) -> bool {
    let Operations { dense, implicit, gram } = Operations::of(n, d, count);
    d > MAX_EXACT_FEATURES && n > MAX_EXACT_POINTS && n < d && gram < dense.min(implicit)
}

/// Finds eigenvalues `(count,)` and eigenvectors `(count, d)` of the scatter matrix of `rows`.
///
/// The result is that of [`crate::eigenvectors::leading`].
pub(crate) fn leading<T: Value>(
    points: ArrayView2<T>,
    mean: &Array1<f64>,
    rows: &[usize],
    count: usize,
) -> (Array1<f64>, Array2<f64>) {
    let gram = ScatterMatrix::<f64>::Dense(gram_matrix(points, mean, rows));
    let (eigenvalues, vectors) = leading_of(&gram, count);
    let mut components = Array2::zeros((count, points.ncols()));
    components.axis_chunks_iter_mut(Axis(1), CHUNK).into_par_iter().enumerate().for_each(
        |(chunk, mut to)| {
            let centered = centered(points, mean, rows, chunk);
            general_mat_mul(1.0, &vectors, &centered, 0.0, &mut to);
        },
    );
    for (mut component, &value) in components.outer_iter_mut().zip(&eigenvalues) {
        if value > 0.0 {
            component /= value.sqrt();
        }
    }
    // They are orthonormal but for rounding, of which one pass leaves next to nothing.
    orient(&mut components, 1);
    (eigenvalues, components)
}

/// Copies one chunk of features of `rows`, less their means.
fn centered<T: Value>(
    points: ArrayView2<T>,
    mean: &Array1<f64>,
    rows: &[usize],
    chunk: usize,
) -> Array2<f64> {
    let columns = chunk * CHUNK..points.ncols().min((chunk + 1) * CHUNK);
    let mean = mean.slice(s![columns.clone()]);
    let mut centered = Array2::zeros((rows.len(), columns.len()));
    for (mut to, &row) in centered.outer_iter_mut().zip(rows) {
        let values = points.slice(s![row, columns.clone()]);
        to.iter_mut().zip(values).zip(mean).for_each(|((to, &x), mean)| *to = x.into() - mean);
    }
    centered
}

/// Computes the products of all pairs of `rows`, less the mean: `(n, n)`.
///
/// Only tiles on and below the diagonal are summed; those above are their transposes.
fn gram_matrix<T: Value>(points: ArrayView2<T>, mean: &Array1<f64>, rows: &[usize]) -> Array2<f64> {
    let n = rows.len();
    let part = |tile: usize| tile * TILE..n.min((tile + 1) * TILE);
    let places: Vec<(usize, usize)> =
        (0..n.div_ceil(TILE)).flat_map(|i| (0..=i).map(move |j| (i, j))).collect();
    let mut tiles: Vec<Array2<f64>> =
        places.iter().map(|&(i, j)| Array2::zeros((part(i).len(), part(j).len()))).collect();
    for chunk in 0..points.ncols().div_ceil(CHUNK) {
        let centered = centered(points, mean, rows, chunk);
        tiles.par_iter_mut().zip(&places).for_each(|(tile, &(i, j))| {
            let (left, right) = (centered.slice(s![part(i), ..]), centered.slice(s![part(j), ..]));
            general_mat_mul(1.0, &left, &right.t(), 1.0, tile);
        });
    }
    let mut matrix = Array2::zeros((n, n));
    for (tile, (i, j)) in tiles.iter().zip(places) {
        matrix.slice_mut(s![part(i), part(j)]).assign(tile);
        matrix.slice_mut(s![part(j), part(i)]).assign(&tile.t());
    }
    matrix
}
