//! Sums of points and their outer products, weighted by one component's responsibilities.

use kernels::simd::Isa;

use super::gram::add_gram;
use super::packed_triangular::packed_row_offset;
use super::simd_block::{BLOCK_LANES, Lanes, VECTOR, simd_block_count};
use crate::kernel::{keep_loop, mul_add, sum_lanes};
use crate::parallel::BLOCK_ROWS;

/// Which second-order sums are collected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum SecondMoments {
    /// The products of any two features.
    Matrix,
    /// The squares of the features.
    Diagonal,
    /// The products of any two features, for all components together and not for each.
    Together,
}

impl SecondMoments {
    /// Returns how many sums a component has: see [`WeightedOuter`].
    pub(super) fn width(self, d: usize) -> usize {
        match self {
            Self::Matrix => packed_row_offset(d + 1),
            Self::Diagonal => 1 + 2 * d,
            Self::Together => 1 + d,
        }
    }

    /// Returns how many sums all components have together.
    pub(super) fn width_together(self, d: usize) -> usize {
        match self {
            Self::Matrix | Self::Diagonal => 0,
            Self::Together => Self::Matrix.width(d),
        }
    }
}

/// Adds up `sum r`, `sum r (x - m)` and second-order sums around the mean m of a component.
///
/// - [`SecondMoments::Matrix`]: the sums are the lower triangular part, row by row, of `sum s s^T`
///   with `s = sqrt(r) (1, x - m)`. They begin with `sum r`, and row i + 1 begins with the sum of
///   `r (x - m)_i`.
/// - [`SecondMoments::Diagonal`]: the sums are `sum r`, then `sum r (x - m)` and
///   `sum r (x - m)^2`, feature by feature.
/// - [`SecondMoments::Together`]: the sums are `sum r`, then `sum r (x - m)`.
pub(super) struct WeightedOuter {
    second_moments: SecondMoments,
    /// Memory for `s`: SIMD blocks one after the other, each `(1 + d, BLOCK_LANES)`.
    scaled: Vec<Lanes>,
}

impl WeightedOuter {
    /// Allocates memory for points of d features.
    pub(super) fn new(second_moments: SecondMoments, d: usize) -> Self {
        let columns = match second_moments {
            SecondMoments::Matrix => simd_block_count(BLOCK_ROWS) * (d + 1),
            SecondMoments::Diagonal | SecondMoments::Together => 0,
        };
        Self { second_moments, scaled: vec![[0.0; BLOCK_LANES]; columns] }
    }

    /// Adds up to [`BLOCK_ROWS`] points to the `sums` of a component of mean `mean` `(d,)`.
    ///
    /// `weighted` gives SIMD blocks of points `(d, BLOCK_LANES)` and their responsibilities for the
    /// component.
    #[inline(always)]
    pub(super) fn add<'r, I: Isa>(
        &mut self,
        weighted: impl Iterator<Item = (&'r [Lanes], &'r Lanes)> + Clone,
        mean: &[f64],
        sums: &mut [f64],
    ) {
        match self.second_moments {
            SecondMoments::Matrix => {
                let used = scale(weighted, mean, &mut self.scaled);
                add_gram::<I>(used, mean.len() + 1, sums);
            }
            SecondMoments::Diagonal => add_squares::<I>(weighted, mean, sums),
            SecondMoments::Together => add_differences::<I>(weighted, mean, sums),
        }
    }
}

/// Writes `s` to `scaled` and returns the part written.
#[inline(always)]
fn scale<'s, 'r>(
    weighted: impl Iterator<Item = (&'r [Lanes], &'r Lanes)>,
    mean: &[f64],
    scaled: &'s mut [Lanes],
) -> &'s [Lanes] {
    let d = mean.len();
    let mut used = 0;
    for ((block, r), scaled) in weighted.zip(scaled.chunks_exact_mut(d + 1)) {
        let (root, differences) = scaled.split_first_mut().expect("a SIMD block has d + 1 columns");
        keep_loop();
        let mut roots = [0.0; BLOCK_LANES];
        for l in 0..BLOCK_LANES {
            roots[l] = r[l].sqrt();
        }
        *root = roots;
        for ((to, x), &m) in differences.iter_mut().zip(block).zip(mean) {
            keep_loop();
            let mut scaled = [0.0; BLOCK_LANES];
            for l in 0..BLOCK_LANES {
                scaled[l] = (x[l] - m) * roots[l];
            }
            *to = scaled;
        }
        used += d + 1;
    }
    &scaled[..used]
}

/// Adds `sum r`, `sum r (x - m)` and `sum r (x - m)^2` of each feature.
#[inline(always)]
fn add_squares<'r, I: Isa>(
    weighted: impl Iterator<Item = (&'r [Lanes], &'r Lanes)>,
    mean: &[f64],
    sums: &mut [f64],
) {
    let (total, sums) = sums.split_first_mut().expect("1 + 2 d sums");
    for (block, r) in weighted {
        *total += sum_lanes(*r);
        for ((sums, x), &m) in sums.as_chunks_mut::<2>().0.iter_mut().zip(block).zip(mean) {
            let (mut shift, mut square) = ([0.0; VECTOR], [0.0; VECTOR]);
            for (x, r) in x.as_chunks::<VECTOR>().0.iter().zip(r.as_chunks::<VECTOR>().0) {
                for l in 0..VECTOR {
                    let difference = x[l] - m;
                    let weighted = difference * r[l];
                    shift[l] += weighted;
                    square[l] = mul_add::<I, f64>(weighted, difference, square[l]);
                }
            }
            let (shift, square) = std::hint::black_box((shift, square));
            sums[0] += sum_lanes(shift);
            sums[1] += sum_lanes(square);
        }
    }
}

/// Adds `sum r` and `sum r (x - m)` of each feature.
#[inline(always)]
fn add_differences<'r, I: Isa>(
    weighted: impl Iterator<Item = (&'r [Lanes], &'r Lanes)> + Clone,
    mean: &[f64],
    sums: &mut [f64],
) {
    let (total, sums) = sums.split_first_mut().expect("1 + d sums");
    for (_, r) in weighted.clone() {
        *total += sum_lanes(*r);
    }
    for (j, (sum, &m)) in sums.iter_mut().zip(mean).enumerate() {
        // Lanes are added up once for all points.
        let mut shift = [0.0; BLOCK_LANES];
        for (block, r) in weighted.clone() {
            let x = &block[j];
            for l in 0..BLOCK_LANES {
                shift[l] = mul_add::<I, f64>(x[l] - m, r[l], shift[l]);
            }
        }
        *sum += sum_lanes(std::hint::black_box(shift));
    }
}

#[cfg(test)]
mod tests {
    use std::array::from_fn;

    use kernels::simd::{Kernel, Unfused, dispatch};

    use super::*;

    /// Compares both kinds with plain sums, for numbers of features with every remainder.
    struct Check;

    impl Kernel for Check {
        type Output = ();

        #[inline(always)]
        fn run<I: Isa>(self) {
            for d in 1..=9 {
                let value = |i: usize| ((i * 37) % 101) as f64 / 50.0 - 1.0;
                let column = |j: usize| -> Lanes { from_fn(|l| value(100 * j + l)) };
                let block: Vec<Lanes> = (0..3 * d).map(column).collect();
                let responsibilities: Vec<Lanes> =
                    (0..3).map(|p| column(p + 50).map(f64::abs)).collect();
                let mean: Vec<f64> = (0..d).map(|j| value(j) / 7.0).collect();
                // Feature d is 1.
                let at = |p: usize, l: usize, j: usize| {
                    if j == d { 1.0 } else { block[p * d + j][l] - mean[j] }
                };
                let sum = |i: usize, j: usize| -> f64 {
                    let lanes = (0..3).flat_map(|p| (0..BLOCK_LANES).map(move |l| (p, l)));
                    lanes.map(|(p, l)| responsibilities[p][l] * at(p, l, i) * at(p, l, j)).sum()
                };
                let sums_of = |order: SecondMoments| {
                    let mut sums = vec![0.0; order.width(d)];
                    WeightedOuter::new(order, d).add::<I>(
                        block.chunks_exact(d).zip(&responsibilities),
                        &mean,
                        &mut sums,
                    );
                    sums
                };
                let (matrix, diagonal) =
                    (sums_of(SecondMoments::Matrix), sums_of(SecondMoments::Diagonal));
                let together = sums_of(SecondMoments::Together);
                let close =
                    |found: f64, exact: f64| assert!((found - exact).abs() < 1e-12, "d = {d}");
                close(matrix[0], sum(d, d));
                close(diagonal[0], sum(d, d));
                close(together[0], sum(d, d));
                for i in 0..d {
                    close(matrix[packed_row_offset(i + 1)], sum(d, i));
                    close(diagonal[1 + 2 * i], sum(d, i));
                    close(together[1 + i], sum(d, i));
                    close(diagonal[2 + 2 * i], sum(i, i));
                    for j in 0..=i {
                        close(matrix[packed_row_offset(i + 1) + 1 + j], sum(i, j));
                    }
                }
            }
        }
    }

    #[test]
    fn weighted_sums_agree_with_plain_sums() {
        dispatch(Check);
        Check.run::<Unfused>();
    }
}
