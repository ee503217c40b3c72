//! Sparse tables of weights, on which the assignment problem is solved.

/// A table of weights that stores only those above 0.
pub(crate) struct SparseWeights {
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// Start of the cells of each row, (rows + 1,).
    pub(super) starts: Vec<usize>,
    /// Column of each cell.
    pub(super) column: Vec<u32>,
    /// Weight of each cell, descending within a row; equal weights in ascending order of column.
    pub(super) weight: Vec<i64>,
}

impl SparseWeights {
    /// Stores the `cells` (row, column, weight) with weights above 0 of a table (`rows`,
    /// `columns`).
    ///
    /// `cells` is called twice and gives each cell once, in the same order. The weights sum up to
    /// less than 2^62, and there are fewer than 2^32 - 1 rows and columns.
    pub(crate) fn new<I>(rows: usize, columns: usize, cells: impl Fn() -> I) -> Self
    where
        I: Iterator<Item = (usize, usize, u64)>,
    {
        let mut starts = vec![0; rows + 1];
        cells().for_each(|(row, _, _)| starts[row + 1] += 1);
        (1..starts.len()).for_each(|row| starts[row] += starts[row - 1]);
        let mut places = starts.clone();
        let mut column = vec![0; starts[rows]];
        let mut weight = vec![0; starts[rows]];
        for (row, at, value) in cells() {
            column[places[row]] = at as u32;
            weight[places[row]] = value as i64;
            places[row] += 1;
        }
        let mut sorted: Vec<(i64, u32)> = Vec::new();
        for cells in starts.windows(2).map(|ends| ends[0]..ends[1]) {
            sorted.clear();
            for at in cells.clone() {
                sorted.push((-weight[at], column[at]));
            }
            sorted.sort_unstable();
            for (place, &(negative, at)) in cells.zip(&sorted) {
                (weight[place], column[place]) = (-negative, at);
            }
        }
        Self { rows, columns, starts, column, weight }
    }

    /// Returns the largest weight of a row, 0 if it has none.
    pub(super) fn largest(&self, row: usize) -> i64 {
        if self.starts[row] == self.starts[row + 1] { 0 } else { self.weight[self.starts[row]] }
    }
}
