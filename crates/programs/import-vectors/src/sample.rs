//! Reads the first records of a text, and finds out its delimiter.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use csv::ByteRecord;

use crate::cell::{self, Cell};

/// Bytes of the text that decide its form: 4 MiB.
const LENGTH: u64 = 4 << 20;
/// Records that decide the form of a text.
const RECORDS: usize = 100;
/// The byte-order mark of UTF-8, which Windows programs write.
pub const MARK: &[u8] = b"\xef\xbb\xbf";
/// Delimiters in the order in which they are tried: tabs and semicolons stand in no number, while a
/// comma may be a decimal comma.
const DELIMITERS: [u8; 3] = [b'\t', b';', b','];

/// The first records of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// What separates cells.
    pub delimiter: u8,
    /// The first records, which may differ in length.
    pub records: Vec<ByteRecord>,
}

impl Sample {
    /// Reads the start of the file at `path`.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(path: &Path) -> std::io::Result<Self> {
        let mut text = Vec::new();
        let file = File::open(path)?;
        let longer = file.metadata()?.len() > LENGTH;
        file.take(LENGTH).read_to_end(&mut text)?;
        Ok(Self::of(&text, longer))
    }

    /// Takes a sample of `text`, the start of a `longer` one or all of it.
    pub fn of(text: &[u8], longer: bool) -> Self {
        let text = text.strip_prefix(MARK).unwrap_or(text);
        let candidates = DELIMITERS.map(|delimiter| {
            let mut records = records(text, delimiter);
            // The last record may have been cut off.
            if longer && records.len() > 1 && records.len() <= RECORDS {
                records.pop();
            }
            records.truncate(RECORDS);
            Self { delimiter, records }
        });
        if let Some(found) = candidates.iter().find(|sample| sample.is_table()) {
            return found.clone();
        }
        let width = |sample: &Self| sample.records.first().map_or(0, ByteRecord::len);
        let [tab, semicolon, comma] = candidates;
        let best = if width(&semicolon) > width(&comma) { semicolon } else { comma };
        if width(&tab) > width(&best) { tab } else { best }
    }

    /// Whether all records have as many cells, at least two, and one column is of numbers.
    fn is_table(&self) -> bool {
        let Some((first, rest)) = self.records.split_first() else { return false };
        let width = first.len();
        let rest = if rest.is_empty() { &self.records } else { rest };
        let number = |cell: &[u8]| Cell::read(cell) != Cell::Text || cell::has_decimal_comma(cell);
        width > 1
            && rest.iter().all(|record| record.len() == width)
            && (0..width).any(|column| rest.iter().all(|record| number(&record[column])))
    }
}

/// Reads the first records of `text`, one more than the sample has.
fn records(text: &[u8], delimiter: u8) -> Vec<ByteRecord> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text);
    reader.byte_records().map_while(Result::ok).take(RECORDS + 1).collect()
}

/// Gives the name of a delimiter.
pub fn delimiter_name(delimiter: u8) -> &'static str {
    match delimiter {
        b'\t' => "tab",
        b';' => "semicolon",
        _ => "comma",
    }
}

/// Describes a cell that should be a number, and says what to do.
pub fn no_number(bytes: &[u8]) -> (String, &'static str) {
    /// Letters of a cell that a message shows.
    const SHOWN: usize = 40;
    let text = String::from_utf8_lossy(bytes);
    let shown: String = text.trim().chars().take(SHOWN).collect();
    (shown, cell::hint(text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_found() {
        for (text, delimiter) in [
            ("a,b\n1,2\n", b','),
            ("1;2\n3;4\n", b';'),
            ("1\t2\n3\t4\n", b'\t'),
            ("0,5;1,5\n2,5;3,5\n", b';'),
            ("id\tx\na, b; c\t1\nd, e\t2\n", b'\t'),
            ("id,x\n\"a;b\",1\n\"c;d\",2\n", b','),
            ("1\n2\n", b','),
            ("", b','),
        ] {
            assert_eq!(Sample::of(text.as_bytes(), false).delimiter, delimiter, "{text}");
        }
        let marked = [MARK, b"1,2\n"].concat();
        assert_eq!(&Sample::of(&marked, false).records[0][0], b"1");
    }

    #[test]
    fn a_record_that_is_cut_off_does_not_count() {
        let sample = Sample::of(b"1,2\n3,4\n5", true);
        assert_eq!((sample.delimiter, sample.records.len()), (b',', 2));
    }
}
