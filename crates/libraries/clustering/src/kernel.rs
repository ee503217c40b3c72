//! Inner products of points with centers, in loops that become vector instructions.
//!
//! With few features a vector holds the same feature of [`LANES`] points ([`column_products`]), so
//! that nothing has to be summed across it; [`crate::matrix_products`] does so for many features.
//! Products with few centers, for which it is not worth while to transpose points, take neighboring
//! features of one row into a vector ([`tile_products`], [`row_products`]). Either way a product
//! depends on its row and its center alone, never on what is computed beside it: the same numbers
//! are added in the same order.

use std::array::from_fn;

use kernels::Float;
use kernels::simd::Isa;
pub(crate) use kernels::simd::LANES;

use crate::scalar::{Scalar, Work};

/// Multiple that rows are padded to: most features of one row that a vector loop takes at once.
pub(crate) const PADDING: usize = 16;

/// Returns `a b + c`, with one rounding if the processor has fused multiply-add.
#[inline(always)]
pub(crate) fn mul_add<I: Isa, W: Work>(a: W, b: W, c: W) -> W {
    if I::FUSED { a.fused(b, c) } else { a * b + c }
}

/// Computes the product of row r and center c: `[c][r]`.
///
/// All rows and centers have one length, a multiple of L. Each of L partial sums takes every L-th
/// feature in order; the partial sums are then added in halves.
#[inline(always)]
pub(crate) fn tile<I: Isa, W: Work, const L: usize, const R: usize, const C: usize>(
    rows: [&[W]; R],
    centers: [&[W]; C],
) -> [[W; R]; C] {
    let rows = rows.map(|row| row.as_chunks::<L>().0);
    let centers = centers.map(|center| center.as_chunks::<L>().0);
    let steps = rows[0].len();
    assert!(rows.iter().chain(&centers).all(|row| row.len() == steps), "all rows have one length");
    let mut sums = [[[W::ZERO; L]; R]; C];
    for step in 0..steps {
        let x: [[W; L]; R] = from_fn(|r| rows[r][step]);
        for c in 0..C {
            let y = &centers[c][step];
            for r in 0..R {
                for l in 0..L {
                    sums[c][r][l] = mul_add::<I, W>(x[r][l], y[l], sums[c][r][l]);
                }
            }
        }
    }
    // Without this barrier the compiler vectorizes the sums across lanes first, and leaves the loop
    // above scalar.
    let sums = std::hint::black_box(sums);
    sums.map(|rows| rows.map(sum_lanes))
}

/// Centers and scales values before products: `(x * shrink + shift) * stretch`.
///
/// There is one shift per feature. Shrinking comes first and stretching last, so that neither
/// values nor shifts overflow.
#[derive(Clone, Copy)]
pub(crate) struct Centering<'a, W> {
    /// The factor that comes first: a power of two, at most 1.
    pub(crate) shrink: W,
    /// The shift of each feature, shape `(d,)`.
    pub(crate) shifts: &'a [W],
    /// The factor that comes last: a power of two, at least 1.
    pub(crate) stretch: W,
}

impl<W: Work> Centering<'_, W> {
    /// Centers and scales one value.
    ///
    /// Shrinking by a power of two rounds nothing, so the result has the same bits with and
    /// without fused multiply-add.
    #[inline(always)]
    pub(crate) fn apply<I: Isa>(&self, x: W, shift: W) -> W {
        mul_add::<I, W>(x, self.shrink, shift) * self.stretch
    }
}

/// Keeps the compiler from vectorizing the loop over columns that calls this.
///
/// Without it a vector may hold one lane of many columns, gathered from distant addresses, instead
/// of the lanes of one column.
#[inline(always)]
pub(crate) fn keep_loop() {
    std::hint::black_box(());
}

/// Computes the products of one point with C centers, each in L partial sums.
///
/// The rounding differs from that of [`tile`], because the partial sums are others.
#[inline(always)]
pub(crate) fn row_products<I: Isa, F: Scalar, const L: usize, const C: usize>(
    point: &[F],
    centering: Centering<F::Work>,
    centers: [&[F::Work]; C],
) -> [F::Work; C] {
    let (point, point_tail) = point.as_chunks::<L>();
    let shifts =
        (&centering.shifts.as_chunks::<L>().0[..point.len()], &centering.shifts[point.len() * L..]);
    let centers = centers
        .map(|center| (&center.as_chunks::<L>().0[..point.len()], &center[point.len() * L..]));
    let mut sums = [[F::Work::ZERO; L]; C];
    for (step, x) in point.iter().enumerate() {
        let shift = &shifts.0[step];
        for c in 0..C {
            let y = &centers[c].0[step];
            for l in 0..L {
                let x = centering.apply::<I>(x[l].to_work(), shift[l]);
                sums[c][l] = mul_add::<I, F::Work>(x, y[l], sums[c][l]);
            }
        }
    }
    for c in 0..C {
        let tail = point_tail.iter().zip(shifts.1).zip(centers[c].1);
        for (sum, ((&x, &shift), &y)) in sums[c].iter_mut().zip(tail) {
            *sum = mul_add::<I, F::Work>(centering.apply::<I>(x.to_work(), shift), y, *sum);
        }
    }
    let sums = std::hint::black_box(sums);
    let mut products = [F::Work::ZERO; C];
    for c in 0..C {
        products[c] = sum_lanes(sums[c]);
    }
    products
}

/// Computes the product of row r and center c, in the tile shape that suits the registers.
///
/// `[c][r]`; all rows and centers have one length, a multiple of [`PADDING`]. Products are added up
/// in no fewer than [`Work::FEWEST_LANES`] partial sums.
#[inline(always)]
pub(crate) fn tile_products<I: Isa, W: Work, const C: usize>(
    rows: [&[W]; 4],
    centers: [&[W]; C],
) -> [[W; 4]; C] {
    // A 64-byte register holds 16 f32 or 8 f64, a 32-byte one half of that.
    match (I::WIDE, W::FEWEST_LANES) {
        (true, 8) => tile::<I, W, 16, 4, C>(rows, centers),
        (true, 4) => tile::<I, W, 8, 4, C>(rows, centers),
        (false, 8) => tile_in_halves::<I, W, 8, C>(rows, centers),
        (false, 4) => tile_in_halves::<I, W, 4, C>(rows, centers),
        _ => unreachable!("f32 has at least 8 partial sums and f64 at least 4"),
    }
}

/// Computes [`tile`] for four rows, two at a time, where there are too few registers for four.
#[inline(always)]
fn tile_in_halves<I: Isa, W: Work, const L: usize, const C: usize>(
    rows: [&[W]; 4],
    centers: [&[W]; C],
) -> [[W; 4]; C] {
    let first = tile::<I, W, L, 2, C>([rows[0], rows[1]], centers);
    let second = tile::<I, W, L, 2, C>([rows[2], rows[3]], centers);
    from_fn(|c| [first[c][0], first[c][1], second[c][0], second[c][1]])
}

/// Adds up the L lanes in halves: the upper half onto the lower, until one is left.
#[inline(always)]
pub(crate) fn sum_lanes<W: Work, const L: usize>(mut lanes: [W; L]) -> W {
    let mut width = L;
    while width > 1 {
        width /= 2;
        for l in 0..width {
            lanes[l] += lanes[l + width];
        }
    }
    lanes[0]
}

/// Computes the product of the row in each lane and the c-th center from `first` on: `[c][lane]`.
///
/// `columns[i]` holds feature i of all rows, `centers[i * m..][..m]` feature i of all m centers.
#[inline(always)]
pub(crate) fn column_products<I: Isa, W: Work, const C: usize>(
    columns: &[[W; LANES]],
    centers: &[W],
    m: usize,
    first: usize,
) -> [[W; LANES]; C] {
    let mut sums = [[W::ZERO; LANES]; C];
    for (x, centers) in columns.iter().zip(centers.chunks_exact(m)) {
        let centers: &[W; C] =
            centers[first..].first_chunk().expect("there are C centers from the first on");
        for c in 0..C {
            for l in 0..LANES {
                sums[c][l] = mul_add::<I, W>(x[l], centers[c], sums[c][l]);
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use kernels::simd::{Kernel, dispatch};

    use super::*;

    /// Compares both forms with sums in f64, and one center with five at once.
    struct Check;

    impl Kernel for Check {
        type Output = ();

        #[inline(always)]
        fn run<I: Isa>(self) {
            let row = |seed: usize| -> Vec<f32> {
                (0..48).map(|i| ((i * seed) % 17) as f32 / 17.0).collect()
            };
            let (rows, centers): (Vec<_>, Vec<_>) =
                ((1..5).map(row).collect(), (5..10).map(row).collect());
            let rows: [&[f32]; 4] = from_fn(|r| &rows[r][..]);
            let centers: [&[f32]; 5] = from_fn(|c| &centers[c][..]);
            let tile = tile_products::<I, f32, 5>(rows, centers);
            let columns: Vec<[f32; LANES]> = (0..48).map(|i| from_fn(|l| rows[l % 4][i])).collect();
            let packed: Vec<f32> = (0..48).flat_map(|i| centers.map(|center| center[i])).collect();
            let side_by_side = column_products::<I, f32, 5>(&columns, &packed, 5, 0);
            let plain = Centering { shrink: 1.0, shifts: &[0.0; 48], stretch: 1.0 };
            let back = Centering { shrink: 0.125, shifts: &[1.5; 48], stretch: 2.0 };
            for c in 0..5 {
                assert_eq!(tile_products::<I, f32, 1>(rows, [centers[c]]), [tile[c]]);
                assert_eq!(
                    column_products::<I, f32, 1>(&columns, &packed, 5, c),
                    [side_by_side[c]]
                );
                for r in 0..4 {
                    let exact: f64 = rows[r]
                        .iter()
                        .zip(centers[c])
                        .map(|(&x, &y)| f64::from(x) * f64::from(y))
                        .sum();
                    let [alone] = row_products::<I, f32, 16, 1>(rows[r], plain, [centers[c]]);
                    let moved = rows[r].iter().map(|x| 4.0 * (x - 3.0)).collect::<Vec<f32>>();
                    let [moved] = row_products::<I, f32, 16, 1>(&moved, back, [centers[c]]);
                    for value in [tile[c][r], side_by_side[c][r], alone, moved] {
                        assert!((f64::from(value) - exact).abs() < 1e-5, "{value} against {exact}");
                    }
                }
            }
        }
    }

    #[test]
    fn products_are_sums_of_products() {
        dispatch(Check);
    }
}
