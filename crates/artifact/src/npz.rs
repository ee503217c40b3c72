//! Models: `.npz` files, which are zip archives of `.npy` members.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use ndarray::ArrayD;
use ndarray_npy::{WritableElement, WriteDataError};
use py_literal::Value;
use zip::ZipArchive;

use crate::elements::Elements;
use crate::header::Header;
use crate::read::open;
use crate::{Error, FileRecord, Result, read_bytes};

/// A member may always be as long as this.
const MEMBER: u64 = 64 << 20;
/// Beyond it a member is longer than the archive by this factor at most: numbers that were found do not shrink to a hundredth, and
/// what does is there to fill memory.
const MOST_COMPRESSED: u64 = 100;

/// A model file opened for reading.
pub struct Npz {
    path: PathBuf,
    archive: ZipArchive<BufReader<File>>,
    /// No member may be longer.
    most: u64,
}

impl Npz {
    /// Opens `path` and gives its record for the provenance.
    ///
    /// # Errors
    /// A file that cannot be read or is no `.npz` archive.
    pub fn open(path: &Path) -> Result<(Self, FileRecord)> {
        let (file, length) = open(path)?;
        let archive = ZipArchive::new(BufReader::new(file)).map_err(|error| {
            let cure = "give the model.npz of a cluster program, or one written with numpy.savez";
            Error::content(path, "an .npz archive", format!("something else ({error})"), cure)
        })?;
        let (_, record) = read_bytes(path)?;
        let most = MEMBER.max(length.saturating_mul(MOST_COMPRESSED));
        Ok((Self { path: path.to_owned(), archive, most }, record))
    }

    /// The array `name` of any number dtype, as `f64`.
    ///
    /// # Errors
    /// No such member, or not a number array.
    pub fn array(&mut self, name: &str) -> Result<ArrayD<f64>> {
        let bytes = self.member(name)?;
        let (elements, _) = Elements::read(bytes.len() as u64, &mut bytes.as_slice())
            .map_err(|found| self.error(&format!("a number array `{name}`"), found))?;
        Ok(match elements {
            Elements::U8(array) => array.mapv(f64::from),
            Elements::I64(array) => array.mapv(|value| value as f64),
            Elements::F32(array) => array.mapv(f64::from),
            Elements::F64(array) => array,
        })
    }

    /// The text `name`: a scalar of NumPy's unicode dtype, as `numpy.savez(..., name="text")` writes it.
    ///
    /// # Errors
    /// No such member, or not a text.
    pub fn text(&mut self, name: &str) -> Result<String> {
        let bytes = self.member(name)?;
        let expected = format!("a text `{name}`");
        let mut reader = bytes.as_slice();
        let header = Header::read(&mut reader).map_err(|found| self.error(&expected, found))?;
        let big_endian = header.dtype.starts_with('>');
        let decode = |unit: &[u8]| {
            let unit = [unit[0], unit[1], unit[2], unit[3]];
            char::from_u32(if big_endian { u32::from_be_bytes(unit) } else { u32::from_le_bytes(unit) })
        };
        let unicode = header.dtype.get(1..2) == Some("U") && header.shape.iter().all(|&length| length == 1);
        let text: Option<String> =
            unicode.then(|| reader.chunks_exact(4).map(decode).collect::<Option<String>>()).flatten();
        let found = format!("dtype {} and shape {:?}", header.dtype, header.shape);
        text.map(|text| text.trim_end_matches('\0').to_owned()).ok_or_else(|| self.error(&expected, found))
    }

    fn member(&mut self, name: &str) -> Result<Vec<u8>> {
        let names: Vec<String> =
            self.archive.file_names().map(|name| name.trim_end_matches(".npy").into()).collect();
        let Ok(member) = self.archive.by_name(&format!("{name}.npy")) else {
            let found = format!("the arrays {}", names.join(", "));
            return Err(self.error(&format!("an array `{name}`"), found));
        };
        let mut bytes = Vec::new();
        let most = self.most;
        let read = member.take(most.saturating_add(1)).read_to_end(&mut bytes);
        let found = match read {
            Ok(_) if bytes.len() as u64 <= most => return Ok(bytes),
            Ok(_) => format!("more than {most} bytes in an archive that has a hundredth"),
            Err(error) => format!("a damaged one ({error})"),
        };
        Err(self.error(&format!("an array `{name}`"), found))
    }

    fn error(&self, expected: &str, found: impl Into<String>) -> Error {
        let cure = "give the model.npz of a cluster program, or one written with numpy.savez";
        Error::content(&self.path, expected, found, cure)
    }
}

/// A short ASCII text as an array element, NumPy's `<U9`; longer text is cut. NumPy drops the padding when it reads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Text([char; Text::LENGTH]);

impl Text {
    const LENGTH: usize = 9;
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        let mut padded = text.chars().chain(std::iter::repeat('\0'));
        Self(std::array::from_fn(|_| padded.next().unwrap_or('\0')))
    }
}

impl WritableElement for Text {
    fn type_descriptor() -> Value {
        Value::String(format!("<U{}", Self::LENGTH))
    }

    fn write<W: std::io::Write>(&self, mut writer: W) -> std::result::Result<(), WriteDataError> {
        for &unit in &self.0 {
            writer.write_all(&u32::from(unit).to_le_bytes())?;
        }
        Ok(())
    }

    fn write_slice<W: std::io::Write>(
        slice: &[Self],
        mut writer: W,
    ) -> std::result::Result<(), WriteDataError> {
        slice.iter().try_for_each(|text| text.write(&mut writer))
    }
}
