//! Images are changed on their way into the network, which is to give back what they were.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tch::{Device, Tensor};

use crate::{Error, Result};

/// How images are changed while a network is trained on them; what is to come out is the unchanged image, so that the code
/// leaves out what was changed. Off by default.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Augment {
    /// Each image is multiplied by a factor between 1 less and 1 more this, below 1.
    pub brightness: f64,
    /// Each image is moved by up to so many pixels in both directions; black comes in.
    pub shift: usize,
    /// Each pixel becomes black with this probability, below 1 (masking noise of Vincent et al., *Extracting and composing
    /// robust features with denoising autoencoders*, ICML 2008).
    pub noise: f64,
    /// Pixels in a row of an image; needed for `shift` alone.
    pub width: Option<usize>,
}

impl Augment {
    /// Refuses what cannot be done to images.
    pub(crate) fn validate(&self) -> Result<()> {
        for (name, share) in [("brightness", self.brightness), ("noise", self.noise)] {
            if !(0.0..1.0).contains(&share) {
                let (expected, found) = ("a number of 0 or more, below 1", share.to_string());
                return Err(Error::Parameter { name, expected, found });
            }
        }
        if self.shift > 0 && self.width.is_none_or(|width| width == 0) {
            let expected = "0 for rows of pixels: only images of shape (n, height, width) can be moved";
            return Err(Error::Parameter { name: "shift", expected, found: self.shift.to_string() });
        }
        Ok(())
    }
}

/// Changes images, each time in another way.
pub(crate) struct Augmenter {
    augment: Augment,
    rng: Xoshiro256PlusPlus,
}

impl Augmenter {
    pub(crate) fn new(augment: Augment, seed: u64) -> Self {
        // A stream of its own, far from those of the weights and of the order.
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        rng.long_jump();
        Self { augment, rng }
    }

    /// Changed images `(rows, pixels)`; nothing where nothing is to be changed.
    pub(crate) fn change(&mut self, images: &Tensor) -> Result<Option<Tensor>> {
        let Augment { brightness, shift, noise, width } = self.augment;
        let (rows, pixels) = images.size2()?;
        let (rows, pixels, device) = (rows as usize, pixels as usize, images.device());
        let mut changed = None;
        if let (1.., Some(width)) = (shift, width) {
            changed = Some(self.moved(images, (rows, pixels), (shift, width))?);
        }
        if brightness > 0.0 {
            let factors: Vec<f32> =
                (0..rows).map(|_| self.rng.gen_range(1.0 - brightness..=1.0 + brightness) as f32).collect();
            let factors = on(&factors, [rows, 1], device)?;
            changed = Some(changed.as_ref().unwrap_or(images).f_mul(&factors)?);
        }
        if noise > 0.0 {
            let kept = 1.0 - noise as f32;
            let mask: Vec<f32> =
                (0..rows * pixels).map(|_| f32::from(u8::from(self.rng.r#gen::<f32>() < kept))).collect();
            let mask = on(&mask, [rows, pixels], device)?;
            changed = Some(changed.as_ref().unwrap_or(images).f_mul(&mask)?);
        }
        Ok(changed)
    }

    /// Each image moved by up to `shift` pixels.
    fn moved(
        &mut self,
        images: &Tensor,
        (rows, pixels): (usize, usize),
        (shift, width): (usize, usize),
    ) -> Result<Tensor> {
        let (height, by) = (pixels / width, shift as i64);
        let mut sources = Vec::with_capacity(rows * pixels);
        for _ in 0..rows {
            let (down, right) = (self.rng.gen_range(-by..=by), self.rng.gen_range(-by..=by));
            for y in 0..height as i64 {
                for x in 0..width as i64 {
                    let (from_y, from_x) = (y - down, x - right);
                    let inside = (0..height as i64).contains(&from_y) && (0..width as i64).contains(&from_x);
                    // The pixel after the last is black.
                    sources.push(if inside { from_y * width as i64 + from_x } else { pixels as i64 });
                }
            }
        }
        let sources = on(&sources, [rows, pixels], images.device())?;
        Ok(images.f_constant_pad_nd([0, 1])?.f_gather(1, &sources, false)?)
    }
}

fn on<T: tch::kind::Element>(values: &[T], [rows, columns]: [usize; 2], device: Device) -> Result<Tensor> {
    Ok(Tensor::f_from_slice(values)?.f_view([rows as i64, columns as i64])?.f_to_device(device)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(augment: Augment, images: &Tensor) -> Tensor {
        Augmenter::new(augment, 5).change(images).unwrap().unwrap()
    }

    #[test]
    fn nothing_is_changed_by_default() {
        let images = Tensor::from_slice(&[1.0_f32, 2.0]).view([1, 2]);
        assert!(Augmenter::new(Augment::default(), 0).change(&images).unwrap().is_none());
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
        let seen = away.sum_dim_intlist(1, false, tch::Kind::Float);
        assert_eq!(seen.max().double_value(&[]), 1.0);
        assert_eq!(seen.min().double_value(&[]), 0.0);
    }

    #[test]
    fn brightness_and_noise_do_what_they_say() {
        let images = Tensor::ones([100, 50], (tch::Kind::Float, Device::Cpu));
        let brighter = changed(Augment { brightness: 0.3, ..Augment::default() }, &images);
        let (low, high) = (brighter.min().double_value(&[]), brighter.max().double_value(&[]));
        assert!((0.7..0.75).contains(&low) && (1.25..=1.3001).contains(&high), "{low} {high}");
        assert_eq!(brighter.std_dim(1, false, false).max().double_value(&[]), 0.0, "one factor an image");
        let noisy = changed(Augment { noise: 0.2, ..Augment::default() }, &images);
        let kept = noisy.mean(tch::Kind::Float).double_value(&[]);
        assert!((0.78..0.82).contains(&kept), "{kept}");
    }
}
