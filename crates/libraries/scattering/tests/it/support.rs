//! Images that the tests transform.

use ndarray::{Array2, s};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use scattering::{Features, Params};

/// Bright rectangles of random sides and places on black.
pub fn images(n: usize, side: usize) -> Array2<f32> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(side as u64);
    let mut images = Array2::zeros((n, side * side));
    for mut image in images.outer_iter_mut() {
        let (top, left) = (rng.gen_range(1..side / 3), rng.gen_range(1..side / 3));
        let (bottom, right) =
            (rng.gen_range(side / 2..side - 2), rng.gen_range(side / 2..side - 2));
        let grey = rng.gen_range(0.3..1.0_f32);
        for y in top..bottom {
            image.slice_mut(s![y * side + left..y * side + right]).fill(grey);
        }
    }
    images
}

pub fn fit(images: &Array2<f32>, side: usize, params: &Params) -> (Features, Array2<f32>) {
    let fitted = scattering::fit(images.view(), (side, side), params, &mut |_| ()).unwrap();
    (fitted.model, fitted.points)
}
