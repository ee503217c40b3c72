//! Computes SHA-256 while a file is read or written, so that no file is read twice for its hash.

use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::record::FileRecord;

/// Passes bytes through to or from a stream, and counts and hashes them.
///
/// ```
/// let mut file = artifact::Hashing::new(&b"abc"[..]);
/// std::io::copy(&mut file, &mut std::io::sink())?;
/// let record = file.record("letters.txt".as_ref());
/// assert_eq!((record.path.as_str(), record.bytes), ("letters.txt", 3));
/// assert!(record.sha256.starts_with("ba7816bf"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Hashing<T> {
    inner: T,
    digest: Sha256,
    bytes: u64,
}

impl<T> Hashing<T> {
    /// Starts with the first byte of `inner`.
    ///
    /// ```
    /// use std::io::Write;
    ///
    /// let mut file = artifact::Hashing::new(Vec::new());
    /// file.write_all(b"abc")?;
    /// assert_eq!(file.record("letters.txt".as_ref()).bytes, 3);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new(inner: T) -> Self {
        Self { inner, digest: Sha256::new(), bytes: 0 }
    }

    /// Gives the record of the file at `path`, all bytes of which have passed.
    ///
    /// It is that of a file without an array.
    ///
    /// ```
    /// let record = artifact::Hashing::new(std::io::empty()).record("empty.txt".as_ref());
    /// assert_eq!((record.bytes, record.dtype), (0, None));
    /// ```
    pub fn record(self, path: &Path) -> FileRecord {
        let (_, bytes, sha256) = self.finish();
        let path = path.display().to_string();
        FileRecord { path, dtype: None, shape: Vec::new(), bytes, sha256 }
    }

    /// Gives the wrapped stream, the number of bytes that passed, and their SHA-256 in hexadecimal.
    pub(crate) fn finish(self) -> (T, u64, String) {
        (self.inner, self.bytes, hex(&self.digest.finalize()))
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.digest.update(&buffer[..count]);
        self.bytes += count as u64;
        Ok(count)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(buffer)?;
        self.digest.update(&buffer[..count]);
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Gives the SHA-256 of `bytes` in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
