//! Reads IDX, the format of MNIST, gzipped or unpacked.
//!
//! A file holds two zero bytes, 8 for unsigned bytes, the number of dimensions, the length of each
//! as big-endian u32, and the elements.

use std::cmp::Ordering;
use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use ndarray::{Array1, Array3};

/// Most elements that are read. No data set here comes near: 60,000 images of 28 x 28 are 47 MB.
const MAX_ELEMENTS: u64 = 1 << 28;

/// Why bytes are no IDX file of the expected kind. The messages name no file.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file ends within its header, or its compressed header is damaged.
    #[error("cannot read the IDX header")]
    Header(#[source] io::Error),
    /// The compressed elements are damaged.
    #[error("cannot decompress")]
    Unpack(#[source] io::Error),
    /// The header or the number of elements is another than expected.
    #[error("{0}")]
    Content(String),
}

/// Reads images (n, height, width) from an IDX file, gzipped or not.
///
/// ```
/// let file = [&[0, 0, 8, 3][..], &[0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2], &[7, 9]].concat();
/// assert_eq!(artifact::idx::images(&file)?, ndarray::array![[[7, 9]]]);
/// # Ok::<(), artifact::idx::Error>(())
/// ```
///
/// # Errors
/// Damaged gzip; a header that is not that of images; more or fewer bytes than it promises.
pub fn images(file: &[u8]) -> Result<Array3<u8>, Error> {
    let (shape, elements) = read::<3>(file)?;
    Array3::from_shape_vec(shape, elements).map_err(|error| Error::Content(error.to_string()))
}

/// Reads labels (n,) from an IDX file, gzipped or not.
///
/// ```
/// let file = [0, 0, 8, 1, 0, 0, 0, 2, 7, 9];
/// assert_eq!(artifact::idx::labels(&file)?, ndarray::array![7, 9]);
/// # Ok::<(), artifact::idx::Error>(())
/// ```
///
/// # Errors
/// As [`images`].
pub fn labels(file: &[u8]) -> Result<Array1<u8>, Error> {
    let ([_], elements) = read::<1>(file)?;
    Ok(Array1::from_vec(elements))
}

/// Reads the lengths of `N` dimensions, and the elements.
fn read<const N: usize>(file: &[u8]) -> Result<([usize; N], Vec<u8>), Error> {
    let gzipped = file.starts_with(&[0x1f, 0x8b]);
    let mut content: Box<dyn Read + '_> =
        if gzipped { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut magic = [0u8; 4];
    content.read_exact(&mut magic).map_err(Error::Header)?;
    if magic != [0, 0, 8, N as u8] {
        return Err(Error::Content(format!(
            "expected an IDX array of unsigned bytes with {N} dimension(s), \
             found the magic bytes {magic:02x?}"
        )));
    }
    let mut shape = [0usize; N];
    for length in &mut shape {
        let mut field = [0u8; 4];
        content.read_exact(&mut field).map_err(Error::Header)?;
        *length = u32::from_be_bytes(field) as usize;
    }
    let product =
        shape.iter().try_fold(1u64, |product, &length| product.checked_mul(length as u64));
    let count = match product {
        Some(count @ 1..=MAX_ELEMENTS) => count,
        _ => {
            let found = format!("an IDX header with the impossible shape {shape:?}");
            return Err(Error::Content(found));
        }
    };
    // One byte more than promised shows that a file is too long, and stops a decompression bomb.
    // Memory grows with the bytes that are there, not with what the header says.
    let mut elements = Vec::new();
    content.take(count + 1).read_to_end(&mut elements).map_err(Error::Unpack)?;
    let found = elements.len() as u64;
    match found.cmp(&count) {
        Ordering::Equal => Ok((shape, elements)),
        Ordering::Less => Err(Error::Content(format!(
            "{found} elements of the {count} its IDX header promises (a truncated file)"
        ))),
        Ordering::Greater => {
            Err(Error::Content(format!("bytes after the {count} elements its IDX header promises")))
        }
    }
}
