//! The same safe code, compiled for the widest vectors the processor has.
//!
//! A [`Kernel`] is ordinary Rust over small arrays, which the compiler turns into vector instructions. [`dispatch`]
//! holds three compilations of it (AVX-512, AVX2 with FMA, and whatever the target has by default) and picks one when
//! the program runs. On one kind of processor the choice is always the same, and so are all results.

use crate::kernel::LANES;

/// What a compilation may count on.
pub trait Isa {
    /// Whether `a * b + c` is one instruction (with one rounding).
    const FUSED: bool;
    /// Whether there are 32 registers of 64 bytes, rather than 16 of 32.
    const WIDE: bool;

    /// `columns[i][l] = rows[l][i]`, for as many features as there are columns.
    #[doc(hidden)]
    #[inline(always)]
    fn transpose(rows: [&[f32]; LANES], columns: &mut [[f32; LANES]]) {
        for (l, row) in rows.iter().enumerate() {
            for (column, &x) in columns.iter_mut().zip(*row) {
                column[l] = x;
            }
        }
    }

    /// `[c][r][l]`: the product of row r and of what lane l of panel c holds, in pairs of 16-bit values. Panels are as long
    /// as the shortest row; all sums of products are within `i32`.
    #[doc(hidden)]
    #[inline(always)]
    fn dots<const R: usize, const C: usize>(
        rows: [&[i32]; R],
        panels: [&[[i32; 8]]; C],
    ) -> [[[i32; 8]; R]; C] {
        let (low, high) = (|pair: i32| i32::from(pair as i16), |pair: i32| pair >> 16);
        let mut sums = [[[0; 8]; R]; C];
        for (sums, panel) in sums.iter_mut().zip(panels) {
            for (sums, row) in sums.iter_mut().zip(rows) {
                for (&x, pairs) in row.iter().zip(panel) {
                    for l in 0..8 {
                        sums[l] += low(x) * low(pairs[l]) + high(x) * high(pairs[l]);
                    }
                }
            }
        }
        sums
    }
}

/// Work to be compiled for each instruction set. Implementations of `run`, and what they call, are
/// `#[inline(always)]`: only code that is inlined into [`dispatch`] is compiled for the instruction set chosen.
pub(crate) trait Kernel {
    type Output;
    fn run<I: Isa>(self) -> Self::Output;
}

/// Nothing but what the target has by default.
struct Portable;

impl Isa for Portable {
    const FUSED: bool = cfg!(any(target_arch = "aarch64", target_feature = "fma"));
    const WIDE: bool = false;
}

/// Runs `kernel` with the widest vectors there are.
#[inline]
#[allow(unsafe_code, reason = "the processor is asked before its instructions are used")]
pub(crate) fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx512f")
            && std::arch::is_x86_feature_detected!("avx512vl")
            && std::arch::is_x86_feature_detected!("avx512bw")
            && std::arch::is_x86_feature_detected!("avx512dq")
        {
            // SAFETY: the processor has just said that it has every feature `x86::avx512` is compiled for; those with
            // AVX-512 have AVX2 and FMA.
            return unsafe { x86::avx512(kernel) };
        }
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
            // SAFETY: the processor has just said that it has every feature `x86::avx2` is compiled for.
            return unsafe { x86::avx2(kernel) };
        }
    }
    kernel.run::<Portable>()
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m512, __m512i, _mm256_add_epi32, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maskload_ps,
        _mm256_permute2f128_ps, _mm256_set1_epi32, _mm256_setzero_ps, _mm256_setzero_si256,
        _mm256_shuffle_ps, _mm256_storeu_ps, _mm256_storeu_si256, _mm256_unpackhi_ps, _mm256_unpacklo_ps,
        _mm512_maskz_loadu_ps, _mm512_permutex2var_ps, _mm512_setzero_ps, _mm512_storeu_ps,
    };
    use std::mem::transmute;

    use super::{Isa, Kernel};
    use crate::kernel::LANES;

    struct Avx2;

    impl Isa for Avx2 {
        const FUSED: bool = true;
        const WIDE: bool = false;

        #[inline(always)]
        #[allow(unsafe_code, reason = "the features are this type's promise")]
        fn transpose(rows: [&[f32]; LANES], columns: &mut [[f32; LANES]]) {
            // SAFETY: code for this type runs in `avx2` alone, on processors that have the features.
            unsafe { transpose_by_eights(rows, columns) }
        }

        #[inline(always)]
        #[allow(unsafe_code, reason = "the features are this type's promise")]
        fn dots<const R: usize, const C: usize>(
            rows: [&[i32]; R],
            panels: [&[[i32; 8]]; C],
        ) -> [[[i32; 8]; R]; C] {
            // SAFETY: code for this type runs in `avx2` alone, on processors that have the features.
            unsafe { dots(rows, panels) }
        }
    }

    struct Avx512;

    impl Isa for Avx512 {
        const FUSED: bool = true;
        const WIDE: bool = true;

        #[inline(always)]
        #[allow(unsafe_code, reason = "the features are this type's promise")]
        fn transpose(rows: [&[f32]; LANES], columns: &mut [[f32; LANES]]) {
            // SAFETY: code for this type runs in `avx512` alone, on processors that have the features.
            unsafe { transpose(rows, columns) }
        }

        #[inline(always)]
        #[allow(unsafe_code, reason = "the features are this type's promise")]
        fn dots<const R: usize, const C: usize>(
            rows: [&[i32]; R],
            panels: [&[[i32; 8]]; C],
        ) -> [[[i32; 8]; R]; C] {
            // SAFETY: code for this type runs in `avx512` alone, on processors that have AVX2 as well.
            unsafe { dots(rows, panels) }
        }
    }

    /// Which values of two vectors become those of the first and of the second when blocks of `step` are exchanged: see
    /// `_mm512_permutex2var_ps`.
    const fn take(step: usize) -> [[i32; LANES]; 2] {
        let mut take = [[0; LANES]; 2];
        let mut l = 0;
        while l < LANES {
            let (own, other) = (l as i32, (LANES + l) as i32);
            let lower = l & step == 0;
            take[0][l] = if lower { own } else { other - step as i32 };
            take[1][l] = if lower { own + step as i32 } else { other };
            l += 1;
        }
        take
    }

    /// Exchanges the off-diagonal blocks of `STEP` x `STEP` values in every block of twice that size.
    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
    #[inline]
    #[allow(unsafe_code, reason = "nothing safe makes a vector of constants")]
    fn exchange<const STEP: usize>(vectors: &mut [__m512; LANES]) {
        // SAFETY: sixteen i32 and a vector are the same bits.
        let [first, second] = const { unsafe { transmute::<[[i32; LANES]; 2], [__m512i; 2]>(take(STEP)) } };
        for l in 0..LANES {
            if l & STEP == 0 {
                let (a, b) = (vectors[l], vectors[l + STEP]);
                vectors[l] = _mm512_permutex2var_ps(a, first, b);
                vectors[l + STEP] = _mm512_permutex2var_ps(a, second, b);
            }
        }
    }

    /// Sixteen by sixteen values at a time, in registers.
    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
    #[inline]
    #[allow(unsafe_code, reason = "loads and stores of vectors take pointers")]
    fn transpose(rows: [&[f32]; LANES], columns: &mut [[f32; LANES]]) {
        assert!(rows.iter().all(|row| row.len() >= columns.len()), "there is a column for each feature");
        for (block, columns) in columns.chunks_mut(LANES).enumerate() {
            let mask = u16::MAX >> (LANES - columns.len());
            let mut vectors: [__m512; LANES] = [_mm512_setzero_ps(); LANES];
            for (vector, row) in vectors.iter_mut().zip(&rows) {
                // SAFETY: the mask has a bit for each feature that is left, and none beyond.
                *vector = unsafe { _mm512_maskz_loadu_ps(mask, row.as_ptr().add(block * LANES)) };
            }
            exchange::<8>(&mut vectors);
            exchange::<4>(&mut vectors);
            exchange::<2>(&mut vectors);
            exchange::<1>(&mut vectors);
            for (l, vector) in vectors.into_iter().enumerate() {
                if let Some(column) = columns.get_mut(l) {
                    // SAFETY: a column has room for the sixteen values of a vector.
                    unsafe { _mm512_storeu_ps(column.as_mut_ptr(), vector) };
                }
            }
        }
    }

    /// Eight by eight values at a time, in registers: neighbours are interleaved, then pairs, then halves.
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    #[allow(unsafe_code, reason = "loads and stores of vectors take pointers")]
    fn transpose_by_eights(rows: [&[f32]; LANES], columns: &mut [[f32; LANES]]) {
        const EIGHT: usize = 8;
        /// Eight values of this from a place on say whether to load as many as that place is before the middle.
        const MASK: [i32; 2 * EIGHT] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
        assert!(rows.iter().all(|row| row.len() >= columns.len()), "there is a column for each feature");
        for (block, columns) in columns.chunks_mut(EIGHT).enumerate() {
            // SAFETY: a block has one to eight columns, so eight values of the mask follow this place.
            let mask = unsafe { _mm256_loadu_si256(MASK.as_ptr().add(EIGHT - columns.len()).cast()) };
            for first in [0, EIGHT] {
                let mut v = [_mm256_setzero_ps(); EIGHT];
                for l in 0..EIGHT {
                    // SAFETY: the mask is set for each feature that is left, and for none beyond.
                    v[l] = unsafe { _mm256_maskload_ps(rows[first + l].as_ptr().add(block * EIGHT), mask) };
                }
                let mut pairs = [_mm256_setzero_ps(); EIGHT];
                for l in [0, 2, 4, 6] {
                    pairs[l] = _mm256_unpacklo_ps(v[l], v[l + 1]);
                    pairs[l + 1] = _mm256_unpackhi_ps(v[l], v[l + 1]);
                }
                let mut fours = [_mm256_setzero_ps(); EIGHT];
                for l in [0, 4] {
                    fours[l] = _mm256_shuffle_ps::<0x44>(pairs[l], pairs[l + 2]);
                    fours[l + 1] = _mm256_shuffle_ps::<0xee>(pairs[l], pairs[l + 2]);
                    fours[l + 2] = _mm256_shuffle_ps::<0x44>(pairs[l + 1], pairs[l + 3]);
                    fours[l + 3] = _mm256_shuffle_ps::<0xee>(pairs[l + 1], pairs[l + 3]);
                }
                for l in 0..4 {
                    v[l] = _mm256_permute2f128_ps::<0x20>(fours[l], fours[l + 4]);
                    v[l + 4] = _mm256_permute2f128_ps::<0x31>(fours[l], fours[l + 4]);
                }
                for (column, vector) in columns.iter_mut().zip(v) {
                    // SAFETY: eight of a column's sixteen values follow the first of either half.
                    unsafe { _mm256_storeu_ps(column.as_mut_ptr().add(first), vector) };
                }
            }
        }
    }

    /// A multiplication and half the additions are one instruction, for which the compiler does not see the occasion.
    #[target_feature(enable = "avx2")]
    #[inline]
    #[allow(unsafe_code, reason = "loads and stores of vectors take pointers")]
    fn dots<const R: usize, const C: usize>(
        rows: [&[i32]; R],
        panels: [&[[i32; 8]]; C],
    ) -> [[[i32; 8]; R]; C] {
        let steps = panels[0].len();
        assert!(panels.iter().all(|panel| panel.len() == steps), "panels have one length");
        assert!(rows.iter().all(|row| row.len() == steps), "rows have the length of panels");
        let mut sums = [[_mm256_setzero_si256(); R]; C];
        for step in 0..steps {
            for c in 0..C {
                // SAFETY: a panel's entry is the 32 bytes of a vector.
                let centres = unsafe { _mm256_loadu_si256(panels[c][step].as_ptr().cast()) };
                for r in 0..R {
                    let point = _mm256_set1_epi32(rows[r][step]);
                    sums[c][r] = _mm256_add_epi32(sums[c][r], _mm256_madd_epi16(point, centres));
                }
            }
        }
        let mut products = [[[0; 8]; R]; C];
        for c in 0..C {
            for r in 0..R {
                // SAFETY: there is room for the 32 bytes of a vector.
                unsafe { _mm256_storeu_si256(products[c][r].as_mut_ptr().cast(), sums[c][r]) };
            }
        }
        products
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn avx2<K: Kernel>(kernel: K) -> K::Output {
        kernel.run::<Avx2>()
    }

    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
    pub(super) fn avx512<K: Kernel>(kernel: K) -> K::Output {
        kernel.run::<Avx512>()
    }
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
                let panels: Vec<Vec<[i32; 8]>> = (0..2)
                    .map(|c| {
                        (0..steps).map(|s| std::array::from_fn(|l| pair(100 * c + 10 * s + l))).collect()
                    })
                    .collect();
                let found = I::dots::<4, 2>(
                    std::array::from_fn(|r| &rows[r][..]),
                    std::array::from_fn(|c| &panels[c][..]),
                );
                let values = |pair: i32| [i64::from(pair as i16), i64::from(pair >> 16)];
                for (c, r, l) in (0..64).map(|at| (at / 32, at / 8 % 4, at % 8)) {
                    let terms = (0..steps).map(|s| {
                        let (a, b) = (values(rows[r][s]), values(panels[c][s][l]));
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
