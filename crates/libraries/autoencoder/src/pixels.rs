//! Images as the network takes them: u8 or f32, scaled and normalized.

use ndarray::{ArrayView2, s};
use tch::{Device, Kind, Tensor};

use crate::{Channels, Error, Normalize, Result};

/// Images (n, pixels), row-major; in color with red, green and blue of each pixel side by side.
#[derive(Debug, Clone, Copy)]
pub enum Pixels<'a> {
    /// Gray levels, which the network takes divided by 255.
    U8(ArrayView2<'a, u8>),
    /// Values that the network takes unchanged.
    F32(ArrayView2<'a, f32>),
}

impl<'a> From<ArrayView2<'a, u8>> for Pixels<'a> {
    fn from(levels: ArrayView2<'a, u8>) -> Self {
        Self::U8(levels)
    }
}

impl<'a> From<ArrayView2<'a, f32>> for Pixels<'a> {
    fn from(values: ArrayView2<'a, f32>) -> Self {
        Self::F32(values)
    }
}

impl<'a> Pixels<'a> {
    /// Returns the shape (n, pixels).
    ///
    /// # Example
    /// ```
    /// use autoencoder::Pixels;
    /// use ndarray::Array2;
    ///
    /// let images = Array2::<u8>::zeros((64, 16));
    /// assert_eq!(Pixels::U8(images.view()).dim(), (64, 16));
    /// ```
    pub fn dim(&self) -> (usize, usize) {
        match self {
            Self::U8(pixels) => pixels.dim(),
            Self::F32(pixels) => pixels.dim(),
        }
    }

    /// Returns the rows `start..end`.
    pub(crate) fn rows(&self, start: usize, end: usize) -> Pixels<'a> {
        match self {
            Self::U8(pixels) => Self::U8(pixels.slice_move(s![start..end, ..])),
            Self::F32(pixels) => Self::F32(pixels.slice_move(s![start..end, ..])),
        }
    }

    /// Returns (smallest, largest) value as the network takes it, before any normalization.
    ///
    /// Without images it is (0, 0).
    ///
    /// # Example
    /// ```
    /// use autoencoder::Pixels;
    /// use ndarray::array;
    ///
    /// // Gray levels count as the network takes them.
    /// assert_eq!(Pixels::U8(array![[0, 51], [255, 102]].view()).range(), (0.0, 1.0));
    /// assert_eq!(Pixels::F32(array![[-1.0, 3.0]].view()).range(), (-1.0, 3.0));
    /// ```
    pub fn range(&self) -> (f32, f32) {
        let range = match self {
            Self::U8(pixels) => {
                let (least, most) = pixels
                    .iter()
                    .fold((u8::MAX, 0), |(least, most), &x| (x.min(least), x.max(most)));
                (f32::from(least) / 255.0, f32::from(most) / 255.0)
            }
            Self::F32(pixels) => {
                let none = (f32::INFINITY, f32::NEG_INFINITY);
                pixels.iter().fold(none, |(least, most), &x| (x.min(least), x.max(most)))
            }
        };
        if self.dim().0 * self.dim().1 == 0 { (0.0, 0.0) } else { range }
    }

    /// Returns (row, value) of the first value, as the network takes it, outside `least..=most`.
    ///
    /// If there is none, returns (0, `most`).
    pub(crate) fn first_outside(&self, least: f32, most: f32) -> (usize, f32) {
        let (_, d) = self.dim();
        let outside = |x: f32| !(least..=most).contains(&x);
        let found = match self {
            Self::U8(pixels) => {
                pixels.iter().map(|&x| f32::from(x) / 255.0).enumerate().find(|&(_, x)| outside(x))
            }
            Self::F32(pixels) => pixels.iter().copied().enumerate().find(|&(_, x)| outside(x)),
        };
        found.map_or((0, most), |(i, x)| (i / d, x))
    }

    /// Copies the stored values to `device`: (n, pixels), u8 or f32.
    pub(crate) fn to_tensor(self, device: Device) -> Result<Tensor> {
        let (n, d) = self.dim();
        let shape = [n as i64, d as i64];
        let tensor = match self {
            Self::U8(pixels) => Tensor::f_from_data_size(
                pixels.as_standard_layout().as_slice().unwrap_or_default(),
                &shape,
                Kind::Uint8,
            )?,
            Self::F32(pixels) => {
                Tensor::f_from_slice(pixels.as_standard_layout().as_slice().unwrap_or_default())?
                    .f_view(shape)?
            }
        };
        Ok(tensor.f_to_device(device)?)
    }

    /// Checks that all pixels are in 0..=1.
    ///
    /// # Errors
    /// [`Error::PixelRange`] with the first pixel that is not.
    pub(crate) fn check_unit_interval(&self) -> Result<()> {
        let Self::F32(pixels) = self else { return Ok(()) };
        for (row, image) in pixels.rows().into_iter().enumerate() {
            if let Some(&found) = image.iter().find(|level| !(0.0..=1.0).contains(*level)) {
                return Err(Error::PixelRange { found, row });
            }
        }
        Ok(())
    }
}

/// Converts images (rows, pixels) to f32, gray levels to 0..=1.
pub(crate) fn to_float(stored: &Tensor) -> Result<Tensor> {
    Ok(match stored.kind() {
        // Division by a float converts to f32 in the same pass.
        Kind::Uint8 => stored.f_div_scalar(255.0)?,
        _ => stored.shallow_clone(),
    })
}

/// Takes the channels of images apart: (rows, pixels of `channels` values) to (rows, values).
///
/// The result has all values of the first channel, then those of the next one.
pub(crate) fn channels_first(images: &Tensor, channels: Channels) -> Result<Tensor> {
    let count = channels.count() as i64;
    swap_channels(images, channels, [-1, count])
}

/// Puts the channels of each pixel side by side again, after [`channels_first`].
pub(crate) fn channels_last(planes: &Tensor, channels: Channels) -> Result<Tensor> {
    let count = channels.count() as i64;
    swap_channels(planes, channels, [count, -1])
}

/// Transposes each image, stored as a matrix of `sides`; gray images stay as they are.
fn swap_channels(images: &Tensor, channels: Channels, sides: [i64; 2]) -> Result<Tensor> {
    if channels.is_gray() {
        return Ok(images.shallow_clone());
    }
    let (rows, values) = images.size2()?;
    let matrices = images.f_reshape([rows, sides[0], sides[1]])?;
    Ok(matrices.f_transpose(1, 2)?.f_reshape([rows, values])?)
}

/// Normalizes each of the images (rows, pixels).
pub(crate) fn normalized(images: &Tensor, normalize: Normalize) -> Result<Tensor> {
    match normalize {
        Normalize::None => Ok(images.shallow_clone()),
        Normalize::L2 => {
            // Image by image, so that the result does not depend on the number of threads.
            let mean_square = images.f_square()?.f_mean_dim(1, true, Kind::Float)?;
            Ok(images.f_div(&mean_square.f_sqrt()?.f_clamp_min(1e-12)?)?)
        }
    }
}
