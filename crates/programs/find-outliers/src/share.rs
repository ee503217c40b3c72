//! A share of the rows.

use std::str::FromStr;

/// A share above 0 and up to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share(f64);

impl Share {
    /// Gives this share of `rows`, rounded up.
    pub fn of(self, rows: usize) -> usize {
        ((self.0 * rows as f64).ceil() as usize).clamp(1, rows)
    }
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(share) if share > 0.0 && share <= 1.0 => Ok(Self(share)),
            _ => Err("expected a number above 0, up to 1".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_of_one_row_at_least() {
        let share = |text: &str| text.parse::<Share>().unwrap();
        assert_eq!([share("0.01").of(1000), share("0.01").of(3), share("1").of(3)], [10, 1, 3]);
        for wrong in ["0", "-0.1", "1.1", "nan", "a"] {
            assert!(wrong.parse::<Share>().is_err(), "{wrong}");
        }
    }
}
