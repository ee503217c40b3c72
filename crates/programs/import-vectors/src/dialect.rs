//! Finds out the form of a text: its header, and what its columns hold.

use anyhow::bail;
use csv::ByteRecord;

use crate::cell::{Cell, has_decimal_comma};
use crate::roles::{CLASSES, IDS, Kind, Roles};
use crate::row::Choice;
use crate::sample::Sample;

/// The form of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    /// Separator of cells.
    pub delimiter: u8,
    /// Whether the first record names the columns.
    pub header: bool,
    /// Roles of the columns; without a header their names are their numbers from 1.
    pub roles: Roles,
}

impl Dialect {
    /// Finds out the form of a text by its first records.
    ///
    /// # Errors
    /// No records; a column that is not there; columns of text without a role; no numbers. The
    /// message says what was expected, what was found, and what to do.
    pub fn find(sample: &Sample, choice: &Choice) -> anyhow::Result<Self> {
        let Some(first) = sample.records.first() else {
            bail!("expected rows of numbers, found an empty file; give one with a line a vector");
        };
        let header = has_header(first, &sample.records[1..]);
        let text = |cell: &[u8]| String::from_utf8_lossy(cell).trim().to_owned();
        let names: Vec<String> = match header {
            true => first.iter().map(text).collect(),
            false => (1..=first.len()).map(|number| number.to_string()).collect(),
        };
        let rows = &sample.records[usize::from(header)..];
        let kind = |column| if is_text(rows, column) { Kind::Text } else { Kind::Number };
        let roles = Roles::of_numbers(names, header, kind, choice)?;
        Ok(Self { delimiter: sample.delimiter, header, roles })
    }
}

/// Whether most cells of a column that are not missing are text.
fn is_text(rows: &[ByteRecord], column: usize) -> bool {
    let (mut text, mut numbers) = (0, 0);
    for cell in rows.iter().filter_map(|row| row.get(column)) {
        match Cell::read(cell) {
            Cell::Missing => {}
            Cell::Text if !has_decimal_comma(cell) => text += 1,
            _ => numbers += 1,
        }
    }
    text > numbers
}

/// Whether the first record names columns.
///
/// It does if it has no number above numbers, but text at least once; or if a cell is named as
/// columns of ids or classes are; or if its cells count from 0 or 1 and not all numbers below are
/// whole, as pandas names the columns of an array.
fn has_header(first: &ByteRecord, rest: &[ByteRecord]) -> bool {
    if rest.is_empty() {
        return first.iter().all(|cell| Cell::read(cell) == Cell::Text);
    }
    let known = |cell: &[u8]| {
        let mut names = IDS.iter().chain(&CLASSES).filter(|name| !name.is_empty());
        names.any(|name| cell.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
    };
    if first.iter().any(known) {
        return true;
    }
    // The first value in each column that is not missing.
    let below: Vec<Option<Cell>> = (0..first.len())
        .map(|column| {
            let cells = rest.iter().filter_map(|row| row.get(column)).map(Cell::read);
            cells.into_iter().find(|cell| *cell != Cell::Missing)
        })
        .collect();
    let pairs = || {
        let below = below.iter().map(|cell| matches!(cell, Some(Cell::Number(_))));
        first.iter().map(Cell::read).zip(below).filter(|(_, number)| *number)
    };
    if pairs().all(|(above, _)| !matches!(above, Cell::Number(_))) {
        return pairs().any(|(above, _)| above == Cell::Text);
    }
    let counts = |from: usize| {
        // The first column may be an index, whose name is empty.
        let index = usize::from(first.get(0) == Some(b"".as_slice()));
        let mut cells = first.iter().skip(index).enumerate();
        first.len() > index + 1
            && cells.all(|(at, cell)| cell == (at + from).to_string().as_bytes())
    };
    let whole = |cell: &Option<Cell>| match cell {
        Some(Cell::Number(number)) => number.fract() == 0.0,
        _ => true,
    };
    (counts(0) || counts(1)) && !below.iter().all(whole)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use super::*;

    fn find(text: &str) -> anyhow::Result<Dialect> {
        Dialect::find(&Sample::of(text.as_bytes(), false), &Choice::default())
    }

    #[test]
    fn headers_and_ids_are_found() {
        for (text, header, id, numbers) in [
            ("1,2\n3,4\n", false, None, vec![0, 1]),
            ("a.jpg,1,2\nb.jpg,3,4\n", false, Some(0), vec![1, 2]),
            ("1,2,a.jpg\n3,4,b.jpg\n", false, Some(2), vec![0, 1]),
            ("x,y\n3,4\n", true, None, vec![0, 1]),
            ("ID,x\n3,4\n", true, Some(0), vec![1]),
            (",0,1\n0,0.5,1\n1,2,3\n", true, Some(0), vec![1, 2]),
            ("0,1,2\n0.5,1,2e-3\n", true, None, vec![0, 1, 2]),
            ("0,1,2\n3,4,5\n", false, None, vec![0, 1, 2]),
            ("a,1\nb,oops\nc,3\n", false, Some(0), vec![1]),
            ("x,y\n,\n1,2\n", true, None, vec![0, 1]),
            ("5\n", false, None, vec![0]),
        ] {
            let found = find(text).unwrap();
            let Roles { id: found_id, vectors, .. } = found.roles;
            assert_eq!((found.header, found_id, vectors), (header, id, numbers), "{text}");
        }
    }

    #[test]
    fn columns_without_a_role_are_refused() {
        for (text, told) in [
            ("", "found an empty file"),
            ("id\na\n", "without any"),
            ("id,kind,x\na,cat,1\n", "column kind, found text; name it with --label-column"),
            ("class,x\ncat,1\n", "column class, found text; name it with --label-column"),
            ("a,b\nc,d\n", "column 2, found text"),
            ("x,file,name\n3,a,b\n", "column file, found text"),
        ] {
            let error = find(text).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
        let choice = Choice { label_column: Some("y".into()), ..Choice::default() };
        let error = Dialect::find(&Sample::of(b"x\n1\n", false), &choice).unwrap_err();
        assert!(error.to_string().contains("a column y for --label-column, found the columns x"));
    }
}
