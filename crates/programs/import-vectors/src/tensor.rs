//! Reads rows of a tensor in a file of safetensors.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use artifact::{FileRecord, read_bytes};
use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors};

use crate::matrix::check_shape;
use crate::row::Row;

/// A tensor (n, d) in memory, as it is in its file.
pub struct Tensor {
    path: PathBuf,
    pub name: String,
    pub columns: usize,
    bytes: Vec<u8>,
    record: FileRecord,
}

impl Tensor {
    /// Reads the tensor `chosen` of the file at `path`, or its only one.
    ///
    /// # Errors
    /// A file that cannot be read; several tensors and none chosen, with their names and shapes;
    /// another name; a tensor that is no matrix of F16, BF16, F32 or F64.
    pub fn read(path: &Path, chosen: Option<&str>) -> anyhow::Result<Self> {
        let shown = path.display();
        let (bytes, record) = read_bytes(path)?;
        let file = parse(path, &bytes)?;
        let mut names = file.names();
        names.sort_unstable();
        let listed = || {
            let shape = |name: &&str| match file.tensor(name) {
                Ok(tensor) => format!("{name} {:?} {:?}", tensor.dtype(), tensor.shape()),
                Err(_) => (*name).to_owned(),
            };
            names.iter().map(shape).collect::<Vec<_>>().join(", ")
        };
        let name = match (chosen, names.as_slice()) {
            (Some(name), _) if names.contains(&name) => name.to_owned(),
            (Some(name), _) => {
                bail!("{shown}: expected a tensor {name}, found {}; choose one of these", listed())
            }
            (None, [name]) => (*name).to_owned(),
            (None, []) => bail!("{shown}: expected a tensor, found none; save one with save_file"),
            (None, _) => {
                bail!("{shown}: expected one tensor, found {}; choose one with --array", listed())
            }
        };
        let tensor = file.tensor(&name)?;
        ensure!(
            width(tensor.dtype()).is_some(),
            "{shown}: expected a tensor of F16, BF16, F32 or F64, found {name} of {:?}; \
             convert it, in PyTorch with x.float()",
            tensor.dtype()
        );
        check_shape(path, tensor.shape())?;
        let columns = tensor.shape()[1];
        Ok(Self { path: path.to_owned(), name, columns, bytes, record })
    }

    /// Calls `visit` with each row.
    ///
    /// # Errors
    /// A value that is infinite; what `visit` returns.
    pub fn each_row(
        &self,
        visit: &mut dyn FnMut(Row) -> anyhow::Result<()>,
    ) -> anyhow::Result<FileRecord> {
        let file = parse(&self.path, &self.bytes)?;
        let tensor = file.tensor(&self.name)?;
        let dtype = tensor.dtype();
        let width = width(dtype).context("the type of a tensor was checked before")?;
        let mut values = Vec::new();
        for (number, row) in tensor.data().chunks_exact(self.columns * width).enumerate() {
            decode(dtype, row, &mut values);
            if let Some(column) = values.iter().position(|value| value.is_infinite()) {
                bail!(
                    "{}: expected finite numbers, found {} in row {number}, column {column}; \
                     correct it, or make it NaN if it is missing",
                    self.path.display(),
                    values[column]
                );
            }
            visit(Row { number, offset: None, values: &values, id: None, label: None })?;
        }
        Ok(self.record.clone())
    }
}

fn parse<'a>(path: &Path, bytes: &'a [u8]) -> anyhow::Result<SafeTensors<'a>> {
    SafeTensors::deserialize(bytes).map_err(|error| {
        anyhow::anyhow!(
            "{}: expected tensors in the format of safetensors, found something else ({error}); \
             write it again with save_file",
            path.display()
        )
    })
}

/// Gives the bytes of a number of a type that is read.
fn width(dtype: Dtype) -> Option<usize> {
    match dtype {
        Dtype::F16 | Dtype::BF16 => Some(2),
        Dtype::F32 => Some(4),
        Dtype::F64 => Some(8),
        _ => None,
    }
}

/// Converts the little-endian numbers in `bytes`.
fn decode(dtype: Dtype, bytes: &[u8], values: &mut Vec<f64>) {
    fn all<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f64, values: &mut Vec<f64>) {
        values.extend(bytes.as_chunks().0.iter().copied().map(number));
    }
    values.clear();
    match dtype {
        Dtype::F16 => all(bytes, |pair| f16::from_le_bytes(pair).to_f64(), values),
        Dtype::BF16 => all(bytes, |pair| bf16::from_le_bytes(pair).to_f64(), values),
        Dtype::F32 => all(bytes, |four| f64::from(f32::from_le_bytes(four)), values),
        _ => all(bytes, f64::from_le_bytes, values),
    }
}
