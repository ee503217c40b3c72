//! Products of points with an upper triangle: half of the work of a full matrix.

use ndarray::ArrayView2;

use super::panel::{LANES, Lanes};
use crate::kernel::mul_add;
use crate::simd::Isa;

/// Lanes that the widest instructions work on.
const VECTOR: usize = 8;

type Vector = [f64; VECTOR];

/// Columns of a factor that are multiplied at once.
const COLUMNS: usize = 4;

/// An upper triangle U `(d, d)`, packed: tiles of [`COLUMNS`] columns (the first may be narrower, where it costs least),
/// each as its rows down to the last that is not 0.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Triangle {
    d: usize,
    packed: Vec<f64>,
}

impl Triangle {
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

    /// The part of the narrow first tile and that of the others.
    #[inline(always)]
    fn parts(&self) -> (&[f64], &[f64]) {
        let narrow = self.d % COLUMNS;
        self.packed.split_at(narrow * narrow)
    }

    /// `|x U|^2` of the point x in each lane of `columns` `(d, LANES)`.
    #[inline(always)]
    pub(super) fn squares<I: Isa>(&self, columns: &[Lanes], squares: &mut Lanes) {
        // As many vectors of lanes at a time as there are registers for.
        if I::WIDE {
            self.set_squares::<I, 4>(columns, squares);
        } else {
            self.set_squares::<I, 1>(columns, squares);
        }
    }

    #[inline(always)]
    fn set_squares<I: Isa, const V: usize>(&self, columns: &[Lanes], squares: &mut Lanes) {
        let squares = squares.as_chunks_mut::<VECTOR>().0.as_chunks_mut::<V>().0;
        for (at, squares) in squares.iter_mut().enumerate() {
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
                add_squares::<I, V, _>(product::<I, V, COLUMNS>(columns, at, first, tile), &mut sums);
            }
            *squares = sums;
        }
    }

    /// Replaces the point x in each lane of `columns` `(d, LANES)` by `x U`.
    #[inline(always)]
    pub(super) fn whiten_in_place<I: Isa>(&self, columns: &mut [Lanes]) {
        // From the last column down: a column of the product needs those before it, and no later one.
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

/// First column and end of the tiles that are [`COLUMNS`] wide.
#[inline(always)]
fn tiles(d: usize) -> impl DoubleEndedIterator<Item = (usize, usize)> {
    let narrow = d % COLUMNS;
    (0..d / COLUMNS).map(move |tile| (narrow + COLUMNS * tile, narrow + COLUMNS * (tile + 1)))
}

#[inline(always)]
fn add_squares<I: Isa, const V: usize, const C: usize>(products: [[Vector; V]; C], sums: &mut [Vector; V]) {
    for y in &products {
        for v in 0..V {
            for l in 0..VECTOR {
                sums[v][l] = mul_add::<I, f64>(y[v][l], y[v][l], sums[v][l]);
            }
        }
    }
}

#[inline(always)]
fn replace<I: Isa, const C: usize>(columns: &mut [Lanes], first: usize, packed: &[f64]) {
    for at in 0..LANES / VECTOR {
        let products = product::<I, 1, C>(columns, at, first, packed);
        for (c, y) in products.iter().enumerate() {
            columns[first + c].as_chunks_mut().0[at] = y[0];
        }
    }
}

/// Columns `first..first + C` of the product of a triangle and the points in the `at`-th V vectors of lanes.
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
        let x = vectors::<V>(x, at);
        for c in 0..C {
            for v in 0..V {
                for l in 0..VECTOR {
                    products[c][v][l] = mul_add::<I, f64>(x[v][l], u[c], products[c][v][l]);
                }
            }
        }
    }
    for t in 0..C {
        let x = vectors::<V>(&own[t], at);
        for c in t..C {
            for v in 0..V {
                for l in 0..VECTOR {
                    products[c][v][l] = mul_add::<I, f64>(x[v][l], diagonal[t][c], products[c][v][l]);
                }
            }
        }
    }
    products
}

/// The `at`-th V vectors.
#[inline(always)]
fn vectors<const V: usize>(lanes: &Lanes, at: usize) -> &[Vector; V] {
    &lanes.as_chunks::<VECTOR>().0.as_chunks::<V>().0[at]
}

#[cfg(test)]
mod tests {
    use std::array::from_fn;

    use ndarray::Array2;

    use super::*;
    use crate::simd::{Kernel, dispatch};

    /// Products with a triangle against plain sums, for widths that leave every remainder.
    struct Check;

    impl Kernel for Check {
        type Output = ();

        #[inline(always)]
        fn run<I: Isa>(self) {
            for d in 1..=9 {
                let value = |i: usize| ((i * 37) % 101) as f64 / 50.0 - 1.0;
                let factor =
                    Array2::from_shape_fn((d, d), |(i, j)| if i <= j { value(10 * i + j) } else { 0.0 });
                let columns: Vec<Lanes> = (0..d).map(|j| from_fn(|l| value(100 * j + l))).collect();
                let triangle = Triangle::new(factor.view());
                let (mut squares, mut whitened) = ([0.0; LANES], columns.clone());
                triangle.squares::<I>(&columns, &mut squares);
                triangle.whiten_in_place::<I>(&mut whitened);
                for l in 0..LANES {
                    let product = |j| (0..=j).map(|i| columns[i][l] * factor[[i, j]]).sum::<f64>();
                    let exact: f64 = (0..d).map(|j| product(j) * product(j)).sum();
                    assert!((squares[l] - exact).abs() < 1e-12, "d = {d}");
                    assert!((0..d).all(|j| (whitened[j][l] - product(j)).abs() < 1e-12), "d = {d}");
                }
            }
        }
    }

    struct Narrow;

    impl Isa for Narrow {
        const FUSED: bool = false;
        const WIDE: bool = false;
    }

    #[test]
    fn products_are_sums_of_products() {
        dispatch(Check);
        Check.run::<Narrow>();
    }
}
