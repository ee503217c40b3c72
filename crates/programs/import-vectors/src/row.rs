//! A row of a file, and what to read of a file.

/// The choice of what to read from a file that holds more than vectors.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Array to read, if there are several.
    pub array: Option<String>,
    /// Column of ids.
    pub id_column: Option<String>,
    /// Column of classes.
    pub label_column: Option<String>,
}

/// A row of a file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row<'a> {
    /// Number of the row, from 0.
    pub number: usize,
    /// Byte of a text at which the row, or empty lines before it, begins; `None` for arrays.
    pub offset: Option<u64>,
    /// Numbers, (d,), all finite but for missing ones, which are NaN.
    pub values: &'a [f64],
    /// Name of the row, if the file has names.
    pub id: Option<&'a str>,
    /// Class of the row, if it has one.
    pub label: Option<&'a str>,
}
