//! Hashes of files and of all images together.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Context;
use artifact::FileRecord;
use sha2::{Digest, Sha256};

/// SHA-256 of a file.
pub type Hash = [u8; 32];

/// Computes the SHA-256 of `bytes`.
pub fn hash(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// Writes a hash in hexadecimal.
pub fn hexadecimal(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes the record of a file of any length, which is read block by block.
///
/// # Errors
/// The file cannot be read.
pub fn hash_file(path: &Path) -> anyhow::Result<FileRecord> {
    let failed = || format!("{}: cannot read it", path.display());
    let mut file = File::open(path).with_context(failed)?;
    let (mut digest, mut bytes) = (Sha256::new(), 0);
    let mut block = vec![0; 1 << 20];
    loop {
        let count = file.read(&mut block).with_context(failed)?;
        if count == 0 {
            break;
        }
        digest.update(&block[..count]);
        bytes += count as u64;
    }
    Ok(FileRecord {
        path: path.display().to_string(),
        dtype: None,
        shape: Vec::new(),
        bytes,
        sha256: hexadecimal(&digest.finalize()),
    })
}
