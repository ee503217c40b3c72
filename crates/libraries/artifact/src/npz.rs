//! Reads archives of arrays: `.npz` files, which are zip archives of `.npy` members.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use ndarray::ArrayD;
use ndarray_npy::{WritableElement, WriteDataError};
use py_literal::Value;
use zip::{CompressionMethod, ZipArchive};

use crate::elements::Elements;
use crate::error::Refusal;
use crate::file::{most_unpacked, open, read_whole, start_of};
use crate::format::Format;
use crate::header::{Header, shape_text};
use crate::record::FileRecord;
use crate::{Error, Result};

const CURE: &str = "give the model.npz of a cluster program, or one written with numpy.savez";

/// A model file opened for reading.
pub struct Npz {
    path: PathBuf,
    /// The whole file in memory, so that its arrays are those of its record even if the file
    /// changes.
    archive: ZipArchive<Cursor<Vec<u8>>>,
    /// Longest member that is unpacked, in bytes.
    most: u64,
}

impl Npz {
    /// Reads the archive at `path`, and gives its record for the provenance.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("model.npz");
    /// # let mut file = ndarray_npy::NpzWriter::new(std::fs::File::create(&path)?);
    /// # file.add_array("means", &ndarray::array![[0_u8, 1]])?;
    /// # file.add_array("kind", &ndarray::arr0(artifact::Text::from("diag")))?;
    /// # file.finish()?;
    /// let (archive, record) = artifact::Npz::open(&path)?;
    /// assert!(archive.contains("means") && record.dtype.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A file that cannot be read or is no `.npz` archive.
    pub fn open(path: &Path) -> Result<(Self, FileRecord)> {
        let (file, length) = open(path)?;
        // The start decides first, so that no large file of another kind is read whole.
        let found = match start_of(path, &file)?.as_slice() {
            [] => "an empty file",
            start if start.starts_with(b"\x93NUMPY") => "a single array, as .npy files are",
            start => match Format::of(start) {
                None | Some(Format::Zip) => return Self::read(path, &file, length),
                Some(format) => format.description().0,
            },
        };
        Err(Error::content(path, "an .npz archive", found, CURE))
    }

    /// Reads the archive in an open file of `length` bytes.
    pub(crate) fn read(path: &Path, file: &File, length: u64) -> Result<(Self, FileRecord)> {
        let (bytes, record) = read_whole(path, file, length)?;
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| {
            Error::content(path, "an .npz archive", format!("something else ({error})"), CURE)
        })?;
        Ok((Self { path: path.to_owned(), archive, most: most_unpacked(length) }, record))
    }

    /// Whether the archive has an array `name`.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("model.npz");
    /// # let mut file = ndarray_npy::NpzWriter::new(std::fs::File::create(&path)?);
    /// # file.add_array("means", &ndarray::array![[0_u8, 1]])?;
    /// # file.add_array("kind", &ndarray::arr0(artifact::Text::from("diag")))?;
    /// # file.finish()?;
    /// assert!(!artifact::Npz::open(&path)?.0.contains("weights"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn contains(&self, name: &str) -> bool {
        let at = self.archive.index_for_name(&format!("{name}.npy"));
        at.or_else(|| self.archive.index_for_name(name)).is_some()
    }

    /// Reads the array `name`, of any number dtype and order, as `f64` in C order.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("model.npz");
    /// # let mut file = ndarray_npy::NpzWriter::new(std::fs::File::create(&path)?);
    /// # file.add_array("means", &ndarray::array![[0_u8, 1]])?;
    /// # file.add_array("kind", &ndarray::arr0(artifact::Text::from("diag")))?;
    /// # file.finish()?;
    /// let (mut archive, _) = artifact::Npz::open(&path)?;
    /// assert_eq!(archive.array("means")?, ndarray::array![[0.0, 1.0]].into_dyn());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// An archive without that member; a member that is no array of numbers.
    pub fn array(&mut self, name: &str) -> Result<ArrayD<f64>> {
        let bytes = self.member(name)?;
        let (elements, _) = Elements::read(bytes.len() as u64, &mut bytes.as_slice())
            .map_err(|refusal| refusal.at(&self.path, &format!("a number array `{name}`")))?;
        Ok(elements.into_f64())
    }

    /// Reads the text `name`, a scalar of NumPy's unicode or bytes dtype.
    ///
    /// `numpy.savez(..., name="text")` writes such a scalar.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("model.npz");
    /// # let mut file = ndarray_npy::NpzWriter::new(std::fs::File::create(&path)?);
    /// # file.add_array("means", &ndarray::array![[0_u8, 1]])?;
    /// # file.add_array("kind", &ndarray::arr0(artifact::Text::from("diag")))?;
    /// # file.finish()?;
    /// let (mut archive, _) = artifact::Npz::open(&path)?;
    /// assert_eq!(archive.text("kind")?, "diag");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// An archive without that member; a member that is no text.
    pub fn text(&mut self, name: &str) -> Result<String> {
        let bytes = self.member(name)?;
        let expected = format!("a text `{name}`");
        let mut reader = bytes.as_slice();
        let header =
            Header::read(&mut reader).map_err(|refusal| refusal.at(&self.path, &expected))?;
        let big_endian = header.dtype.starts_with('>');
        let decode = |unit: &[u8]| {
            let unit = [unit[0], unit[1], unit[2], unit[3]];
            char::from_u32(if big_endian {
                u32::from_be_bytes(unit)
            } else {
                u32::from_le_bytes(unit)
            })
        };
        let single = header.shape.iter().all(|&length| length == 1);
        let text: Option<String> =
            match header.dtype.trim_start_matches(['<', '>', '=', '|']).chars().next() {
                Some('U') if single => reader.chunks_exact(4).map(decode).collect(),
                Some('S' | 'a') if single => String::from_utf8(reader.to_vec()).ok(),
                _ => None,
            };
        let found = format!("dtype {} and shape {}", header.dtype, shape_text(&header.shape));
        text.map(|text| text.trim_end_matches('\0').to_owned())
            .ok_or_else(|| Error::content(&self.path, expected, found, CURE))
    }

    /// Reads the one array of the archive, with its header.
    ///
    /// If there are several, reads the one that alone has one of `names`, or else the one that
    /// `numpy.savez` was given without a name. `expected` is for the message.
    ///
    /// # Errors
    /// No array, or several that could be meant; an array that does not hold numbers.
    pub(crate) fn only_array(
        mut self,
        names: &[&str],
        expected: &str,
    ) -> Result<(Elements, Header)> {
        let arrays = self.names();
        let among = |wanted: &dyn Fn(&str) -> bool| {
            let mut found = arrays.iter().filter(|name| wanted(name));
            found.next().filter(|_| found.next().is_none())
        };
        let chosen = among(&|_| true)
            .or_else(|| among(&|name| names.contains(&name)))
            .or_else(|| among(&|name| name.starts_with("arr_")).filter(|name| *name == "arr_0"));
        let Some(chosen) = chosen else {
            let (found, hint) = if arrays.is_empty() {
                ("a zip archive without arrays".into(), "write the array on its own, with np.save")
            } else {
                (
                    format!("an archive of the arrays {}", arrays.join(", ")),
                    "save the one that is meant on its own: np.save('x.npy', np.load(FILE)[NAME])",
                )
            };
            return Err(Error::content(&self.path, expected, found, hint));
        };
        let bytes = self.member(chosen)?;
        let Self { path, archive, .. } = self;
        // The packed archive may be as large as the array.
        drop(archive);
        Elements::read(bytes.len() as u64, &mut bytes.as_slice())
            .map_err(|refusal| refusal.at(&path, &format!("{expected} in `{chosen}`")))
    }

    /// Gives the names of the arrays as NumPy does, without `.npy`. Archives of other programs may
    /// have members that are no arrays.
    fn names(&self) -> Vec<String> {
        let members = self.archive.file_names();
        members.filter_map(|name| name.strip_suffix(".npy")).map(str::to_owned).collect()
    }

    fn member(&mut self, name: &str) -> Result<Vec<u8>> {
        let expected = format!("an array `{name}`");
        // NumPy finds an array by its bare name too.
        let at = self.archive.index_for_name(&format!("{name}.npy"));
        let Some(at) = at.or_else(|| self.archive.index_for_name(name)) else {
            let members: Vec<&str> = self.archive.file_names().collect();
            let names = members
                .iter()
                .map(|name| name.strip_suffix(".npy").unwrap_or(name))
                .collect::<Vec<_>>();
            let found = if names.is_empty() {
                "no array".into()
            } else {
                format!("the arrays {}", names.join(", "))
            };
            return Err(Error::content(&self.path, expected, found, CURE));
        };
        self.unpacked(at).map_err(|refusal| refusal.at(&self.path, &expected))
    }

    /// Unpacks the member at this index.
    fn unpacked(&mut self, at: usize) -> std::result::Result<Vec<u8>, Refusal> {
        let damaged =
            |error: &dyn std::fmt::Display| Refusal::new(format!("a damaged one ({error})"), CURE);
        let raw = self.archive.by_index_raw(at).map_err(|error| damaged(&error))?;
        let again = "write the archive again with numpy.savez or numpy.savez_compressed";
        let method = match raw.compression() {
            CompressionMethod::Stored | CompressionMethod::Deflated => None,
            CompressionMethod::BZIP2 => Some("bzip2".to_owned()),
            CompressionMethod::LZMA => Some("LZMA".to_owned()),
            CompressionMethod::XZ => Some("xz".to_owned()),
            CompressionMethod::ZSTD => Some("zstd".to_owned()),
            CompressionMethod::DEFLATE64 => Some("Deflate64".to_owned()),
            other => Some(other.to_string()),
        };
        if let Some(method) = method {
            return Err(Refusal::new(format!("one that is compressed with {method}"), again));
        }
        if raw.encrypted() {
            return Err(Refusal::new("one that is encrypted", again));
        }
        drop(raw);
        let member = self.archive.by_index(at).map_err(|error| damaged(&error))?;
        let mut bytes = Vec::new();
        let most = self.most;
        match member.take(most.saturating_add(1)).read_to_end(&mut bytes) {
            Ok(_) if bytes.len() as u64 <= most => Ok(bytes),
            Ok(_) => {
                let found = format!(
                    "an archive that unpacks to more than {most} bytes, the limit for its size"
                );
                Err(Refusal::new(found, CURE))
            }
            Err(error) => Err(damaged(&error)),
        }
    }
}

/// A short text as an array element, NumPy's `<U9`.
///
/// Longer text is cut to nine characters. NumPy drops the padding when it reads.
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
