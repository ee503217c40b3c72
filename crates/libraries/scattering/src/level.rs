//! Filtering and averaging at one resolution of a scattering transform.

use std::f64::consts::TAU;

use rustfft::num_complex::Complex;

use crate::fourier::Plane;
use crate::wavelets::{coarser, window};

/// Planes, wavelets and windows at one resolution.
pub(crate) struct Level {
    /// Fourier transforms at this resolution.
    pub(crate) plane: Plane<f32>,
    /// Sides of planes, margins included.
    pub(crate) height: usize,
    pub(crate) width: usize,
    /// Spectra of wavelets by scale and angle: of all scales at level 0, else of coarser ones.
    ///
    /// They are divided by the number of values that are folded into one, and by the scale of the
    /// inverse Fourier transform.
    pub(crate) wavelets: Vec<Vec<Vec<f32>>>,
    /// Windows down the image, `(places, height)`.
    down: Vec<f32>,
    /// Windows across the image, `(places, width)`.
    across: Vec<f32>,
}

impl Level {
    /// Samples planes of `(height, width)` values at every `2^level`-th value.
    ///
    /// `spectra` are those of wavelets at full resolution, by scale and angle.
    pub(crate) fn new(
        (height, width): (usize, usize),
        level: usize,
        scales: usize,
        spectra: &[Vec<Vec<f64>>],
    ) -> Self {
        let wavelets = (0..scales).map(|j| {
            // Level 0 has the wavelets of all scales, other levels those of coarser ones.
            if level > 0 && j <= level {
                return Vec::new();
            }
            // Folding takes a mean over 4^(j - level) values; rustfft's inverse does not divide.
            let divisor =
                ((height >> j) * (width >> j)) as f64 * (1u64 << (2 * (j - level))) as f64;
            let spectrum = |spectrum: &Vec<f64>| {
                coarser(spectrum, (height, width), level)
                    .iter()
                    .map(|x| (x / divisor) as f32)
                    .collect()
            };
            spectra[j].iter().map(spectrum).collect()
        });
        let wavelets = wavelets.collect();
        let (down, across) = (windows(height, level, scales), windows(width, level, scales));
        let (height, width) = (height >> level, width >> level);
        Self { plane: Plane::new(height, width), height, width, wavelets, down, across }
    }

    /// Multiplies a spectrum of this level by a wavelet's, and folds it to a coarser level.
    pub(crate) fn filter(
        &self,
        spectrum: &[Complex<f32>],
        wavelet: &[f32],
        coarse: &Level,
        to: &mut [Complex<f32>],
    ) {
        to.fill(Complex::new(0.0, 0.0));
        let columns = spectrum.chunks_exact(self.height).zip(wavelet.chunks_exact(self.height));
        for (v, (column, wavelet)) in columns.enumerate() {
            let at = v % coarse.width * coarse.height;
            let to = &mut to[at..at + coarse.height];
            let parts = column.chunks_exact(coarse.height).zip(wavelet.chunks_exact(coarse.height));
            for (part, wavelet) in parts {
                for ((to, value), factor) in to.iter_mut().zip(part).zip(wavelet) {
                    to.re += value.re * factor;
                    to.im += value.im * factor;
                }
            }
        }
    }

    /// Averages a plane `(height, width)` over the windows at all places.
    pub(crate) fn average(&self, plane: &[f32], rows: &mut [f32], out: &mut [f32]) {
        let columns = self.across.len() / self.width;
        for (window, out) in self.down.chunks_exact(self.height).zip(out.chunks_exact_mut(columns))
        {
            let sums = &mut rows[..self.width];
            sums.fill(0.0);
            for (factor, row) in window.iter().zip(plane.chunks_exact(self.width)) {
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum += factor * value;
                }
            }
            for (out, window) in out.iter_mut().zip(self.across.chunks_exact(self.width)) {
                *out = window.iter().zip(&*sums).map(|(factor, sum)| factor * sum).sum();
            }
        }
    }
}

/// Computes the windows at the places along one side, shape `(places, values)`.
///
/// The side has `side` values, mirrored margins included, of which every `2^level`-th is left.
/// Places in the margins are left out.
fn windows(side: usize, level: usize, scales: usize) -> Vec<f32> {
    let (spectrum, kept) = (window(side, scales), side >> level);
    // A coarser plane holds low frequencies of either sign.
    let low = (0..kept).map(|u| spectrum[if 2 * u < kept { u } else { side - kept + u }]);
    let low: Vec<f64> = low.collect();
    let places = (side >> scales) - 2;
    let step = 1 << (scales - level);
    let mut all = Vec::with_capacity(places * kept);
    for place in 1..=places {
        for x in 0..kept {
            let turns = (place * step + kept - x) as f64 / kept as f64;
            let sum: f64 = low
                .iter()
                .enumerate()
                .map(|(u, value)| value * (TAU * u as f64 * turns).cos())
                .sum();
            all.push((sum / kept as f64) as f32);
        }
    }
    all
}
