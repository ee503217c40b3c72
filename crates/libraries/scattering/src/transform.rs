//! The scattering transform of images.

use std::f64::consts::PI;

use multiversion::multiversion;
use ndarray::{Array2, ArrayView1, ArrayView2, ArrayViewMut1};
use rayon::prelude::*;
use rustfft::num_complex::Complex;

use crate::block::Block;
use crate::color::Channels;
use crate::fourier::Scratch;
use crate::level::Level;
use crate::shape::{check, shape};
use crate::wavelets::morlet;
use crate::{Error, Result};

/// A scattering transform of order 2 of images of one size.
///
/// It gives `1 + JL + L² J(J-1)/2` paths of each image `(height, width)` for J scales and L
/// angles. Each path is averaged over windows of `2^J` pixels at
/// `ceil(height / 2^J) x ceil(width / 2^J)` places. Sides that are no multiple of `2^J` get black
/// margins first.
///
/// Tested against Kymatio's `Scattering2D`.
pub struct Scattering {
    height: usize,
    width: usize,
    scales: usize,
    angles: usize,
    /// Margins around the image.
    margins: Margins,
    /// For each scale j the level at which every `2^j`-th value is left.
    levels: Vec<Level>,
}

/// Margins around an image: black ones, and mirrored ones around both.
#[derive(Clone, Copy)]
struct Margins {
    /// Black rows above the image.
    top: usize,
    /// Black columns to the left of the image.
    left: usize,
    /// Width of the mirrored margin.
    mirrored: usize,
    /// Height with black margins.
    height: usize,
    /// Width with black margins.
    width: usize,
}

/// Memory for the transform of one image.
pub(crate) struct Work {
    image: Vec<Complex<f32>>,
    first: Vec<Complex<f32>>,
    second: Vec<Complex<f32>>,
    modulus: Vec<f32>,
    averaged: Vec<f32>,
    scratch: Vec<Scratch<f32>>,
}

impl Scattering {
    /// Builds the wavelets for images `(height, width)`.
    ///
    /// ```
    /// let scattering = scattering::Scattering::new((28, 28), 3, 8)?;
    /// assert_eq!(scattering.shape(), (217, 4, 4));
    /// # Ok::<(), scattering::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] unless sides have 6 to 4,096 pixels, there is at least one scale and
    /// not so many that fewer than three places are left, and there are 2 to 64 angles.
    pub fn new((height, width): (usize, usize), scales: usize, angles: usize) -> Result<Self> {
        check((height, width), scales, angles)?;
        let unit = 1 << scales;
        let padded = (height.next_multiple_of(unit), width.next_multiple_of(unit));
        let margins = Margins {
            top: (padded.0 - height) / 2,
            left: (padded.1 - width) / 2,
            mirrored: unit,
            height: padded.0,
            width: padded.1,
        };
        let size = (padded.0 + 2 * unit, padded.1 + 2 * unit);
        let spectra: Vec<Vec<Vec<f64>>> = (0..scales)
            .map(|j| {
                let angle = |l| ((angles / 2) as f64 - 1.0 - l as f64) * PI / angles as f64;
                (0..angles).into_par_iter().map(|l| morlet(size, j, angle(l), angles)).collect()
            })
            .collect();
        let levels = (0..scales).map(|level| Level::new(size, level, scales, &spectra)).collect();
        Ok(Self { height, width, scales, angles, margins, levels })
    }

    /// Returns the numbers of paths, and of places down and across.
    ///
    /// Each image has as many values as their product.
    ///
    /// ```
    /// // 1 + 2 * 8 + 8 * 8 paths at 16 / 2^2 places along either side.
    /// let scattering = scattering::Scattering::new((16, 16), 2, 8)?;
    /// assert_eq!(scattering.shape(), (81, 4, 4));
    /// # Ok::<(), scattering::Error>(())
    /// ```
    pub fn shape(&self) -> (usize, usize, usize) {
        shape((self.height, self.width), self.scales, self.angles)
    }

    /// Returns the number of values of each image.
    ///
    /// ```
    /// let scattering = scattering::Scattering::new((16, 16), 2, 8)?;
    /// assert_eq!(scattering.values(), 81 * 4 * 4);
    /// # Ok::<(), scattering::Error>(())
    /// ```
    pub fn values(&self) -> usize {
        let (paths, rows, columns) = self.shape();
        paths * rows * columns
    }

    /// Transforms images `(n, height * width)` to `(n, values)`.
    ///
    /// Values are ordered by path, then by place; paths as Kymatio orders them: the average of the
    /// image, the first order by scale and angle, the second order by both pairs.
    ///
    /// ```
    /// use ndarray::Array2;
    ///
    /// let scattering = scattering::Scattering::new((8, 8), 1, 8)?;
    /// let scattered = scattering.transform(Array2::zeros((2, 64)).view())?;
    /// assert_eq!(scattered.dim(), (2, scattering.values()));
    /// # Ok::<(), scattering::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`Error::Pixels`] if the images have another size.
    /// - [`Error::NonFinite`] if a pixel is not finite.
    /// - [`Error::TooLarge`] if a value overflows `f32`.
    pub fn transform(&self, images: ArrayView2<f32>) -> Result<Array2<f32>> {
        Block { images, first: 0 }.check((self.height, self.width), Channels::Gray)?;
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

    /// Allocates memory for the transform of an image.
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

    /// Transforms one image `(height * width,)` into `out`, and returns a factor left out of it.
    ///
    /// `out` times the factor is a row of [`Scattering::transform`]; it must be in standard layout.
    /// The factor is a power of two. Divided by it, the largest pixel is between 1 and 2, so no
    /// square overflows or vanishes. The transform of `c` times an image is `c` times its
    /// transform, and a power of two rounds nothing.
    pub(crate) fn image(
        &self,
        image: ArrayView1<f32>,
        work: &mut Work,
        mut out: ArrayViewMut1<f32>,
    ) -> f64 {
        let size = size(image);
        let out = out.as_slice_mut().expect("a row of an array in standard layout");
        self.pad(|pixel| (f64::from(image[pixel]) / size) as f32, work);
        self.padded(work, out);
        size
    }

    /// Transforms the plane that [`Scattering::pad`] left in `work`.
    pub(crate) fn padded(&self, work: &mut Work, out: &mut [f32]) {
        let (_, rows, columns) = self.shape();
        let (first_out, second_out) =
            out.split_at_mut((1 + self.scales * self.angles) * rows * columns);
        let mut first_out = first_out.chunks_exact_mut(rows * columns);
        let mut second_out = second_out.chunks_exact_mut(rows * columns);
        let mut next = |order: usize| if order < 2 { first_out.next() } else { second_out.next() };
        let Work { image: spectrum, first, second, modulus, averaged, scratch } = work;

        if let Some(out) = next(0) {
            self.levels[0].average(modulus, averaged, out);
        }
        self.levels[0].plane.forward(modulus.iter().copied(), spectrum, &mut scratch[0]);
        for j in 0..self.scales {
            let level = &self.levels[j];
            for wavelet in &self.levels[0].wavelets[j] {
                let first = &mut first[..level.plane.len()];
                wavelet.filter(spectrum, first);
                let modulus = &mut modulus[..level.plane.len()];
                moduli(level.plane.inverse(first, &mut scratch[j]), modulus);
                if let Some(out) = next(1) {
                    level.average(modulus, averaged, out);
                }
                if j + 1 < self.scales {
                    level.plane.forward(modulus.iter().copied(), first, &mut scratch[j]);
                }
                for (coarser, coarse) in self.levels.iter().enumerate().skip(j + 1) {
                    for wavelet in &level.wavelets[coarser] {
                        let second = &mut second[..coarse.plane.len()];
                        wavelet.filter(first, second);
                        let modulus = &mut modulus[..coarse.plane.len()];
                        moduli(coarse.plane.inverse(second, &mut scratch[coarser]), modulus);
                        if let Some(out) = next(2) {
                            coarse.average(modulus, averaged, out);
                        }
                    }
                }
            }
        }
    }

    /// Writes an image of these pixels, with black margins that are mirrored at their edges.
    pub(crate) fn pad(&self, pixels: impl Fn(usize) -> f32, work: &mut Work) {
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
                work.modulus[y * level.width + x] = match (row, column) {
                    (Some(row), Some(column)) => pixels(row * self.width + column),
                    _ => 0.0,
                };
            }
        }
    }
}

/// Finds the power of two up to the largest value in magnitude; 1 for a black image.
pub(crate) fn size(image: ArrayView1<f32>) -> f64 {
    let largest = image.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    if largest > 0.0 { f64::from(largest).log2().floor().exp2() } else { 1.0 }
}

/// Computes the moduli of complex values.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512bw+avx512dq", "x86_64+avx2+fma"))]
fn moduli(values: &[Complex<f32>], to: &mut [f32]) {
    for (to, value) in to.iter_mut().zip(values) {
        *to = (value.re * value.re + value.im * value.im).sqrt();
    }
}
