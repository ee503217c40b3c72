//! Names as a page or a drawing can show them.

/// Replaces the letters that neither XML nor HTML allows by U+FFFD.
pub fn drawable(text: &str) -> String {
    let forbidden = |letter: char| letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}');
    text.replace(forbidden, "\u{fffd}")
}

/// Most letters of a name that are drawn; titles show the whole name.
const LETTERS: usize = 40;

/// Shortens a name to what fits on a drawing and ends it with dots.
pub fn truncate(name: &str) -> String {
    match name.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// Counts the columns that a text takes.
///
/// Chinese, Japanese and Korean letters count as two. The ranges are the blocks that Unicode's
/// Annex 11 (East Asian Width) calls wide.
pub fn text_width(text: &str) -> usize {
    let wide = |letter: char| {
        matches!(
            u32::from(letter),
            0x1100..=0x115f | 0x2e80..=0xa4cf | 0xa960..=0xa97f | 0xac00..=0xd7a3 | 0xf900..=0xfaff
                | 0xfe30..=0xfe4f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1f64f
                | 0x1f680..=0x1f6ff | 0x1f900..=0x1faff | 0x20000..=0x3fffd
        )
    };
    text.chars().map(|letter| if wide(letter) { 2 } else { 1 }).sum()
}

/// Formats a number with commas between thousands.
pub fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let parts: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|part| str::from_utf8(part).ok()).collect();
    parts.join(",")
}

/// Formats a share in percent.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(
            [0, 999, 1000, 60_000, 1_234_567].map(grouped),
            ["0", "999", "1,000", "60,000", "1,234,567"]
        );
    }
}
