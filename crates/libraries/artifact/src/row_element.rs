//! The arrays whose rows can be read one by one.

use std::path::Path;

use crate::header::Header;
use crate::{Error, Result};

/// Type of the elements of an array whose rows can be read one by one.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Element {
    U8,
    F32,
    F64,
}

impl Element {
    /// Bytes of an element.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }
}

/// Whether the rows of the array with this header can be read one by one.
pub(crate) fn has_rows(path: &Path, header: &Header) -> bool {
    element(path, header).is_ok()
}

/// Gives the type of the elements, if rows can be read one by one.
pub(crate) fn element(path: &Path, header: &Header) -> Result<Element> {
    let hint = |array: &str| {
        format!("save it so, np.save(FILE, {array}), or use an algorithm that reads the whole file")
    };
    let element = match header.dtype.as_str() {
        "|u1" => Some(Element::U8),
        "<f4" | ">f4" => Some(Element::F32),
        "<f8" | ">f8" => Some(Element::F64),
        _ => None,
    };
    let Some(element) = element else {
        let expected = "points of dtype u1, f4 or f8, to be read a batch at a time";
        let hint = hint("x.astype('f4')");
        return Err(Error::content(path, expected, format!("dtype {}", header.dtype), hint));
    };
    if header.fortran {
        let expected = "rows one after the other (C order), to be read a batch at a time";
        let hint = hint("np.ascontiguousarray(x)");
        return Err(Error::content(
            path,
            expected,
            "columns one after the other (Fortran order)",
            hint,
        ));
    }
    Ok(element)
}
