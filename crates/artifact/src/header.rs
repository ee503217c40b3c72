//! The header of an `.npy` file, read before any memory is taken for what it promises.
//!
//! Format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>. The elements themselves are read
//! by `ndarray-npy`; it would allocate whatever a header promises, so the promise is held against the file's length first, and
//! the header it reads is written anew from what was understood here.

use std::io::Read;

use py_literal::Value;

/// NumPy refuses longer headers too (`max_header_size`).
const MAX_HEADER: usize = 10_000;
/// A header is a dict that holds a tuple (a structured dtype: a list of tuples of tuples). The parser reads what is nested up to
/// three times at each level: five levels would take it seconds, eight most of a minute.
const MAX_NESTING: usize = 4;

/// What the header says.
#[derive(Debug)]
pub(crate) struct Header {
    /// NumPy's type string, such as `<f4`, or a structured type written out.
    pub(crate) dtype: String,
    pub(crate) shape: Vec<usize>,
    /// Whether columns come first in the file.
    pub(crate) fortran: bool,
    /// Bytes before the first element.
    pub(crate) length: u64,
}

impl Header {
    /// Reads the header and nothing after it. The error says what was found instead.
    pub(crate) fn read(reader: &mut impl Read) -> Result<Self, String> {
        let mut start = [0u8; 8];
        if let Err(found) = read_exactly(reader, &mut start) {
            return Err(if found == 0 { "an empty file".into() } else { format!("only {found} bytes") });
        }
        if &start[..6] != b"\x93NUMPY" {
            return Err("a file that does not start with the NumPy magic bytes".into());
        }
        let width = match (start[6], start[7]) {
            (1, 0) => 2,
            (2 | 3, 0) => 4,
            (major, minor) => return Err(format!(".npy format version {major}.{minor}")),
        };
        let mut size = [0u8; 4];
        read_exactly(reader, &mut size[..width]).map_err(|_| "a truncated header")?;
        let size = u32::from_le_bytes(size) as usize;
        if size > MAX_HEADER {
            return Err(format!("a header of {size} bytes"));
        }
        let mut text = vec![0u8; size];
        read_exactly(reader, &mut text).map_err(|_| "a truncated header")?;
        Self::parse(&text, (8 + width + size) as u64)
    }

    /// Refuses a file that is not as long as the header says. The error says what was found instead.
    pub(crate) fn check_length(&self, item_size: u64, length: u64) -> Result<(), String> {
        match self.file_length(item_size) {
            Some(needed) if needed == length => Ok(()),
            Some(needed) if needed > length => {
                Err(format!("{length} bytes of the {needed} its header promises (a truncated file)"))
            }
            Some(needed) => Err(format!("{} bytes after the end of the array", length - needed)),
            None => Err(format!("a header that promises the impossible shape {:?}", self.shape)),
        }
    }

    /// Bytes the whole file must have, header included; `None` if no file can be that long. Nor may it be without the sides
    /// of length 0: `ndarray` counts what they are multiplied with.
    fn file_length(&self, item_size: u64) -> Option<u64> {
        let sides = self.shape.iter().filter(|&&n| n > 0);
        let elements = sides.clone().try_fold(item_size, |product, &n| product.checked_mul(n as u64))?;
        let longest = elements.checked_add(self.length).filter(|&total| total <= i64::MAX as u64)?;
        Some(if sides.count() == self.shape.len() { longest } else { self.length })
    }

    fn parse(text: &[u8], length: u64) -> Result<Self, String> {
        let unreadable = || "a header that is not a NumPy array description".to_string();
        let text = std::str::from_utf8(text).map_err(|_| unreadable())?;
        if nesting(text).is_none_or(|depth| depth > MAX_NESTING) {
            return Err(unreadable());
        }
        let Ok(Value::Dict(entries)) = text.trim_end().parse::<Value>() else {
            return Err(unreadable());
        };
        // Of an entry that is there twice, NumPy takes the last and others the first.
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
            Some(Value::String(descr)) => descr.clone(),
            Some(structured) => structured.to_string(),
            None => return Err(unreadable()),
        };
        let Some(Value::Tuple(lengths)) = entry("shape") else {
            return Err(unreadable());
        };
        let Some(&Value::Boolean(fortran)) = entry("fortran_order") else {
            return Err(unreadable());
        };
        let whole =
            |value: &Value| value.as_integer().and_then(|length| usize::try_from(length.clone()).ok());
        let shape: Option<Vec<usize>> = lengths.iter().map(whole).collect();
        let shape = shape.ok_or_else(|| format!("the impossible shape {}", Value::Tuple(lengths.clone())))?;
        Ok(Self { dtype, shape, fortran, length })
    }
}

/// The header of an array of `dtype` and `shape`, version 1.0, as `ndarray-npy` writes it.
pub(crate) fn npy_header(dtype: &str, fortran: bool, shape: &[usize]) -> Vec<u8> {
    const ALIGNMENT: usize = 64;
    let lengths: Vec<Value> = shape.iter().map(|&length| Value::Integer(length.into())).collect();
    let order = if fortran { "True" } else { "False" };
    let mut text =
        format!("{{'descr': '{dtype}', 'fortran_order': {order}, 'shape': {}}}", Value::Tuple(lengths));
    // Magic bytes, version, length, text and the newline after it: a multiple of what arrays are aligned to.
    let prefix = 10;
    let total = (prefix + text.len() + 1).next_multiple_of(ALIGNMENT);
    text.extend(std::iter::repeat_n(' ', total - prefix - text.len() - 1));
    text.push('\n');
    let length = u16::try_from(text.len()).expect("a shape has few dimensions");
    [b"\x93NUMPY\x01\x00".as_slice(), &length.to_le_bytes(), text.as_bytes()].concat()
}

/// Fills `buffer`, or says how many bytes there were.
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

/// How deep brackets are nested outside of strings, as the parser sees them; nothing where strings are written in other ways than
/// NumPy writes those of a plain array, which this would take for something else.
fn nesting(text: &str) -> Option<usize> {
    if text.contains(['"', '\\']) || text.contains("''") {
        return None;
    }
    let mut depth = 0usize;
    let mut deepest = 0;
    for byte in text.split('\'').step_by(2).flat_map(str::bytes) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    Some(deepest)
}
