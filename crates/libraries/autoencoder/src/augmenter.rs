//! Augmentation: random changes of the input images, of which the clean ones are the target.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tch::Tensor;

use crate::pixels::{channels_first, channels_last};
use crate::transforms::{gaussian_blur, resize, to_matrix, translate};
use crate::{Augment, Result};

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

    /// Returns changed images (rows, values), or `None` if no change is asked for.
    pub(crate) fn augment(&mut self, images: &Tensor) -> Result<Option<Tensor>> {
        let Augment { brightness, shift, scale, blur, noise, .. } = self.augment;
        if shift == 0 && [brightness, scale, blur, noise].iter().all(|&amount| amount == 0.0) {
            return Ok(None);
        }
        let channels = self.augment.channels;
        let (rows, values) = images.size2()?;
        // Each channel is a gray image, and those of one image change alike.
        let pixels = values / channels.count() as i64;
        let planes = channels_first(images, channels)?.f_view([-1, pixels])?;
        let changed = self.augment_planes(planes, rows as usize)?.f_view([rows, values])?;
        channels_last(&changed, channels).map(Some)
    }

    /// Changes `rows` images, each of as many planes (rows times channels, pixels) as channels.
    fn augment_planes(&mut self, mut planes: Tensor, rows: usize) -> Result<Tensor> {
        let Augment { brightness, shift, scale, blur, noise, width, channels } = self.augment;
        let (device, count) = (planes.device(), channels.count());
        let pixels = planes.size2()?.1 as usize;
        if let (true, Some(width)) = (scale > 0.0, width) {
            let most = scale.ln_1p();
            let factors = draw(rows, count, || self.rng.gen_range(-most..=most).exp());
            planes = resize(&planes, width, &factors)?;
        }
        if let (1.., Some(width)) = (shift, width) {
            let by = shift as i64;
            let mut step = || self.rng.gen_range(-by..=by);
            let moves = draw(rows, count, || (step(), step()));
            planes = translate(&planes, width, &moves)?;
        }
        if let (true, Some(width)) = (blur > 0.0, width) {
            let deviations = draw(rows, count, || self.rng.gen_range(0.0..=blur));
            planes = gaussian_blur(&planes, width, &deviations)?;
        }
        if brightness > 0.0 {
            let range = 1.0 - brightness..=1.0 + brightness;
            let factors = draw(rows, count, || self.rng.gen_range(range.clone()) as f32);
            planes = planes.f_mul(&to_matrix(&factors, [rows * count, 1], device)?)?;
        }
        if noise > 0.0 {
            let kept = 1.0 - noise as f32;
            let mask: Vec<f32> = (0..rows * pixels)
                .map(|_| f32::from(u8::from(self.rng.r#gen::<f32>() < kept)))
                .collect();
            let mask = to_matrix(&mask, [rows, pixels], device)?;
            let mask = mask.f_repeat_interleave_self_int(count as i64, 0, None)?;
            planes = planes.f_mul(&mask)?;
        }
        Ok(planes)
    }
}

/// Draws a value for each of `rows` images, and repeats it for each of its `count` planes.
fn draw<T: Copy>(rows: usize, count: usize, mut draw: impl FnMut() -> T) -> Vec<T> {
    (0..rows).flat_map(|_| std::iter::repeat_n(draw(), count)).collect()
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind};

    use super::*;
    use crate::Channels;

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
        // The share left in the middle is 1 / (1 + 2 exp(-1 / 0.98) + ...)² = 0.325 at most blur.
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
    fn all_channels_of_an_image_change_alike() {
        let gray = Augment { width: Some(7), ..Augment::default() };
        let color = Augment { channels: Channels::Rgb, ..gray };
        // Red, green and blue of 9 x 7 pixels, side by side.
        let images = Tensor::rand([20, 63 * 3], (Kind::Float, Device::Cpu));
        let plane = |images: &Tensor, channel| images.view([20, 63, 3]).select(2, channel);
        for change in [
            |augment| Augment { shift: 2, ..augment },
            |augment| Augment { scale: 0.5, ..augment },
            |augment| Augment { blur: 1.0, ..augment },
            |augment| Augment { brightness: 0.5, ..augment },
            |augment| Augment { noise: 0.3, ..augment },
            |augment| Augment { shift: 1, scale: 0.2, blur: 0.5, noise: 0.1, ..augment },
        ] as [fn(Augment) -> Augment; 6]
        {
            let augmented = changed(change(color), &images);
            for channel in 0..3 {
                let expected = changed(change(gray), &plane(&images, channel).contiguous());
                let difference = (plane(&augmented, channel) - &expected).abs().max();
                assert!(difference.double_value(&[]) < 1e-6, "{channel}: {:?}", change(color));
                let moved = (expected - plane(&images, channel)).abs().max();
                assert!(moved.double_value(&[]) > 0.1, "{:?}", change(color));
            }
        }
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
