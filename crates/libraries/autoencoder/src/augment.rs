//! Augmentation: random changes of the input images, of which the clean ones are the target.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::transforms::{gaussian_blur, resize, to_matrix, translate};
use crate::{Error, Result};

/// Random changes of the input images of a training. Off by default.
///
/// The target remains the unchanged image, so that the code becomes insensitive to the changes.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Augment {
    /// Brightness: multiplies each image by a factor in `1 - brightness..=1 + brightness`.
    ///
    /// Below 1.
    pub brightness: f64,
    /// Shift: moves each image by up to so many pixels.
    ///
    /// In both directions; filled with black.
    pub shift: usize,
    /// Scale: resizes each image by a factor in `1 / (1 + scale)..=1 + scale`.
    ///
    /// About the center of the image. The logarithm of the factor is uniform. At most 10. Bilinear,
    /// filled with black.
    pub scale: f64,
    /// Blur: convolves each image with a Gaussian.
    ///
    /// Its standard deviation is at most so many pixels. Beyond the edges all is black.
    pub blur: f64,
    /// Masking noise: makes each pixel black with this probability, below 1.
    ///
    /// Vincent et al., *Extracting and composing robust features with denoising autoencoders*, ICML
    /// 2008.
    pub noise: f64,
    /// Width of an image in pixels; needed for `shift`, `scale` and `blur`.
    pub width: Option<usize>,
}

impl Augment {
    /// Checks all amounts, and that there is a width where one is needed.
    pub(crate) fn validate(&self) -> Result<()> {
        const SHARE: &str = "a number of 0 or more, below 1";
        const NEEDS_WIDTH: &str = "0 for rows of pixels: only images of shape (n, height, width) \
                                   can be moved, scaled or blurred";
        let wrong = |name, expected, found: f64| {
            Err(Error::Parameter { name, expected, found: found.to_string() })
        };
        let Self { brightness, shift, scale, blur, noise, width } = *self;
        for (name, amount, in_range, expected) in [
            ("brightness", brightness, brightness < 1.0, SHARE),
            ("scale", scale, scale <= MAX_SCALE, "a number of 0 or more, at most 10"),
            ("blur", blur, blur.is_finite(), "a number of 0 or more"),
            ("noise", noise, noise < 1.0, SHARE),
        ] {
            if !(amount >= 0.0 && in_range) {
                return wrong(name, expected, amount);
            }
        }
        if width.is_none_or(|width| width == 0) {
            for (name, amount) in [("shift", shift as f64), ("scale", scale), ("blur", blur)] {
                if amount > 0.0 {
                    return wrong(name, NEEDS_WIDTH, amount);
                }
            }
        }
        Ok(())
    }
}

/// Largest scale: far beyond any use, and far from overflow.
const MAX_SCALE: f64 = 10.0;

/// Changes images at random, with the state of its random numbers.
#[derive(Debug)]
pub(crate) struct Augmenter {
    augment: Augment,
    pub(crate) rng: Xoshiro256PlusPlus,
}

impl Augmenter {
    /// Starts a random stream for `seed`.
    pub(crate) fn new(augment: Augment, seed: u64) -> Self {
        // A stream of its own, far from those of the weights and of the order of the images.
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        rng.long_jump();
        Self { augment, rng }
    }

    /// Returns changed images (rows, pixels), or `None` if no change is asked for.
    pub(crate) fn augment(&mut self, images: &Tensor) -> Result<Option<Tensor>> {
        let Augment { brightness, shift, scale, blur, noise, width } = self.augment;
        let (rows, pixels) = images.size2()?;
        let (rows, pixels, device) = (rows as usize, pixels as usize, images.device());
        let mut changed = None;
        if let (true, Some(width)) = (scale > 0.0, width) {
            let most = scale.ln_1p();
            let factors: Vec<f64> =
                (0..rows).map(|_| self.rng.gen_range(-most..=most).exp()).collect();
            changed = Some(resize(images, width, &factors)?);
        }
        if let (1.., Some(width)) = (shift, width) {
            let by = shift as i64;
            let mut step = || self.rng.gen_range(-by..=by);
            let moves: Vec<(i64, i64)> = (0..rows).map(|_| (step(), step())).collect();
            changed = Some(translate(changed.as_ref().unwrap_or(images), width, &moves)?);
        }
        if let (true, Some(width)) = (blur > 0.0, width) {
            let deviations: Vec<f64> = (0..rows).map(|_| self.rng.gen_range(0.0..=blur)).collect();
            changed = Some(gaussian_blur(changed.as_ref().unwrap_or(images), width, &deviations)?);
        }
        if brightness > 0.0 {
            let factors: Vec<f32> = (0..rows)
                .map(|_| self.rng.gen_range(1.0 - brightness..=1.0 + brightness) as f32)
                .collect();
            let factors = to_matrix(&factors, [rows, 1], device)?;
            changed = Some(changed.as_ref().unwrap_or(images).f_mul(&factors)?);
        }
        if noise > 0.0 {
            let kept = 1.0 - noise as f32;
            let mask: Vec<f32> = (0..rows * pixels)
                .map(|_| f32::from(u8::from(self.rng.r#gen::<f32>() < kept)))
                .collect();
            let mask = to_matrix(&mask, [rows, pixels], device)?;
            changed = Some(changed.as_ref().unwrap_or(images).f_mul(&mask)?);
        }
        Ok(changed)
    }
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind};

    use super::*;

    fn changed(augment: Augment, images: &Tensor) -> Tensor {
        Augmenter::new(augment, 5).augment(images).unwrap().unwrap()
    }

    #[test]
    fn nothing_is_changed_by_default() {
        let images = Tensor::from_slice(&[1.0_f32, 2.0]).view([1, 2]);
        assert!(Augmenter::new(Augment::default(), 0).augment(&images).unwrap().is_none());
    }

    #[test]
    fn images_are_moved_and_not_torn() {
        // One bright pixel in the middle of 5 x 5.
        let mut pixels = [0.0_f32; 25];
        pixels[12] = 1.0;
        let images = Tensor::from_slice(&pixels).view([1, 25]).repeat([200, 1]);
        let moved = changed(Augment { shift: 1, width: Some(5), ..Augment::default() }, &images);
        let places = Vec::<i64>::try_from(moved.argmax(1, false)).unwrap();
        let mut known = places.clone();
        known.sort_unstable();
        known.dedup();
        assert_eq!(known, [6, 7, 8, 11, 12, 13, 16, 17, 18], "all places and no others");
        // Moved out of sight, nothing comes in from the other side.
        let away = changed(Augment { shift: 5, width: Some(5), ..Augment::default() }, &images);
        let seen = away.sum_dim_intlist(1, false, Kind::Float);
        assert_eq!(seen.max().double_value(&[]), 1.0);
        assert_eq!(seen.min().double_value(&[]), 0.0);
    }

    /// (smallest, largest)
    fn range(values: &Tensor) -> (f64, f64) {
        (values.min().double_value(&[]), values.max().double_value(&[]))
    }

    /// One bright pixel in the middle of each of 400 images of 9 x 7.
    fn lights() -> Tensor {
        let mut pixels = [0.0_f32; 63];
        pixels[31] = 1.0;
        Tensor::from_slice(&pixels).view([1, 63]).repeat([400, 1])
    }

    #[test]
    fn as_many_images_grow_as_shrink() {
        let white = Tensor::ones([400, 63], (Kind::Float, Device::Cpu));
        let scaled = changed(Augment { scale: 1.0, width: Some(7), ..Augment::default() }, &white);
        // At half the size 4.5 x 3.5 pixels of light are left, and their soft edges.
        let sums = scaled.sum_dim_intlist(1, false, Kind::Float);
        let (smallest, largest) = range(&sums);
        assert!(
            (15.0..21.0).contains(&smallest) && (62.99..63.01).contains(&largest),
            "{smallest} {largest}"
        );
        let grown = i64::try_from(sums.ge(62.99).sum(Kind::Int64)).unwrap();
        assert!((170..230).contains(&grown), "{grown} of 400");
    }

    #[test]
    fn images_are_blurred_from_not_at_all_to_so_much() {
        let blurred =
            changed(Augment { blur: 0.7, width: Some(7), ..Augment::default() }, &lights());
        // What is left in the middle: 1 / (1 + 2 exp(-1 / 0.98) + ...)² = 0.325 at most blur.
        let (dimmest, brightest) = range(&blurred.select(1, 31));
        assert!(
            (0.324..0.335).contains(&dimmest) && (0.999..=1.0).contains(&brightest),
            "{dimmest} {brightest}"
        );
    }

    /// GOLDEN: made before scale and blur existed. Their draws must not happen while they are off.
    #[test]
    fn a_seed_moves_images_as_it_always_has() {
        let augment = Augment { shift: 3, brightness: 0.5, width: Some(7), ..Augment::default() };
        let mut augmenter = Augmenter::new(augment, 5);
        let images = lights().narrow(0, 0, 4);
        augmenter.augment(&images).unwrap();
        let again = augmenter.augment(&images).unwrap().unwrap();
        let places = Vec::<i64>::try_from(again.argmax(1, false)).unwrap();
        assert_eq!(places, [29, 24, 45, 29]);
    }

    #[test]
    fn what_cannot_be_done_to_images_is_refused() {
        let refused = |augment: Augment| augment.validate().unwrap_err().to_string();
        let width = Some(7);
        let large = refused(Augment { scale: 10.5, width, ..Augment::default() });
        assert_eq!(large, "scale must be a number of 0 or more, at most 10, found 10.5");
        for amount in [-0.1, f64::NAN, f64::INFINITY] {
            let scale = refused(Augment { scale: amount, width, ..Augment::default() });
            assert_eq!(
                scale,
                format!("scale must be a number of 0 or more, at most 10, found {amount}")
            );
            let blur = refused(Augment { blur: amount, width, ..Augment::default() });
            assert_eq!(blur, format!("blur must be a number of 0 or more, found {amount}"));
        }
        let needs_width = "must be 0 for rows of pixels: only images of shape (n, height, width) \
                          can be moved, scaled or \
                          blurred, found 2";
        assert_eq!(
            refused(Augment { shift: 2, ..Augment::default() }),
            format!("shift {needs_width}")
        );
        assert_eq!(
            refused(Augment { scale: 2.0, ..Augment::default() }),
            format!("scale {needs_width}")
        );
        assert_eq!(
            refused(Augment { blur: 2.0, ..Augment::default() }),
            format!("blur {needs_width}")
        );
        Augment { shift: 2, scale: 0.3, blur: 1.0, width, ..Augment::default() }
            .validate()
            .unwrap();
    }

    #[test]
    fn brightness_and_noise_do_what_they_say() {
        let images = Tensor::ones([100, 50], (Kind::Float, Device::Cpu));
        let brighter = changed(Augment { brightness: 0.3, ..Augment::default() }, &images);
        let (low, high) = (brighter.min().double_value(&[]), brighter.max().double_value(&[]));
        assert!((0.7..0.75).contains(&low) && (1.25..=1.3001).contains(&high), "{low} {high}");
        assert_eq!(
            brighter.std_dim(1, false, false).max().double_value(&[]),
            0.0,
            "one factor an image"
        );
        let noisy = changed(Augment { noise: 0.2, ..Augment::default() }, &images);
        let kept = noisy.mean(Kind::Float).double_value(&[]);
        assert!((0.78..0.82).contains(&kept), "{kept}");
    }
}
