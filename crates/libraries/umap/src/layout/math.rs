//! Arithmetic of gradients over arrays of lanes, written so that compilers vectorize it.

/// Sums all values by halves.
#[inline(always)]
pub(super) fn sum<const W: usize>(mut values: [f32; W]) -> f32 {
    let mut half = W / 2;
    while half > 0 {
        for l in 0..half {
            values[l] += values[l + half];
        }
        half /= 2;
    }
    values[0]
}

/// Computes `x^b` with a relative error of about 1e-5, for x of at least 0; nearly 0 for 0.
///
/// Minimax polynomials stand for the logarithm of 2 between root 1/2 and root 2, and for the
/// exponential of 2 between -1/2 and 1/2.
#[inline(always)]
pub(super) fn powf_approx<const N: usize>(x: [f32; N], b: f32) -> [f32; N] {
    /// 1.5 * 2^23: a sum with it has no digits after the point, and the integer in its low bits.
    const ROUND: f32 = 12_582_912.0;
    /// Bits of root 1/2.
    const ROOT_HALF: u32 = 0x3f35_04f3;
    let mut result = [0.0; N];
    for l in 0..N {
        let bits = x[l].to_bits();
        // Splits off the exponent so that the mantissa lies from root 1/2 to root 2.
        let shifted = bits.wrapping_sub(ROOT_HALF);
        let exponent = (shifted as i32) >> 23;
        let m = f32::from_bits(bits.wrapping_sub((exponent as u32) << 23)) - 1.0;
        let series = 0.479_362_26 + m * (-0.367_536_8 + m * (0.322_051_5 + m * -0.206_292_2));
        let series = 1.442_713 + m * (-0.721_130_1 + m * series);
        let logarithm = ((exponent as f32 + m * series) * b).clamp(-126.0, 126.0);
        let rounded = logarithm + ROUND;
        let f = logarithm - (rounded - ROUND);
        let rest = 0.693_121_7 + f * (0.240_247_67 + f * (0.055_918_25 + f * 0.009_569_67));
        let two_to_rounded = f32::from_bits(rounded.to_bits().wrapping_add(127) << 23);
        result[l] = (0.999_999_2 + f * rest) * two_to_rounded;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_powers() {
        for b in [0.3, 0.7905, 1.0, 1.9] {
            for x in [1e-12_f32, 1e-3, 0.5, 0.99999, 1.0, 1.41, 1.42, 3.0, 1e3, 1e6] {
                let (found, exact) =
                    (f64::from(powf_approx([x; 8], b)[3]), f64::from(x).powf(f64::from(b)));
                assert!((found / exact - 1.0).abs() < 2e-5, "{x}^{b}: {found}, not {exact}");
            }
            assert!(powf_approx([0.0; 8], b)[0] < 1e-9);
        }
    }

    #[test]
    fn sums_are_sums() {
        assert_eq!(sum([1.0, 2.0, 3.0, 4.0]), 10.0);
        assert_eq!(sum([1.0, 2.0]), 3.0);
    }
}
