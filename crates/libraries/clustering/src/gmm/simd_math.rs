//! `exp` and `ln` without calls and branches, which the compiler turns into vector instructions.

use std::f64::consts::LOG2_E;

use kernels::simd::Isa;

use crate::kernel::mul_add;

/// ln 2 as a sum of two numbers; the product of the first with any exponent is exact.
const LN_2: [f64; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];

/// Lowest x for which `e^x` is a normal number.
pub(super) const LOWEST_EXPONENT: f64 = -708.0;

/// Computes `e^x` for x up to 0, to 1 ulp.
///
/// Returns 0 below `lowest`, which is at least [`LOWEST_EXPONENT`], and `e^-708` for NaN, which
/// densities never are. With n the integer nearest to `x / ln 2` and `x = n ln 2 + r`, the
/// result is `2^n e^r`. The Taylor series of `e^r` up to `r^13` suffices: its next term is below
/// 1e-17 for `|r| <= ln 2 / 2`.
#[inline(always)]
pub(super) fn exp<I: Isa>(x: f64, lowest: f64) -> f64 {
    /// 1.5 * 2^52: added to a small number, it leaves the nearest integer in the last bits.
    const INTEGER: f64 = 6_755_399_441_055_744.0;
    /// Inverse factorials, from 1/13! to 1/0!.
    const TAYLOR: [f64; 14] = [
        1.0 / 6_227_020_800.0,
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ];
    let within = if x > LOWEST_EXPONENT { x } else { LOWEST_EXPONENT };
    let shifted = mul_add::<I, f64>(within, LOG2_E, INTEGER);
    let n = shifted - INTEGER;
    let r = mul_add::<I, f64>(n, -LN_2[1], mul_add::<I, f64>(n, -LN_2[0], within));
    let mut power = TAYLOR[0];
    for term in &TAYLOR[1..] {
        power = mul_add::<I, f64>(power, r, *term);
    }
    let scaled = f64::from_bits(power.to_bits().wrapping_add(shifted.to_bits() << 52));
    if x < lowest { 0.0 } else { scaled }
}

/// Computes `ln x` for normal x from 1, to 1 ulp.
///
/// The series is that of fdlibm's `e_log.c`, without its special cases.
#[inline(always)]
pub(super) fn ln<I: Isa>(x: f64) -> f64 {
    /// Coefficients Lg7 to Lg1 of fdlibm.
    const SERIES: [f64; 7] = [
        1.479_819_860_511_658_6e-1,
        1.531_383_769_920_937_3e-1,
        1.818_357_216_161_805e-1,
        2.222_219_843_214_978_4e-1,
        2.857_142_874_366_239e-1,
        3.999_999_999_940_942e-1,
        6.666_666_666_666_735e-1,
    ];
    /// 2^52: a number with these high bits has an integer in its low bits.
    const INTEGER: f64 = 4_503_599_627_370_496.0;
    // x is 2^n (1 + f) with 1 + f between sqrt(1/2) and sqrt(2).
    const ONE: u64 = 0x3ff0_0000_0000_0000;
    const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
    let above = x.to_bits().wrapping_sub(SQRT_HALF).wrapping_add(ONE);
    let n = f64::from_bits((above >> 52) | INTEGER.to_bits()) - (INTEGER + 1023.0);
    let mantissa = (above & 0x000f_ffff_ffff_ffff).wrapping_add(SQRT_HALF);
    let f = f64::from_bits(mantissa) - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let mut series = SERIES[0];
    for term in &SERIES[1..] {
        series = mul_add::<I, f64>(series, z, *term);
    }
    let half = 0.5 * f * f;
    let tail = mul_add::<I, f64>(s, mul_add::<I, f64>(series, z, half), n * LN_2[1]);
    mul_add::<I, f64>(n, LN_2[0], -((half - tail) - f))
}

#[cfg(test)]
mod tests {
    use kernels::simd::{Kernel, Unfused, dispatch};

    use super::*;

    struct Check;

    /// Difference in units of the last place of `exact`.
    fn ulps(found: f64, exact: f64) -> f64 {
        (found - exact).abs() / (exact.next_up() - exact)
    }

    impl Kernel for Check {
        type Output = ();

        #[inline(always)]
        fn run<I: Isa>(self) {
            for i in 0..=3_000_000 {
                let x = -708.0 * f64::from(i) / 3_000_000.0;
                let difference = ulps(exp::<I>(x, LOWEST_EXPONENT), x.exp());
                assert!(difference <= 2.0, "exp({x}): {difference} ulp");
            }
            for x in [-708.1, -745.0, -1e3, -1e300, f64::NEG_INFINITY] {
                assert_eq!(exp::<I>(x, LOWEST_EXPONENT), 0.0, "exp({x})");
            }
            assert_eq!(exp::<I>(0.0, LOWEST_EXPONENT), 1.0);
            assert_eq!(exp::<I>(f64::NAN, LOWEST_EXPONENT), exp::<I>(-708.0, LOWEST_EXPONENT));
            for i in 0..=1_000_000 {
                // Dense above 1, then up to 2^31.
                let step = f64::from(i) / 1_000_000.0;
                for x in [1.0 + step, (31.0 * step).exp2()] {
                    let difference = ulps(ln::<I>(x), x.ln());
                    assert!(difference <= 2.0, "ln({x}): {difference} ulp");
                }
            }
            assert_eq!(ln::<I>(1.0), 0.0);
        }
    }

    #[test]
    fn agree_with_the_standard_library() {
        dispatch(Check);
        Check.run::<Unfused>();
    }
}
