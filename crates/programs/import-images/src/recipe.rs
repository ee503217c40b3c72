//! Everything that turns the bytes of a file into a row, so that new files can be imported alike.

use std::fmt::{self, Display};
use std::str::FromStr;

use fast_image_resize::Resizer;
use serde_json::{Value, json};

use crate::decode::{self, Color, Header};
use crate::fit::{Fit, Size, fit};
use crate::large::Large;

/// A color that stands where an image is transparent, and beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Background(pub [u8; 3]);

impl FromStr for Background {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = match text {
            "white" => "ffffff",
            "black" => "000000",
            other => other.strip_prefix('#').unwrap_or_default(),
        };
        let expected = || "expected white, black or #rrggbb".to_owned();
        if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(expected());
        }
        let [_, red, green, blue] =
            u32::from_str_radix(digits, 16).map_err(|_| expected())?.to_be_bytes();
        Ok(Self([red, green, blue]))
    }
}

impl Display for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// How each image becomes a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipe {
    /// Size of the rows.
    pub size: Size,
    /// How images of another shape get the size.
    pub fit: Fit,
    /// Whether rows are gray.
    pub color: Color,
    /// Color where an image is transparent, and beside it.
    pub background: Background,
    /// Whether light and dark are exchanged.
    pub invert: bool,
}

/// An image as a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Values, height * width * channels of them.
    pub values: Vec<u8>,
    /// Pixels across the upright original.
    pub width: u32,
    /// Pixels down the upright original.
    pub height: u32,
}

impl Recipe {
    /// Makes a row of the image file `bytes`.
    ///
    /// # Errors
    /// The reason why the file is skipped.
    pub fn row(
        &self,
        bytes: &[u8],
        large: &mut Large,
        resizer: &mut Resizer,
    ) -> Result<Row, String> {
        // A defect of the resizer, too, costs one image.
        decode::guarded(|| {
            let header = Header::read(bytes)?;
            large.wait(header.bytes());
            let raster = header.decode(self.color, self.background.0)?;
            let mut values = fit(&raster, self.size, self.fit, self.background.0, resizer)?;
            if self.invert {
                values.iter_mut().for_each(|value| *value = 255 - *value);
            }
            Ok(Row { values, width: raster.width, height: raster.height })
        })
    }

    /// Gives the shape of a row: height, width and, in color, 3.
    pub fn row_shape(&self) -> Vec<usize> {
        let mut shape = vec![self.size.height as usize, self.size.width as usize];
        if self.color == Color::Rgb {
            shape.push(3);
        }
        shape
    }

    /// Describes the recipe for the provenance.
    pub fn parameters(&self) -> Value {
        json!({
            "size": [self.size.height, self.size.width],
            "fit": self.fit.name(),
            "color": match self.color { Color::Gray => "gray", Color::Rgb => "rgb" },
            "background": self.background.to_string(),
            "invert": self.invert,
        })
    }
}
