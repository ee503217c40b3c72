//! Leading eigenvectors of the scatter matrix of points.

use linfa_linalg::eigh::{EigSort, Eigh};
use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use crate::Value;

/// Features up to which all eigenvectors are found.
const EXACT: usize = 128;

/// Points up to which all eigenvectors that they have are found: as many vectors as points span
/// whatever the points do, where few vectors and iterations would mix directions of about the same
/// variance.
const EXACT_POINTS: usize = 256;

/// Vectors beside those asked for: they keep the last of these from waiting for the next
/// eigenvalue. scikit-learn's number.
const OVERSAMPLES: usize = 10;

/// Variance, as a share of the largest, below which a direction is rounding and nothing else.
const LEAST: f64 = 1e-13;

/// Rows that are made orthonormal to all before them at once.
const BLOCK: usize = 32;

/// Parts of points, or of vectors, that are multiplied at the same time; not the number of threads,
/// which may change no result.
const PARTS: usize = 8;

/// Rows and columns of a scatter matrix that are summed at once.
const TILE: usize = 256;

/// Points that are multiplied at once, in a copy of them in `f64`.
const CHUNK: usize = 1024;

/// A scatter matrix `(d, d)`: the sum of `(x - mean)(x - mean)^T` over points x.
pub(crate) enum Operator<'p, 'a, T> {
    /// The matrix itself.
    Matrix(Array2<f64>),
    /// The points that it is made of: cheaper where they are few, or few products are asked for.
    Points { points: ArrayView2<'p, T>, mean: &'a Array1<f64>, parts: Vec<&'a [usize]> },
}

impl<'p, 'a, T: Value> Operator<'p, 'a, T> {
    /// That of the `rows` of `points` `(n, d)`, in the form that gives `count` directions with
    /// fewer operations.
    pub(crate) fn new(
        points: ArrayView2<'p, T>,
        mean: &'a Array1<f64>,
        rows: &'a [usize],
        count: usize,
    ) -> Self {
        let (n, d) = (rows.len() as f64, points.ncols());
        let width = (count + OVERSAMPLES).min(d) as f64;
        let (products, d) = (iterations(count, rows.len().min(d)) as f64 + 1.0, d as f64);
        let (of_matrix, of_points) =
            (n * d * d + products * 2.0 * d * d * width, products * 4.0 * n * d * width);
        let few = rows.len() <= EXACT_POINTS;
        if points.ncols() <= EXACT || !few && of_matrix <= of_points {
            return Self::Matrix(scatter(points, mean, rows));
        }
        Self::Points { points, mean, parts: rows.chunks(rows.len().div_ceil(PARTS).max(1)).collect() }
    }

    fn d(&self) -> usize {
        match self {
            Self::Matrix(matrix) => matrix.nrows(),
            Self::Points { points, .. } => points.ncols(),
        }
    }

    /// What the rank of the matrix does not exceed.
    fn rank(&self) -> usize {
        match self {
            Self::Matrix(matrix) => matrix.nrows(),
            Self::Points { points, parts, .. } => {
                points.ncols().min(parts.iter().map(|rows| rows.len()).sum())
            }
        }
    }

    /// Products of the rows of `vectors` `(m, d)` with the matrix.
    fn multiply(&self, vectors: &Array2<f64>) -> Array2<f64> {
        match self {
            Self::Matrix(matrix) => {
                let mut products = Array2::zeros(vectors.dim());
                let rows = vectors.nrows().div_ceil(PARTS).max(1);
                products
                    .axis_chunks_iter_mut(Axis(0), rows)
                    .into_par_iter()
                    .zip(vectors.axis_chunks_iter(Axis(0), rows))
                    .for_each(|(mut to, some)| general_mat_mul(1.0, &some, matrix, 0.0, &mut to));
                products
            }
            Self::Points { points, mean, parts } => {
                let of_parts: Vec<_> = parts
                    .par_iter()
                    .map(|rows| {
                        let mut sums = Array2::zeros(vectors.dim());
                        for rows in rows.chunks(CHUNK) {
                            let centered = points.select(Axis(0), rows).mapv(Into::into) - *mean;
                            general_mat_mul(1.0, &vectors.dot(&centered.t()), &centered, 1.0, &mut sums);
                        }
                        sums
                    })
                    .collect();
                of_parts.iter().fold(Array2::zeros(vectors.dim()), |sums, part| sums + part)
            }
        }
    }
}

/// The scatter matrix of the `rows` of `points` around `mean`. Only tiles on and below the diagonal
/// are summed.
fn scatter<T: Value>(points: ArrayView2<T>, mean: &Array1<f64>, rows: &[usize]) -> Array2<f64> {
    let d = points.ncols();
    let columns = |tile: usize| s![.., tile * TILE..d.min((tile + 1) * TILE)];
    let width = |tile: usize| d.min((tile + 1) * TILE) - tile * TILE;
    let count = d.div_ceil(TILE);
    let places: Vec<(usize, usize)> = (0..count).flat_map(|i| (0..=i).map(move |j| (i, j))).collect();
    let mut tiles: Vec<Array2<f64>> =
        places.iter().map(|&(i, j)| Array2::zeros((width(i), width(j)))).collect();
    for rows in rows.chunks(CHUNK) {
        let centered = points.select(Axis(0), rows).mapv(Into::into) - mean;
        tiles.par_iter_mut().zip(&places).for_each(|(tile, &(i, j))| {
            general_mat_mul(1.0, &centered.slice(columns(i)).t(), &centered.slice(columns(j)), 1.0, tile);
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

/// Iterations for `count` directions of points of this rank at most: a few more than scikit-learn
/// takes (7 and 4), which are cheap once there is a matrix.
fn iterations(count: usize, rank: usize) -> usize {
    if 10 * count < rank { 12 } else { 5 }
}

/// Orthonormal eigenvectors of the `count` largest eigenvalues, in that order, shape `(count, d)`;
/// rows beyond the rank are 0.
pub(crate) fn leading<T: Value>(operator: &Operator<T>, count: usize) -> Array2<f64> {
    let d = operator.d();
    let width = match operator {
        Operator::Points { .. } if operator.rank() <= EXACT_POINTS => operator.rank(),
        _ => (count + OVERSAMPLES).min(d),
    };
    let basis = match operator {
        Operator::Matrix(_) if d <= EXACT || width == d => Array2::eye(d),
        _ => subspace(operator, width, iterations(count, operator.rank())),
    };
    // The best that vectors in this subspace can do (Rayleigh and Ritz).
    let image = operator.multiply(&basis);
    let (values, vectors) = eigen(image.dot(&basis.t()));
    let found = count.min(values.len());
    let mut directions = Array2::zeros((count, d));
    general_mat_mul(
        1.0,
        &vectors.slice(s![.., ..found]).t(),
        &basis,
        0.0,
        &mut directions.slice_mut(s![..found, ..]),
    );
    let largest = values.iter().fold(0.0, |most: f64, &value| most.max(value));
    for (mut direction, &value) in directions.outer_iter_mut().zip(&values) {
        if value <= LEAST * largest {
            direction.fill(0.0);
        }
        let peak = direction.iter().fold(0.0, |peak: f64, &x| if x.abs() > peak.abs() { x } else { peak });
        if peak < 0.0 {
            direction.mapv_inplace(|x| -x);
        }
    }
    orthonormalize(&mut directions, 2);
    directions
}

/// `width` orthonormal vectors in the range of a power of the matrix.
fn subspace<T: Value>(operator: &Operator<T>, width: usize, iterations: usize) -> Array2<f64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    let mut vectors = Array2::from_shape_fn((width, operator.d()), |_| rng.gen_range(-1.0..1.0));
    orthonormalize(&mut vectors, 1);
    for iteration in 1..=iterations {
        vectors = operator.multiply(&vectors);
        // Squares of what is very large or small would overflow or vanish.
        let largest = vectors.fold(0.0, |most: f64, x| most.max(x.abs()));
        if largest > 0.0 && largest.is_finite() {
            vectors /= largest;
        }
        // What rounding leaves of other vectors matters in the end alone.
        orthonormalize(&mut vectors, if iteration < iterations { 1 } else { 2 });
    }
    vectors
}

/// Eigenvalues of a symmetric matrix, falling, and their vectors in columns.
fn eigen(matrix: Array2<f64>) -> (Array1<f64>, Array2<f64>) {
    // In units of the largest, whose squares neither overflow nor vanish.
    let largest = matrix.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    if !(largest > 0.0 && largest.is_finite()) {
        return (Array1::zeros(matrix.nrows()), Array2::eye(matrix.nrows()));
    }
    let symmetric = (&matrix + &matrix.t()) * (0.5 / largest);
    symmetric.eigh().expect("a square matrix").sort_eig_desc()
}

/// Makes rows orthonormal, in one pass or two; a row that depends on those before it becomes 0.
///
/// Blocks are freed of all rows before them by products of matrices, and within a block by the
/// modified Gram-Schmidt process.
fn orthonormalize(rows: &mut Array2<f64>, passes: usize) {
    for start in (0..rows.nrows()).step_by(BLOCK) {
        let end = rows.nrows().min(start + BLOCK);
        for _ in 0..passes {
            let (before, mut rest) = rows.view_mut().split_at(Axis(0), start);
            let mut block = rest.slice_mut(s![..end - start, ..]);
            let lengths = block.map_axis(Axis(1), |row| row.dot(&row));
            let products = block.dot(&before.t());
            general_mat_mul(-1.0, &products, &before, 1.0, &mut block);
            for (at, length) in lengths.iter().enumerate() {
                let (before, mut rest) = block.view_mut().split_at(Axis(0), at);
                let mut row = rest.row_mut(0);
                for other in before.outer_iter() {
                    let product = other.dot(&row);
                    row.scaled_add(-product, &other);
                }
                let left = row.dot(&row);
                let scale = if left > 1e-12 * length { 1.0 / left.sqrt() } else { 0.0 };
                row.mapv_inplace(|x| x * scale);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_many_blocks_become_orthonormal() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(2);
        let mut rows = Array2::from_shape_fn((3 * BLOCK + 5, 150), |_| rng.gen_range(-1.0..1.0));
        // One that depends on a row of another block.
        let copy = &rows.row(3) * 2.0;
        rows.row_mut(2 * BLOCK + 1).assign(&copy);
        orthonormalize(&mut rows, 2);
        let mut expected = Array2::eye(rows.nrows());
        expected[[2 * BLOCK + 1, 2 * BLOCK + 1]] = 0.0;
        assert!((rows.dot(&rows.t()) - expected).iter().all(|x| x.abs() < 1e-12));
    }

    #[test]
    fn both_forms_are_one_matrix() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(4);
        // Tiles and chunks that are not full.
        let points = Array2::from_shape_fn((CHUNK + 77, TILE + 9), |_| rng.gen_range(-1.0..1.0_f32));
        let mean = Array1::from_shape_fn(TILE + 9, |_| rng.gen_range(-1.0..1.0));
        let rows: Vec<usize> = (0..points.nrows()).filter(|i| i % 5 != 3).collect();
        let parts = rows.chunks(100).collect();
        let vectors = Array2::from_shape_fn((19, TILE + 9), |_| rng.gen_range(-1.0..1.0));
        let of_points = Operator::Points { points: points.view(), mean: &mean, parts }.multiply(&vectors);
        let matrix = Operator::<f32>::Matrix(scatter(points.view(), &mean, &rows)).multiply(&vectors);
        assert!((&matrix - &of_points).iter().all(|x| x.abs() < 1e-10 * rows.len() as f64));
    }
}
