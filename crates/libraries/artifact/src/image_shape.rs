//! Sides and channels of images, as the shape of their array tells them.

/// Last sides of arrays that are channels of color, and never the width of an image.
const CHANNELS: [usize; 2] = [3, 4];

/// Height up to which images of three dimensions may be three or four pixels wide.
///
/// A single picture `(height, width, 3)` is taller.
const MAX_NARROW_HEIGHT: usize = 8;

/// Height, width and channels of each image of an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageShape {
    /// Pixels down an image.
    pub height: usize,
    /// Pixels across an image.
    pub width: usize,
    /// Values of a pixel: 1 for gray images, 3 for red, green and blue.
    pub channels: usize,
}

impl ImageShape {
    /// Finds the sides in the shape (n, height, width) or (n, height, width, 3) of an array.
    ///
    /// It is `None` for rows (n, pixels), which have no sides, and for arrays of other shapes.
    ///
    /// ```
    /// use artifact::ImageShape;
    ///
    /// let color = ImageShape::of(&[600, 32, 24, 3]);
    /// assert_eq!(color, Some(ImageShape { height: 32, width: 24, channels: 3 }));
    /// assert_eq!(ImageShape::of(&[600, 28, 28]).map(|shape| shape.channels), Some(1));
    /// assert_eq!(ImageShape::of(&[600, 784]), None);
    /// ```
    pub fn of(shape: &[usize]) -> Option<Self> {
        match *shape {
            _ if is_single_picture(shape) => None,
            [_, height, width] => Some(Self { height, width, channels: 1 }),
            [_, height, width, 3] => Some(Self { height, width, channels: 3 }),
            _ => None,
        }
    }

    /// Returns the number of values of an image.
    ///
    /// ```
    /// let shape = artifact::ImageShape { height: 8, width: 8, channels: 3 };
    /// assert_eq!(shape.values(), 192);
    /// ```
    pub fn values(&self) -> usize {
        self.height * self.width * self.channels
    }
}

/// Says why an array has the wrong shape for images, and what to do; `None` for other shapes.
pub(crate) fn image_hint(shape: &[usize]) -> Option<&'static str> {
    Some(match *shape {
        [_, height, _, 1] if height > 1 => "leave out the last side, with x[..., 0]",
        [_, _, _, 4] => {
            "blend its alpha channel with a background: \
             a = x[..., 3:] / 255; np.save(FILE, (x[..., :3] * a + 255 * (1 - a)).astype('u1'))"
        }
        [_, 1, height, _] if height > 1 => "leave out the second side, with x[:, 0]",
        [_, 3, ..] if shape.len() == 4 => "put the channels last, with x.transpose(0, 2, 3, 1)",
        _ if is_single_picture(shape) => {
            "a last side of 3 or 4 is color, never width: give one picture as x[None], \
             or rows of such narrow images as x.reshape(len(x), -1)"
        }
        _ => return None,
    })
}

/// Whether an array of three dimensions is more likely one picture in color than gray images.
pub(crate) fn is_single_picture(shape: &[usize]) -> bool {
    matches!(*shape, [_, height, width]
        if height > MAX_NARROW_HEIGHT && CHANNELS.contains(&width))
}
