//! Names of files as text.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Writes `path` as text that [`unescape`] reads back.
///
/// The text is the path itself, except that a backslash is doubled, and a control character or a
/// byte that is not part of UTF-8 becomes `\x` and two hexadecimal digits for each byte.
///
/// ```
/// assert_eq!(names::escape("größe/a b.jpg".as_ref()), "größe/a b.jpg");
/// assert_eq!(names::escape(r"a\b".as_ref()), r"a\\b");
/// assert_eq!(names::escape("two\nlines".as_ref()), r"two\x0alines");
/// ```
pub fn escape(path: &Path) -> String {
    let mut text = String::new();
    let hexadecimal = |text: &mut String, bytes: &[u8]| {
        bytes.iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    };
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '\\' => text.push_str("\\\\"),
                letter if letter.is_control() => {
                    hexadecimal(&mut text, letter.encode_utf8(&mut [0; 4]).as_bytes());
                }
                letter => text.push(letter),
            }
        }
        hexadecimal(&mut text, chunk.invalid());
    }
    text
}

/// Reads a path that [`escape`] wrote; `None` if a backslash begins neither `\\` nor `\xNN`.
///
/// ```
/// assert_eq!(names::unescape(r"a\\b\x0a"), Some("a\\b\n".into()));
/// assert_eq!(names::unescape(r"C:\photos"), None);
/// ```
pub fn unescape(text: &str) -> Option<PathBuf> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let code = &rest[at + 1..];
        if let Some(after) = code.strip_prefix('\\') {
            bytes.push(b'\\');
            rest = after;
        } else {
            let digits = code.strip_prefix('x')?.get(..2)?;
            if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &code[3..];
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    Some(PathBuf::from(OsString::from_vec(bytes)))
}
