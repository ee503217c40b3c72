//! The same safe code, compiled for the widest vectors that the processor has.
//!
//! A [`Kernel`] is ordinary Rust over small arrays, which the compiler turns into vector
//! instructions. [`dispatch`] holds three compilations of it (AVX-512, AVX2 with FMA, and the
//! default of the target) and picks one when the program runs. On one kind of processor the choice
//! is always the same, and so are all results. The [crate](crate#loops-for-several-instruction-sets)
//! says when to use multiversion instead.

mod isa;
#[cfg(target_arch = "x86_64")]
mod x86;

use self::isa::Portable;
pub use self::isa::{DOT_LANES, Isa, Kernel, LANES, Unfused};

/// Runs `kernel`, compiled for the widest vectors that the processor has.
///
/// ```
/// use kernels::simd::{Isa, Kernel, dispatch};
///
/// struct Products<'a>(&'a mut [f32], f32);
///
/// impl Kernel for Products<'_> {
///     type Output = ();
///
///     #[inline(always)]
///     fn run<I: Isa>(self) {
///         self.0.iter_mut().for_each(|x| *x *= self.1);
///     }
/// }
///
/// let mut values = [1.0, 2.0, 3.0];
/// dispatch(Products(&mut values, 2.0));
/// assert_eq!(values, [2.0, 4.0, 6.0]);
/// ```
#[inline]
#[allow(unsafe_code, reason = "the features are detected before they are used")]
pub fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx512f")
            && std::arch::is_x86_feature_detected!("avx512vl")
            && std::arch::is_x86_feature_detected!("avx512bw")
            && std::arch::is_x86_feature_detected!("avx512dq")
        {
            // SAFETY: every AVX-512 feature that `x86::avx512` is compiled for was just detected,
            // and processors with AVX-512 have AVX2 and FMA.
            return unsafe { x86::avx512(kernel) };
        }
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")
        {
            // SAFETY: both features that `x86::avx2` is compiled for were just detected.
            return unsafe { x86::avx2(kernel) };
        }
    }
    kernel.run::<Portable>()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of any length become columns, and nothing beside them is read.
    struct Transposed;

    impl Kernel for Transposed {
        type Output = ();

        #[inline(always)]
        fn run<I: Isa>(self) {
            for d in [1, 2, 7, 15, 16, 17, 31, 32, 40] {
                let values: Vec<f32> = (0..LANES * d).map(|i| i as f32).collect();
                let mut rows: [&[f32]; LANES] = [&[]; LANES];
                rows.iter_mut().zip(values.chunks(d)).for_each(|(row, values)| *row = values);
                let mut columns = vec![[-1.0; LANES]; d];
                I::transpose(rows, &mut columns);
                for (i, column) in columns.iter().enumerate() {
                    for (l, &x) in column.iter().enumerate() {
                        assert_eq!(x, (l * d + i) as f32, "{d} features");
                    }
                }
            }
        }
    }

    /// Products of pairs against sums in i64, with the largest values there are.
    struct Dots;

    impl Kernel for Dots {
        type Output = ();

        #[inline(always)]
        fn run<I: Isa>(self) {
            // Fourteen products of these are within i32.
            let value = |seed: usize| ((seed * 7919) % 24_001) as i32 - 12_000;
            let pair = |seed: usize| (value(2 * seed) & 0xffff) | value(2 * seed + 1) << 16;
            for steps in [0, 1, 7] {
                let rows: Vec<Vec<i32>> =
                    (0..4).map(|r| (0..steps).map(|s| pair(10 * r + s)).collect()).collect();
                let columns: Vec<Vec<[i32; DOT_LANES]>> = (0..2)
                    .map(|c| {
                        (0..steps)
                            .map(|s| std::array::from_fn(|l| pair(100 * c + 10 * s + l)))
                            .collect()
                    })
                    .collect();
                let found = I::dots::<4, 2>(
                    std::array::from_fn(|r| &rows[r][..]),
                    std::array::from_fn(|c| &columns[c][..]),
                );
                let values = |pair: i32| [i64::from(pair as i16), i64::from(pair >> 16)];
                for (c, r, l) in (0..64).map(|at| (at / 32, at / 8 % 4, at % 8)) {
                    let terms = (0..steps).map(|s| {
                        let (a, b) = (values(rows[r][s]), values(columns[c][s][l]));
                        a[0] * b[0] + a[1] * b[1]
                    });
                    let expected: i64 = terms.sum();
                    assert_eq!(i64::from(found[c][r][l]), expected, "{steps} steps");
                }
            }
        }
    }

    #[test]
    fn dots_are_sums_of_products() {
        Dots.run::<Portable>();
        dispatch(Dots);
    }

    #[test]
    fn rows_become_columns() {
        Transposed.run::<Portable>();
        dispatch(Transposed);
    }
}
