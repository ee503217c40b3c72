//! Reads the pages of a column, and refuses those that claim more than the file can hold.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::ensure;
use parquet::basic::{Encoding, Type};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::serialized_reader::SerializedPageReader;

use super::header::Header;
use super::thrift::Compact;

/// Longest page header, with statistics of long texts.
const HEADER: usize = 1 << 20;
/// Bytes of a page header that are read at first, which are most often enough.
const USUAL_HEADER: usize = 4 << 10;
/// Most that gzip compresses: 1032 bytes to one. Snappy and LZ4 compress less.
const MOST_COMPRESSED: u64 = 1032;
/// Length to which any page may unpack: zstd compresses a constant more than gzip.
const UNPACKED: u64 = 32 << 20;
/// Values of pages that may be fetched for some rows of lists, each of which takes 12 bytes.
const MOST_VALUES: u64 = 1 << 24;

/// The pages of a column in a row group.
pub struct Pages {
    inner: SerializedPageReader<File>,
    file: File,
    /// Place of the next page in the file.
    at: u64,
    end: u64,
    /// Whether rows are lists, all values of which are decoded at once.
    lists: bool,
    levels: bool,
    kind: Type,
    /// Number of values in the pages that were fetched since it was set to 0.
    fetched: Arc<AtomicU64>,
}

impl Pages {
    /// Begins with the first page of `column`, in a row group of `rows` rows.
    ///
    /// `fetched` counts the values in pages that are read.
    ///
    /// # Errors
    /// A file that cannot be read; a column that is not in the file.
    pub fn new(
        file: &File,
        column: &ColumnChunkMetaData,
        rows: usize,
        fetched: Arc<AtomicU64>,
    ) -> anyhow::Result<Self> {
        let (at, length) = column.byte_range();
        let end = at.checked_add(length);
        let there = file.metadata()?.len();
        ensure!(
            end.is_some_and(|end| end <= there),
            "a column should be in the {length} bytes from byte {at} on, and the file has {there}"
        );
        let descriptor = column.column_descr();
        Ok(Self {
            inner: SerializedPageReader::new(Arc::new(file.try_clone()?), column, rows, None)?,
            file: file.try_clone()?,
            at,
            end: at + length,
            lists: descriptor.max_rep_level() > 0,
            levels: descriptor.max_def_level() > 0,
            kind: descriptor.physical_type(),
            fetched,
        })
    }

    /// Reads the header of the next page that holds values, and moves on to the page after it.
    ///
    /// Gives whether there is one.
    fn pass_header(&mut self) -> Result<bool> {
        while self.at < self.end {
            let left = usize::try_from(self.end - self.at).unwrap_or(HEADER);
            let mut header = None;
            for most in [USUAL_HEADER, HEADER] {
                let mut bytes = vec![0; most.min(left)];
                self.file.read_exact_at(&mut bytes, self.at)?;
                header = Header::read(&bytes);
                if header.is_some() {
                    break;
                }
            }
            let Some(header) = header else { return Err(damaged("a page has no header")) };
            let most = UNPACKED.max(header.compressed.saturating_mul(MOST_COMPRESSED));
            if header.unpacked > most {
                return Err(damaged(format!(
                    "a page of {} bytes should unpack to {}, and the limit for its size is {most}",
                    header.compressed, header.unpacked
                )));
            }
            self.at = self.at.saturating_add(header.length).saturating_add(header.compressed);
            if header.kind != Header::INDEX_PAGE {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Checks the claims of a page for which its decoder would take memory.
    fn check(&self, page: &Page) -> Result<()> {
        let (bytes, values) = (page.buffer().len() as u64, u64::from(page.num_values()));
        if page.is_dictionary_page() {
            return match values > bytes {
                true => Err(damaged(format!("a dictionary of {values} values has {bytes} bytes"))),
                false => Ok(()),
            };
        }
        let fetched = self.fetched.fetch_add(values, Ordering::Relaxed).saturating_add(values);
        if self.lists && fetched > MOST_VALUES {
            return Err(damaged(format!(
                "a row or page should have {fetched} values, and the limit is {MOST_VALUES}"
            )));
        }
        match (page.encoding(), self.kind) {
            // Its values can be far longer than the page.
            (Encoding::DELTA_BYTE_ARRAY, _) => {
                Err(damaged("its text is in the encoding DELTA_BYTE_ARRAY, which is not read"))
            }
            (Encoding::DELTA_LENGTH_BYTE_ARRAY, Type::BYTE_ARRAY) => {
                match self.delta_lengths(page) {
                    Some(count) if count <= values => Ok(()),
                    _ => Err(damaged("the texts of a page have another number than the page")),
                }
            }
            (Encoding::DELTA_LENGTH_BYTE_ARRAY, _) => {
                Err(damaged("a column that is no text is in the encoding DELTA_LENGTH_BYTE_ARRAY"))
            }
            _ => Ok(()),
        }
    }

    /// Gives the number of texts in a page in the encoding DELTA_LENGTH_BYTE_ARRAY.
    fn delta_lengths(&self, page: &Page) -> Option<u64> {
        let bytes = page.buffer();
        let start = match page {
            Page::DataPageV2 { def_levels_byte_len, rep_levels_byte_len, .. } => {
                u64::from(*def_levels_byte_len) + u64::from(*rep_levels_byte_len)
            }
            _ if self.levels => u64::from(u32::from_le_bytes(*bytes.first_chunk()?)) + 4,
            _ => 0,
        };
        let mut header = Compact::new(bytes.get(usize::try_from(start).ok()?..)?);
        let (_block, _blocks) = (header.unsigned()?, header.unsigned()?);
        header.unsigned()
    }
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        if !self.pass_header()? {
            return Ok(None);
        }
        let page = self.inner.get_next_page()?;
        page.iter().try_for_each(|page| self.check(page))?;
        Ok(page)
    }

    /// Fails: the header of a page that is only looked at would not be checked.
    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        Err(damaged("pages are read in order"))
    }

    /// Fails as `peek_next_page` does.
    fn skip_next_page(&mut self) -> Result<()> {
        Err(damaged("pages are read in order"))
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        Ok(self.at >= self.end)
    }
}

fn damaged(found: impl Into<String>) -> ParquetError {
    ParquetError::General(found.into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use std::io::Write;

    use parquet::basic::Compression;
    use parquet::schema::parser::parse_message_type;
    use parquet::schema::types::SchemaDescriptor;

    use super::*;

    /// Writes a signed number of variable length.
    fn signed(number: i64) -> Vec<u8> {
        let mut left = ((number << 1) ^ (number >> 63)) as u64;
        let mut bytes = Vec::new();
        while left >= 0x80 {
            bytes.push(left as u8 | 0x80);
            left >>= 7;
        }
        bytes.push(left as u8);
        bytes
    }

    /// Writes a struct of fields of type i32 with the numbers 1, 2, ..., without its end.
    fn numbers(numbers: &[i64]) -> Vec<u8> {
        numbers.iter().flat_map(|&number| [vec![0x15], signed(number)].concat()).collect()
    }

    /// Reads a page of `body`; `part` is the field of the page header that describes its `values`.
    fn read(
        column: &str,
        (kind, part): (i64, u8),
        unpacked: i64,
        values: &[i64],
        body: &[u8],
    ) -> std::result::Result<Option<Page>, String> {
        let header = [
            numbers(&[kind, unpacked, body.len() as i64]),
            vec![(part - 3) << 4 | 0x0c],
            numbers(values),
            vec![0, 0],
        ];
        let bytes = [&header.concat(), body].concat();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let schema = parse_message_type(&format!("message m {{ {column} }}")).unwrap();
        let schema = SchemaDescriptor::new(Arc::new(schema));
        let compression = if unpacked == body.len() as i64 {
            Compression::UNCOMPRESSED
        } else {
            Compression::SNAPPY
        };
        let column = ColumnChunkMetaData::builder(schema.column(0))
            .set_compression(compression)
            .set_total_compressed_size(bytes.len() as i64)
            .build()
            .unwrap();
        let mut pages = Pages::new(&file, &column, 1, Arc::default()).unwrap();
        pages.get_next_page().map_err(|error| error.to_string())
    }

    #[test]
    fn claims_beyond_the_size_of_a_page_are_refused() {
        const DATA: (i64, u8) = (0, 5);
        const DICTIONARY: (i64, u8) = (2, 7);
        let (flat, list, text) = ("required float x;", "repeated float x;", "required binary x;");
        // A number of values, and the encodings PLAIN (0), RLE (3) and DELTA_LENGTH_BYTE_ARRAY (6).
        let most = MOST_VALUES as i64;
        for (column, part, unpacked, values, body) in [
            (flat, DATA, 4, vec![1, 0, 3, 3], &[0; 4][..]),
            (flat, DATA, 4, vec![most + 1, 0, 3, 3], &[0; 4]),
            (list, DATA, 4, vec![most, 0, 3, 3], &[0; 4]),
            (flat, DICTIONARY, 4, vec![4, 0], &[0; 4]),
            (text, DATA, 4, vec![3, 6, 3, 3], &[0x80, 0x01, 4, 3]),
        ] {
            let page = read(column, part, unpacked, &values, body).unwrap().unwrap();
            assert_eq!(i64::from(page.num_values()), values[0]);
        }
        for (column, part, unpacked, values, body, told) in [
            (flat, DATA, 1 << 30, vec![1, 0, 3, 3], &[0; 4][..], "should unpack to 1073741824"),
            (list, DATA, 4, vec![most + 1, 0, 3, 3], &[0; 4], "the limit is 16777216"),
            (flat, DICTIONARY, 4, vec![5, 0], &[0; 4], "a dictionary of 5 values has 4 bytes"),
            (text, DATA, 4, vec![3, 6, 3, 3], &[0x80, 0x01, 4, 4], "have another number"),
            (flat, DATA, -1, vec![1, 0, 3, 3], &[0; 4], "a page has no header"),
        ] {
            let error = read(column, part, unpacked, &values, body).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }
}
