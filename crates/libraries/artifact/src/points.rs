//! Points and images in memory.

use ndarray::Array2;

/// Points to be clustered, (n, d), all finite.
#[derive(Debug, Clone, PartialEq)]
pub enum Points {
    /// From `u1` and booleans: each value stands for that many times `scale`, which is 1/255 for images of dtype `u1`, else 1.
    U8 {
        /// As in the file.
        values: Array2<u8>,
        /// What a value of 1 stands for.
        scale: f64,
    },
    /// From `f4` and `f2`.
    F32(Array2<f32>),
    /// From `f8` and integers.
    F64(Array2<f64>),
}

impl Points {
    /// (n, d)
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
    /// Grey levels 0..=255, to be divided by 255 where they are used. Of booleans, which stand for 0 and 1, `true` is 255.
    U8(Array2<u8>),
    /// Of any other dtype, integers among them: taken as they are; all finite.
    F32(Array2<f32>),
}

/// Images with their rows flattened.
#[derive(Debug, Clone, PartialEq)]
pub struct Images {
    /// (n, height * width)
    pub pixels: Pixels,
}

impl Images {
    /// (n, pixels per image)
    pub fn dim(&self) -> (usize, usize) {
        match &self.pixels {
            Pixels::U8(pixels) => pixels.dim(),
            Pixels::F32(pixels) => pixels.dim(),
        }
    }
}
