//! Reads a row group of a Parquet file, some rows of all columns at a time.

use std::fs::File;

use parquet::file::metadata::RowGroupMetaData;

use super::chunk::{Cells, Chunk};
use crate::roles::Roles;

/// Values that are read at a time, if rows are not longer.
const BLOCK: usize = 1 << 16;
/// Most rows that are read at a time.
const ROWS: usize = 1024;

/// Text of some rows of a column.
pub type Texts = Cells<Option<Vec<u8>>>;

/// A row group that is read.
pub struct Group {
    vectors: Vec<Chunk>,
    id: Option<Chunk>,
    label: Option<Chunk>,
    left: usize,
    /// Rows that are read at a time.
    rows: usize,
}

/// Some rows of a row group.
pub struct Block {
    pub rows: usize,
    /// Of columns of numbers one each, or that of lists.
    pub vectors: Vec<Cells<f64>>,
    pub ids: Option<Texts>,
    pub labels: Option<Texts>,
}

impl Group {
    /// Begins with the first row of a row group, of `columns` values each.
    ///
    /// `leaves` has the column of values of each column of the table.
    ///
    /// # Errors
    /// A file that cannot be read; a column that is not in it.
    pub fn open(
        file: &File,
        group: &RowGroupMetaData,
        roles: &Roles,
        leaves: &[usize],
        columns: usize,
    ) -> anyhow::Result<Self> {
        let open = |&column: &usize| Chunk::open(file, group, leaves[column]);
        Ok(Self {
            vectors: roles.vectors.iter().map(open).collect::<anyhow::Result<_>>()?,
            id: roles.id.as_ref().map(open).transpose()?,
            label: roles.label.as_ref().map(open).transpose()?,
            left: usize::try_from(group.num_rows())?,
            rows: (BLOCK / columns.max(1)).clamp(1, ROWS),
        })
    }

    /// Reads the next rows; none are left where the block has none.
    ///
    /// # Errors
    /// Damaged pages.
    pub fn next(&mut self) -> anyhow::Result<Block> {
        let rows = self.rows.min(self.left);
        self.left -= rows;
        let texts =
            |chunk: &mut Option<Chunk>| chunk.as_mut().map(|chunk| chunk.texts(rows)).transpose();
        Ok(Block {
            rows,
            ids: texts(&mut self.id)?,
            labels: texts(&mut self.label)?,
            vectors: self
                .vectors
                .iter_mut()
                .map(|chunk| chunk.numbers(rows))
                .collect::<anyhow::Result<_>>()?,
        })
    }

    /// Checks that no column has further rows.
    ///
    /// # Errors
    /// A column that has.
    pub fn finish(self) -> anyhow::Result<()> {
        self.vectors.into_iter().chain(self.id).chain(self.label).try_for_each(Chunk::finish)
    }
}
