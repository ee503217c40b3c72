//! Reads Thrift's compact protocol, as far as is needed to check what a Parquet file claims.
//!
//! Sources: the specification of the protocol, and `parquet.thrift` of the format.

/// Deepest nesting of a value that is skipped.
const DEEPEST: u32 = 32;

/// Types of fields that are told apart.
pub const I32: u8 = 5;
pub const LIST: u8 = 9;
pub const STRUCT: u8 = 12;

/// Bytes that are read from front to back. All methods give `None` at a damaged place.
pub struct Compact<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Compact<'a> {
    /// Starts with the first of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Gives the number of bytes that were read.
    pub fn position(&self) -> usize {
        self.at
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn pass(&mut self, count: u64) -> Option<()> {
        let left = self.bytes.len() - self.at;
        let count = usize::try_from(count).ok().filter(|&count| count <= left)?;
        self.at += count;
        Some(())
    }

    /// Reads an unsigned number of variable length.
    pub fn unsigned(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// Reads a signed number of variable length.
    pub fn signed(&mut self) -> Option<i64> {
        let number = self.unsigned()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    /// Reads the fields of a struct.
    ///
    /// `visit` gets the number and the type of each, and whether it has read it.
    pub fn fields(
        &mut self,
        mut visit: impl FnMut(&mut Self, i64, u8) -> Option<bool>,
    ) -> Option<()> {
        let mut number = 0_i64;
        loop {
            let start = self.byte()?;
            if start == 0 {
                return Some(());
            }
            number = match start >> 4 {
                0 => self.signed()?,
                more => number.checked_add(i64::from(more))?,
            };
            let kind = start & 0x0f;
            if !visit(self, number, kind)? {
                self.skip(kind, DEEPEST)?;
            }
        }
    }

    /// Reads the start of a list: the type of its elements and their number.
    pub fn list(&mut self) -> Option<(u8, u64)> {
        let start = self.byte()?;
        let count = match start >> 4 {
            15 => self.unsigned()?,
            few => u64::from(few),
        };
        Some((start & 0x0f, count))
    }

    /// Skips a value of a field.
    fn skip(&mut self, kind: u8, deepest: u32) -> Option<()> {
        let deepest = deepest.checked_sub(1)?;
        match kind {
            // The type of a boolean field is its value.
            1 | 2 => Some(()),
            3 => self.pass(1),
            4 | I32 | 6 => self.unsigned().map(drop),
            7 => self.pass(8),
            8 => {
                let length = self.unsigned()?;
                self.pass(length)
            }
            LIST | 10 => {
                let (kind, count) = self.list()?;
                (0..count).try_for_each(|_| self.skip_element(kind, deepest))
            }
            11 => {
                let count = self.unsigned()?;
                let kinds = if count > 0 { self.byte()? } else { 0 };
                (0..count).try_for_each(|_| {
                    self.skip_element(kinds >> 4, deepest)?;
                    self.skip_element(kinds & 0x0f, deepest)
                })
            }
            STRUCT => loop {
                let start = self.byte()?;
                match (start, start >> 4) {
                    (0, _) => return Some(()),
                    (_, 0) => drop(self.signed()?),
                    _ => {}
                }
                self.skip(start & 0x0f, deepest)?;
            },
            13 => self.pass(16),
            _ => None,
        }
    }

    /// Skips an element of a list or map, where a boolean has a byte of its own.
    fn skip_element(&mut self, kind: u8, deepest: u32) -> Option<()> {
        if matches!(kind, 1 | 2) { self.pass(1) } else { self.skip(kind, deepest) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_a_variable_length() {
        let mut bytes = Compact::new(&[0xac, 0x02, 0x01, 0x04, 0x80]);
        assert_eq!(bytes.unsigned(), Some(300));
        assert_eq!((bytes.signed(), bytes.signed()), (Some(-1), Some(2)));
        assert_eq!(bytes.unsigned(), None, "the number is cut off");
        assert_eq!(Compact::new(&[0xff; 11]).unsigned(), None, "the number is too long");
    }

    #[test]
    fn fields_that_are_not_asked_for_are_skipped() {
        // 1: true, 2: list of 2 i32, 3: text, 4: struct of one double, 5: map of i32 to byte, 20: 7
        let bytes = [
            &[0x11, 0x19, 0x25, 0x02, 0x04, 0x18, 0x02, b'a', b'b'][..],
            &[0x1c, 0x17, 0, 0, 0, 0, 0, 0, 0, 0, 0x00],
            &[0x1b, 0x01, 0x53, 0x02, 0x09, 0x05, 0x28, 0x0e, 0x00, 0xff],
        ]
        .concat();
        let mut compact = Compact::new(&bytes);
        let mut found = Vec::new();
        let read = compact.fields(|compact, number, kind| {
            let wanted = (number, kind) == (20, I32);
            if wanted {
                found.push(compact.signed()?);
            }
            Some(wanted)
        });
        assert_eq!((read, found), (Some(()), vec![7]));
        assert_eq!(compact.position(), bytes.len() - 1);
        for end in 0..bytes.len() - 1 {
            let read = Compact::new(&bytes[..end]).fields(|_, _, _| Some(false));
            assert_eq!(read, None, "the first {end} bytes are no struct");
        }
    }

    #[test]
    fn a_deep_nest_is_damaged() {
        let deep = vec![0x1c; 1_000_000];
        assert_eq!(Compact::new(&deep).fields(|_, _, _| Some(false)), None);
    }
}
