//! The rows of a file, whatever its format.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use artifact::{FileRecord, Npz};

#[cfg(feature = "parquet")]
use crate::columnar::Columnar;
use crate::delimited::Delimited;
use crate::dialect::Dialect;
use crate::matrix::Matrix;
use crate::roles::Roles;
use crate::row::{Choice, Row};
use crate::tensor::Tensor;
use crate::{matrix, npz};

/// A file of vectors, whose rows can be read more than once.
pub struct Source(Format);

enum Format {
    Delimited(Delimited),
    #[cfg(feature = "parquet")]
    Columnar(Box<Columnar>),
    Matrix(Matrix),
    Tensor(Tensor),
}

impl Source {
    /// Opens the file at `path`.
    ///
    /// Its first bytes tell an array of NumPy or a Parquet file from other formats, then its name a
    /// file of tensors; everything else is text.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("points.csv");
    /// std::fs::write(&path, "id,x,y\na,0.5,1\nb,2,3\n")?;
    /// let source = import_vectors::Source::open(&path, &Default::default())?;
    /// assert_eq!(source.columns(), 2);
    /// # Ok::<(), anyhow::Error>(())
    /// ```
    ///
    /// # Errors
    /// A file that cannot be read, or holds no vectors; an option that does not fit its format.
    pub fn open(path: &Path, choice: &Choice) -> anyhow::Result<Self> {
        let shown = path.display();
        let metadata = std::fs::metadata(path)
            .with_context(|| format!("{shown}: cannot read; check the path"))?;
        // Opening a pipe would wait for its writer, and it could not be read twice.
        let found = if metadata.is_dir() { "a folder" } else { "something that is not a file" };
        ensure!(
            metadata.is_file(),
            "{shown}: expected a file, found {found}; give the path of a file"
        );
        let mut start = Vec::new();
        let file = File::open(path).with_context(|| format!("{shown}: cannot read"))?;
        file.take(8).read_to_end(&mut start).with_context(|| format!("{shown}: cannot read"))?;
        let named = |extension: &str| {
            path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
        };
        let zipped = start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06");
        let array = zipped || start.starts_with(b"\x93NUMPY") || named("npy") || named("npz");
        if (array || named("safetensors"))
            && (choice.id_column.is_some() || choice.label_column.is_some())
        {
            return Err(cli::usage(format!(
                "{shown} has no columns of text: leave out --id-column and --label-column"
            )));
        }
        let parquet = start.starts_with(b"PAR1") || start.starts_with(b"PARE") || named("parquet");
        let several = zipped || named("npz") || named("safetensors");
        if choice.array.is_some() && !several && !parquet {
            return Err(cli::usage(
                "--array chooses an array of .npz or .safetensors, or a column of lists of \
                 .parquet: leave it out",
            ));
        }
        Ok(Self(if zipped || named("npz") {
            Format::Matrix(npz::read(path, Npz::open(path)?, choice.array.as_deref())?)
        } else if array {
            Format::Matrix(matrix::read(path)?)
        } else if named("safetensors") {
            Format::Tensor(Tensor::read(path, choice.array.as_deref())?)
        } else if parquet {
            open_parquet(path, choice)?
        } else {
            refuse_binary(path, &start)?;
            Format::Delimited(Delimited::open(path, choice)?)
        }))
    }

    /// Gives the number of values in a row, d.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("points.csv");
    /// std::fs::write(&path, "0.5 ,1\n2,3\n")?;
    /// let source = import_vectors::Source::open(&path, &Default::default())?;
    /// assert_eq!(source.columns(), 2);
    /// # Ok::<(), anyhow::Error>(())
    /// ```
    pub fn columns(&self) -> usize {
        match &self.0 {
            Format::Delimited(text) => text.dialect.roles.vectors.len(),
            #[cfg(feature = "parquet")]
            Format::Columnar(table) => table.columns,
            Format::Matrix(matrix) => matrix.values.ncols(),
            Format::Tensor(tensor) => tensor.columns,
        }
    }

    /// Calls `visit` with each row in order, and gives the record of the file.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("points.csv");
    /// std::fs::write(&path, "id,x,y\na,0.5,1\nb,,3\n")?;
    /// let source = import_vectors::Source::open(&path, &Default::default())?;
    /// let mut sum = 0.0;
    /// source.each_row(&mut |row| {
    ///     assert!(row.id.is_some());
    ///     sum += row.values.iter().filter(|value| !value.is_nan()).sum::<f64>();
    ///     Ok(())
    /// })?;
    /// assert_eq!(sum, 4.5);
    /// # Ok::<(), anyhow::Error>(())
    /// ```
    ///
    /// # Errors
    /// A line or list with another number of values than the first; a value that is no finite
    /// number; what `visit` returns.
    pub fn each_row(
        &self,
        visit: &mut dyn FnMut(Row) -> anyhow::Result<()>,
    ) -> anyhow::Result<FileRecord> {
        match &self.0 {
            Format::Delimited(text) => text.each_row(visit),
            #[cfg(feature = "parquet")]
            Format::Columnar(table) => table.each_row(visit),
            Format::Matrix(matrix) => matrix.each_row(visit),
            Format::Tensor(tensor) => tensor.each_row(visit),
        }
    }

    /// Gives the form of a text; `None` for other formats.
    pub(crate) fn dialect(&self) -> Option<&Dialect> {
        match &self.0 {
            Format::Delimited(text) => Some(&text.dialect),
            _ => None,
        }
    }

    /// Gives the roles of the columns of a table; `None` for arrays.
    pub(crate) fn roles(&self) -> Option<&Roles> {
        match &self.0 {
            Format::Delimited(text) => Some(&text.dialect.roles),
            #[cfg(feature = "parquet")]
            Format::Columnar(table) => Some(&table.roles),
            _ => None,
        }
    }

    /// Gives the name of the array, or of the column of lists, that is read from several.
    pub(crate) fn array(&self) -> Option<&str> {
        match &self.0 {
            Format::Delimited(_) => None,
            #[cfg(feature = "parquet")]
            Format::Columnar(table) => {
                table.roles.lists.then(|| table.roles.names[table.roles.vectors[0]].as_str())
            }
            Format::Matrix(matrix) => matrix.name.as_deref(),
            Format::Tensor(tensor) => Some(&tensor.name),
        }
    }

    /// Names a value of a vector for messages.
    pub(crate) fn value(&self, at: usize) -> String {
        self.roles().map_or_else(|| at.to_string(), |roles| roles.value(at))
    }

    /// Names the place of a value for messages, or of a class where `column` is `None`.
    pub(crate) fn place(
        &self,
        number: usize,
        offset: Option<u64>,
        column: Option<usize>,
    ) -> String {
        let label = |roles: &Roles| Some(roles.names[roles.label?].clone());
        let column = match column {
            Some(column) => self.value(column),
            None => self.roles().and_then(label).unwrap_or_default(),
        };
        match (offset, &self.0) {
            (Some(offset), Format::Delimited(text)) => {
                format!("line {}, column {column}", text.line(offset))
            }
            _ => format!("row {number}, column {column}"),
        }
    }
}

#[cfg(feature = "parquet")]
fn open_parquet(path: &Path, choice: &Choice) -> anyhow::Result<Format> {
    Ok(Format::Columnar(Box::new(Columnar::open(path, choice)?)))
}

/// Refuses a Parquet file, with the ways to have it read.
#[cfg(not(feature = "parquet"))]
fn open_parquet(path: &Path, _: &Choice) -> anyhow::Result<Format> {
    bail!(
        "{}: expected {EXPECTED}, found a Parquet file; build with `cargo build --release \
         --package import-vectors --features parquet`, or convert it to .npy or .csv, in Python \
         with np.save('x.npy', np.stack(pandas.read_parquet(FILE)['COLUMN'])) for a column of \
         lists, or pandas.read_parquet(FILE).to_csv('x.csv', index=False)",
        path.display()
    )
}

/// Description of the formats that are read, for messages.
const EXPECTED: &str = if cfg!(feature = "parquet") {
    "vectors in .csv, .tsv, .npz, .npy, .safetensors or .parquet"
} else {
    "vectors in .csv, .tsv, .npz, .npy or .safetensors"
};

/// Refuses formats that are not read, with the way to one that is.
fn refuse_binary(path: &Path, start: &[u8]) -> anyhow::Result<()> {
    let (found, hint) = match start {
        [0x1f, 0x8b, ..] => ("a gzip-compressed file", "unpack it with gunzip"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => ("a zstd-compressed file", "unpack it with unzstd"),
        [0x89, b'H', b'D', b'F', ..] => {
            ("an HDF5 file", "save one of its arrays: np.save('x.npy', h5py.File(FILE)[NAME][:])")
        }
        [0x80, ..] => ("a Python pickle, which is never loaded", "save its array with np.save"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => ("text in UTF-16", "save it in UTF-8"),
        _ if start.contains(&0) => ("a binary file", "give it the extension of its format"),
        _ => return Ok(()),
    };
    bail!("{}: expected {EXPECTED}, found {found}; {hint}", path.display())
}
