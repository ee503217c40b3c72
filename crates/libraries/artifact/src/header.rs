//! Reads the header of an `.npy` file before any memory is allocated for the array.
//!
//! The format is that of <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.
//! `ndarray-npy` reads the elements, and would allocate whatever a header promises. So the promise
//! is compared with the length of the file first, and `ndarray-npy` gets a header written anew from
//! what was understood here.

use std::io::Read;

use py_literal::Value;

use crate::error::Refusal;
use crate::format::{Format, START};

/// NumPy refuses longer headers too (`max_header_size`).
const MAX_HEADER: usize = 10_000;
/// Deepest nesting of brackets. A header is a dict that holds a tuple (a structured dtype: a list
/// of tuples of tuples). The parser reads nested values up to three times at each level: five
/// levels would take it seconds, eight most of a minute.
const MAX_NESTING: usize = 4;

/// The description of an array.
#[derive(Debug)]
pub(crate) struct Header {
    /// NumPy's type string. Number types are spelled as NumPy writes them, such as `<f4`; others as
    /// they are in the file, a structured type written out.
    pub(crate) dtype: String,
    pub(crate) shape: Vec<usize>,
    /// Whether the array is in Fortran order.
    pub(crate) fortran: bool,
    /// Bytes before the first element.
    pub(crate) length: u64,
}

impl Header {
    /// Reads the header and nothing after it. The error says what was found instead.
    pub(crate) fn read(reader: &mut impl Read) -> Result<Self, Refusal> {
        let mut start = [0u8; START];
        if let Err(found) = read_exactly(reader, &mut start) {
            return Err(if found == 0 {
                "an empty file".into()
            } else {
                format!("only {found} bytes").into()
            });
        }
        if &start[..6] != b"\x93NUMPY" {
            return Err(match Format::of(&start).map(Format::description) {
                Some((found, hint)) => Refusal::new(found, hint),
                None => "a file that does not start with the NumPy magic bytes".into(),
            });
        }
        let width = match (start[6], start[7]) {
            (1, 0) => 2,
            (2 | 3, 0) => 4,
            (major, minor) => return Err(format!(".npy format version {major}.{minor}").into()),
        };
        let mut size = [0u8; 4];
        read_exactly(reader, &mut size[..width]).map_err(|_| "a truncated header")?;
        let size = u32::from_le_bytes(size) as usize;
        if size > MAX_HEADER {
            return Err(format!("a header of {size} bytes").into());
        }
        let mut text = vec![0u8; size];
        read_exactly(reader, &mut text).map_err(|_| "a truncated header")?;
        Ok(Self::parse(&text, (START + width + size) as u64)?)
    }

    /// Checks that the file is as long as the header says. The error says what was found instead.
    pub(crate) fn check_length(&self, item_size: u64, length: u64) -> Result<(), Refusal> {
        match self.file_length(item_size) {
            Some(needed) if needed == length => Ok(()),
            Some(needed) if needed > length => {
                let found = format!(
                    "{length} bytes of the {needed} its header promises (a truncated file)"
                );
                Err(Refusal::new(found, "write or copy it again, it was cut off"))
            }
            Some(needed) => {
                Err(format!("{} bytes after the end of the array", length - needed).into())
            }
            None => Err(format!(
                "a header that promises the impossible shape {}",
                shape_text(&self.shape)
            )
            .into()),
        }
    }

    /// Gives the bytes that the whole file must have, header included.
    ///
    /// `None` if no file can be that long. Axes of length 0 are left out of that check, because
    /// `ndarray` multiplies the lengths of the others.
    fn file_length(&self, item_size: u64) -> Option<u64> {
        let sides = self.shape.iter().filter(|&&n| n > 0);
        let elements =
            sides.clone().try_fold(item_size, |product, &n| product.checked_mul(n as u64))?;
        let longest =
            elements.checked_add(self.length).filter(|&total| total <= i64::MAX as u64)?;
        Some(if sides.count() == self.shape.len() { longest } else { self.length })
    }

    fn parse(text: &[u8], length: u64) -> Result<Self, String> {
        let unreadable = || "a header that is not a NumPy array description".to_string();
        let text = std::str::from_utf8(text).map_err(|_| unreadable())?;
        let Some(text) = plain(text) else { return Err(unreadable()) };
        let Ok(Value::Dict(entries)) = text.parse::<Value>() else {
            return Err(unreadable());
        };
        // A dict with an entry twice is refused: NumPy takes the last of the two, other readers the
        // first.
        if entries.len() != 3 {
            return Err(unreadable());
        }
        let entry = |name: &str| {
            entries
                .iter()
                .find(|(key, _)| matches!(key, Value::String(key) if key == name))
                .map(|(_, value)| value)
        };
        let dtype = match entry("descr") {
            Some(Value::String(descr)) => number_dtype(descr).unwrap_or_else(|| descr.clone()),
            Some(structured) => structured.to_string(),
            None => return Err(unreadable()),
        };
        let Some(Value::Tuple(lengths)) = entry("shape") else {
            return Err(unreadable());
        };
        let Some(&Value::Boolean(fortran)) = entry("fortran_order") else {
            return Err(unreadable());
        };
        let whole = |value: &Value| {
            value.as_integer().and_then(|length| usize::try_from(length.clone()).ok())
        };
        let shape: Option<Vec<usize>> = lengths.iter().map(whole).collect();
        let shape = shape.ok_or_else(|| {
            let lengths: Vec<String> =
                lengths.iter().map(|length| shortened(&length.to_string())).collect();
            format!("the impossible shape ({})", lengths.join(", "))
        })?;
        Ok(Self { dtype, shape, fortran, length })
    }
}

/// Writes the header of an array of `dtype` and `shape`, version 1.0, as `ndarray-npy` does.
pub(crate) fn npy_header(dtype: &str, fortran: bool, shape: &[usize]) -> Vec<u8> {
    const ALIGNMENT: usize = 64;
    let lengths: Vec<Value> = shape.iter().map(|&length| Value::Integer(length.into())).collect();
    let order = if fortran { "True" } else { "False" };
    let mut text = format!(
        "{{'descr': '{dtype}', 'fortran_order': {order}, 'shape': {}}}",
        Value::Tuple(lengths)
    );
    // Magic bytes, version, length, text and the newline fill a multiple of the alignment.
    let prefix = 10;
    let total = (prefix + text.len() + 1).next_multiple_of(ALIGNMENT);
    text.extend(std::iter::repeat_n(' ', total - prefix - text.len() - 1));
    text.push('\n');
    let length = u16::try_from(text.len()).expect("a shape has few dimensions");
    [b"\x93NUMPY\x01\x00".as_slice(), &length.to_le_bytes(), text.as_bytes()].concat()
}

/// Fills `buffer`. The error is the number of bytes there were.
fn read_exactly(reader: &mut impl Read, buffer: &mut [u8]) -> Result<(), usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) | Err(_) => return Err(filled),
            Ok(count) => filled += count,
        }
    }
    Ok(())
}

/// Formats a shape as NumPy writes it: `(3,)`, `(2, 3)`.
pub(crate) fn shape_text(shape: &[usize]) -> String {
    let lengths: Vec<String> = shape.iter().map(ToString::to_string).collect();
    let comma = if shape.len() == 1 { "," } else { "" };
    format!("({}{comma})", lengths.join(", "))
}

/// Gives `text`, or the first digits of a number that has very many.
fn shortened(text: &str) -> String {
    const MOST: usize = 25;
    if text.len() <= MOST || !text.is_ascii() {
        return text.to_owned();
    }
    format!("{}... of {} characters", &text[..10], text.len())
}

/// Gives the type string as NumPy writes it, such as `<f4`, for integers, floats and booleans.
///
/// NumPy writes one spelling, but reads all that `numpy.dtype` accepts: with `=`, `|` or no byte
/// order (that of the machine), its letters (`<d`) and its names (`float32`). The C type `long` has
/// 8 bytes, as on every 64-bit Unix. `None` for other types.
pub(crate) fn number_dtype(descr: &str) -> Option<String> {
    let named = match descr {
        "bool" | "bool_" => "b1",
        "int8" | "byte" => "i1",
        "uint8" | "ubyte" => "u1",
        "int16" | "short" => "i2",
        "uint16" | "ushort" => "u2",
        "int32" | "intc" => "i4",
        "uint32" | "uintc" => "u4",
        "int64" | "int" | "int_" | "intp" | "long" | "longlong" => "i8",
        "uint64" | "uint" | "uintp" | "ulong" | "ulonglong" => "u8",
        "float16" | "half" => "f2",
        "float32" | "single" => "f4",
        "float64" | "float" | "double" => "f8",
        _ => "",
    };
    let (order, code) = match descr.split_at_checked(1) {
        _ if !named.is_empty() => ("=", named),
        Some((order @ ("<" | ">" | "=" | "|"), code)) => (order, code),
        _ => ("=", descr),
    };
    let code = match code {
        "?" => "b1",
        "b" => "i1",
        "B" => "u1",
        "h" => "i2",
        "H" => "u2",
        "i" => "i4",
        "I" => "u4",
        "l" | "q" | "p" | "n" => "i8",
        "L" | "Q" | "P" | "N" => "u8",
        "e" => "f2",
        "f" => "f4",
        "d" => "f8",
        "b1" | "i1" | "u1" | "i2" | "u2" | "i4" | "u4" | "i8" | "u8" | "f2" | "f4" | "f8" => code,
        _ => return None,
    };
    let order = match order {
        _ if code.ends_with('1') => "|",
        "<" | ">" => order,
        _ if cfg!(target_endian = "big") => ">",
        _ => "<",
    };
    Some(format!("{order}{code}"))
}

/// Gives the text of a header as Python 3 would write it, if it is of the kind that NumPy writes.
///
/// That kind has brackets nested a few levels deep, and strings without escapes. Integers of Python
/// 2, `10L`, lose their letter, as when NumPy reads them.
fn plain(text: &str) -> Option<String> {
    // Two quotes in a row begin or end a string in triple quotes, or an empty one. Neither occurs
    // in a header.
    if ["\\", "''", "\"\""].iter().any(|odd| text.contains(odd)) {
        return None;
    }
    let (mut kept, mut quote, mut depth) = (String::with_capacity(text.len()), None, 0usize);
    for letter in text.trim_end().chars() {
        match (quote, letter) {
            (Some(open), _) => quote = (letter != open).then_some(open),
            (None, '\'' | '"') => quote = Some(letter),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, 'L') if kept.ends_with(|before: char| before.is_ascii_digit()) => continue,
            (None, _) => {}
        }
        if depth > MAX_NESTING {
            return None;
        }
        kept.push(letter);
    }
    Some(kept)
}
