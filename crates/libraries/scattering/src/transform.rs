//! The scattering transform of one image.

use std::f64::consts::{PI, TAU};

use ndarray::{Array2, ArrayView1, ArrayView2, ArrayViewMut1};
use rayon::prelude::*;
use rustfft::num_complex::Complex;

use crate::fourier::{Plane, Scratch};
use crate::wavelets::{coarser, morlet, window};
use crate::{Error, Result};

/// Most pixels along a side.
const MOST_SIDE: usize = 4096;

/// Fewest places along a side that averages are left at.
const FEWEST_PLACES: usize = 3;

/// A scattering transform of order 2 of images of one size.
///
/// Of each image `(height, width)` it gives `1 + JL + L² J(J-1)/2` paths for J scales and L angles, each averaged over windows
/// of `2^J` pixels at `ceil(height / 2^J) x ceil(width / 2^J)` places.
///
/// Tested against Kymatio's `Scattering2D`. Sides that are no multiple of `2^J` get black margins first.
pub struct Scattering {
    height: usize,
    width: usize,
    scales: usize,
    angles: usize,
    /// Black rows above and black columns to the left of the image, and the mirrored margin around both.
    margins: Margins,
    /// For each scale, planes of which every `2^j`-th value is left.
    levels: Vec<Level>,
}

#[derive(Clone, Copy)]
struct Margins {
    top: usize,
    left: usize,
    mirrored: usize,
    /// Sides with black margins.
    height: usize,
    width: usize,
}

/// What is done at one resolution.
struct Level {
    plane: Plane<f32>,
    height: usize,
    width: usize,
    /// Spectra of the wavelets of all scales from this one on (from 0 on at level 0), by scale and angle, with what divides by the
    /// number of values that are folded into one and undoes the scale of the inverse transform.
    wavelets: Vec<Vec<Vec<f32>>>,
    /// Windows down and across, `(places, height)` and `(places, width)`.
    down: Vec<f32>,
    across: Vec<f32>,
}

/// Memory of one image's transform.
pub(crate) struct Work {
    image: Vec<Complex<f32>>,
    first: Vec<Complex<f32>>,
    second: Vec<Complex<f32>>,
    modulus: Vec<f32>,
    averaged: Vec<f32>,
    scratch: Vec<Scratch<f32>>,
}

/// The number of scales for images of these sides: as many as leave three places along the shorter one, at least 1.
pub fn scales(height: usize, width: usize) -> usize {
    let side = height.min(width);
    (1..).find(|&j| side >> (j + 1) < FEWEST_PLACES).expect("sides are finite")
}

impl Scattering {
    /// Builds the wavelets for images `(height, width)`.
    ///
    /// # Errors
    /// Sides of 0 or more than 4,096 pixels; no scale, or so many that fewer than three places are left; no angle or more than 64.
    pub fn new((height, width): (usize, usize), scales: usize, angles: usize) -> Result<Self> {
        check((height, width), scales, angles)?;
        let unit = 1 << scales;
        let black = (height.next_multiple_of(unit), width.next_multiple_of(unit));
        let margins = Margins {
            top: (black.0 - height) / 2,
            left: (black.1 - width) / 2,
            mirrored: unit,
            height: black.0,
            width: black.1,
        };
        let size = (black.0 + 2 * unit, black.1 + 2 * unit);
        let spectra: Vec<Vec<Vec<f64>>> = (0..scales)
            .map(|j| {
                let angle = |l| ((angles / 2) as f64 - 1.0 - l as f64) * PI / angles as f64;
                (0..angles).map(|l| morlet(size, j, angle(l), angles)).collect()
            })
            .collect();
        let levels = (0..scales).map(|level| Level::new(size, level, scales, &spectra)).collect();
        Ok(Self { height, width, scales, angles, margins, levels })
    }

    /// Paths, and places down and across: each image has as many values as their product.
    pub fn shape(&self) -> (usize, usize, usize) {
        shape((self.height, self.width), self.scales, self.angles)
    }

    /// Values of each image.
    pub fn values(&self) -> usize {
        let (paths, rows, columns) = self.shape();
        paths * rows * columns
    }

    /// Scatters images `(n, height * width)`: `(n, values)`, by path, then place: the average of the image, the first order by scale
    /// and angle, the second by both pairs, as Kymatio orders them.
    ///
    /// # Errors
    /// Images of another size; pixels that are not finite; values that do not fit into `f32`.
    pub fn transform(&self, images: ArrayView2<f32>) -> Result<Array2<f32>> {
        self.check_images(images)?;
        let mut scattered = Array2::zeros((images.nrows(), self.values()));
        let rows = scattered.outer_iter_mut().into_par_iter().zip(images.outer_iter());
        rows.for_each_init(
            || self.work(),
            |work, (mut to, image)| {
                let size = self.image(image, work, to.view_mut());
                to.mapv_inplace(|x| (f64::from(x) * size) as f32);
            },
        );
        match scattered.indexed_iter().find(|(_, x)| !x.is_finite()) {
            Some(((row, _), _)) => Err(Error::TooLarge { row }),
            None => Ok(scattered),
        }
    }

    pub(crate) fn check_images(&self, images: ArrayView2<f32>) -> Result<()> {
        if images.ncols() != self.height * self.width {
            return Err(Error::Parameter {
                expected: format!("images of {} x {} pixels", self.height, self.width),
                found: format!("{} pixels", images.ncols()),
                cure: "give images of that size",
            });
        }
        match images.indexed_iter().find(|(_, x)| !x.is_finite()) {
            Some(((row, column), &value)) => Err(Error::NotFinite { value, row, column }),
            None => Ok(()),
        }
    }

    pub(crate) fn work(&self) -> Work {
        let zero = Complex::new(0.0, 0.0);
        let values = self.levels[0].plane.len();
        Work {
            image: vec![zero; values],
            first: vec![zero; values],
            second: vec![zero; values],
            modulus: vec![0.0; values],
            averaged: vec![0.0; values],
            scratch: self.levels.iter().map(|level| level.plane.scratch()).collect(),
        }
    }

    /// Scatters one image `(height * width,)` into `out`, a row in standard layout as
    /// [`Scattering::transform`] gives it, but for a factor, which is returned: a power of two,
    /// with which the largest pixel is between 1 and 2 meanwhile, so that no square overflows or
    /// vanishes.
    ///
    /// The transform of `c` times an image is `c` times its transform, and a power of two rounds
    /// nothing.
    pub(crate) fn image(
        &self,
        image: ArrayView1<f32>,
        work: &mut Work,
        mut out: ArrayViewMut1<f32>,
    ) -> f64 {
        let size = size(image);
        let out = out.as_slice_mut().expect("a row of an array in standard layout");
        let (_, rows, columns) = self.shape();
        let (first_out, second_out) =
            out.split_at_mut((1 + self.scales * self.angles) * rows * columns);
        let mut first_out = first_out.chunks_exact_mut(rows * columns);
        let mut second_out = second_out.chunks_exact_mut(rows * columns);
        let mut next = |order: usize| if order < 2 { first_out.next() } else { second_out.next() };
        let Work { image: spectrum, first, second, modulus, averaged, scratch } = work;

        self.pad(image, 1.0 / size, modulus);
        if let Some(out) = next(0) {
            self.levels[0].average(modulus, averaged, out);
        }
        complex(modulus, spectrum);
        self.levels[0].plane.forward(spectrum, &mut scratch[0]);
        for j in 0..self.scales {
            let level = &self.levels[j];
            for wavelet in &self.levels[0].wavelets[j] {
                let first = &mut first[..level.plane.len()];
                self.levels[0].filter(spectrum, wavelet, level, first);
                level.plane.inverse(first, &mut scratch[j]);
                let modulus = &mut modulus[..level.plane.len()];
                moduli(first, modulus);
                if let Some(out) = next(1) {
                    level.average(modulus, averaged, out);
                }
                if j + 1 < self.scales {
                    complex(modulus, first);
                    level.plane.forward(first, &mut scratch[j]);
                }
                let coarser =
                    self.levels.iter().zip(&level.wavelets).zip(&mut *scratch).skip(j + 1);
                for ((coarse, wavelets), scratch) in coarser {
                    for wavelet in wavelets {
                        let second = &mut second[..coarse.plane.len()];
                        level.filter(first, wavelet, coarse, second);
                        coarse.plane.inverse(second, scratch);
                        let modulus = &mut modulus[..coarse.plane.len()];
                        moduli(second, modulus);
                        if let Some(out) = next(2) {
                            coarse.average(modulus, averaged, out);
                        }
                    }
                }
            }
        }
        size
    }

    /// The image times `factor`, with black margins, mirrored at their edges.
    fn pad(&self, image: ArrayView1<f32>, factor: f64, to: &mut [f32]) {
        let Margins { top, left, mirrored, height, width } = self.margins;
        let level = &self.levels[0];
        let mirror = |at: usize, side: usize| match at.checked_sub(mirrored) {
            None => mirrored - at,
            Some(at) if at < side => at,
            Some(at) => 2 * (side - 1) - at,
        };
        for y in 0..level.height {
            let row = mirror(y, height).checked_sub(top).filter(|&row| row < self.height);
            for x in 0..level.width {
                let column =
                    mirror(x, width).checked_sub(left).filter(|&column| column < self.width);
                to[y * level.width + x] = match (row, column) {
                    (Some(row), Some(column)) => {
                        (f64::from(image[row * self.width + column]) * factor) as f32
                    }
                    _ => 0.0,
                };
            }
        }
    }
}

impl Level {
    fn new(
        (height, width): (usize, usize),
        level: usize,
        scales: usize,
        spectra: &[Vec<Vec<f64>>],
    ) -> Self {
        let wavelets = (0..scales).map(|j| {
            // At level 0 all scales, at the others those that are coarser.
            if level > 0 && j <= level {
                return Vec::new();
            }
            // Folding is a mean over 4^(j - level) values, and rustfft's inverse leaves the division to us.
            let left = ((height >> j) * (width >> j)) as f64 * (1u64 << (2 * (j - level))) as f64;
            let spectrum = |spectrum: &Vec<f64>| {
                coarser(spectrum, (height, width), level)
                    .iter()
                    .map(|x| (x / left) as f32)
                    .collect()
            };
            spectra[j].iter().map(spectrum).collect()
        });
        let wavelets = wavelets.collect();
        let (down, across) = (averages(height, level, scales), averages(width, level, scales));
        let (height, width) = (height >> level, width >> level);
        Self { plane: Plane::new(height, width), height, width, wavelets, down, across }
    }

    /// Multiplies a spectrum of this level by a wavelet's and folds it to that of a coarser level.
    fn filter(
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

    /// Averages of a plane `(height, width)` at all places.
    fn average(&self, plane: &[f32], rows: &mut [f32], out: &mut [f32]) {
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

/// Windows at the places along one side of `side` values, mirrored margins among them, of which every `2^level`-th is left:
/// `(places, values)`. Places in the margins are left out.
fn averages(side: usize, level: usize, scales: usize) -> Vec<f32> {
    let (spectrum, kept) = (window(side, scales), side >> level);
    // What a coarser plane can hold: low frequencies of either sign.
    let low = (0..kept).map(|u| spectrum[if 2 * u < kept { u } else { side - kept + u }]);
    let low: Vec<f64> = low.collect();
    let places = (side >> scales) - 2;
    let step = 1 << (scales - level);
    let mut windows = Vec::with_capacity(places * kept);
    for place in 1..=places {
        for x in 0..kept {
            let turns = (place * step + kept - x) as f64 / kept as f64;
            let sum: f64 = low
                .iter()
                .enumerate()
                .map(|(u, value)| value * (TAU * u as f64 * turns).cos())
                .sum();
            windows.push((sum / kept as f64) as f32);
        }
    }
    windows
}

/// Paths, and places down and across, of images `(height, width)`.
fn shape((height, width): (usize, usize), scales: usize, angles: usize) -> (usize, usize, usize) {
    let paths = 1 + scales * angles + angles * angles * (scales * (scales - 1) / 2);
    (paths, height.div_ceil(1 << scales), width.div_ceil(1 << scales))
}

/// [`Scattering::shape`], without the wavelets. Errors as [`Scattering::new`].
pub(crate) fn shape_of(
    size: (usize, usize),
    scales: usize,
    angles: usize,
) -> Result<(usize, usize, usize)> {
    check(size, scales, angles)?;
    Ok(shape(size, scales, angles))
}

/// The power of two up to the largest pixel, without its sign; 1 of a black image.
fn size(image: ArrayView1<f32>) -> f64 {
    let largest = image.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    if largest > 0.0 { f64::from(largest).log2().floor().exp2() } else { 1.0 }
}

fn complex(values: &[f32], to: &mut [Complex<f32>]) {
    to.iter_mut().zip(values).for_each(|(to, &value)| *to = Complex::new(value, 0.0));
}

fn moduli(values: &[Complex<f32>], to: &mut [f32]) {
    for (to, value) in to.iter_mut().zip(values) {
        *to = (value.re * value.re + value.im * value.im).sqrt();
    }
}

fn check((height, width): (usize, usize), scales: usize, angles: usize) -> Result<()> {
    let refuse =
        |expected: String, found: String, cure| Err(Error::Parameter { expected, found, cure });
    if height.min(width) < 2 * FEWEST_PLACES || height.max(width) > MOST_SIDE {
        let expected = format!("images with sides of {} to {MOST_SIDE} pixels", 2 * FEWEST_PLACES);
        return refuse(
            expected,
            format!("{height} x {width}"),
            "give images of shape (n, height, width)",
        );
    }
    let most = self::scales(height, width);
    if !(1..=most).contains(&scales) {
        let expected = format!("1 to {most} scales for images of {height} x {width}");
        return refuse(expected, scales.to_string(), "leave it out to have as many");
    }
    if !(2..=64).contains(&angles) {
        return refuse("2 to 64 angles".into(), angles.to_string(), "8 are usual");
    }
    Ok(())
}
