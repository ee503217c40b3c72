//! Blocked Gram-Schmidt orthonormalization of rows.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, Axis, s};

/// Rows that are freed at once of their parts along all rows before them.
const BLOCK: usize = 32;

/// Share of its squared length that a row keeps at least, unless it depends on rows before it.
const LEAST_SHARE: f64 = 1e-12;

/// Makes rows orthonormal, in one pass or two; a row that depends on those before it becomes 0.
///
/// Matrix products take from a block of rows their parts along all rows before the block; within
/// the block the modified Gram-Schmidt process does the same row by row.
pub(crate) fn orthonormalize(rows: &mut Array2<f64>, passes: usize) {
    for start in (0..rows.nrows()).step_by(BLOCK) {
        let end = rows.nrows().min(start + BLOCK);
        for _ in 0..passes {
            let (before, mut rest) = rows.view_mut().split_at(Axis(0), start);
            let mut block = rest.slice_mut(s![..end - start, ..]);
            let squared_norms = block.map_axis(Axis(1), |row| row.dot(&row));
            let products = block.dot(&before.t());
            general_mat_mul(-1.0, &products, &before, 1.0, &mut block);
            for (at, squared_norm) in squared_norms.iter().enumerate() {
                let (before, mut rest) = block.view_mut().split_at(Axis(0), at);
                let mut row = rest.row_mut(0);
                for other in before.outer_iter() {
                    let product = other.dot(&row);
                    row.scaled_add(-product, &other);
                }
                let left = row.dot(&row);
                let scale = if left > LEAST_SHARE * squared_norm { 1.0 / left.sqrt() } else { 0.0 };
                row.mapv_inplace(|x| x * scale);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;

    #[test]
    fn rows_of_many_blocks_become_orthonormal() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(2);
        let mut rows = Array2::from_shape_fn((3 * BLOCK + 5, 150), |_| rng.gen_range(-1.0..1.0));
        // This row depends on a row of another block.
        let copy = &rows.row(3) * 2.0;
        rows.row_mut(2 * BLOCK + 1).assign(&copy);
        orthonormalize(&mut rows, 2);
        let mut expected = Array2::eye(rows.nrows());
        expected[[2 * BLOCK + 1, 2 * BLOCK + 1]] = 0.0;
        assert!((rows.dot(&rows.t()) - expected).iter().all(|x| x.abs() < 1e-12));
    }
}
