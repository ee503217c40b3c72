//! Reads the values of a column in a row group, some rows at a time.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{bail, ensure};
use half::f16;
use parquet::basic::ConvertedType;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::DataType;
use parquet::file::metadata::RowGroupMetaData;

use super::pages::Pages;

/// Values of some rows of a column.
#[derive(Debug)]
pub struct Cells<T> {
    /// Values, one a row, or those of all lists.
    pub values: Vec<T>,
    /// Length of the list in each row, or `None` where it is missing; empty if rows are no lists.
    pub lengths: Vec<Option<usize>>,
}

/// A column in a row group.
pub struct Chunk {
    name: String,
    reader: ColumnReader,
    levels: Levels,
    unsigned: bool,
    /// Number of values in the pages of the rows that are read.
    fetched: Arc<AtomicU64>,
}

impl Chunk {
    /// Begins with the first row of the column `leaf` of a row group.
    ///
    /// # Errors
    /// A file that cannot be read; a column that is not in it.
    pub fn open(file: &File, group: &RowGroupMetaData, leaf: usize) -> anyhow::Result<Self> {
        let column = group.column(leaf);
        let descriptor = column.column_descr_ptr();
        let fetched = Arc::new(AtomicU64::new(0));
        let rows = usize::try_from(group.num_rows())?;
        let pages = Pages::new(file, column, rows, Arc::clone(&fetched))?;
        let unsigned = [
            ConvertedType::UINT_8,
            ConvertedType::UINT_16,
            ConvertedType::UINT_32,
            ConvertedType::UINT_64,
        ];
        Ok(Self {
            name: descriptor.path().string(),
            levels: Levels {
                definition: Vec::new(),
                repetition: Vec::new(),
                present: descriptor.max_def_level(),
                element: (descriptor.max_rep_level() > 0)
                    .then(|| descriptor.repeated_ancestor_def_level()),
            },
            unsigned: unsigned.contains(&descriptor.converted_type()),
            reader: get_column_reader(descriptor, Box::new(pages)),
            fetched,
        })
    }

    /// Reads the next `rows` rows as numbers; missing ones are NaN.
    ///
    /// # Errors
    /// Fewer rows; damaged pages; values that are no numbers.
    pub fn numbers(&mut self, rows: usize) -> anyhow::Result<Cells<f64>> {
        self.fetched.store(0, Ordering::Relaxed);
        let (levels, name, missing) = (&mut self.levels, &self.name, f64::NAN);
        match (&mut self.reader, self.unsigned) {
            (ColumnReader::FloatColumnReader(reader), _) => {
                levels.read(reader, name, rows, |&number| f64::from(number), missing)
            }
            (ColumnReader::DoubleColumnReader(reader), _) => {
                levels.read(reader, name, rows, |&number| number, missing)
            }
            (ColumnReader::Int32ColumnReader(reader), false) => {
                levels.read(reader, name, rows, |&number| f64::from(number), missing)
            }
            (ColumnReader::Int32ColumnReader(reader), true) => {
                levels.read(reader, name, rows, |&number| f64::from(number as u32), missing)
            }
            (ColumnReader::Int64ColumnReader(reader), false) => {
                levels.read(reader, name, rows, |&number| number as f64, missing)
            }
            (ColumnReader::Int64ColumnReader(reader), true) => {
                levels.read(reader, name, rows, |&number| number as u64 as f64, missing)
            }
            (ColumnReader::FixedLenByteArrayColumnReader(reader), _) => {
                levels.read(reader, name, rows, |bytes| half(bytes.data()), missing)
            }
            _ => bail!("column {name} has no numbers"),
        }
    }

    /// Reads the next `rows` rows as text; missing ones are `None`.
    ///
    /// # Errors
    /// As [`Chunk::numbers`].
    pub fn texts(&mut self, rows: usize) -> anyhow::Result<Cells<Option<Vec<u8>>>> {
        let whole = |number: String| Some(number.into_bytes());
        let float = |number: f64| (!number.is_nan()).then(|| number.to_string().into_bytes());
        self.fetched.store(0, Ordering::Relaxed);
        let (levels, name) = (&mut self.levels, &self.name);
        match (&mut self.reader, self.unsigned) {
            (ColumnReader::ByteArrayColumnReader(reader), _) => {
                levels.read(reader, name, rows, |text| Some(text.data().to_vec()), None)
            }
            (ColumnReader::BoolColumnReader(reader), _) => {
                levels.read(reader, name, rows, |truth| whole(truth.to_string()), None)
            }
            (ColumnReader::Int32ColumnReader(reader), false) => {
                levels.read(reader, name, rows, |number| whole(number.to_string()), None)
            }
            (ColumnReader::Int32ColumnReader(reader), true) => {
                levels.read(reader, name, rows, |&number| whole((number as u32).to_string()), None)
            }
            (ColumnReader::Int64ColumnReader(reader), false) => {
                levels.read(reader, name, rows, |number| whole(number.to_string()), None)
            }
            (ColumnReader::Int64ColumnReader(reader), true) => {
                levels.read(reader, name, rows, |&number| whole((number as u64).to_string()), None)
            }
            // As the shortest decimal that is this f4, not that is its f8.
            (ColumnReader::FloatColumnReader(reader), _) => levels.read(
                reader,
                name,
                rows,
                |number| (!number.is_nan()).then(|| number.to_string().into_bytes()),
                None,
            ),
            (ColumnReader::DoubleColumnReader(reader), _) => {
                levels.read(reader, name, rows, |&number| float(number), None)
            }
            (ColumnReader::FixedLenByteArrayColumnReader(reader), _) => {
                levels.read(reader, name, rows, |bytes| float(half(bytes.data())), None)
            }
            _ => bail!("column {name} has neither text nor numbers"),
        }
    }

    /// Checks that no row is left.
    ///
    /// # Errors
    /// A row that is left, damaged pages.
    pub fn finish(mut self) -> anyhow::Result<()> {
        let name = self.name.clone();
        let more = match self.reader {
            ColumnReader::BoolColumnReader(_) | ColumnReader::ByteArrayColumnReader(_) => {
                self.texts(1).is_ok()
            }
            _ => self.numbers(1).is_ok(),
        };
        ensure!(!more, "column {name} has more rows than the metadata says");
        Ok(())
    }
}

fn half(bytes: &[u8]) -> f64 {
    bytes.first_chunk().map_or(f64::NAN, |&pair| f16::from_le_bytes(pair).to_f64())
}

/// The levels of values, which say where one is missing and where a list begins.
struct Levels {
    definition: Vec<i16>,
    repetition: Vec<i16>,
    /// Definition level of a value that is there.
    present: i16,
    /// Definition level from which on a list has an element; `None` if rows are no lists.
    element: Option<i16>,
}

impl Levels {
    /// Reads the next `rows` rows, and converts each value; `missing` stands for one that is not
    /// there.
    fn read<T: DataType, V: Clone>(
        &mut self,
        reader: &mut ColumnReaderImpl<T>,
        name: &str,
        rows: usize,
        value: impl Fn(&T::T) -> V,
        missing: V,
    ) -> anyhow::Result<Cells<V>> {
        self.definition.clear();
        self.repetition.clear();
        let mut found = Vec::new();
        let (read, ..) = reader.read_records(
            rows,
            Some(&mut self.definition),
            Some(&mut self.repetition),
            &mut found,
        )?;
        ensure!(read == rows, "column {name} has fewer rows than the metadata says");
        let mut found = found.iter().map(value);
        let mut next = |level: i16| match level == self.present {
            true => found.next(),
            false => Some(missing.clone()),
        };
        let Some(element) = self.element else {
            let values: Option<Vec<V>> = match self.present {
                0 => (0..rows).map(|_| next(0)).collect(),
                _ => self.definition.iter().map(|&level| next(level)).collect(),
            };
            let values = values.filter(|values| values.len() == rows);
            return match values {
                Some(values) => Ok(Cells { values, lengths: Vec::new() }),
                None => bail!("column {name} has fewer values than its levels say"),
            };
        };
        let (mut values, mut lengths) = (Vec::new(), Vec::with_capacity(rows));
        for (&definition, &repetition) in self.definition.iter().zip(&self.repetition) {
            if repetition == 0 {
                // One level below an element is a list without any.
                lengths.push((definition >= element - 1).then_some(0));
            }
            if definition < element {
                continue;
            }
            let (Some(Some(length)), Some(value)) = (lengths.last_mut(), next(definition)) else {
                bail!("column {name} begins with the middle of a list");
            };
            *length += 1;
            values.push(value);
        }
        ensure!(lengths.len() == rows, "column {name} has fewer lists than its levels say");
        Ok(Cells { values, lengths })
    }
}
