//! Reads and writes messages in the encoding of Protocol Buffers.
//!
//! <https://protobuf.dev/programming-guides/encoding/>

/// A message that breaks off or has parts of an unknown kind.
#[derive(Debug, PartialEq, Eq)]
pub struct Damaged;

/// A field of a message.
#[derive(Debug)]
pub struct Field<'a> {
    /// Number of the field.
    pub number: u64,
    /// Its value.
    pub value: Value<'a>,
    /// The field as it is written, number and all.
    pub bytes: &'a [u8],
}

/// The value of a field.
#[derive(Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A whole number.
    Number(u64),
    /// A text, an array or another message.
    Part(&'a [u8]),
    /// A number of 4 or 8 bytes.
    Fixed,
}

impl<'a> Field<'a> {
    /// Gives the bytes of a text, an array or another message.
    ///
    /// # Errors
    /// A number.
    pub fn part(&self) -> Result<&'a [u8], Damaged> {
        match self.value {
            Value::Part(bytes) => Ok(bytes),
            _ => Err(Damaged),
        }
    }

    /// Gives a text.
    ///
    /// # Errors
    /// A number, or bytes that are no text.
    pub fn text(&self) -> Result<&'a str, Damaged> {
        std::str::from_utf8(self.part()?).map_err(|_| Damaged)
    }

    /// Gives a whole number.
    ///
    /// # Errors
    /// Another kind of value.
    pub fn number(&self) -> Result<i64, Damaged> {
        match self.value {
            // Negative numbers are written as their two's complement.
            Value::Number(number) => Ok(number as i64),
            _ => Err(Damaged),
        }
    }

    /// Appends whole numbers, one by one or packed into an array, to `numbers`.
    ///
    /// # Errors
    /// Another kind of value.
    pub fn numbers(&self, numbers: &mut Vec<i64>) -> Result<(), Damaged> {
        match self.value {
            Value::Part(mut bytes) => {
                while !bytes.is_empty() {
                    numbers.push(varint(&mut bytes)? as i64);
                }
            }
            _ => numbers.push(self.number()?),
        }
        Ok(())
    }
}

/// Calls `take` with each field of a message.
///
/// # Errors
/// A message that breaks off; the errors of `take`.
pub fn each_field<'a>(
    message: &'a [u8],
    mut take: impl FnMut(Field<'a>) -> Result<(), Damaged>,
) -> Result<(), Damaged> {
    let mut rest = message;
    while !rest.is_empty() {
        let start = rest;
        let key = varint(&mut rest)?;
        let value = match key & 7 {
            0 => Value::Number(varint(&mut rest)?),
            1 => split(&mut rest, 8).map(|_| Value::Fixed)?,
            2 => {
                let length = usize::try_from(varint(&mut rest)?).map_err(|_| Damaged)?;
                Value::Part(split(&mut rest, length)?)
            }
            5 => split(&mut rest, 4).map(|_| Value::Fixed)?,
            _ => return Err(Damaged),
        };
        take(Field { number: key >> 3, value, bytes: &start[..start.len() - rest.len()] })?;
    }
    Ok(())
}

/// Appends a field that is a text or another message to `message`.
pub fn append_part(message: &mut Vec<u8>, number: u64, part: &[u8]) {
    append_varint(message, number << 3 | 2);
    append_varint(message, part.len() as u64);
    message.extend_from_slice(part);
}

/// Appends a field that is a whole number to `message`.
pub fn append_number(message: &mut Vec<u8>, number: u64, value: u64) {
    append_varint(message, number << 3);
    append_varint(message, value);
}

/// Appends a number in groups of seven bits, the lowest first.
fn append_varint(message: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        message.push(value as u8 | 0x80);
        value >>= 7;
    }
    message.push(value as u8);
}

/// Reads a number in groups of seven bits.
fn varint(bytes: &mut &[u8]) -> Result<u64, Damaged> {
    /// Groups of seven bits that 64 bits need.
    const MOST: usize = 10;
    let mut value = 0;
    for at in 0..MOST {
        let &byte = bytes.get(at).ok_or(Damaged)?;
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte < 0x80 {
            *bytes = &bytes[at + 1..];
            return Ok(value);
        }
    }
    Err(Damaged)
}

fn split<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8], Damaged> {
    let (part, rest) = bytes.split_at_checked(length).ok_or(Damaged)?;
    *bytes = rest;
    Ok(part)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut message = Vec::new();
        append_number(&mut message, 1, u64::MAX);
        append_part(&mut message, 300, b"text");
        append_part(&mut message, 4, &[1, 0x80, 1]);
        let mut found = Vec::new();
        each_field(&message, |field| {
            found.push(field);
            Ok(())
        })
        .unwrap();
        assert_eq!(found[0].number().unwrap(), -1);
        assert_eq!((found[1].number, found[1].text().unwrap()), (300, "text"));
        let mut numbers = Vec::new();
        found[2].numbers(&mut numbers).unwrap();
        found[0].numbers(&mut numbers).unwrap();
        assert_eq!(numbers, [1, 128, -1]);
        assert_eq!(found.iter().map(|field| field.bytes).collect::<Vec<_>>().concat(), message);
    }

    #[test]
    fn messages_that_break_off_are_damaged() {
        for message in [[0x0a, 2, 1].as_slice(), &[0x80], &[0x0b], &[0x08, 0x80], &[0x0d, 0, 0, 0]]
        {
            assert_eq!(each_field(message, |_| Ok(())), Err(Damaged), "{message:?}");
        }
    }
}
