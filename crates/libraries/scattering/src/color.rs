//! Luminance and chroma of images in color.

use ndarray::{Array1, ArrayView1, s};

/// Least deviation of a path of chroma, as a share of that of the same path of luminance.
///
/// Chroma is amplified at most ten times as much as luminance. The levels of a gray photograph that
/// was stored in color differ by about one in 255 between channels, a hundredth of its contrast;
/// so such noise stays below a hundredth of the variance of luminance.
const LEAST_CHROMA: f64 = 0.1;

/// Number of planes of chroma, which together are to weigh as much as luminance.
const CHROMA_PLANES: f64 = 2.0;

/// Meaning of the values of a pixel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Channels {
    /// One value: brightness.
    #[default]
    Gray,
    /// Three values side by side: red, green and blue.
    Rgb,
}

impl Channels {
    /// Returns the number of values of a pixel.
    ///
    /// ```
    /// assert_eq!(scattering::Channels::Rgb.count(), 3);
    /// ```
    pub fn count(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::Rgb => 3,
        }
    }
}

/// Computes a plane of an image in color at one pixel: luminance, or one of two differences to it.
///
/// `image` has red, green and blue of each pixel. The planes are Y, Cb and Cr of ITU-R BT.601 in
/// the full range and without an offset: Cb and Cr are the differences of blue and red to Y, scaled
/// to -0.5..=0.5 for channels in 0..=1. Where all channels are equal, luminance is exactly their
/// value and both differences are exactly 0.
pub(crate) fn plane(image: ArrayView1<f32>, pixel: usize, plane: usize) -> f64 {
    let [red, green, blue] = [0, 1, 2].map(|channel| f64::from(image[3 * pixel + channel]));
    let luminance = green + 0.299 * (red - green) + 0.114 * (blue - green);
    match plane {
        0 => luminance,
        1 => (blue - luminance) * (0.5 / (1.0 - 0.114)),
        _ => (red - luminance) * (0.5 / (1.0 - 0.299)),
    }
}

/// Turns standard deviations into what paths are divided by: `(planes * paths,)`.
///
/// Each path of gray images, and of luminance, is divided by its standard deviation. Chroma of
/// photographs varies far less than luminance, and would hardly count if it were divided by the
/// same numbers; so each of its paths is divided by its own deviation, too, times the root of 2,
/// which lets both planes together weigh as much as luminance. This deviation is taken for at least
/// a tenth of that of luminance, so that next to no color is no more than next to nothing. A path
/// without any deviation is left out, as in gray images.
pub(crate) fn divisors(mut deviations: Array1<f64>, channels: Channels) -> Array1<f64> {
    let paths = deviations.len() / channels.count();
    let luminance = deviations.slice(s![..paths]).to_owned();
    for mut plane in deviations.exact_chunks_mut(paths).into_iter().skip(1) {
        for (deviation, luminance) in plane.iter_mut().zip(&luminance) {
            if *deviation > 0.0 {
                *deviation = deviation.max(LEAST_CHROMA * luminance) * CHROMA_PLANES.sqrt();
            }
        }
    }
    deviations
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn planes_are_those_of_bt_601() {
        // Y = 0.299 R + 0.587 G + 0.114 B, Cb = (B - Y) / 1.772, Cr = (R - Y) / 1.402.
        let image = array![1.0_f32, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.7, 0.7, 0.7];
        let expected = [
            [0.299, -0.299 / 1.772, 0.5],
            [0.587, -0.587 / 1.772, -0.587 / 1.402],
            [0.114, 0.5, -0.114 / 1.402],
        ];
        for (pixel, expected) in expected.iter().enumerate() {
            for (at, expected) in expected.iter().enumerate() {
                assert!((plane(image.view(), pixel, at) - expected).abs() < 1e-12);
            }
        }
        let gray = [0, 1, 2].map(|at| plane(image.view(), 3, at));
        assert_eq!(gray, [f64::from(0.7_f32), 0.0, 0.0]);
    }

    #[test]
    fn chroma_weighs_as_much_as_luminance_unless_there_is_next_to_none() {
        // Two paths of three planes: usual color, next to none, none at all.
        let found = divisors(array![2.0, 4.0, 0.5, 0.01, 3.0, 0.0], Channels::Rgb);
        let root = 2.0_f64.sqrt();
        assert_eq!(found, array![2.0, 4.0, 0.5 * root, 0.4 * root, 3.0 * root, 0.0]);
        let gray = array![2.0, 4.0, 0.5];
        assert_eq!(divisors(gray.clone(), Channels::Gray), gray);
    }
}
