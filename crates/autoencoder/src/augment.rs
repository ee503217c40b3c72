//! Images are changed on their way into the network, which is to give back what they were.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tch::{Device, Kind, Tensor};

use crate::{Error, Result};

/// How images are changed while a network is trained on them; what is to come out is the unchanged image, so that the code
/// leaves out what was changed. Off by default.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Augment {
    /// Each image is multiplied by a factor between 1 less and 1 more this, below 1.
    pub brightness: f64,
    /// Each image is moved by up to so many pixels in both directions; black comes in.
    pub shift: usize,
    /// Each image is enlarged or shrunk about its centre by a factor between 1 / (1 + scale) and 1 + scale, its logarithm
    /// uniform; at most 10. Bilinear, and black comes in.
    pub scale: f64,
    /// Each image is blurred by a Gaussian with a standard deviation between 0 and so many pixels; beyond the edges all is
    /// black.
    pub blur: f64,
    /// Each pixel becomes black with this probability, below 1 (masking noise of Vincent et al., *Extracting and composing
    /// robust features with denoising autoencoders*, ICML 2008).
    pub noise: f64,
    /// Pixels in a row of an image; needed for `shift`, `scale` and `blur`.
    pub width: Option<usize>,
}

impl Augment {
    /// Refuses what cannot be done to images.
    pub(crate) fn validate(&self) -> Result<()> {
        const SHARE: &str = "a number of 0 or more, below 1";
        const NEIGHBOURS: &str =
            "0 for rows of pixels: only images of shape (n, height, width) can be moved, scaled or blurred";
        let wrong =
            |name, expected, found: f64| Err(Error::Parameter { name, expected, found: found.to_string() });
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
                    return wrong(name, NEIGHBOURS, amount);
                }
            }
        }
        Ok(())
    }
}

/// Far beyond use, and far from overflow.
const MAX_SCALE: f64 = 10.0;
/// A Gaussian ends so many standard deviations from its middle, where it has 1/3000 of its height.
const DEVIATIONS: f64 = 4.0;
/// Below this no neighbour gets any light in f32, and the square is still far from underflow.
const LEAST_BLUR: f64 = 1e-3;

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
        let Augment { brightness, shift, scale, blur, noise, width } = self.augment;
        let (rows, pixels) = images.size2()?;
        let (rows, pixels, device) = (rows as usize, pixels as usize, images.device());
        let mut changed = None;
        if let (true, Some(width)) = (scale > 0.0, width) {
            changed = Some(self.scaled(images, scale, width)?);
        }
        if let (1.., Some(width)) = (shift, width) {
            let images = changed.as_ref().unwrap_or(images);
            changed = Some(self.moved(images, (rows, pixels), (shift, width))?);
        }
        if let (true, Some(width)) = (blur > 0.0, width) {
            changed = Some(self.blurred(changed.as_ref().unwrap_or(images), blur, width)?);
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

    /// Images (rows, pixels), each larger or smaller by a factor of up to 1 + `scale`.
    fn scaled(&mut self, images: &Tensor, scale: f64, width: usize) -> Result<Tensor> {
        const BILINEAR: i64 = 0;
        const BLACK_OUTSIDE: i64 = 0;
        let planes = images.f_view([images.size()[0], 1, -1, width as i64])?;
        let most = scale.ln_1p();
        let mut maps = Vec::new();
        for _ in 0..images.size()[0] {
            // Where a pixel comes from, measured from the centre: (x, y, 1) to (x, y).
            let nearer = self.rng.gen_range(-most..=most).exp() as f32;
            maps.extend([nearer, 0.0, 0.0, 0.0, nearer, 0.0]);
        }
        let maps = on(&maps, [maps.len() / 6, 6], images.device())?.f_view([-1, 2, 3])?;
        let grid = Tensor::f_affine_grid_generator(&maps, &planes.size()[..], false)?;
        Ok(planes.f_grid_sampler_2d(&grid, BILINEAR, BLACK_OUTSIDE, false)?.f_view_as(images)?)
    }

    /// Images (rows, pixels), each blurred with a standard deviation of up to `blur` pixels, down and then across.
    ///
    /// By convolutions, each image a channel of its own. Products of small matrices would do too, but MKL rounds those of
    /// a single image differently when there are many threads.
    fn blurred(&mut self, images: &Tensor, blur: f64, width: usize) -> Result<Tensor> {
        let rows = images.size()[0];
        let planes = images.f_view([1, rows, -1, width as i64])?;
        let longest = planes.size()[2].max(planes.size()[3]);
        let radius = ((DEVIATIONS * blur).ceil() as i64).min(longest - 1);
        let deviations = (0..rows).map(|_| self.rng.gen_range(0.0..=blur).max(LEAST_BLUR));
        let exponents: Vec<f32> = deviations.map(|deviation| (-0.5 / deviation.powi(2)) as f32).collect();
        let squares =
            Tensor::f_arange_start(-radius, radius + 1, (Kind::Float, images.device()))?.f_square()?;
        // (rows, 2 radius + 1), each of sum 1
        let kernels = on(&exponents, [exponents.len(), 1], images.device())?
            .f_mul(&squares)?
            .f_softmax(1, Kind::Float)?;
        let blur = |planes: &Tensor, kernel: [i64; 2], padding: [i64; 2]| {
            let kernels = kernels.f_view([rows, 1, kernel[0], kernel[1]])?;
            planes.f_conv2d(&kernels, None::<Tensor>, [1, 1], padding, [1, 1], rows)
        };
        let down = blur(&planes, [-1, 1], [radius, 0])?;
        Ok(blur(&down, [1, -1], [0, radius])?.f_reshape(images.size())?)
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

    /// One bright pixel in the middle of each of `rows` images of 9 x 7.
    fn lights(rows: i64) -> Tensor {
        let mut pixels = [0.0_f32; 63];
        pixels[31] = 1.0;
        Tensor::from_slice(&pixels).view([1, 63]).repeat([rows, 1])
    }

    fn sums(images: &Tensor) -> Tensor {
        images.sum_dim_intlist(1, false, Kind::Float)
    }

    /// (smallest, largest)
    fn range(values: &Tensor) -> (f64, f64) {
        (values.min().double_value(&[]), values.max().double_value(&[]))
    }

    #[test]
    fn scaled_images_stay_where_they_are_and_black_comes_in() {
        let augment = Augment { scale: 1.0, width: Some(7), ..Augment::default() };
        let scaled = changed(augment, &lights(200));
        let (least, _) = range(&scaled.select(1, 31));
        assert!(least > 0.999, "the middle pixel stays: {least}");
        // Light grows with the area: from 1, where other pixels are too far to be reached, to about 4.
        let (smallest, largest) = range(&sums(&scaled));
        assert!(
            (0.999..1.001).contains(&smallest) && (3.5..4.001).contains(&largest),
            "{smallest} {largest}"
        );
        // The light has its centre of mass in the middle, as rows and columns tell.
        for weight in 0..2 {
            let places = Tensor::from_slice(&std::array::from_fn::<f32, 63, _>(|pixel| {
                if weight == 0 { (pixel / 7) as f32 - 4.0 } else { (pixel % 7) as f32 - 3.0 }
            }));
            let (low, high) = range(&sums(&(&scaled * places)));
            assert!(low.abs().max(high.abs()) < 1e-5, "{low} {high}");
        }
        // Of white images some shrink, and what comes in is black; the others stay white.
        let white = sums(&changed(augment, &Tensor::ones([200, 63], (Kind::Float, Device::Cpu))));
        let (smallest, largest) = range(&white);
        assert!(
            (15.0..18.0).contains(&smallest) && (62.99..63.01).contains(&largest),
            "{smallest} {largest}"
        );
        let enlarged = i64::try_from(white.ge(62.99).sum(Kind::Int64)).unwrap();
        assert!((80..120).contains(&enlarged), "as many grow as shrink: {enlarged} of 200");
        let black = Tensor::zeros([20, 63], (Kind::Float, Device::Cpu));
        assert_eq!(range(&changed(augment, &black)), (0.0, 0.0));
    }

    #[test]
    fn blur_spreads_a_light_and_loses_nothing() {
        let blurred = changed(Augment { blur: 0.7, width: Some(7), ..Augment::default() }, &lights(200));
        let (low, high) = range(&sums(&blurred));
        assert!((1.0 - low).abs().max((high - 1.0).abs()) < 1e-6, "{low} {high}");
        let middle = blurred.select(1, 31);
        let (most, least) = range(&middle);
        assert!(
            (0.3..0.35).contains(&most) && (0.999..=1.0).contains(&least),
            "from all to little: {most} {least}"
        );
        // A Gaussian along rows and columns: what goes to the corner neighbour is the product of what goes to the sides.
        let (below, beside, corner) = (blurred.select(1, 38), blurred.select(1, 32), blurred.select(1, 39));
        let (_, off) = range(&(&below - &beside).abs());
        assert!(off < 1e-7, "{off}");
        let (_, off) = range(&(&below * &beside - &corner * &middle).abs());
        assert!(off < 1e-7, "{off}");
        let (_, reached) = range(&corner);
        assert!(reached > 0.05, "{reached}");
    }

    /// More pixels of blur than there are pixels: nearly the same light everywhere, and no overflow on the way.
    #[test]
    fn any_blur_is_finite() {
        for blur in [1e-300, 1e3, 1e300] {
            let augment = Augment { blur, width: Some(7), ..Augment::default() };
            let (low, high) = range(&changed(augment, &lights(20)));
            assert!(low >= 0.0 && high <= 1.0, "{blur}: {low} {high}");
        }
    }

    #[test]
    fn the_draws_of_the_others_do_not_depend_on_what_is_off() {
        let images = lights(50);
        let moved = |blur| changed(Augment { shift: 2, blur, width: Some(7), ..Augment::default() }, &images);
        let places = |images: Tensor| Vec::<i64>::try_from(images.argmax(1, false)).unwrap();
        assert_eq!(places(moved(0.0)), places(moved(1e-9)));
    }

    #[test]
    fn what_cannot_be_done_to_images_is_refused() {
        let refused = |augment: Augment| augment.validate().unwrap_err().to_string();
        let width = Some(7);
        for amount in [-0.1, f64::NAN, f64::INFINITY] {
            let scale = refused(Augment { scale: amount, width, ..Augment::default() });
            assert_eq!(scale, format!("scale must be a number of 0 or more, at most 10, found {amount}"));
            let blur = refused(Augment { blur: amount, width, ..Augment::default() });
            assert_eq!(blur, format!("blur must be a number of 0 or more, found {amount}"));
        }
        let neighbours = "must be 0 for rows of pixels: only images of shape (n, height, width) can be moved, scaled or \
                          blurred, found 2";
        assert_eq!(refused(Augment { shift: 2, ..Augment::default() }), format!("shift {neighbours}"));
        assert_eq!(refused(Augment { scale: 2.0, ..Augment::default() }), format!("scale {neighbours}"));
        assert_eq!(refused(Augment { blur: 2.0, ..Augment::default() }), format!("blur {neighbours}"));
        Augment { shift: 2, scale: 0.3, blur: 1.0, width, ..Augment::default() }.validate().unwrap();
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
