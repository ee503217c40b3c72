//! A published file: its name, and how to know it from any other.

use std::fmt;
use std::path::Path;

/// A file of a data set as its authors published it.
#[derive(Debug)]
pub struct PublishedFile {
    pub name: &'static str,
    /// Length of the file.
    pub bytes: u64,
    /// Of the whole file, in hexadecimal.
    pub sha256: &'static str,
}

/// Why a file on disk is not the published one.
#[derive(Debug, PartialEq)]
pub enum Unusable {
    Absent,
    Wrong(String),
}

impl PublishedFile {
    /// The bytes of the file at `path`, if they are the published ones. Nothing is made from bytes that did not pass here.
    pub fn read(&self, path: &Path) -> Result<Vec<u8>, Unusable> {
        let metadata = match path.metadata() {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(Unusable::Absent),
            Err(error) => return Err(Unusable::Wrong(error.to_string())),
        };
        if !metadata.is_file() {
            return Err(Unusable::Wrong("not a file".into()));
        }
        // The length first: it is free, and no file of another length is worth reading.
        if metadata.len() != self.bytes {
            return Err(Unusable::Wrong(format!("{} bytes instead of {}", metadata.len(), self.bytes)));
        }
        let (bytes, record) =
            artifact::read_bytes(path).map_err(|error| Unusable::Wrong(error.to_string()))?;
        if record.sha256 != self.sha256 {
            let (found, expected) = (&record.sha256[..12], &self.sha256[..12]);
            return Err(Unusable::Wrong(format!(
                "wrong checksum (sha256 {found}... instead of {expected}...)"
            )));
        }
        Ok(bytes)
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("no such file"),
            Self::Wrong(why) => f.write_str(why),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// sha256 of "abc": the first example of FIPS 180-2.
    pub(crate) const ABC: PublishedFile = PublishedFile {
        name: "abc",
        bytes: 3,
        sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    };

    #[test]
    fn only_the_published_bytes_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        assert_eq!(ABC.read(&path), Err(Unusable::Absent));
        assert_eq!(ABC.read(folder.path()), Err(Unusable::Wrong("not a file".into())));
        for (content, told) in
            [("ab", "2 bytes instead of 3"), ("abcd", "4 bytes instead of 3"), ("abd", "wrong checksum")]
        {
            std::fs::write(&path, content).unwrap();
            let Err(Unusable::Wrong(why)) = ABC.read(&path) else { panic!("{content}") };
            assert!(why.contains(told), "{why}");
        }
        std::fs::write(&path, "abc").unwrap();
        assert_eq!(ABC.read(&path), Ok(b"abc".to_vec()));
    }
}
