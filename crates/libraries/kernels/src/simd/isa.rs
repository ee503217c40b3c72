//! Instruction sets as types, and the trait of code that is compiled for each of them.

/// Points side by side in a column of `f32` or `f64`: one point per lane.
pub const LANES: usize = 16;

/// Products that [`Isa::dots`] computes side by side: `i32` lanes of a 32-byte vector.
pub const DOT_LANES: usize = 8;

/// An instruction set: what a compilation may count on.
pub trait Isa {
    /// Whether `a * b + c` is one instruction (with one rounding).
    const FUSED: bool;
    /// Whether there are 32 registers of 64 bytes, rather than 16 of 32.
    const WIDE: bool;

    /// Writes feature i of row l to `columns[i][l]`, for as many features as there are columns.
    ///
    /// # Panics
    ///
    /// If a row has fewer features than there are columns, it may panic.
    ///
    /// ```
    /// use kernels::simd::{Isa, LANES, Unfused};
    ///
    /// let mut columns = [[0.0; LANES]; 2];
    /// Unfused::transpose([&[1.0, 2.0]; LANES], &mut columns);
    /// assert_eq!(columns, [[1.0; LANES], [2.0; LANES]]);
    /// ```
    #[inline(always)]
    fn transpose(rows: [&[f32]; LANES], columns: &mut [[f32; LANES]]) {
        for (l, row) in rows.iter().enumerate() {
            for (column, &x) in columns.iter_mut().zip(*row) {
                column[l] = x;
            }
        }
    }

    /// Multiplies each row with each lane of each column: `[c][r][l]`.
    ///
    /// Every `i32` holds a pair of 16-bit values. The product runs over as many steps as the
    /// shorter of row and column has, and the caller keeps all sums of products within `i32`.
    ///
    /// ```
    /// use kernels::simd::{DOT_LANES, Isa, Unfused};
    ///
    /// let pair = |low: i32, high: i32| low | high << 16;
    /// let column = [[pair(10, 1); DOT_LANES]; 3];
    /// assert_eq!(Unfused::dots([&[pair(2, 3); 3]], [&column]), [[[3 * 23; DOT_LANES]]]);
    /// ```
    #[inline(always)]
    fn dots<const R: usize, const C: usize>(
        rows: [&[i32]; R],
        columns: [&[[i32; DOT_LANES]]; C],
    ) -> [[[i32; DOT_LANES]; R]; C] {
        let (low, high) = (|pair: i32| i32::from(pair as i16), |pair: i32| pair >> 16);
        let mut sums = [[[0; DOT_LANES]; R]; C];
        for (sums, column) in sums.iter_mut().zip(columns) {
            for (sums, row) in sums.iter_mut().zip(rows) {
                for (&x, pairs) in row.iter().zip(column) {
                    for l in 0..DOT_LANES {
                        sums[l] += low(x) * low(pairs[l]) + high(x) * high(pairs[l]);
                    }
                }
            }
        }
        sums
    }
}

/// Work that is compiled once for each instruction set.
///
/// Implementations of `run`, and all that they call, are `#[inline(always)]`: only code that is
/// inlined into [`dispatch`](super::dispatch) is compiled for the chosen instruction set.
pub trait Kernel {
    /// Result of the work.
    type Output;

    /// Does the work for an instruction set.
    fn run<I: Isa>(self) -> Self::Output;
}

/// The instructions that the compilation target has by default.
pub(super) struct Portable;

impl Isa for Portable {
    const FUSED: bool = cfg!(any(target_arch = "aarch64", target_feature = "fma"));
    const WIDE: bool = false;
}

/// An instruction set that rounds products and sums separately, for tests.
pub struct Unfused;

impl Isa for Unfused {
    const FUSED: bool = false;
    const WIDE: bool = false;
}
