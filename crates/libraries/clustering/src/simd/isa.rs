//! Instruction sets as types, and the trait of code that is compiled for each of them.

/// Points side by side in a column of `f32` or `f64`: one point per lane.
pub(crate) const LANES: usize = 16;

/// Products that [`Isa::dots`] computes side by side: `i32` lanes of a 32-byte vector.
pub(crate) const DOT_LANES: usize = 8;

/// An instruction set: what a compilation may count on.
pub trait Isa {
    /// Whether `a * b + c` is one instruction (with one rounding).
    const FUSED: bool;
    /// Whether there are 32 registers of 64 bytes, rather than 16 of 32.
    const WIDE: bool;

    /// Writes feature i of row l to `columns[i][l]`, for as many features as there are columns.
    #[doc(hidden)]
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
    #[doc(hidden)]
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
/// inlined into `dispatch` is compiled for the chosen instruction set.
pub(crate) trait Kernel {
    type Output;
    fn run<I: Isa>(self) -> Self::Output;
}

/// The instructions that the compilation target has by default.
pub(super) struct Portable;

impl Isa for Portable {
    const FUSED: bool = cfg!(any(target_arch = "aarch64", target_feature = "fma"));
    const WIDE: bool = false;
}

/// An instruction set that rounds products and sums separately, for tests.
#[cfg(test)]
pub(crate) struct Unfused;

#[cfg(test)]
impl Isa for Unfused {
    const FUSED: bool = false;
    const WIDE: bool = false;
}
