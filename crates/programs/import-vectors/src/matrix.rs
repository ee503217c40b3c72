//! Reads rows of an array of NumPy.

use std::path::Path;

use anyhow::{bail, ensure};
use artifact::{FileRecord, read_numbers};
use ndarray::{Array2, ArrayD, Ix2};

use crate::row::Row;

/// An array (n, d) in memory.
pub struct Matrix {
    pub values: Array2<f64>,
    /// Name of the array in its archive.
    pub name: Option<String>,
    record: FileRecord,
}

/// Reads an `.npy` file.
///
/// # Errors
/// A file that cannot be read, or holds no array (n, d) of finite numbers and NaN.
pub fn read(path: &Path) -> anyhow::Result<Matrix> {
    let (values, record) = read_numbers(path, "vectors: a number array of shape (n, d)")?;
    Matrix::new(path, values, None, record)
}

impl Matrix {
    /// Takes the `values` of the array `name` in the file at `path`.
    ///
    /// # Errors
    /// An array of another shape; a value that is infinite.
    pub fn new(
        path: &Path,
        values: ArrayD<f64>,
        name: Option<String>,
        record: FileRecord,
    ) -> anyhow::Result<Self> {
        check_shape(path, values.shape())?;
        let values = values.into_dimensionality::<Ix2>()?;
        if let Some(((row, column), value)) =
            values.indexed_iter().find(|(_, value)| value.is_infinite())
        {
            bail!(
                "{}: expected finite numbers, found {value} in row {row}, column {column}; \
                 correct it, or make it NaN if it is missing",
                path.display()
            );
        }
        Ok(Self { values, name, record })
    }

    /// Calls `visit` with each row.
    ///
    /// # Errors
    /// The error of `visit`, or of the source.
    pub fn each_row(
        &self,
        visit: &mut dyn FnMut(Row) -> anyhow::Result<()>,
    ) -> anyhow::Result<FileRecord> {
        for (number, row) in self.values.outer_iter().enumerate() {
            let values = row.to_vec();
            visit(Row { number, offset: None, values: &values, id: None, label: None })?;
        }
        Ok(self.record.clone())
    }
}

/// Checks that an array holds vectors, one a row.
///
/// # Errors
/// Another number of dimensions, with what to do; no rows or columns.
pub fn check_shape(path: &Path, shape: &[usize]) -> anyhow::Result<()> {
    let hint = match shape {
        [] => "give an array of several values, not a single one",
        [_] => "reshape it, a single column is x.reshape(-1, 1)",
        [_, _] => "give at least one row and one column",
        [_, 1, _] => "leave out the middle axis, with x[:, 0]",
        [_, _, _] => {
            "average tokens with x.mean(1), or flatten with x.reshape(len(x), -1); images need no \
             import"
        }
        _ => "flatten it with x.reshape(len(x), -1); images need no import",
    };
    ensure!(
        shape.len() == 2 && !shape.contains(&0),
        "{}: expected vectors: an array of shape (n, d), found shape {shape:?}; {hint}",
        path.display()
    );
    Ok(())
}
