//! Finds the array in a file: plain, gzipped or in an archive.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::elements::Elements;
use crate::error::Refusal;
use crate::file::{most_unpacked, open, start_of};
use crate::format::Format;
use crate::hash::Hashing;
use crate::npz::Npz;
use crate::record::FileRecord;
use crate::{Error, Result};

/// Reads the array in an `.npy` file, plain or gzipped, or in an archive, where `names` choose it.
pub(crate) fn read_elements(
    path: &Path,
    expected: &str,
    names: &[&str],
) -> Result<(Elements, FileRecord)> {
    let (file, length) = open(path)?;
    match Format::of(&start_of(path, &file)?) {
        Some(Format::Zip) => {
            let (archive, record) = Npz::read(path, &file, length)?;
            let (elements, header) = archive.only_array(names, expected)?;
            Ok((elements, FileRecord { dtype: Some(header.dtype), shape: header.shape, ..record }))
        }
        Some(Format::Gzip) => read_gzipped(path, file, length, expected),
        _ => {
            let mut reader = Hashing::new(BufReader::with_capacity(1 << 20, file));
            let (elements, header) = Elements::read(length, &mut reader)
                .map_err(|refusal| refusal.at(path, expected))?;
            let (dtype, shape) = (Some(header.dtype), header.shape);
            Ok((elements, FileRecord { dtype, shape, ..reader.record(path) }))
        }
    }
}

/// Reads the array in a gzipped `.npy` file of `length` bytes.
fn read_gzipped(
    path: &Path,
    file: File,
    length: u64,
    expected: &str,
) -> Result<(Elements, FileRecord)> {
    let mut reader = Hashing::new(BufReader::with_capacity(1 << 20, file));
    let (most, mut array) = (most_unpacked(length), Vec::new());
    let unpacked =
        MultiGzDecoder::new(&mut reader).take(most.saturating_add(1)).read_to_end(&mut array);
    let refusal = match unpacked {
        Err(error) => {
            Some(Refusal::new(format!("a damaged gzip file ({error})"), "write or copy it again"))
        }
        Ok(_) if array.len() as u64 > most => {
            let found = format!(
                "a gzip file that unpacks to more than {most} bytes, the limit for its size"
            );
            Some(Refusal::new(found, "unpack it with gunzip"))
        }
        Ok(_) => None,
    };
    if let Some(refusal) = refusal {
        return Err(refusal.at(path, expected));
    }
    let (elements, header) = Elements::read(array.len() as u64, &mut array.as_slice())
        .map_err(|refusal| refusal.at(path, &format!("{expected} in a gzip file")))?;
    // The hash covers the whole file, also what follows the last member.
    io::copy(&mut reader, &mut io::sink()).map_err(|error| Error::read(path, error))?;
    let (dtype, shape) = (Some(header.dtype), header.shape);
    Ok((elements, FileRecord { dtype, shape, ..reader.record(path) }))
}
