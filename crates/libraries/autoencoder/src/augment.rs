//! Which random changes the input images of a training get.

use serde::{Deserialize, Serialize};

use crate::{Channels, Error, Result};

/// Random changes of the input images of a training. Off by default.
///
/// The target remains the unchanged image, so that the code becomes insensitive to the changes. All
/// channels of an image in color change alike.
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
    /// Values of a pixel, which are side by side.
    #[serde(default, skip_serializing_if = "Channels::is_gray")]
    pub channels: Channels,
}

impl Augment {
    /// Checks all amounts, and that there is a width where one is needed.
    pub(crate) fn validate(&self) -> Result<()> {
        const SHARE: &str = "a number of 0 or more, below 1";
        const NEEDS_WIDTH: &str = "0 for rows of pixels: only images of shape (n, height, width), \
                                   or (n, height, width, 3) in color, can be moved, scaled or \
                                   blurred";
        let wrong = |name, expected, found: f64| {
            Err(Error::Parameter { name, expected, found: found.to_string() })
        };
        let Self { brightness, shift, scale, blur, noise, width, channels: _ } = *self;
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

#[cfg(test)]
mod tests {
    use super::*;

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
        let needs_width = "must be 0 for rows of pixels: only images of shape (n, height, width), \
                           or (n, height, width, 3) in color, can be moved, scaled or blurred, \
                           found 2";
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
}
