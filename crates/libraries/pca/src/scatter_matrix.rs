//! The scatter matrix of points: their covariance times their number.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use rayon::prelude::*;

use crate::value::Value;

/// Features up to which all eigenvectors are computed exactly.
pub(crate) const MAX_EXACT_FEATURES: usize = 128;

/// Points up to which all eigenvectors in their span are computed.
///
/// As many vectors as points span whatever the points do. Few vectors and iterations would mix
/// components of about the same variance.
pub(crate) const MAX_EXACT_POINTS: usize = 256;

/// Vectors of the subspace iteration beyond those asked for, as many as in scikit-learn.
///
/// They keep the last vector that was asked for from converging as slowly as the ratio of its
/// eigenvalue to the next.
pub(crate) const OVERSAMPLES: usize = 10;

/// Parts of points, or of vectors, that are multiplied at the same time.
///
/// A constant and not the number of threads, since the parts decide in which order sums are taken.
const PARTS: usize = 8;

/// Rows and columns of the square tiles in which the matrix is summed.
const TILE: usize = 256;

/// Points that are copied to `f64` and multiplied at once.
const CHUNK: usize = 1024;

/// Operations that the components take with each form of a matrix.
pub(crate) struct Operations {
    pub(crate) dense: f64,
    pub(crate) implicit: f64,
    /// With the products of all pairs of points, see [`crate::gram`].
    pub(crate) gram: f64,
}

impl Operations {
    /// Estimates them for `count` components of `n` points of `d` features.
    pub(crate) fn of(n: usize, d: usize, count: usize) -> Self {
        let products = iterations(count, n.min(d)) as f64 + 1.0;
        let width = |most: usize| (count + OVERSAMPLES).min(most) as f64;
        let (width, width_of_gram, n, d) = (width(d), width(n), n as f64, d as f64);
        Self {
            dense: n * d * d + products * 2.0 * d * d * width,
            implicit: products * 4.0 * n * d * width,
            gram: n * n * d + products * 2.0 * n * n * width_of_gram + 2.0 * n * d * width_of_gram,
        }
    }
}

/// A scatter matrix `(d, d)`: the sum of `(x - mean)(x - mean)^T` over points x.
pub(crate) enum ScatterMatrix<'p, 'a, T> {
    /// The matrix itself.
    Dense(Array2<f64>),
    /// The points that the matrix is made of.
    ///
    /// This form is cheaper where points are few, or where few products are asked for.
    Implicit { points: ArrayView2<'p, T>, mean: &'a Array1<f64>, parts: Vec<&'a [usize]> },
}

impl<'p, 'a, T: Value> ScatterMatrix<'p, 'a, T> {
    /// Chooses the form in which `count` components of `points` `(n, d)` take fewer operations.
    ///
    /// Only the `rows` of `points` count, around `mean` `(d,)`.
    pub(crate) fn new(
        points: ArrayView2<'p, T>,
        mean: &'a Array1<f64>,
        rows: &'a [usize],
        count: usize,
    ) -> Self {
        let Operations { dense, implicit, .. } = Operations::of(rows.len(), points.ncols(), count);
        let few = rows.len() <= MAX_EXACT_POINTS;
        if points.ncols() <= MAX_EXACT_FEATURES || !few && dense <= implicit {
            return Self::Dense(dense_matrix(points, mean, rows));
        }
        let parts = rows.chunks(rows.len().div_ceil(PARTS).max(1)).collect();
        Self::Implicit { points, mean, parts }
    }

    /// Number of features.
    pub(crate) fn d(&self) -> usize {
        match self {
            Self::Dense(matrix) => matrix.nrows(),
            Self::Implicit { points, .. } => points.ncols(),
        }
    }

    /// Upper bound of the rank of the matrix.
    pub(crate) fn max_rank(&self) -> usize {
        match self {
            Self::Dense(matrix) => matrix.nrows(),
            Self::Implicit { points, parts, .. } => {
                points.ncols().min(parts.iter().map(|rows| rows.len()).sum())
            }
        }
    }

    /// Multiplies the rows of `vectors` `(m, d)` by the matrix.
    pub(crate) fn multiply(&self, vectors: &Array2<f64>) -> Array2<f64> {
        match self {
            Self::Dense(matrix) => {
                // Each part takes columns of the matrix, which is larger than the vectors.
                let mut products = Array2::zeros(vectors.dim());
                let columns = matrix.ncols().div_ceil(PARTS).max(1);
                products
                    .axis_chunks_iter_mut(Axis(1), columns)
                    .into_par_iter()
                    .zip(matrix.axis_chunks_iter(Axis(1), columns))
                    .for_each(|(mut to, part)| general_mat_mul(1.0, vectors, &part, 0.0, &mut to));
                products
            }
            Self::Implicit { points, mean, parts } => {
                let of_parts: Vec<_> = parts
                    .par_iter()
                    .map(|rows| {
                        let mut sums = Array2::zeros(vectors.dim());
                        for rows in rows.chunks(CHUNK) {
                            let centered = points.select(Axis(0), rows).mapv(Into::into) - *mean;
                            let scores = vectors.dot(&centered.t());
                            general_mat_mul(1.0, &scores, &centered, 1.0, &mut sums);
                        }
                        sums
                    })
                    .collect();
                of_parts.iter().fold(Array2::zeros(vectors.dim()), |sums, part| sums + part)
            }
        }
    }
}

/// Sums the scatter matrix of the `rows` of `points` around `mean`.
///
/// Only tiles on and below the diagonal are summed; those above are their transposes.
fn dense_matrix<T: Value>(
    points: ArrayView2<T>,
    mean: &Array1<f64>,
    rows: &[usize],
) -> Array2<f64> {
    let d = points.ncols();
    let columns = |tile: usize| s![.., tile * TILE..d.min((tile + 1) * TILE)];
    let width = |tile: usize| d.min((tile + 1) * TILE) - tile * TILE;
    let count = d.div_ceil(TILE);
    let places: Vec<(usize, usize)> =
        (0..count).flat_map(|i| (0..=i).map(move |j| (i, j))).collect();
    let mut tiles: Vec<Array2<f64>> =
        places.iter().map(|&(i, j)| Array2::zeros((width(i), width(j)))).collect();
    for rows in rows.chunks(CHUNK) {
        let centered = points.select(Axis(0), rows).mapv(Into::into) - mean;
        tiles.par_iter_mut().zip(&places).for_each(|(tile, &(i, j))| {
            let (left, right) = (centered.slice(columns(i)), centered.slice(columns(j)));
            general_mat_mul(1.0, &left.t(), &right, 1.0, tile);
        });
    }
    let mut matrix = Array2::zeros((d, d));
    for (tile, (i, j)) in tiles.iter().zip(places) {
        let (i, j) = (i * TILE, j * TILE);
        matrix.slice_mut(s![i..i + tile.nrows(), j..j + tile.ncols()]).assign(tile);
        matrix.slice_mut(s![j..j + tile.ncols(), i..i + tile.nrows()]).assign(&tile.t());
    }
    matrix
}

/// Iterations of the subspace iteration for `count` components of points of this rank at most.
///
/// A few more than scikit-learn takes (7 and 4): they are cheap once there is a matrix.
pub(crate) fn iterations(count: usize, max_rank: usize) -> usize {
    if 10 * count < max_rank { 12 } else { 5 }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;

    #[test]
    fn both_forms_are_one_matrix() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(4);
        // The last tile and the last chunk are not full.
        let points =
            Array2::from_shape_fn((CHUNK + 77, TILE + 9), |_| rng.gen_range(-1.0..1.0_f32));
        let mean = Array1::from_shape_fn(TILE + 9, |_| rng.gen_range(-1.0..1.0));
        let rows: Vec<usize> = (0..points.nrows()).filter(|i| i % 5 != 3).collect();
        let parts = rows.chunks(100).collect();
        let vectors = Array2::from_shape_fn((19, TILE + 9), |_| rng.gen_range(-1.0..1.0));
        let implicit = ScatterMatrix::Implicit { points: points.view(), mean: &mean, parts };
        let dense = ScatterMatrix::<f32>::Dense(dense_matrix(points.view(), &mean, &rows));
        let difference = &dense.multiply(&vectors) - &implicit.multiply(&vectors);
        assert!(difference.iter().all(|x| x.abs() < 1e-10 * rows.len() as f64));
    }
}
