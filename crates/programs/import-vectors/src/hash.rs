//! Hashes a file while it is read.

use std::io::{self, Read};
use std::path::Path;

use artifact::FileRecord;
use sha2::{Digest, Sha256};

/// Passes bytes through from `inner`, and counts and hashes them.
pub struct Hashing<R> {
    inner: R,
    digest: Sha256,
    bytes: u64,
}

impl<R: Read> Hashing<R> {
    /// Starts with the first byte of `inner`.
    pub fn new(inner: R) -> Self {
        Self { inner, digest: Sha256::new(), bytes: 0 }
    }

    /// Gives the record of the file at `path`, all of which was read.
    pub fn record(self, path: &Path) -> FileRecord {
        let digest = self.digest.finalize();
        FileRecord {
            path: path.display().to_string(),
            dtype: None,
            shape: Vec::new(),
            bytes: self.bytes,
            sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
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
