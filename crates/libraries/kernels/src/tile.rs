//! The innermost loop of a matrix product: a tile of sums that stays in registers.

use std::ops::{Add, Mul};

use crate::simd::LANES;

/// A floating-point type that [`tile`] multiplies: `f32` or `f64`.
pub trait Float: Copy + Add<Output = Self> + Mul<Output = Self> {
    /// The number 0.
    const ZERO: Self;

    /// Returns `self * a + b` with one rounding.
    ///
    /// ```
    /// assert_eq!(kernels::Float::fused(2.0_f32, 3.0, 1.0), 7.0);
    /// ```
    fn fused(self, a: Self, b: Self) -> Self;
}

impl Float for f32 {
    const ZERO: Self = 0.0;

    #[inline(always)]
    fn fused(self, a: Self, b: Self) -> Self {
        self.mul_add(a, b)
    }
}

impl Float for f64 {
    const ZERO: Self = 0.0;

    #[inline(always)]
    fn fused(self, a: Self, b: Self) -> Self {
        self.mul_add(a, b)
    }
}

/// Computes at `[r][c][l]` the product of row r with the point in lane l of panel c.
///
/// Rows have m values, panels `(m, LANES)`; the products are added up in the order of the values.
/// With `fused`, which is a constant where this is called, a product and its addition are rounded
/// once. R C vectors of sums should fit the registers: each step loads R values and C vectors (Goto
/// and van de Geijn, *Anatomy of high-performance matrix multiplication*, ACM TOMS 2008).
///
/// # Panics
///
/// If a row or a panel is shorter than the first panel.
///
/// ```
/// let panel = [[1.0; 16], [2.0; 16]];
/// assert_eq!(kernels::tile(false, [&[10.0, 1.0]], [&panel]), [[[12.0; 16]]]);
/// ```
#[inline(always)]
pub fn tile<T: Float, const R: usize, const C: usize>(
    fused: bool,
    rows: [&[T]; R],
    panels: [&[[T; LANES]]; C],
) -> [[[T; LANES]; C]; R] {
    // Bounds are checked here and not for each value.
    let m = panels[0].len();
    let (rows, panels) = (rows.map(|row| &row[..m]), panels.map(|panel| &panel[..m]));
    let mut sums = [[[T::ZERO; LANES]; C]; R];
    for j in 0..m {
        let x: [T; R] = std::array::from_fn(|r| rows[r][j]);
        for c in 0..C {
            let y = panels[c][j];
            for r in 0..R {
                sums[r][c] = std::array::from_fn(|l| {
                    if fused {
                        x[r].fused(y[l], sums[r][c][l])
                    } else {
                        x[r] * y[l] + sums[r][c][l]
                    }
                });
            }
        }
    }
    // Without this barrier the compiler keeps sums in memory beside those in registers.
    std::hint::black_box(sums)
}
