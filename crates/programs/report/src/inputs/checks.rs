//! Helpers that all readers of inputs share.

use std::path::Path;

use artifact::FileRecord;

/// Returns the value that a reader found and appends its record to `records`.
pub fn keep_record<T, E: Into<anyhow::Error>>(
    read: Result<(T, FileRecord), E>,
    records: &mut Vec<FileRecord>,
) -> anyhow::Result<T> {
    let (value, record) = read.map_err(Into::into)?;
    records.push(record);
    Ok(value)
}

/// Describes a file whose number of rows differs from that of another file.
pub fn row_count_mismatch(path: &Path, found: usize, other: &Path, expected: usize) -> String {
    format!(
        "{}: expected {expected} rows, one for each of {}, found {found}; give files of the same \
         points",
        path.display(),
        other.display()
    )
}
