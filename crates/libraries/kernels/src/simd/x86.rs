//! The vector instructions of x86-64: AVX2 with FMA, and AVX-512.

use std::arch::x86_64::{
    __m512, __m512i, _mm256_add_epi32, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maskload_ps,
    _mm256_permute2f128_ps, _mm256_set1_epi32, _mm256_setzero_ps, _mm256_setzero_si256,
    _mm256_shuffle_ps, _mm256_storeu_ps, _mm256_storeu_si256, _mm256_unpackhi_ps,
    _mm256_unpacklo_ps, _mm512_maskz_loadu_ps, _mm512_permutex2var_ps, _mm512_setzero_ps,
    _mm512_storeu_ps,
};
use std::mem::transmute;

use super::isa::{DOT_LANES, Isa, Kernel, LANES};

/// AVX2 and FMA: 16 registers of 32 bytes.
struct Avx2;

impl Isa for Avx2 {
    const FUSED: bool = true;
    const WIDE: bool = false;

    #[inline(always)]
    #[allow(unsafe_code, reason = "only processors with these features run code for this type")]
    fn transpose(rows: [&[f32]; LANES], columns: &mut [[f32; LANES]]) {
        // SAFETY: code for this type runs in `avx2` alone, on processors that have the features.
        unsafe { transpose_by_eights(rows, columns) }
    }

    #[inline(always)]
    #[allow(unsafe_code, reason = "only processors with these features run code for this type")]
    fn dots<const R: usize, const C: usize>(
        rows: [&[i32]; R],
        columns: [&[[i32; DOT_LANES]]; C],
    ) -> [[[i32; DOT_LANES]; R]; C] {
        // SAFETY: code for this type runs in `avx2` alone, on processors that have the features.
        unsafe { dots(rows, columns) }
    }
}

/// AVX-512 (F, VL, BW and DQ): 32 registers of 64 bytes.
struct Avx512;

impl Isa for Avx512 {
    const FUSED: bool = true;
    const WIDE: bool = true;

    #[inline(always)]
    #[allow(unsafe_code, reason = "only processors with these features run code for this type")]
    fn transpose(rows: [&[f32]; LANES], columns: &mut [[f32; LANES]]) {
        // SAFETY: code for this type runs in `avx512` alone, on processors that have the features.
        unsafe { transpose(rows, columns) }
    }

    #[inline(always)]
    #[allow(unsafe_code, reason = "only processors with these features run code for this type")]
    fn dots<const R: usize, const C: usize>(
        rows: [&[i32]; R],
        columns: [&[[i32; DOT_LANES]]; C],
    ) -> [[[i32; DOT_LANES]; R]; C] {
        // SAFETY: code for this type runs in `avx512` alone, on processors that have AVX2 as well.
        unsafe { dots(rows, columns) }
    }
}

/// Returns the index vectors of `_mm512_permutex2var_ps` that swap groups of `step` values.
const fn swap_indices(step: usize) -> [[i32; LANES]; 2] {
    let mut indices = [[0; LANES]; 2];
    let mut l = 0;
    while l < LANES {
        let (own, other) = (l as i32, (LANES + l) as i32);
        let lower = l & step == 0;
        indices[0][l] = if lower { own } else { other - step as i32 };
        indices[1][l] = if lower { own + step as i32 } else { other };
        l += 1;
    }
    indices
}

/// Swaps the two off-diagonal squares of `STEP` x `STEP` values in every square twice as wide.
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
#[inline]
#[allow(unsafe_code, reason = "nothing safe makes a vector of constants")]
fn exchange<const STEP: usize>(vectors: &mut [__m512; LANES]) {
    let [first, second] = const {
        // SAFETY: sixteen i32 and a vector are the same bits.
        unsafe { transmute::<[[i32; LANES]; 2], [__m512i; 2]>(swap_indices(STEP)) }
    };
    for l in 0..LANES {
        if l & STEP == 0 {
            let (a, b) = (vectors[l], vectors[l + STEP]);
            vectors[l] = _mm512_permutex2var_ps(a, first, b);
            vectors[l + STEP] = _mm512_permutex2var_ps(a, second, b);
        }
    }
}

/// Transposes squares of sixteen by sixteen values in registers.
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
#[inline]
#[allow(unsafe_code, reason = "loads and stores of vectors take pointers")]
fn transpose(rows: [&[f32]; LANES], columns: &mut [[f32; LANES]]) {
    assert!(
        rows.iter().all(|row| row.len() >= columns.len()),
        "there is a column for each feature"
    );
    for (square, columns) in columns.chunks_mut(LANES).enumerate() {
        let mask = u16::MAX >> (LANES - columns.len());
        let mut vectors: [__m512; LANES] = [_mm512_setzero_ps(); LANES];
        for (vector, row) in vectors.iter_mut().zip(&rows) {
            // SAFETY: the mask has a bit for each remaining feature, and none beyond the row.
            *vector = unsafe { _mm512_maskz_loadu_ps(mask, row.as_ptr().add(square * LANES)) };
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

/// Transposes squares of eight by eight values in registers.
///
/// Neighbors are interleaved first, then pairs, then halves.
#[target_feature(enable = "avx2,fma")]
#[inline]
#[allow(unsafe_code, reason = "loads and stores of vectors take pointers")]
fn transpose_by_eights(rows: [&[f32]; LANES], columns: &mut [[f32; LANES]]) {
    const EIGHT: usize = 8;
    /// Eight values from index `EIGHT - c` on are a mask that loads the first c values.
    const MASK: [i32; 2 * EIGHT] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
    assert!(
        rows.iter().all(|row| row.len() >= columns.len()),
        "there is a column for each feature"
    );
    for (square, columns) in columns.chunks_mut(EIGHT).enumerate() {
        // SAFETY: a square has one to eight columns, so eight values of the mask follow this one.
        let mask = unsafe { _mm256_loadu_si256(MASK.as_ptr().add(EIGHT - columns.len()).cast()) };
        for first in [0, EIGHT] {
            let mut v = [_mm256_setzero_ps(); EIGHT];
            for l in 0..EIGHT {
                // SAFETY: the mask is set for each remaining feature, and for none beyond the row.
                v[l] = unsafe {
                    _mm256_maskload_ps(rows[first + l].as_ptr().add(square * EIGHT), mask)
                };
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
                // SAFETY: a column has sixteen values, so eight follow the first of either half.
                unsafe { _mm256_storeu_ps(column.as_mut_ptr().add(first), vector) };
            }
        }
    }
}

/// Multiplies pairs with `vpmaddwd`, an instruction that the compiler does not choose by itself.
#[target_feature(enable = "avx2")]
#[inline]
#[allow(unsafe_code, reason = "loads and stores of vectors take pointers")]
fn dots<const R: usize, const C: usize>(
    rows: [&[i32]; R],
    columns: [&[[i32; DOT_LANES]]; C],
) -> [[[i32; DOT_LANES]; R]; C] {
    let steps = columns[0].len();
    assert!(columns.iter().all(|column| column.len() == steps), "all columns have one length");
    assert!(rows.iter().all(|row| row.len() == steps), "rows are as long as columns");
    let mut sums = [[_mm256_setzero_si256(); R]; C];
    for step in 0..steps {
        for c in 0..C {
            // SAFETY: one step of a column is the 32 bytes of a vector.
            let centers = unsafe { _mm256_loadu_si256(columns[c][step].as_ptr().cast()) };
            for r in 0..R {
                let point = _mm256_set1_epi32(rows[r][step]);
                sums[c][r] = _mm256_add_epi32(sums[c][r], _mm256_madd_epi16(point, centers));
            }
        }
    }
    let mut products = [[[0; DOT_LANES]; R]; C];
    for c in 0..C {
        for r in 0..R {
            // SAFETY: there is room for the 32 bytes of a vector.
            unsafe { _mm256_storeu_si256(products[c][r].as_mut_ptr().cast(), sums[c][r]) };
        }
    }
    products
}

/// Runs `kernel` compiled for AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
pub(super) fn avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Avx2>()
}

/// Runs `kernel` compiled for AVX-512.
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
pub(super) fn avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Avx512>()
}
