//! Matrix products of points and centers, for many features.

use kernels::simd::Isa;
use kernels::tile;

use crate::Work;
use crate::kernel::LANES;

/// Most features whose products [`matrix_products`] adds up in one sum.
///
/// Sums of more features are added in pieces, which round less and whose SIMD blocks stay in a
/// first-level cache.
pub(crate) const FEATURES_PER_SUM: usize = 128;

/// Computes the product of center c and the point in lane l of SIMD block p: `[c][p][l]`.
///
/// A SIMD block is `(d, LANES)` and a center `(d,)`. Products of [`FEATURES_PER_SUM`] features at a
/// time are those of [`tile`].
#[inline(always)]
pub(crate) fn matrix_products<I: Isa, W: Work, const C: usize, const P: usize>(
    simd_blocks: [&[[W; LANES]]; P],
    centers: [&[W]; C],
) -> [[[W; LANES]; P]; C] {
    let d = simd_blocks[0].len();
    let piece = |first: usize| {
        let features = first..d.min(first + FEATURES_PER_SUM);
        (
            simd_blocks.map(|simd_block| &simd_block[features.clone()]),
            centers.map(|center| &center[features.clone()]),
        )
    };
    let (simd_blocks, centers) = piece(0);
    let mut products = tile(I::FUSED, centers, simd_blocks);
    for first in (FEATURES_PER_SUM..d).step_by(FEATURES_PER_SUM) {
        let (simd_blocks, centers) = piece(first);
        let sums = tile(I::FUSED, centers, simd_blocks);
        for c in 0..C {
            for p in 0..P {
                for l in 0..LANES {
                    products[c][p][l] += sums[c][p][l];
                }
            }
        }
    }
    products
}

#[cfg(test)]
mod tests {
    use std::array::from_fn;

    use kernels::simd::{Kernel, Unfused, dispatch};

    use super::*;

    /// Compares tiles of several shapes with one another and with sums in f64.
    struct Tiles<W>(W);

    impl<W: Work> Kernel for Tiles<W> {
        type Output = ();

        #[inline(always)]
        fn run<I: Isa>(self) {
            // One sum, exactly one, one and a feature, and three.
            for d in [1, FEATURES_PER_SUM, FEATURES_PER_SUM + 1, 3 * FEATURES_PER_SUM - 7] {
                let value = |seed: usize| W::narrow(((seed * 31) % 23) as f64 / 23.0 - 0.5);
                let simd_blocks: Vec<[W; LANES]> =
                    (0..4 * d).map(|j| from_fn(|l| value(j * 7 + l * 13))).collect();
                let centers: Vec<W> = (0..6 * d).map(|j| value(j * 5 + 3)).collect();
                let simd_block = |p: usize| &simd_blocks[p * d..(p + 1) * d];
                let center = |c: usize| &centers[c * d..(c + 1) * d];
                let all = matrix_products::<I, W, 6, 4>(from_fn(simd_block), from_fn(center));
                let few =
                    matrix_products::<I, W, 3, 1>([simd_block(2)], from_fn(|c| center(2 + c)));
                for (c, products) in all.iter().enumerate() {
                    for (p, products) in products.iter().enumerate() {
                        let [[alone]] = matrix_products::<I, W, 1, 1>([simd_block(p)], [center(c)]);
                        assert!(alone == *products, "{d} features, center {c}, block {p}");
                        for (l, &product) in products.iter().enumerate() {
                            let terms = simd_block(p).iter().zip(center(c)).map(|(x, &y)| {
                                let (x, y): (f64, f64) = (x[l].into(), y.into());
                                x * y
                            });
                            let (exact, product): (f64, f64) = (terms.sum(), product.into());
                            let error = W::ROUNDING * d as f64;
                            assert!((product - exact).abs() <= error, "{product} for {exact}");
                        }
                    }
                }
                assert!((0..3).all(|c| few[c][0] == all[2 + c][2]), "{d} features");
            }
        }
    }

    #[test]
    fn tiles_of_any_shape_have_the_same_products() {
        dispatch(Tiles(0.0_f32));
        dispatch(Tiles(0.0_f64));
        Tiles(0.0_f32).run::<Unfused>();
        Tiles(0.0_f64).run::<Unfused>();
    }
}
