//! Reads rows of a Parquet file: numbers of several columns, or the lists of one.

mod chunk;
mod footer;
mod group;
mod guard;
mod header;
mod pages;
mod schema;
mod thrift;

use std::cell::OnceCell;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use artifact::{FileRecord, Hashing};
use parquet::basic::Compression;
use parquet::file::metadata::ParquetMetaData;

use crate::cell::Cell;
use crate::roles::{Kind, Roles, listed};
use crate::row::{Choice, Row};
use chunk::Chunk;
use group::{Block, Group, Texts};
use guard::guarded;
use schema::{Column, LISTS, columns};

/// A Parquet file, of which some rows are in memory at a time, and a page of each column.
pub struct Columnar {
    path: PathBuf,
    file: File,
    metadata: ParquetMetaData,
    pub roles: Roles,
    /// Column of values of each column of the table.
    leaves: Vec<usize>,
    /// Number of values in a row, d.
    pub columns: usize,
    record: OnceCell<FileRecord>,
}

impl Columnar {
    /// Opens the file at `path` and finds out what its columns hold.
    ///
    /// # Errors
    /// A file that cannot be read or is damaged; a column that is not there; several columns of
    /// lists and none chosen; no numbers.
    pub fn open(path: &Path, choice: &Choice) -> anyhow::Result<Self> {
        let shown = path.display();
        let file = File::open(path).with_context(|| format!("{shown}: cannot read"))?;
        let metadata = footer::read(path, &file)?;
        let columns = guarded(path, || Ok(columns(metadata.file_metadata().schema_descr())))?;
        let roles = roles(&columns, choice).with_context(|| shown.to_string())?;
        let leaves = columns.iter().map(|column| column.leaf).collect();
        let mut opened = Self {
            path: path.to_owned(),
            file,
            metadata,
            columns: roles.vectors.len(),
            roles,
            leaves,
            record: OnceCell::new(),
        };
        opened.check_compression()?;
        if opened.roles.lists {
            opened.columns = opened.first_length()?;
        }
        Ok(opened)
    }

    /// Checks that all columns with a role can be unpacked.
    fn check_compression(&self) -> anyhow::Result<()> {
        let roles = &self.roles;
        let wanted = roles.vectors.iter().chain(&roles.id).chain(&roles.label);
        for (&column, group) in wanted
            .flat_map(|column| self.metadata.row_groups().iter().map(move |group| (column, group)))
        {
            let found = match group.column(self.leaves[column]).compression() {
                Compression::BROTLI(_) => "brotli",
                Compression::LZO => "LZO",
                _ => continue,
            };
            bail!(
                "{}: expected a column that is compressed with snappy, gzip, zstd or LZ4, found \
                 {found} in column {}; write it again, in Python with \
                 pandas.read_parquet(FILE).to_parquet('x.parquet')",
                self.path.display(),
                roles.names[column]
            );
        }
        Ok(())
    }

    /// Gives the length of the first list that is neither missing nor empty; 0 without rows.
    fn first_length(&self) -> anyhow::Result<usize> {
        let lists = self.roles.vectors[0];
        for group in self.metadata.row_groups() {
            let found = guarded(&self.path, || {
                let mut left = usize::try_from(group.num_rows())?;
                let mut chunk = Chunk::open(&self.file, group, self.leaves[lists])?;
                while left > 0 {
                    // A list may be long, so few are read.
                    let rows = left.min(16);
                    let lengths = chunk.numbers(rows)?.lengths;
                    if let Some(length) = lengths.into_iter().flatten().find(|&length| length > 0) {
                        return Ok(length);
                    }
                    left -= rows;
                }
                Ok(0)
            })?;
            if found > 0 {
                return Ok(found);
            }
        }
        ensure!(
            self.metadata.file_metadata().num_rows() == 0,
            "{}: expected {LISTS} in column {}, found only missing or empty ones; \
             choose another column, or fill them in",
            self.path.display(),
            self.roles.names[lists]
        );
        Ok(0)
    }

    /// Calls `visit` with each row.
    ///
    /// # Errors
    /// A damaged file; lists of different lengths; a value that is infinite; what `visit` returns.
    pub fn each_row(
        &self,
        visit: &mut dyn FnMut(Row) -> anyhow::Result<()>,
    ) -> anyhow::Result<FileRecord> {
        let mut first = 0;
        for group in self.metadata.row_groups() {
            let mut group = guarded(&self.path, || {
                Group::open(&self.file, group, &self.roles, &self.leaves, self.columns)
            })?;
            loop {
                let block = guarded(&self.path, || group.next())?;
                if block.rows == 0 {
                    break;
                }
                self.each_of(first, &block, visit)?;
                first += block.rows;
            }
            guarded(&self.path, || group.finish())?;
        }
        self.record()
    }

    /// Calls `visit` with each row of a block, whose first row has the number `first`.
    fn each_of(
        &self,
        first: usize,
        block: &Block,
        visit: &mut dyn FnMut(Row) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut values = Vec::with_capacity(self.columns);
        let mut start = 0;
        for at in 0..block.rows {
            let number = first + at;
            values.clear();
            match (self.roles.lists, block.vectors.as_slice()) {
                (true, [lists]) => match lists.lengths[at] {
                    Some(length) => {
                        self.check_length(length, number)?;
                        values.extend_from_slice(&lists.values[start..start + length]);
                        start += length;
                    }
                    None => values.resize(self.columns, f64::NAN),
                },
                (_, columns) => values.extend(columns.iter().map(|column| column.values[at])),
            }
            if let Some(column) = values.iter().position(|value| value.is_infinite()) {
                bail!(
                    "{}: expected a finite number in row {number}, column {}, found {}; \
                     correct it, or make it null if it is missing",
                    self.path.display(),
                    self.roles.value(column),
                    values[column]
                );
            }
            let text = |texts: &Option<Texts>| {
                texts.as_ref().map(|texts| texts.values[at].clone().unwrap_or_default())
            };
            let id = text(&block.ids).map(|id| {
                // Text may hold any bytes, and names.csv is text.
                use std::os::unix::ffi::OsStrExt;
                names::escape(Path::new(std::ffi::OsStr::from_bytes(&id)))
            });
            let label = text(&block.labels).and_then(|label| {
                let text = String::from_utf8_lossy(&label).trim().to_owned();
                (Cell::read(&label) != Cell::Missing).then_some(text)
            });
            visit(Row {
                number,
                offset: None,
                values: &values,
                id: id.as_deref(),
                label: label.as_deref(),
            })?;
        }
        Ok(())
    }

    fn check_length(&self, length: usize, number: usize) -> anyhow::Result<()> {
        ensure!(
            length == self.columns,
            "{}: expected lists of {} numbers in column {}, as the first one, found {length} in \
             row {number}; write vectors of one length, or null where one is missing",
            self.path.display(),
            self.columns,
            self.roles.names[self.roles.vectors[0]]
        );
        Ok(())
    }

    /// Gives the record of the file, which is read through for its hash once.
    fn record(&self) -> anyhow::Result<FileRecord> {
        if let Some(record) = self.record.get() {
            return Ok(record.clone());
        }
        let failed = || format!("{}: cannot read", self.path.display());
        let mut file = self.file.try_clone().with_context(failed)?;
        file.seek(SeekFrom::Start(0)).with_context(failed)?;
        let mut hashing = Hashing::new(file);
        std::io::copy(&mut hashing, &mut std::io::sink()).with_context(failed)?;
        Ok(self.record.get_or_init(|| hashing.record(&self.path)).clone())
    }
}

/// Decides on the roles of columns: lists are the vectors if there are any.
fn roles(columns: &[Column], choice: &Choice) -> anyhow::Result<Roles> {
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let kind = |column: usize| columns[column].kind;
    let is_list = |&column: &usize| kind(column) == Kind::Other(LISTS);
    let lists: Vec<usize> = (0..columns.len()).filter(is_list).collect();
    let named: Vec<String> = lists.iter().map(|&column| names[column].clone()).collect();
    let chosen = match (&choice.array, lists.as_slice()) {
        (Some(wanted), _) => match lists.iter().find(|&&column| names[column] == *wanted) {
            Some(&column) => column,
            None if lists.is_empty() => bail!(
                "expected a column {wanted} of {LISTS} for --array, found none of lists; leave out \
                 --array if each number has a column of its own"
            ),
            None => bail!(
                "expected a column {wanted} of {LISTS} for --array, found {}; choose one of these",
                listed(&named)
            ),
        },
        (None, []) => return Roles::of_numbers(names, true, kind, choice),
        (None, &[only]) => only,
        (None, _) => bail!(
            "expected one column of {LISTS}, found {}; choose one with --array",
            listed(&named)
        ),
    };
    Roles::of_lists(names, chosen, kind, choice)
}
