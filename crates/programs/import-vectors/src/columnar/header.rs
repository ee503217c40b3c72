//! Reads the header of a page, before its content is unpacked.

use super::thrift::{Compact, I32};

/// The header of a page.
pub struct Header {
    pub kind: i64,
    /// Bytes of the page when it is unpacked.
    pub unpacked: u64,
    /// Bytes of the page in the file.
    pub compressed: u64,
    /// Bytes of the header itself.
    pub length: u64,
}

impl Header {
    /// Kind of a page that holds no values.
    pub const INDEX_PAGE: i64 = 1;

    /// Reads the header at the start of `bytes`; `None` if it is damaged or longer.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut compact = Compact::new(bytes);
        let mut numbers = [None; 3];
        compact.fields(|compact, number, kind| {
            let Some(field) = numbers.get_mut(usize::try_from(number.checked_sub(1)?).ok()?) else {
                return Some(false);
            };
            if kind != I32 {
                return None;
            }
            *field = Some(compact.signed()?);
            Some(true)
        })?;
        let [kind, unpacked, compressed] = numbers;
        Some(Self {
            kind: kind?,
            unpacked: u64::try_from(unpacked?).ok()?,
            compressed: u64::try_from(compressed?).ok()?,
            length: compact.position() as u64,
        })
    }
}
