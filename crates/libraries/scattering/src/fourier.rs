//! Two-dimensional Fourier transforms.

use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftNum, FftPlanner};

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

    /// Replaces `plane` `(height, width)` by its spectrum.
    pub(crate) fn forward(&self, plane: &mut [Complex<T>], scratch: &mut Scratch<T>) {
        let [rows, columns] = &self.forward;
        rows.process_with_scratch(plane, &mut scratch.fft);
        transpose(plane, &mut scratch.transposed, self.width);
        columns.process_with_scratch(&mut scratch.transposed, &mut scratch.fft);
        plane.copy_from_slice(&scratch.transposed);
    }

    /// Replaces a spectrum by its plane `(height, width)`, times the number of its values.
    pub(crate) fn inverse(&self, spectrum: &mut [Complex<T>], scratch: &mut Scratch<T>) {
        let [rows, columns] = &self.inverse;
        columns.process_with_scratch(spectrum, &mut scratch.fft);
        transpose(spectrum, &mut scratch.transposed, self.height);
        rows.process_with_scratch(&mut scratch.transposed, &mut scratch.fft);
        spectrum.copy_from_slice(&scratch.transposed);
    }
}

/// Transposes a plane with rows of `width` values.
fn transpose<T: Copy>(from: &[T], to: &mut [T], width: usize) {
    let height = from.len() / width;
    for (x, column) in to.chunks_exact_mut(height).enumerate() {
        for (value, row) in column.iter_mut().zip(from.chunks_exact(width)) {
            *value = row[x];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spectrum_is_the_sum_it_is_defined_as() {
        let (height, width) = (3, 4);
        let values: Vec<f64> = (0..12).map(|i| f64::from(i * i % 7)).collect();
        let mut spectrum: Vec<_> = values.iter().map(|&x| Complex::new(x, 0.0)).collect();
        let plane = Plane::new(height, width);
        let mut scratch = plane.scratch();
        plane.forward(&mut spectrum, &mut scratch);
        for v in 0..width {
            for u in 0..height {
                let mut sum = Complex::new(0.0, 0.0);
                for (i, value) in values.iter().enumerate() {
                    let turns = (u * (i / width)) as f64 / height as f64
                        + (v * (i % width)) as f64 / width as f64;
                    sum += Complex::from_polar(*value, -std::f64::consts::TAU * turns);
                }
                assert!((sum - spectrum[v * height + u]).norm() < 1e-12, "{u} {v}");
            }
        }
        plane.inverse(&mut spectrum, &mut scratch);
        for (back, value) in spectrum.iter().zip(&values) {
            assert!((back / 12.0 - value).norm() < 1e-12);
        }
    }
}
