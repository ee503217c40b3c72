//! Spectra of Morlet wavelets and of the Gaussian window, as in Kymatio.
//!
//! Andreux et al., *Kymatio: scattering transforms in Python*, JMLR 2020.

use std::f64::consts::PI;

use rustfft::num_complex::Complex;

use crate::fourier::Plane;

/// Copies of the plane on each side that are added up to make a function periodic.
const COPIES: isize = 2;

/// Negated exponent beyond which a Gaussian is left out: there it is below the rounding of any sum.
const NEGLIGIBLE: f64 = 60.0;

/// A Gabor function: an elliptic Gaussian times a plane wave.
struct Gabor {
    /// Standard deviation along the angle, in pixels.
    sigma: f64,
    /// Direction of the wave, in radians.
    angle: f64,
    /// Frequency of the wave, in radians a pixel.
    frequency: f64,
    /// Standard deviation along the angle over that across it.
    slant: f64,
}

impl Gabor {
    /// Evaluates the function, and its Gaussian alone, on a periodic plane `(height, width)`.
    ///
    /// Both are centered at the origin.
    fn on(&self, (height, width): (usize, usize)) -> Vec<(Complex<f64>, f64)> {
        let (sin, cos) = self.angle.sin_cos();
        let across = self.slant * self.slant;
        let scale = 2.0 * self.sigma * self.sigma;
        let mut plane = Vec::with_capacity(height * width);
        for y in 0..height as isize {
            for x in 0..width as isize {
                let (mut wave, mut envelope) = (Complex::new(0.0, 0.0), 0.0);
                for copy_y in -COPIES..=COPIES {
                    for copy_x in -COPIES..=COPIES {
                        let down = (y + copy_y * height as isize) as f64;
                        let right = (x + copy_x * width as isize) as f64;
                        let (u, v) = (down * cos + right * sin, right * cos - down * sin);
                        let exponent = (u * u + across * v * v) / scale;
                        if exponent < NEGLIGIBLE {
                            let size = (-exponent).exp();
                            wave += Complex::from_polar(size, u * self.frequency);
                            envelope += size;
                        }
                    }
                }
                let unit = PI * scale;
                plane.push((wave * self.slant / unit, envelope * self.slant / unit));
            }
        }
        plane
    }
}

/// Computes the real spectrum `(width, height)` of a Morlet wavelet of scale `2^j`.
///
/// The wavelet is a Gabor function whose wave runs along `angle`, less a Gaussian, so that its mean
/// is 0.
pub(crate) fn morlet(size: (usize, usize), j: usize, angle: f64, angles: usize) -> Vec<f64> {
    let scale = (1 << j) as f64;
    let gabor = Gabor {
        sigma: 0.8 * scale,
        angle,
        frequency: 0.75 * PI / scale,
        slant: 4.0 / angles as f64,
    };
    let plane = gabor.on(size);
    let sums = plane
        .iter()
        .fold((Complex::new(0.0, 0.0), 0.0), |sums, value| (sums.0 + value.0, sums.1 + value.1));
    let mean = sums.0 / Complex::from(sums.1);
    spectrum(plane.iter().map(|(wave, envelope)| wave - mean * envelope), size)
}

/// Computes the real spectrum `(size,)` of the Gaussian window of scale `2^scales` along a side.
pub(crate) fn window(size: usize, scales: usize) -> Vec<f64> {
    let sigma = 0.8 * (1 << scales) as f64 / 2.0;
    let gaussian = Gabor { sigma, angle: 0.0, frequency: 0.0, slant: 1.0 };
    // One row is a Gaussian along one side, up to a factor.
    let row = gaussian.on((1, size));
    let sum: f64 = row.iter().map(|value| value.1).sum();
    spectrum(row.iter().map(|value| Complex::from(value.1) / Complex::from(sum)), (1, size))
}

/// Transforms a Hermitian plane to its real spectrum.
fn spectrum(
    plane: impl Iterator<Item = Complex<f64>>,
    (height, width): (usize, usize),
) -> Vec<f64> {
    let fourier = Plane::new(height, width);
    let mut spectrum = vec![Complex::new(0.0, 0.0); fourier.len()];
    fourier.forward(plane, &mut spectrum, &mut fourier.scratch());
    // Hermitian functions have real spectra.
    spectrum.iter().map(|value| value.re).collect()
}

/// Drops the high frequencies of a spectrum `(width, height)`.
///
/// The result is the spectrum of a plane of which every `2^level`-th value is left.
pub(crate) fn coarser(spectrum: &[f64], (height, width): (usize, usize), level: usize) -> Vec<f64> {
    let kept = |length: usize, at: usize| {
        let (from, dropped) = (length >> (level + 1), length - (length >> level));
        level == 0 || !(from..from + dropped).contains(&at)
    };
    let (low_height, low_width) = (height >> level, width >> level);
    let mut coarse = vec![0.0; low_height * low_width];
    for v in (0..width).filter(|&v| kept(width, v)) {
        for u in (0..height).filter(|&u| kept(height, u)) {
            coarse[v % low_width * low_height + u % low_height] += spectrum[v * height + u];
        }
    }
    coarse
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wavelets_have_no_mean_and_windows_keep_it() {
        for j in 0..3 {
            let spectrum = morlet((32, 24), j, 0.7, 8);
            assert!(spectrum[0].abs() < 1e-12, "{}", spectrum[0]);
            assert!(spectrum.iter().fold(0.0_f64, |most, &x| most.max(x)) > 0.5);
        }
        assert!((window(32, 3)[0] - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_wavelet_answers_to_waves_along_its_angle() {
        // Angle 0 runs down the image: the strongest frequency is along the height.
        let spectrum = morlet((32, 32), 0, 0.0, 8);
        let strongest = (0..1024).max_by(|&a, &b| spectrum[a].total_cmp(&spectrum[b])).unwrap();
        assert_eq!(strongest / 32, 0, "no wave along the width");
        // 0.75 π radians a pixel are 12 waves in 32 pixels.
        assert_eq!(strongest % 32, 12);
    }

    #[test]
    fn a_coarse_spectrum_drops_high_frequencies() {
        let spectrum: Vec<f64> = (0..64).map(f64::from).collect();
        let coarse = coarser(&spectrum, (8, 8), 1);
        // Of each side 0, 1, -2 and -1 stay.
        let kept = [0.0, 1.0, 6.0, 7.0];
        let expected: Vec<f64> = kept.iter().flat_map(|v| kept.map(|u| 8.0 * v + u)).collect();
        assert_eq!(coarse, expected);
        assert_eq!(coarser(&spectrum, (8, 8), 0), spectrum);
    }
}
