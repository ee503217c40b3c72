//! Sums of `s s^T` over scaled points s, in tiles that fit the registers.

use std::array::from_fn;

use kernels::simd::Isa;

use super::packed_triangular::packed_row_offset;
use super::simd_block::{BLOCK_LANES, Lanes};
use crate::kernel::{mul_add, sum_lanes};

/// Rows of the tile of products that is summed at once.
const TILE: usize = 4;

/// Adds the lower triangular part of `sum s s^T` to `sums`, packed row by row.
///
/// `scaled` holds SIMD blocks of `height` features one after the other.
#[inline(always)]
pub(super) fn add_gram<I: Isa>(scaled: &[Lanes], height: usize, sums: &mut [f64]) {
    // A 64-byte register holds 8 f64. With half as many registers of half that size, a tile has
    // vectors of 4 and half as many columns.
    if I::WIDE {
        add_products::<I, 8, TILE>(scaled, height, sums);
    } else {
        add_products::<I, 4, 2>(scaled, height, sums);
    }
}

/// Adds the products of any two of the `height` features, with tiles of C columns.
///
/// Products are summed over all lanes of all SIMD blocks, L lanes to a vector.
#[inline(always)]
fn add_products<I: Isa, const L: usize, const C: usize>(
    scaled: &[Lanes],
    height: usize,
    sums: &mut [f64],
) {
    for i in (0..height).step_by(TILE) {
        for j in (0..i).step_by(C) {
            match height - i {
                1 => add_tile::<I, L, 1, C>(scaled, height, (i, j), sums),
                2 => add_tile::<I, L, 2, C>(scaled, height, (i, j), sums),
                3 => add_tile::<I, L, 3, C>(scaled, height, (i, j), sums),
                _ => add_tile::<I, L, TILE, C>(scaled, height, (i, j), sums),
            }
        }
        match height - i {
            1 => add_corner::<I, L, 1, 1>(scaled, height, i, sums),
            2 => add_corner::<I, L, 2, 3>(scaled, height, i, sums),
            3 => add_corner::<I, L, 3, 6>(scaled, height, i, sums),
            _ => add_corner::<I, L, TILE, 10>(scaled, height, i, sums),
        }
    }
}

/// Adds the products of features `i..i + R` with features `j..j + C`, all below the diagonal.
#[inline(always)]
fn add_tile<I: Isa, const L: usize, const R: usize, const C: usize>(
    scaled: &[Lanes],
    height: usize,
    (i, j): (usize, usize),
    sums: &mut [f64],
) {
    let mut products = [[[0.0; L]; C]; R];
    for block in scaled.chunks_exact(height) {
        let rows: [&[[f64; L]]; R] = from_fn(|r| block[i + r].as_chunks::<L>().0);
        let columns: [&[[f64; L]]; C] = from_fn(|c| block[j + c].as_chunks::<L>().0);
        for v in 0..BLOCK_LANES / L {
            for r in 0..R {
                for c in 0..C {
                    for l in 0..L {
                        products[r][c][l] =
                            mul_add::<I, f64>(rows[r][v][l], columns[c][v][l], products[r][c][l]);
                    }
                }
            }
        }
    }
    // `kernel::tile` explains this barrier.
    let products = std::hint::black_box(products);
    for (r, products) in products.iter().enumerate() {
        let at = packed_row_offset(i + r) + j;
        for (sum, lanes) in sums[at..at + C].iter_mut().zip(products) {
            *sum += sum_lanes(*lanes);
        }
    }
}

/// Adds the P = R (R + 1) / 2 products of features `i..i + R` with one another.
#[inline(always)]
fn add_corner<I: Isa, const L: usize, const R: usize, const P: usize>(
    scaled: &[Lanes],
    height: usize,
    i: usize,
    sums: &mut [f64],
) {
    let mut products = [[0.0; L]; P];
    for block in scaled.chunks_exact(height) {
        let rows: [&[[f64; L]]; R] = from_fn(|r| block[i + r].as_chunks::<L>().0);
        for v in 0..BLOCK_LANES / L {
            let x = vectors(rows, v);
            for r in 0..R {
                for c in 0..=r {
                    let product = &mut products[packed_row_offset(r) + c];
                    for l in 0..L {
                        product[l] = mul_add::<I, f64>(x[r][l], x[c][l], product[l]);
                    }
                }
            }
        }
    }
    let products = std::hint::black_box(products);
    for r in 0..R {
        let at = packed_row_offset(i + r) + i;
        for (sum, lanes) in sums[at..=at + r].iter_mut().zip(&products[packed_row_offset(r)..]) {
            *sum += sum_lanes(*lanes);
        }
    }
}

/// Copies the `v`-th vector of each row.
///
/// Without the copy the compiler loads the values one by one.
#[inline(always)]
fn vectors<const L: usize, const R: usize>(rows: [&[[f64; L]]; R], v: usize) -> [[f64; L]; R] {
    from_fn(|r| rows[r][v])
}
