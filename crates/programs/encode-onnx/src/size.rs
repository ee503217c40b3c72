//! The size of images, on the command line.

use std::fmt::{self, Display};
use std::str::FromStr;

/// Most pixels of a side.
const MOST_SIDE: usize = 4096;

/// Height and width of images in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Pixels down.
    pub height: usize,
    /// Pixels across.
    pub width: usize,
}

impl Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.height, self.width)
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (height, width) = text.split_once(['x', 'X']).unwrap_or((text, text));
        let side = |text: &str| {
            text.parse().ok().filter(|side| (1..=MOST_SIDE).contains(side)).ok_or_else(|| {
                format!("expected a side such as 224, or HxW, each from 1 to {MOST_SIDE}")
            })
        };
        Ok(Self { height: side(height)?, width: side(width)? })
    }
}

impl Size {
    /// Whether each side is from 1 to the largest that is taken.
    pub(crate) fn is_usual(self) -> bool {
        [self.height, self.width].iter().all(|side| (1..=MOST_SIDE).contains(side))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_one_side_or_two() {
        assert_eq!("224".parse(), Ok(Size { height: 224, width: 224 }));
        assert_eq!("96x128".parse(), Ok(Size { height: 96, width: 128 }));
        for wrong in ["", "0", "x", "9x", "-1", "4097", "1x2x3"] {
            assert!(wrong.parse::<Size>().is_err(), "{wrong}");
        }
    }
}
