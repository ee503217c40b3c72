//! Products of points with an upper triangular matrix, at half the work of a full one.

use kernels::simd::Isa;
use ndarray::ArrayView2;

use super::simd_block::{BLOCK_LANES, Lanes, VECTOR, are_above};
use crate::kernel::mul_add;

/// One vector register of the widest instructions.
type Vector = [f64; VECTOR];

/// Columns of the matrix that are multiplied at once.
const COLUMNS: usize = 4;

/// Returns where row `i` of a packed lower triangular matrix begins: the length of the `i` rows
/// before it.
#[inline(always)]
pub(super) fn packed_row_offset(i: usize) -> usize {
    i * (i + 1) / 2
}

/// An upper triangular matrix U `(d, d)` without its zeros.
///
/// It is stored in tiles of [`COLUMNS`] columns, each as its rows down to the last that is not 0.
/// The first tile may be narrower: it has the fewest rows, so a remainder costs least there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PackedTriangular {
    d: usize,
    packed: Vec<f64>,
}

impl PackedTriangular {
    /// Packs the upper triangular part of `factor` `(d, d)`.
    pub(super) fn new(factor: ArrayView2<f64>) -> Self {
        let d = factor.nrows();
        let narrow = d % COLUMNS;
        let mut packed = Vec::new();
        for (first, end) in [(0, narrow)].into_iter().chain(tiles(d)) {
            for i in 0..end {
                packed.extend((first..end).map(|j| factor[[i, j]]));
            }
        }
        Self { d, packed }
    }

    /// Returns the values of the narrow first tile and those of the other tiles.
    #[inline(always)]
    fn parts(&self) -> (&[f64], &[f64]) {
        let narrow = self.d % COLUMNS;
        self.packed.split_at(narrow * narrow)
    }

    /// Computes `|x U|^2` of the point x in each lane of `columns` `(d, BLOCK_LANES)`.
    ///
    /// Where a sum of the first squares is above the limit of its lane, so may be what is returned
    /// in place of the sum of all.
    #[inline(always)]
    pub(super) fn squares<I: Isa>(&self, columns: &[Lanes], limits: &Lanes) -> Lanes {
        // The sums of as many vectors as there are registers for are computed at a time.
        if I::WIDE {
            self.sum_squares::<I, 4>(columns, limits)
        } else {
            self.sum_squares::<I, 1>(columns, limits)
        }
    }

    /// Computes [`PackedTriangular::squares`], V vectors of lanes at a time.
    #[inline(always)]
    fn sum_squares<I: Isa, const V: usize>(&self, columns: &[Lanes], limits: &Lanes) -> Lanes {
        let mut squares = [0.0; BLOCK_LANES];
        let vectors = squares.as_chunks_mut::<VECTOR>().0.as_chunks_mut::<V>().0;
        for (at, squares) in vectors.iter_mut().enumerate() {
            let limits = vectors_of::<V>(limits, at);
            let (narrow, mut packed) = self.parts();
            let mut sums = [[0.0; VECTOR]; V];
            match self.d % COLUMNS {
                1 => add_squares::<I, V, _>(product::<I, V, 1>(columns, at, 0, narrow), &mut sums),
                2 => add_squares::<I, V, _>(product::<I, V, 2>(columns, at, 0, narrow), &mut sums),
                3 => add_squares::<I, V, _>(product::<I, V, 3>(columns, at, 0, narrow), &mut sums),
                _ => {}
            }
            for (first, end) in tiles(self.d) {
                let (tile, rest) = packed.split_at(COLUMNS * end);
                packed = rest;
                add_squares::<I, V, _>(
                    product::<I, V, COLUMNS>(columns, at, first, tile),
                    &mut sums,
                );
                // A comparison takes as long as a few rows of a tile.
                if end % (2 * COLUMNS) < COLUMNS && end < self.d && are_above(&sums, limits) {
                    break;
                }
            }
            *squares = sums;
        }
        squares
    }

    /// Replaces the point x in each lane of `columns` `(d, BLOCK_LANES)` by `x U`.
    #[inline(always)]
    pub(super) fn whiten_in_place<I: Isa>(&self, columns: &mut [Lanes]) {
        // A column of the product needs the columns up to its own, so the last is replaced first.
        let (narrow, mut packed) = self.parts();
        for (first, end) in tiles(self.d).rev() {
            let (rest, tile) = packed.split_at(packed.len() - COLUMNS * end);
            packed = rest;
            replace::<I, COLUMNS>(columns, first, tile);
        }
        match self.d % COLUMNS {
            1 => replace::<I, 1>(columns, 0, narrow),
            2 => replace::<I, 2>(columns, 0, narrow),
            3 => replace::<I, 3>(columns, 0, narrow),
            _ => {}
        }
    }
}

/// Iterates over the first column and the end of the tiles that are [`COLUMNS`] wide.
#[inline(always)]
fn tiles(d: usize) -> impl DoubleEndedIterator<Item = (usize, usize)> {
    let narrow = d % COLUMNS;
    (0..d / COLUMNS).map(move |tile| (narrow + COLUMNS * tile, narrow + COLUMNS * (tile + 1)))
}

/// Adds the squares of C columns of products to `sums`.
#[inline(always)]
fn add_squares<I: Isa, const V: usize, const C: usize>(
    products: [[Vector; V]; C],
    sums: &mut [Vector; V],
) {
    for y in &products {
        for v in 0..V {
            for l in 0..VECTOR {
                sums[v][l] = mul_add::<I, f64>(y[v][l], y[v][l], sums[v][l]);
            }
        }
    }
}

/// Replaces columns `first..first + C` by their product with the tile `packed`.
#[inline(always)]
fn replace<I: Isa, const C: usize>(columns: &mut [Lanes], first: usize, packed: &[f64]) {
    for at in 0..BLOCK_LANES / VECTOR {
        let products = product::<I, 1, C>(columns, at, first, packed);
        for (c, y) in products.iter().enumerate() {
            columns[first + c].as_chunks_mut().0[at] = y[0];
        }
    }
}

/// Computes columns `first..first + C` of the product, for the `at`-th V vectors of lanes.
#[inline(always)]
fn product<I: Isa, const V: usize, const C: usize>(
    columns: &[Lanes],
    at: usize,
    first: usize,
    packed: &[f64],
) -> [[Vector; V]; C] {
    let (above, diagonal) = packed.as_chunks::<C>().0.split_at(first);
    let (left, own) = columns.split_at(first);
    let mut products = [[[0.0; VECTOR]; V]; C];
    for (x, u) in left.iter().zip(above) {
        let x = vectors_of::<V>(x, at);
        for c in 0..C {
            for v in 0..V {
                for l in 0..VECTOR {
                    products[c][v][l] = mul_add::<I, f64>(x[v][l], u[c], products[c][v][l]);
                }
            }
        }
    }
    for t in 0..C {
        let x = vectors_of::<V>(&own[t], at);
        for c in t..C {
            for v in 0..V {
                for l in 0..VECTOR {
                    products[c][v][l] =
                        mul_add::<I, f64>(x[v][l], diagonal[t][c], products[c][v][l]);
                }
            }
        }
    }
    products
}

/// Returns the `at`-th V vectors of `lanes`.
#[inline(always)]
fn vectors_of<const V: usize>(lanes: &Lanes, at: usize) -> &[Vector; V] {
    &lanes.as_chunks::<VECTOR>().0.as_chunks::<V>().0[at]
}

#[cfg(test)]
mod tests {
    use std::array::from_fn;

    use kernels::simd::{Kernel, Unfused, dispatch};
    use ndarray::Array2;

    use super::*;

    /// Compares products with plain sums, for widths with every remainder.
    struct Check;

    impl Kernel for Check {
        type Output = ();

        #[inline(always)]
        fn run<I: Isa>(self) {
            for d in 1..=9 {
                let value = |i: usize| ((i * 37) % 101) as f64 / 50.0 - 1.0;
                let factor =
                    Array2::from_shape_fn(
                        (d, d),
                        |(i, j)| if i <= j { value(10 * i + j) } else { 0.0 },
                    );
                let columns: Vec<Lanes> = (0..d).map(|j| from_fn(|l| value(100 * j + l))).collect();
                let packed = PackedTriangular::new(factor.view());
                let mut whitened = columns.clone();
                let squares = packed.squares::<I>(&columns, &[f64::INFINITY; BLOCK_LANES]);
                packed.whiten_in_place::<I>(&mut whitened);
                // Squares below their limit are whole, and the others are above it.
                let limit = squares.iter().sum::<f64>() / BLOCK_LANES as f64;
                let limited = packed.squares::<I>(&columns, &[limit; BLOCK_LANES]);
                for (limited, square) in limited.iter().zip(squares) {
                    assert!(*limited == square || (*limited > limit && square > limit));
                }
                assert!(packed.squares::<I>(&columns, &[-1.0; BLOCK_LANES])[0] <= squares[0]);
                for l in 0..BLOCK_LANES {
                    let product = |j| (0..=j).map(|i| columns[i][l] * factor[[i, j]]).sum::<f64>();
                    let exact: f64 = (0..d).map(|j| product(j) * product(j)).sum();
                    assert!((squares[l] - exact).abs() < 1e-12, "d = {d}");
                    assert!((0..d).all(|j| (whitened[j][l] - product(j)).abs() < 1e-12), "d = {d}");
                }
            }
        }
    }

    #[test]
    fn products_are_sums_of_products() {
        dispatch(Check);
        Check.run::<Unfused>();
    }
}
