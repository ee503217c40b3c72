//! Points and images in memory.

use ndarray::Array2;

/// Points of shape (n, d), all finite.
#[derive(Debug, Clone, PartialEq)]
pub enum Points {
    /// From `u1` and booleans: a value stands for itself times `scale`, which is 1/255 for images
    /// of dtype `u1`, else 1.
    U8 {
        /// Values as they are in the file.
        values: Array2<u8>,
        /// The number that a value of 1 stands for.
        scale: f64,
    },
    /// From `f4` and `f2`.
    F32(Array2<f32>),
    /// From `f8` and integers.
    F64(Array2<f64>),
}

impl Points {
    /// Gives the shape (n, d).
    pub fn dim(&self) -> (usize, usize) {
        match self {
            Self::U8 { values, .. } => values.dim(),
            Self::F32(points) => points.dim(),
            Self::F64(points) => points.dim(),
        }
    }
}

/// Pixels of images, one image a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Pixels {
    /// Gray levels 0..=255, to be divided by 255 where they are used. For booleans, which stand for
    /// 0 and 1, `true` is 255.
    U8(Array2<u8>),
    /// Values of any other dtype, integers among them, as they are; all finite.
    F32(Array2<f32>),
}

/// Images with their rows flattened.
#[derive(Debug, Clone, PartialEq)]
pub struct Images {
    /// Shape (n, height * width).
    pub pixels: Pixels,
}

impl Images {
    /// Gives the shape (n, pixels per image).
    pub fn dim(&self) -> (usize, usize) {
        match &self.pixels {
            Pixels::U8(pixels) => pixels.dim(),
            Pixels::F32(pixels) => pixels.dim(),
        }
    }
}
