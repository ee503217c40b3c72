//! Two-dimensional Fourier transforms.

use std::array;
use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftNum, FftPlanner};

/// Side of the square tiles in which planes are transposed: eight values fill a cache line.
const TILE: usize = 8;

/// Fourier transforms of planes of one size.
///
/// A spectrum is stored column by column: `(width, height)`.
pub(crate) struct Plane<T: FftNum> {
    height: usize,
    width: usize,
    /// Along rows and along columns, there and back.
    forward: [Arc<dyn Fft<T>>; 2],
    inverse: [Arc<dyn Fft<T>>; 2],
}

/// Scratch space of a [`Plane`].
pub(crate) struct Scratch<T> {
    transposed: Vec<Complex<T>>,
    fft: Vec<Complex<T>>,
}

impl<T: FftNum> Plane<T> {
    pub(crate) fn new(height: usize, width: usize) -> Self {
        let mut planner = FftPlanner::new();
        let forward = [planner.plan_fft_forward(width), planner.plan_fft_forward(height)];
        let inverse = [planner.plan_fft_inverse(width), planner.plan_fft_inverse(height)];
        Self { height, width, forward, inverse }
    }

    pub(crate) fn len(&self) -> usize {
        self.height * self.width
    }

    pub(crate) fn scratch(&self) -> Scratch<T> {
        let zero = Complex::new(T::zero(), T::zero());
        let longest =
            self.forward.iter().chain(&self.inverse).map(|fft| fft.get_inplace_scratch_len()).max();
        Scratch { transposed: vec![zero; self.len()], fft: vec![zero; longest.unwrap_or(0)] }
    }

    /// Computes the spectrum of a plane `(height, width)`.
    pub(crate) fn forward<V>(
        &self,
        plane: impl IntoIterator<Item = V>,
        spectrum: &mut [Complex<T>],
        scratch: &mut Scratch<T>,
    ) where
        V: Into<Complex<T>>,
    {
        let [rows, columns] = &self.forward;
        scratch.transposed.iter_mut().zip(plane).for_each(|(to, value)| *to = value.into());
        rows.process_with_scratch(&mut scratch.transposed, &mut scratch.fft);
        transpose(&scratch.transposed, spectrum, self.width);
        columns.process_with_scratch(spectrum, &mut scratch.fft);
    }

    /// Gives the plane `(height, width)` of a spectrum, times the number of its values.
    ///
    /// The spectrum is lost.
    pub(crate) fn inverse<'s>(
        &self,
        spectrum: &mut [Complex<T>],
        scratch: &'s mut Scratch<T>,
    ) -> &'s [Complex<T>] {
        let [rows, columns] = &self.inverse;
        columns.process_with_scratch(spectrum, &mut scratch.fft);
        transpose(spectrum, &mut scratch.transposed, self.height);
        rows.process_with_scratch(&mut scratch.transposed, &mut scratch.fft);
        &scratch.transposed
    }
}

/// Transposes a plane with rows of `width` values.
fn transpose<T: Copy>(from: &[T], to: &mut [T], width: usize) {
    let height = from.len() / width;
    for (band, columns) in to.chunks_mut(TILE * height).enumerate() {
        let left = band * TILE;
        for (top, band) in (0..height).step_by(TILE).zip(from.chunks(TILE * width)) {
            let whole = columns.len() == TILE * height && band.len() == TILE * width;
            if whole {
                // Eight values of eight rows, whose number the compiler knows.
                let rows: [&[T]; TILE] = array::from_fn(|y| &band[y * width + left..][..TILE]);
                for x in 0..TILE {
                    let column = &mut columns[x * height + top..][..TILE];
                    column.copy_from_slice(&rows.map(|row| row[x]));
                }
                continue;
            }
            for (x, column) in (left..).zip(columns.chunks_exact_mut(height)) {
                for (value, row) in column[top..].iter_mut().zip(band.chunks_exact(width)) {
                    *value = row[x];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spectrum_is_the_sum_it_is_defined_as() {
        // The second plane has more values along a side than a tile.
        for (height, width) in [(3, 4), (9, 20)] {
            let values: Vec<f64> = (0..height * width).map(|i| (i * i % 7) as f64).collect();
            let mut spectrum = vec![Complex::new(0.0, 0.0); values.len()];
            let plane = Plane::new(height, width);
            let mut scratch = plane.scratch();
            plane.forward(values.iter().copied(), &mut spectrum, &mut scratch);
            for v in 0..width {
                for u in 0..height {
                    let mut sum = Complex::new(0.0, 0.0);
                    for (i, value) in values.iter().enumerate() {
                        let turns = (u * (i / width)) as f64 / height as f64
                            + (v * (i % width)) as f64 / width as f64;
                        sum += Complex::from_polar(*value, -std::f64::consts::TAU * turns);
                    }
                    assert!((sum - spectrum[v * height + u]).norm() < 1e-10, "{u} {v}");
                }
            }
            let back = plane.inverse(&mut spectrum, &mut scratch);
            for (back, value) in back.iter().zip(&values) {
                assert!((back / values.len() as f64 - value).norm() < 1e-12);
            }
        }
    }
}
