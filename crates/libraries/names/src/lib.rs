//! Names of the rows of an array, in a CSV that lies beside it.
//!
//! Record i of the CSV, counted from zero after its header, belongs to row i of the array. The
//! column `file`, `name` or `id` holds the names. A CSV with a single column needs no header.
//!
//! - [`Names`] reads the names of a CSV.
//! - [`escape`] writes the name of a file as text, whatever bytes it has; [`unescape`] reads it.

#![deny(missing_docs)]

mod escape;

use std::path::Path;

use artifact::{Error, FileRecord, Result, read_text};

pub use escape::{escape, unescape};

/// Columns that hold names; the first of them that a file has is read.
const COLUMNS: [&str; 3] = ["file", "name", "id"];

/// Description of a file of names, for messages.
const EXPECTED: &str = "a CSV of names: a column file, name or id, or a single column";

/// The names of the rows of an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Name i is that of row i, as it stands in the file.
    pub names: Vec<String>,
}

impl Names {
    /// Reads the names of a CSV, with the record of the file.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("names.csv");
    /// std::fs::write(&path, "row,file\n0,cats/1.jpg\n1,\"dogs, large/1.jpg\"\n")?;
    /// let (names, _) = names::Names::read(&path)?;
    /// assert_eq!(names.names, ["cats/1.jpg", "dogs, large/1.jpg"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A file that cannot be read, is no CSV in UTF-8, or has several columns of which none is
    /// called `file`, `name` or `id`.
    pub fn read(path: &Path) -> Result<(Self, FileRecord)> {
        let (text, record) = read_text(path)?;
        let refused = |found: String| {
            let hint = "give the names.csv that the importer wrote, or one name a line";
            Error::content(path, EXPECTED, found, hint)
        };
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&text[..]);
        let mut records = Vec::new();
        for found in reader.records() {
            records.push(found.map_err(|error| refused(error.to_string()))?);
        }
        let Some(first) = records.first() else { return Err(refused("an empty file".into())) };
        let column = COLUMNS.iter().find_map(|name| first.iter().position(|cell| cell == *name));
        let (column, header) = match column {
            Some(column) => (column, 1),
            None if first.len() == 1 => (0, 0),
            None => {
                let columns = first.iter().collect::<Vec<_>>().join(", ");
                return Err(refused(format!("the columns {columns}")));
            }
        };
        let names = records[header..].iter().map(|record| record[column].to_owned()).collect();
        Ok((Self { names }, record))
    }

    /// Checks that there is one name for each of `rows` rows.
    ///
    /// `path` is the file of the names and `array` the file with the rows.
    ///
    /// ```
    /// let names = names::Names { names: vec!["a".into()] };
    /// assert!(names.check_rows("names.csv".as_ref(), 2, "points.npy".as_ref()).is_err());
    /// ```
    ///
    /// # Errors
    /// Another number of names.
    pub fn check_rows(&self, path: &Path, rows: usize, array: &Path) -> Result<()> {
        if self.names.len() == rows {
            return Ok(());
        }
        Err(Error::content(
            path,
            format!("{rows} names, one for each row of {}", array.display()),
            format!("{}", self.names.len()),
            "give the names that were written with these rows",
        ))
    }
}
