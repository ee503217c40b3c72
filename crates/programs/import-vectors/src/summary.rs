//! Measures rows in a first pass, before any is written.

use crate::row::Row;

/// Largest change of a value by f4, as a share of the range of its column.
const CHANGE: f64 = 1e-6;
/// How far the length of a vector may be from 1: half precision and a few decimals round it.
const ROUNDING: f64 = 1e-3;

/// Facts about the rows of a file.
#[derive(Debug)]
pub struct Summary {
    /// Number of rows, those with missing values included.
    pub rows: usize,
    /// Number of rows in which a value is missing.
    pub incomplete: usize,
    /// Number of missing values.
    pub missing: usize,
    /// The first missing value: number and offset of its row, and its column among the numbers,
    /// which is `None` for a missing class.
    pub first_missing: Option<(usize, Option<u64>, Option<usize>)>,
    /// Whether rows have classes.
    labeled: bool,
    lowest: Vec<f64>,
    highest: Vec<f64>,
    /// Largest change of a value of each column by f4.
    changes: Vec<f64>,
    /// Whether the lengths of all complete rows are 1.
    unit_length: bool,
}

impl Summary {
    /// Starts with no rows of `columns` values, which are `labeled` or not.
    pub fn new(columns: usize, labeled: bool) -> Self {
        Self {
            rows: 0,
            incomplete: 0,
            missing: 0,
            first_missing: None,
            labeled,
            lowest: vec![f64::INFINITY; columns],
            highest: vec![f64::NEG_INFINITY; columns],
            changes: vec![0.0; columns],
            unit_length: true,
        }
    }

    /// Adds a row. Rows with missing values are counted and not measured.
    pub fn add(&mut self, row: &Row) {
        self.rows += 1;
        let missing = row.values.iter().filter(|value| value.is_nan()).count();
        let no_label = self.labeled && row.label.is_none();
        if missing > 0 || no_label {
            self.incomplete += 1;
            self.missing += missing + usize::from(no_label);
            let column = row.values.iter().position(|value| value.is_nan());
            self.first_missing.get_or_insert((row.number, row.offset, column));
            return;
        }
        let mut squares = 0.0;
        for (column, &value) in row.values.iter().enumerate() {
            self.lowest[column] = self.lowest[column].min(value);
            self.highest[column] = self.highest[column].max(value);
            let change = (value - f64::from(value as f32)).abs();
            self.changes[column] = self.changes[column].max(change);
            squares += value * value;
        }
        self.unit_length &= (squares.sqrt() - 1.0).abs() <= ROUNDING;
    }

    /// Gives the number of rows without a missing value.
    pub fn complete(&self) -> usize {
        self.rows - self.incomplete
    }

    /// Whether all complete rows have the length 1. Single numbers have no direction.
    pub fn has_unit_length(&self) -> bool {
        self.unit_length && self.complete() > 0 && self.lowest.len() > 1
    }

    /// Gives the first column that would lose digits as f4.
    ///
    /// Values far from 0 do, if they differ little; so do values too large or small for f4. A
    /// column of one value loses nothing that tells rows apart, if f4 can hold it.
    pub fn needs_f8(&self) -> Option<usize> {
        let range = |column: usize| self.highest[column] - self.lowest[column];
        (0..self.changes.len()).find(|&column| {
            let change = self.changes[column];
            change.is_infinite() || (range(column) > 0.0 && change > CHANGE * range(column))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(rows: &[[f64; 2]]) -> Summary {
        let mut summary = Summary::new(2, false);
        for (number, values) in rows.iter().enumerate() {
            summary.add(&Row { number, offset: None, values, id: None, label: None });
        }
        summary
    }

    #[test]
    fn values_that_f4_cannot_tell_apart_need_f8() {
        for (rows, column) in [
            ([[0.1, 1.0], [0.2, 3.0]], None),
            ([[1e6, 0.1], [1e6 + 1.5, 0.2]], None),
            ([[0.0, 1e9 + 0.1], [1.0, 1e9 + 0.3]], Some(1)),
            ([[1e300, 0.0], [1e300, 1.0]], Some(0)),
            ([[1e-50, 0.0], [2e-50, 1.0]], Some(0)),
            ([[0.1, 0.0], [0.1, 1.0]], None),
        ] {
            assert_eq!(summary(&rows).needs_f8(), column, "{rows:?}");
        }
    }

    #[test]
    fn missing_values_are_counted_and_lengths_measured() {
        let found = summary(&[[0.6, 0.8], [f64::NAN, 5.0], [0.0, -1.0004]]);
        assert_eq!((found.rows, found.complete(), found.missing), (3, 2, 1));
        assert_eq!(found.first_missing, Some((1, None, Some(0))));
        assert!(found.has_unit_length());
        assert!(!summary(&[[0.6, 0.8], [1.0, 1.0]]).has_unit_length());
        assert!(!summary(&[[f64::NAN, 0.8]]).has_unit_length());
    }
}
