//! Points and images in memory.

use ndarray::{Array2, ArrayView2};

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
    /// From `f8` and all integers but `u1`.
    F64(Array2<f64>),
}

impl Points {
    /// Gives the shape (n, d).
    ///
    /// ```
    /// let points = artifact::Points::F64(ndarray::array![[0.0, 1.0, 2.0]]);
    /// assert_eq!(points.dim(), (1, 3));
    /// ```
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
    /// Levels 0..=255, to be divided by 255 where they are used. For booleans, which stand for
    /// 0 and 1, `true` is 255.
    U8(Array2<u8>),
    /// Values of any other dtype, integers among them, rounded to `f4`; all finite.
    F32(Array2<f32>),
}

/// Images with their rows flattened.
#[derive(Debug, Clone, PartialEq)]
pub struct Images {
    /// Shape (n, values): height * width of them, three for each pixel in color.
    pub pixels: Pixels,
}

impl Images {
    /// Gives the shape (n, values per image).
    ///
    /// ```
    /// use artifact::{Images, Pixels};
    ///
    /// let images = Images { pixels: Pixels::U8(ndarray::array![[0, 255]]) };
    /// assert_eq!(images.dim(), (1, 2));
    /// ```
    pub fn dim(&self) -> (usize, usize) {
        match &self.pixels {
            Pixels::U8(pixels) => pixels.dim(),
            Pixels::F32(pixels) => pixels.dim(),
        }
    }

    /// Borrows the pixels as `P`, which converts from a view of `u8` or of `f32`.
    ///
    /// ```
    /// use artifact::{Images, Pixels};
    /// use ndarray::{ArrayView2, array};
    ///
    /// /// What a library takes: how many images there are.
    /// struct Count(usize);
    /// impl From<ArrayView2<'_, u8>> for Count {
    ///     fn from(levels: ArrayView2<u8>) -> Self {
    ///         Self(levels.nrows())
    ///     }
    /// }
    /// impl From<ArrayView2<'_, f32>> for Count {
    ///     fn from(values: ArrayView2<f32>) -> Self {
    ///         Self(values.nrows())
    ///     }
    /// }
    ///
    /// let images = Images { pixels: Pixels::U8(array![[0, 255], [7, 9]]) };
    /// let Count(images) = images.view();
    /// assert_eq!(images, 2);
    /// ```
    pub fn view<'a, P>(&'a self) -> P
    where
        P: From<ArrayView2<'a, u8>> + From<ArrayView2<'a, f32>>,
    {
        match &self.pixels {
            Pixels::U8(pixels) => pixels.view().into(),
            Pixels::F32(pixels) => pixels.view().into(),
        }
    }
}
