//! Reads rows of a text with a delimiter.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use artifact::{FileRecord, Hashing};
use csv::ByteRecord;

use crate::cell::Cell;
use crate::dialect::Dialect;
use crate::row::{Choice, Row};
use crate::sample::{MARK, Sample, no_number};

/// A text whose records are rows.
pub struct Delimited {
    path: PathBuf,
    pub dialect: Dialect,
}

impl Delimited {
    /// Opens a text and finds out its form by its first records.
    ///
    /// # Errors
    /// As [`Dialect::find`]; a file that cannot be read.
    pub fn open(path: &Path, choice: &Choice) -> anyhow::Result<Self> {
        let sample =
            Sample::read(path).with_context(|| format!("{}: cannot read", path.display()))?;
        let dialect = Dialect::find(&sample, choice).with_context(|| path.display().to_string())?;
        Ok(Self { path: path.to_owned(), dialect })
    }

    /// Calls `visit` with each record after the header; only one is in memory.
    ///
    /// # Errors
    /// A record with another number of cells than the first; a cell that is no finite number.
    pub fn each_row(
        &self,
        visit: &mut dyn FnMut(Row) -> anyhow::Result<()>,
    ) -> anyhow::Result<FileRecord> {
        let shown = self.path.display();
        let failed = || format!("{shown}: cannot read");
        let file = File::open(&self.path).with_context(failed)?;
        let mut hashing = Hashing::new(file);
        let mut text = BufReader::with_capacity(1 << 20, &mut hashing);
        let marked = text.fill_buf().with_context(failed)?.starts_with(MARK);
        let skipped = if marked { MARK.len() } else { 0 };
        text.consume(skipped);
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.dialect.delimiter)
            .from_reader(text);
        let (mut record, mut values) = (ByteRecord::new(), Vec::new());
        let mut number = 0;
        let mut header = self.dialect.header;
        while reader.read_byte_record(&mut record).with_context(failed)? {
            if std::mem::take(&mut header) {
                continue;
            }
            let offset = record.position().map_or(0, csv::Position::byte) + skipped as u64;
            self.parse(&record, offset, &mut values)?;
            let id = self.dialect.roles.id.map(|column| {
                // Names of files come with any bytes, and names.csv is text.
                use std::os::unix::ffi::OsStrExt;
                names::escape(Path::new(std::ffi::OsStr::from_bytes(&record[column])))
            });
            let label = self.dialect.roles.label.map(|column| {
                let cell = &record[column];
                let text = String::from_utf8_lossy(cell).trim().to_owned();
                (Cell::read(cell) != Cell::Missing).then_some(text)
            });
            visit(Row {
                number,
                offset: Some(offset),
                values: &values,
                id: id.as_deref(),
                label: label.flatten().as_deref(),
            })?;
            number += 1;
        }
        drop(reader);
        Ok(hashing.record(&self.path))
    }

    /// Reads the numbers of a record into `values`; missing ones become NaN.
    fn parse(&self, record: &ByteRecord, offset: u64, values: &mut Vec<f64>) -> anyhow::Result<()> {
        let shown = self.path.display();
        let width = self.dialect.roles.names.len();
        ensure!(
            record.len() == width,
            "{shown}: expected {width} cells in each line, as in the first, found {} in line \
             {}; correct that line, or put text with a delimiter into quotes",
            record.len(),
            self.line(offset)
        );
        values.clear();
        for &column in &self.dialect.roles.vectors {
            values.push(match Cell::read(&record[column]) {
                Cell::Number(number) if number.is_finite() => number,
                Cell::Missing => f64::NAN,
                other => {
                    let (found, mut hint) = no_number(&record[column]);
                    if matches!(other, Cell::Number(_)) {
                        hint = "correct it, or leave it empty if it is missing";
                    }
                    bail!(
                        "{shown}: expected a finite number in line {}, column {}, \
                         found '{found}'; {hint}",
                        self.line(offset),
                        self.dialect.roles.names[column]
                    )
                }
            });
        }
        Ok(())
    }

    /// Gives the line, from 1, of the first record from byte `offset` on; 0 if it cannot be read.
    ///
    /// The lines that the `csv` crate counts are too few after ends of lines of Windows, and those
    /// of empty lines before a record. So that only messages take time, lines are counted here.
    pub fn line(&self, offset: u64) -> u64 {
        let Ok(file) = File::open(&self.path) else { return 0 };
        let (mut line, mut last) = (1, 0);
        for (at, byte) in (0..).zip(BufReader::new(file).bytes()) {
            let Ok(byte) = byte else { return 0 };
            let end = matches!(byte, b'\n' | b'\r');
            if at >= offset && !end {
                break;
            }
            line += u64::from(end && (last, byte) != (b'\r', b'\n'));
            last = byte;
        }
        line
    }
}
