//! Filtering and averaging at one resolution of a scattering transform.

use std::f64::consts::TAU;

use multiversion::multiversion;
use rayon::prelude::*;
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
    /// Wavelets by scale and angle: of all scales at level 0, else of coarser ones.
    pub(crate) wavelets: Vec<Vec<Wavelet>>,
    /// Windows down the image, `(places, height)`.
    down: Vec<f32>,
    /// Windows across the image, `(width, places)`.
    across: Vec<f32>,
}

/// The spectrum of a wavelet where it is not 0, and how it is folded to a coarser level.
///
/// It is divided by the number of values that are folded into one, and by the scale of the inverse
/// Fourier transform.
pub(crate) struct Wavelet {
    /// Values of all runs, one after the other.
    ///
    /// Each is there twice, for the real and the imaginary part of what it multiplies, so that the
    /// product needs no shuffles of vectors.
    factors: Vec<[f32; 2]>,
    runs: Vec<Run>,
}

/// Share of its largest value below which a wavelet's spectrum is taken for 0.
///
/// It moves features by less than their rounding to `f32`, and leaves out most of a large spectrum.
const NEGLIGIBLE: f32 = 1e-9;

/// Number of values up to which a spectrum is taken as it is: so little takes no time.
const SMALL: usize = 64 * 64;

/// Values side by side in a column of a spectrum.
struct Run {
    /// Index of the first value.
    from: usize,
    /// Index of the value of the coarser spectrum that it is added to.
    to: usize,
    len: usize,
}

impl Wavelet {
    /// Takes a spectrum of columns of `height` values, to be folded to `coarse` `(height, width)`.
    fn new(spectrum: &[f32], height: usize, coarse: (usize, usize)) -> Self {
        let (mut factors, mut runs) = (Vec::new(), Vec::new());
        let largest = spectrum.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        let least = if spectrum.len() > SMALL { NEGLIGIBLE * largest } else { 0.0 };
        let counts = |x: &f32| x.abs() > least;
        for (v, column) in spectrum.chunks_exact(height).enumerate() {
            for (part, values) in column.chunks_exact(coarse.0).enumerate() {
                let Some(first) = values.iter().position(counts) else { continue };
                let len = values[first..].iter().rposition(counts).map_or(0, |at| at + 1);
                let from = v * height + part * coarse.0 + first;
                runs.push(Run { from, to: v % coarse.1 * coarse.0 + first, len });
                factors.extend(values[first..first + len].iter().map(|&x| [x; 2]));
            }
        }
        Self { factors, runs }
    }

    /// Multiplies a spectrum by the wavelet's, and folds it to a coarser level.
    pub(crate) fn filter(&self, spectrum: &[Complex<f32>], to: &mut [Complex<f32>]) {
        to.fill(Complex::new(0.0, 0.0));
        add_products(&self.factors, &self.runs, spectrum, to);
    }
}

/// Adds products of a spectrum and a wavelet's `factors` where its `runs` say.
// Wider registers round no instruction differently, so that every processor gives the same bits.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2+fma"))]
fn add_products(
    mut factors: &[[f32; 2]],
    runs: &[Run],
    spectrum: &[Complex<f32>],
    to: &mut [Complex<f32>],
) {
    for run in runs {
        let (now, later) = factors.split_at(run.len);
        factors = later;
        let values = &spectrum[run.from..run.from + run.len];
        let to = &mut to[run.to..run.to + run.len];
        for ((to, value), factor) in to.iter_mut().zip(values).zip(now) {
            to.re += value.re * factor[0];
            to.im += value.im * factor[1];
        }
    }
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
            let coarse = (height >> j, width >> j);
            let divisor = (coarse.0 * coarse.1) as f64 * (1u64 << (2 * (j - level))) as f64;
            let wavelet = |spectrum: &Vec<f64>| {
                let spectrum: Vec<f32> = coarser(spectrum, (height, width), level)
                    .iter()
                    .map(|x| (x / divisor) as f32)
                    .collect();
                Wavelet::new(&spectrum, height >> level, coarse)
            };
            spectra[j].par_iter().map(wavelet).collect()
        });
        let wavelets = wavelets.collect();
        let (down, by_place) = (windows(height, level, scales), windows(width, level, scales));
        let (height, width) = (height >> level, width >> level);
        let across = (0..width)
            .flat_map(|x| by_place.chunks_exact(width).map(move |window| window[x]))
            .collect();
        Self { plane: Plane::new(height, width), height, width, wavelets, down, across }
    }

    /// Averages a plane `(height, width)` over the windows at all places.
    pub(crate) fn average(&self, plane: &[f32], rows: &mut [f32], out: &mut [f32]) {
        let rows = &mut rows[..self.width];
        average((&self.down, &self.across), (self.height, self.width), plane, rows, out);
    }
}

/// Averages a plane `(height, width)` over windows `down` and `across`, one row of sums at a time.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2+fma"))]
fn average(
    (down, across): (&[f32], &[f32]),
    (height, width): (usize, usize),
    plane: &[f32],
    sums: &mut [f32],
    out: &mut [f32],
) {
    let columns = across.len() / width;
    for (window, out) in down.chunks_exact(height).zip(out.chunks_exact_mut(columns)) {
        sums.fill(0.0);
        for (factor, row) in window.iter().zip(plane.chunks_exact(width)) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += factor * value;
            }
        }
        out.fill(0.0);
        for (windows, sum) in across.chunks_exact(columns).zip(&*sums) {
            for (out, factor) in out.iter_mut().zip(windows) {
                *out += factor * sum;
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
