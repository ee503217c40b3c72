//! Names as a page or a drawing can show them.

/// A text without the letters that no page and no drawing may have.
pub fn drawable(text: &str) -> String {
    let forbidden = |letter: char| letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}');
    text.replace(forbidden, "\u{fffd}")
}

/// Letters of a name that are drawn; a title has them all.
const LETTERS: usize = 40;

/// A name as it is drawn.
pub fn truncate(name: &str) -> String {
    match name.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// The width of a text in letters of usual width; Chinese, Japanese and Korean ones count as two.
///
/// The ranges are those that Unicode's Annex 11 (East Asian Width) calls wide, to the block.
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
