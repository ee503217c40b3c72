//! Reads the metadata at the end of a Parquet file.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};

use super::guard::{guarded, refused};
use super::thrift::{Compact, I32, LIST, STRUCT};

/// Bytes at the start and at the end of a file.
const MAGIC: &[u8] = b"PAR1";
/// The length of the metadata and the magic bytes, which end a file.
const END: u64 = 8;
/// Number of rows that any file may have.
const ROWS: u64 = 1 << 24;
/// Rows that a byte of a longer file may stand for. Ids of all rows are held in memory, and a few
/// bytes stand for any number of equal values.
const MOST_ROWS: u64 = 64;
/// Deepest nesting of columns; recursive code reads the schema.
const DEEPEST: usize = 64;

/// Reads the metadata of the file at `path`.
///
/// # Errors
/// A file that is no Parquet file, is encrypted or is damaged.
pub fn read(path: &Path, file: &File) -> anyhow::Result<ParquetMetaData> {
    let shown = path.display();
    let failed = || format!("{shown}: cannot read");
    let length = file.metadata().with_context(failed)?.len();
    let mut start = [0; MAGIC.len()];
    let mut end = [0; END as usize];
    if length >= MAGIC.len() as u64 + END {
        file.read_exact_at(&mut start, 0).with_context(failed)?;
        file.read_exact_at(&mut end, length - END).with_context(failed)?;
    }
    let (size, magic) = end.split_at(4);
    if start == *b"PARE" || magic == b"PARE" {
        bail!(
            "{shown}: expected a Parquet file, found an encrypted one; write it without encryption"
        );
    }
    ensure!(
        start == MAGIC,
        "{shown}: expected a Parquet file, which starts with PAR1, found another format; \
         give the file the extension of its format"
    );
    if magic != MAGIC {
        return Err(refused(path, "it does not end with PAR1, so it may be cut off"));
    }
    let size = size.iter().rev().fold(0, |size, &byte| (size << 8) | u64::from(byte));
    let most = length - END - MAGIC.len() as u64;
    if size > most {
        let found = format!("its metadata should have {size} bytes, and {most} are there");
        return Err(refused(path, &found));
    }
    let mut footer = vec![0; usize::try_from(size)?];
    file.read_exact_at(&mut footer, length - END - size).with_context(failed)?;
    guarded(path, || {
        check_schema(&footer).context("its schema contradicts itself")?;
        let metadata = ParquetMetaDataReader::decode_metadata(&footer)?;
        let mut claimed = metadata.row_groups().iter().map(RowGroupMetaData::num_rows);
        let rows = claimed.try_fold(0_i64, |sum, rows| sum.checked_add(rows).filter(|_| rows >= 0));
        let whole = metadata.file_metadata().num_rows();
        ensure!(
            rows == Some(whole),
            "it should have {whole} rows, and its row groups have another number"
        );
        let most = ROWS.max(length.saturating_mul(MOST_ROWS));
        ensure!(
            whole as u64 <= most,
            "it should have {whole} rows in {length} bytes, and the limit is {most}"
        );
        Ok(metadata)
    })
}

/// Checks the numbers of children in the schema, for each of which memory is taken.
fn check_schema(footer: &[u8]) -> Option<()> {
    Compact::new(footer).fields(|compact, number, kind| {
        if (number, kind) != (2, LIST) {
            return Some(false);
        }
        let (kind, count) = compact.list()?;
        if kind != STRUCT {
            return None;
        }
        // Children that are still to come, of each group that is open.
        let mut open: Vec<u64> = Vec::new();
        for after in (0..count).rev() {
            let mut children = 0;
            compact.fields(|compact, number, kind| {
                if (number, kind) != (5, I32) {
                    return Some(false);
                }
                children = u64::try_from(compact.signed()?).ok()?;
                Some(true)
            })?;
            if children > after || open.len() >= DEEPEST {
                return None;
            }
            if children > 0 {
                open.push(children);
                continue;
            }
            while let Some(left) = open.last_mut() {
                *left -= 1;
                if *left > 0 {
                    break;
                }
                open.pop();
            }
        }
        Some(true)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes metadata with a schema whose groups have these numbers of children.
    fn schema(children: &[u8]) -> Vec<u8> {
        let count = u8::try_from(children.len()).unwrap_or(u8::MAX);
        let mut bytes = vec![0x15, 2, 0x19, 0xfc, count | 0x80, count >> 7];
        for children in children {
            bytes.extend([0x55, 2 * children, 0]);
        }
        bytes.push(0);
        bytes
    }

    #[test]
    fn a_schema_of_more_children_than_it_has_is_damaged() {
        for good in [&[0][..], &[2, 0, 0], &[2, 1, 0, 0], &[3, 0, 0, 1, 0]] {
            assert_eq!(check_schema(&schema(good)), Some(()), "{good:?}");
        }
        assert_eq!(check_schema(&schema(&[60, 0])), None);
        assert_eq!(check_schema(&schema(&[1, 60, 0])), None);
        let deep = |depth: usize| [vec![1; depth], vec![0]].concat();
        assert_eq!(check_schema(&schema(&deep(DEEPEST - 1))), Some(()));
        assert_eq!(check_schema(&schema(&deep(DEEPEST))), None);
    }
}
