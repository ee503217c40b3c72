//! Sums over a block of points, weighted by one component's responsibilities.

use std::array::from_fn;

use super::panel::{LANES, Lanes, keep_loop, panels};
use crate::kernel::mul_add;
use crate::parallel::BLOCK_ROWS;
use crate::simd::Isa;

/// Rows and columns of products that are summed at once.
const TILE: usize = 4;

/// How much of the second moments is collected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Extent {
    /// All products of two features.
    Matrix,
    /// The squares alone.
    Diagonal,
}

impl Extent {
    /// Sums per component: see [`Scatter`].
    pub(super) fn width(self, d: usize) -> usize {
        match self {
            Self::Matrix => triangle(d + 1),
            Self::Diagonal => 1 + 2 * d,
        }
    }
}

/// Where row `i` of a packed lower triangle begins, and how long one of `i` rows is.
#[inline(always)]
pub(super) fn triangle(i: usize) -> usize {
    i * (i + 1) / 2
}

/// Adds `sum r`, `sum r (x - m)` and second moments around the mean m to the sums of a component.
///
/// [`Extent::Matrix`]: the sums are the lower triangle, row by row, of `sum s s^T` with
/// `s = sqrt(r) (1, x - m)`, so that they begin with `sum r`, and row i + 1 begins with the sum of `r (x - m)_i`.
/// [`Extent::Diagonal`]: `sum r`, then `sum r (x - m)` and `sum r (x - m)^2`, feature by feature.
pub(super) struct Scatter {
    extent: Extent,
    /// `s`, one panel after the other, each `(1 + d, LANES)`.
    scaled: Vec<Lanes>,
}

impl Scatter {
    pub(super) fn new(extent: Extent, d: usize) -> Self {
        let rows = if extent == Extent::Matrix { panels(BLOCK_ROWS) * (d + 1) } else { 0 };
        Self { extent, scaled: vec![[0.0; LANES]; rows] }
    }

    /// `block`: panels `(d, LANES)` one after the other; `responsibilities`: one row per panel; `mean` `(d,)`.
    #[inline(always)]
    pub(super) fn add<'r, I: Isa>(
        &mut self,
        block: &[Lanes],
        responsibilities: impl Iterator<Item = &'r Lanes> + Clone,
        mean: &[f64],
        sums: &mut [f64],
    ) {
        // Nothing of this block belongs to the component.
        if responsibilities.clone().all(|lanes| *lanes == [0.0; LANES]) {
            return;
        }
        match self.extent {
            Extent::Matrix => {
                let used = scale(block, responsibilities, mean, &mut self.scaled);
                if I::WIDE {
                    add_products::<I, 8, TILE>(used, mean.len() + 1, sums);
                } else {
                    add_products::<I, 4, 2>(used, mean.len() + 1, sums);
                }
            }
            Extent::Diagonal => add_squares::<I>(block, responsibilities, mean, sums),
        }
    }
}

/// Writes `s` to `scaled` and returns the panels written.
#[inline(always)]
fn scale<'s, 'r>(
    block: &[Lanes],
    responsibilities: impl Iterator<Item = &'r Lanes>,
    mean: &[f64],
    scaled: &'s mut [Lanes],
) -> &'s [Lanes] {
    let d = mean.len();
    let mut used = 0;
    for ((r, panel), scaled) in
        responsibilities.zip(block.chunks_exact(d)).zip(scaled.chunks_exact_mut(d + 1))
    {
        let (root, differences) = scaled.split_first_mut().expect("d + 1 rows");
        keep_loop();
        let mut roots = [0.0; LANES];
        for l in 0..LANES {
            roots[l] = r[l].sqrt();
        }
        *root = roots;
        for ((to, x), &m) in differences.iter_mut().zip(panel).zip(mean) {
            keep_loop();
            let mut scaled = [0.0; LANES];
            for l in 0..LANES {
                scaled[l] = (x[l] - m) * roots[l];
            }
            *to = scaled;
        }
        used += d + 1;
    }
    &scaled[..used]
}

/// Adds the products of any two of the `height` rows, summed over all lanes of all panels; C columns of a tile at once,
/// a vector of L lanes each.
#[inline(always)]
fn add_products<I: Isa, const L: usize, const C: usize>(scaled: &[Lanes], height: usize, sums: &mut [f64]) {
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

/// Rows `i..i + R` with rows `j..j + C`, all of them below the diagonal.
#[inline(always)]
fn add_tile<I: Isa, const L: usize, const R: usize, const C: usize>(
    scaled: &[Lanes],
    height: usize,
    (i, j): (usize, usize),
    sums: &mut [f64],
) {
    let mut products = [[[0.0; L]; C]; R];
    for panel in scaled.chunks_exact(height) {
        let rows: [&[[f64; L]]; R] = from_fn(|r| panel[i + r].as_chunks::<L>().0);
        let columns: [&[[f64; L]]; C] = from_fn(|c| panel[j + c].as_chunks::<L>().0);
        for v in 0..LANES / L {
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
    // See `kernel::tile` for this barrier.
    let products = std::hint::black_box(products);
    for (r, products) in products.iter().enumerate() {
        let at = triangle(i + r) + j;
        for (sum, lanes) in sums[at..at + C].iter_mut().zip(products) {
            *sum += add_lanes(*lanes);
        }
    }
}

/// Rows `i..i + R` with themselves, on and below the diagonal: P = R (R + 1) / 2 products.
#[inline(always)]
fn add_corner<I: Isa, const L: usize, const R: usize, const P: usize>(
    scaled: &[Lanes],
    height: usize,
    i: usize,
    sums: &mut [f64],
) {
    let mut products = [[0.0; L]; P];
    for panel in scaled.chunks_exact(height) {
        let rows: [&[[f64; L]]; R] = from_fn(|r| panel[i + r].as_chunks::<L>().0);
        for v in 0..LANES / L {
            let x = vectors(rows, v);
            for r in 0..R {
                for c in 0..=r {
                    let product = &mut products[triangle(r) + c];
                    for l in 0..L {
                        product[l] = mul_add::<I, f64>(x[r][l], x[c][l], product[l]);
                    }
                }
            }
        }
    }
    let products = std::hint::black_box(products);
    for r in 0..R {
        let at = triangle(i + r) + i;
        for (sum, lanes) in sums[at..=at + r].iter_mut().zip(&products[triangle(r)..]) {
            *sum += add_lanes(*lanes);
        }
    }
}

/// The `v`-th vector of each row, copied: read from where they lie as they are needed, they are taken apart.
#[inline(always)]
fn vectors<const L: usize, const R: usize>(rows: [&[[f64; L]]; R], v: usize) -> [[f64; L]; R] {
    from_fn(|r| rows[r][v])
}

#[inline(always)]
fn add_squares<'r, I: Isa>(
    block: &[Lanes],
    responsibilities: impl Iterator<Item = &'r Lanes>,
    mean: &[f64],
    sums: &mut [f64],
) {
    let (total, sums) = sums.split_first_mut().expect("1 + 2 d sums");
    for (r, panel) in responsibilities.zip(block.chunks_exact(mean.len())) {
        *total += add_lanes(*r);
        for ((sums, x), &m) in sums.as_chunks_mut::<2>().0.iter_mut().zip(panel).zip(mean) {
            let (mut shift, mut square) = ([0.0; 8], [0.0; 8]);
            for (x, r) in x.as_chunks::<8>().0.iter().zip(r.as_chunks::<8>().0) {
                for l in 0..8 {
                    let difference = x[l] - m;
                    let weighted = difference * r[l];
                    shift[l] += weighted;
                    square[l] = mul_add::<I, f64>(weighted, difference, square[l]);
                }
            }
            let (shift, square) = std::hint::black_box((shift, square));
            sums[0] += add_lanes(shift);
            sums[1] += add_lanes(square);
        }
    }
}

/// The sum, added in halves.
#[inline(always)]
pub(super) fn add_lanes<const L: usize>(mut lanes: [f64; L]) -> f64 {
    let mut width = L;
    while width > 1 {
        width /= 2;
        for l in 0..width {
            lanes[l] += lanes[l + width];
        }
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Kernel, dispatch};

    /// Both extents against plain sums, for heights that leave every remainder.
    struct Check;

    impl Kernel for Check {
        type Output = ();

        #[inline(always)]
        fn run<I: Isa>(self) {
            for d in 1..=9 {
                let value = |i: usize| ((i * 37) % 101) as f64 / 50.0 - 1.0;
                let column = |j: usize| -> Lanes { from_fn(|l| value(100 * j + l)) };
                let block: Vec<Lanes> = (0..3 * d).map(column).collect();
                let shares: Vec<Lanes> = (0..3).map(|p| column(p + 50).map(f64::abs)).collect();
                let mean: Vec<f64> = (0..d).map(|j| value(j) / 7.0).collect();
                // Feature d is 1.
                let at = |p: usize, l: usize, j: usize| {
                    if j == d { 1.0 } else { block[p * d + j][l] - mean[j] }
                };
                let sum = |i: usize, j: usize| -> f64 {
                    let lanes = (0..3).flat_map(|p| (0..LANES).map(move |l| (p, l)));
                    lanes.map(|(p, l)| shares[p][l] * at(p, l, i) * at(p, l, j)).sum()
                };
                let sums_of = |extent: Extent| {
                    let mut sums = vec![0.0; extent.width(d)];
                    Scatter::new(extent, d).add::<I>(&block, shares.iter(), &mean, &mut sums);
                    sums
                };
                let (matrix, diagonal) = (sums_of(Extent::Matrix), sums_of(Extent::Diagonal));
                let close = |found: f64, exact: f64| assert!((found - exact).abs() < 1e-12, "d = {d}");
                close(matrix[0], sum(d, d));
                close(diagonal[0], sum(d, d));
                for i in 0..d {
                    close(matrix[triangle(i + 1)], sum(d, i));
                    close(diagonal[1 + 2 * i], sum(d, i));
                    close(diagonal[2 + 2 * i], sum(i, i));
                    for j in 0..=i {
                        close(matrix[triangle(i + 1) + 1 + j], sum(i, j));
                    }
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
    fn sums_are_sums() {
        dispatch(Check);
        Check.run::<Narrow>();
    }
}
