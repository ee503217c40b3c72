//! Gram-Schmidt orthonormalization of rows.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView1, ArrayView2, ArrayViewMut1, Axis, s};

/// Rows that are freed at once of their parts along all rows before them.
const BLOCK: usize = 32;

/// Share of its squared length that a row keeps at least, unless it depends on rows before it.
const LEAST_SHARE: f64 = 1e-12;

/// Makes rows orthonormal, in one pass or two; a row that depends on those before it becomes 0.
///
/// `rows` has shape `(count, d)`. Matrix products take from a block of 32 rows their parts along
/// all rows before the block; within the block the modified Gram-Schmidt process does the same row
/// by row. The second pass removes what rounding leaves.
///
/// ```
/// use ndarray::array;
///
/// let mut rows = array![[0.0, 2.0], [1.0, 1.0]];
/// kernels::orthonormalize(&mut rows, 2);
/// assert_eq!(rows, array![[0.0, 1.0], [1.0, 0.0]]);
/// ```
pub fn orthonormalize(rows: &mut Array2<f64>, passes: usize) {
    for start in (0..rows.nrows()).step_by(BLOCK) {
        let end = rows.nrows().min(start + BLOCK);
        for _ in 0..passes {
            let (before, mut rest) = rows.view_mut().split_at(Axis(0), start);
            let mut block = rest.slice_mut(s![..end - start, ..]);
            let squared_norms = block.map_axis(Axis(1), |row| row.dot(&row));
            let products = block.dot(&before.t());
            general_mat_mul(-1.0, &products, &before, 1.0, &mut block);
            for (at, &squared_norm) in squared_norms.iter().enumerate() {
                let (before, mut rest) = block.view_mut().split_at(Axis(0), at);
                orthonormalize_row(rest.row_mut(0), before.view(), squared_norm);
            }
        }
    }
}

/// Makes rows of `f32` orthonormal; a row that depends on those before it becomes 0.
///
/// `rows` has shape `(count, d)`. Unlike [`orthonormalize`], which is for many rows, this finishes
/// one row after the other: the modified Gram-Schmidt process frees it, in `f64`, of its parts
/// along all rows before, and rounds it; then both are repeated.
///
/// ```
/// use ndarray::array;
///
/// let mut rows = array![[0.0, 2.0], [1.0, 1.0]];
/// kernels::orthonormalize_f32(&mut rows);
/// assert_eq!(rows, array![[0.0, 1.0], [1.0, 0.0]]);
/// ```
pub fn orthonormalize_f32(rows: &mut Array2<f32>) {
    for at in (0..rows.nrows()).flat_map(|at| [at, at]) {
        let (before, mut rest) = rows.view_mut().split_at(Axis(0), at);
        let mut row = rest.row(0).mapv(f64::from);
        let squared_norm = row.dot(&row);
        orthonormalize_row(row.view_mut(), before.view(), squared_norm);
        rest.row_mut(0).assign(&row.mapv(|x| x as f32));
    }
}

/// Frees `row` of its parts along the orthonormal rows `before`, and gives it length 1.
///
/// It becomes 0 if next to nothing is left of `squared_norm`, its squared length as it was.
fn orthonormalize_row<T: Element>(
    mut row: ArrayViewMut1<f64>,
    before: ArrayView2<T>,
    squared_norm: f64,
) {
    for other in before.outer_iter() {
        let product = T::dot(other, row.view());
        row.zip_mut_with(&other, |x, &o| *x -= product * o.into());
    }
    let left = row.dot(&row);
    let scale = if left > LEAST_SHARE * squared_norm { 1.0 / left.sqrt() } else { 0.0 };
    row.mapv_inplace(|x| x * scale);
}

/// A type of values in rows.
trait Element: Copy + Into<f64> {
    /// Computes the dot product of a row with one in `f64`.
    fn dot(row: ArrayView1<Self>, other: ArrayView1<f64>) -> f64;
}

impl Element for f32 {
    /// Sums in the order of the features.
    fn dot(row: ArrayView1<f32>, other: ArrayView1<f64>) -> f64 {
        row.iter().zip(&other).map(|(&a, b)| f64::from(a) * b).sum()
    }
}

impl Element for f64 {
    /// Sums in lanes, which is faster.
    fn dot(row: ArrayView1<f64>, other: ArrayView1<f64>) -> f64 {
        row.dot(&other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random_rows;

    #[test]
    fn rows_of_many_blocks_become_orthonormal() {
        let mut rows = random_rows::<f64>(3 * BLOCK + 5, 150);
        // This row depends on a row of another block.
        let copy = &rows.row(3) * 2.0;
        rows.row_mut(2 * BLOCK + 1).assign(&copy);
        orthonormalize(&mut rows, 2);
        let mut expected = Array2::eye(rows.nrows());
        expected[[2 * BLOCK + 1, 2 * BLOCK + 1]] = 0.0;
        assert!((rows.dot(&rows.t()) - expected).iter().all(|x| x.abs() < 1e-12));
    }

    #[test]
    fn rows_of_f32_become_orthonormal() {
        let mut rows = random_rows::<f32>(20, 150);
        let copy = &rows.row(3) * 2.0;
        rows.row_mut(7).assign(&copy);
        orthonormalize_f32(&mut rows);
        let mut expected = Array2::eye(rows.nrows());
        expected[[7, 7]] = 0.0;
        let rows = rows.mapv(f64::from);
        assert!((rows.dot(&rows.t()) - expected).iter().all(|x| x.abs() < 1e-6));
    }
}
