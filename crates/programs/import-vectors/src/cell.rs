//! Reads the cells of a text.

/// Spellings of a missing value, in lower case.
const MISSING: [&str; 8] = ["", "na", "n/a", "#n/a", "nan", "-nan", "null", "none"];

/// The contents of a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell {
    /// A number, which may be infinite.
    Number(f64),
    /// A missing value.
    Missing,
    /// Anything else.
    Text,
}

impl Cell {
    /// Reads a cell; blanks around a value do not count.
    pub fn read(bytes: &[u8]) -> Self {
        let Ok(text) = std::str::from_utf8(bytes) else { return Self::Text };
        let text = text.trim();
        match text.parse::<f64>() {
            Ok(number) if !number.is_nan() => Self::Number(number),
            _ if MISSING.iter().any(|missing| text.eq_ignore_ascii_case(missing)) => Self::Missing,
            _ => Self::Text,
        }
    }
}

/// Whether a cell is a number with a decimal comma.
pub fn has_decimal_comma(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let point = text.replacen(',', ".", 1);
    point != text && matches!(Cell::read(point.as_bytes()), Cell::Number(_))
}

/// Says what to do about a cell that is no number.
pub fn hint(text: &str) -> &'static str {
    if has_decimal_comma(text.as_bytes()) {
        return "write decimal points instead of commas";
    }
    "correct it, leave it empty if it is missing, or name a column of text with --id-column or \
     --label-column"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_missing_values_and_text_are_told_apart() {
        for (text, number) in [("1", 1.0), (" -2.5e3 ", -2500.0), (".5", 0.5), ("+1.", 1.0)] {
            assert_eq!(Cell::read(text.as_bytes()), Cell::Number(number), "{text}");
        }
        assert_eq!(Cell::read(b"-inf"), Cell::Number(f64::NEG_INFINITY));
        for text in ["", "  ", "NA", "nan", "NaN", "-nan", "Null", "None", "#N/A"] {
            assert_eq!(Cell::read(text.as_bytes()), Cell::Missing, "{text}");
        }
        for text in ["a.jpg", "0,5", "1_000", "0x10", "1 2", "-"] {
            assert_eq!(Cell::read(text.as_bytes()), Cell::Text, "{text}");
        }
        assert_eq!(Cell::read(b"\xff"), Cell::Text);
        assert!(hint("0,5").contains("decimal points") && hint("a,b").contains("--id-column"));
    }
}
