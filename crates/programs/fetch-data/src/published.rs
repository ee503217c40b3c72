//! Identifies a published file by its name and hash.

use std::fmt;
use std::path::{Path, PathBuf};

use artifact::FileRecord;

/// A gzipped file of a data set as its authors published it.
#[derive(Debug)]
pub struct PublishedFile {
    /// The published name without `.gz`: `train-images-idx3-ubyte`.
    pub name: &'static str,
    /// The file as it is published.
    pub packed: Content,
    /// The unpacked file, if its hash is known.
    pub unpacked: Option<Content>,
}

/// Length and hash of a file.
#[derive(Debug)]
pub struct Content {
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: &'static str,
}

/// The form of a file on disk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Form {
    /// As it was published, gzipped.
    Packed,
    /// As it is after gunzip.
    Unpacked,
}

/// The bytes of a published file, and its record for the provenance.
///
/// The record does not say where the file came from: the same bytes are the same input.
#[derive(Debug, PartialEq)]
pub struct Verified {
    /// The bytes, gzipped or unpacked.
    pub bytes: Vec<u8>,
    /// The record, under the published name, without `.gz` if the file was found unpacked.
    pub record: FileRecord,
}

/// Why a file on disk is not the published one.
#[derive(Debug, PartialEq)]
pub enum Unusable {
    Absent,
    Wrong(String),
}

impl PublishedFile {
    /// Gives the published name.
    pub fn packed_name(&self) -> String {
        format!("{}.gz", self.name)
    }

    /// Lists where the file may be in a folder made of its download.
    ///
    /// Its name may have the dot that some archives unpack to (`train-images.idx3-ubyte`), and the
    /// file may be gzipped or not. It may be in the folder itself, in `raw` inside it or next to
    /// it, as torchvision has it, or in a folder of its own.
    pub fn places(&self, folder: &Path) -> Vec<(PathBuf, Form)> {
        let name = self.name;
        let dotted = name.replacen("-idx", ".idx", 1);
        let names = [
            (self.packed_name(), Form::Packed),
            (format!("{dotted}.gz"), Form::Packed),
            (name.to_owned(), Form::Unpacked),
            (dotted, Form::Unpacked),
            (format!("{name}/{name}"), Form::Unpacked),
        ];
        let beside =
            folder.file_name().is_some_and(|name| name == "raw").then(|| folder.join(".."));
        let folders = [folder.to_owned(), folder.join("raw")].into_iter().chain(beside);
        folders
            .flat_map(|folder| names.clone().map(|(name, form)| (folder.join(name), form)))
            .collect()
    }

    /// Reads the file at `path`, if it is the published one. No data is made from bytes that did
    /// not pass this check.
    pub fn read(&self, path: &Path, form: Form) -> Result<Verified, Unusable> {
        let metadata = match path.metadata() {
            Ok(metadata) => metadata,
            Err(error) if is_absent(&error) => return Err(Unusable::Absent),
            Err(error) => return Err(Unusable::Wrong(error.to_string())),
        };
        let packed = form == Form::Packed;
        if metadata.is_dir() && !packed {
            // The path is a folder, which may hold the file.
            return Err(Unusable::Absent);
        }
        if !metadata.is_file() {
            return Err(Unusable::Wrong("not a file".into()));
        }
        let Some(expected) = (if packed { Some(&self.packed) } else { self.unpacked.as_ref() })
        else {
            let gzipped = self.packed_name();
            return Err(Unusable::Wrong(format!(
                "unpacked, its checksum is not known; give {gzipped}"
            )));
        };
        // The length is checked first: that is free, and a file of another length need not be read.
        if metadata.len() != expected.bytes {
            return Err(Unusable::Wrong(format!(
                "{} bytes instead of {}",
                metadata.len(),
                expected.bytes
            )));
        }
        let (bytes, record) =
            artifact::read_bytes(path).map_err(|error| Unusable::Wrong(error.to_string()))?;
        if record.sha256 != expected.sha256 {
            let (found, expected) = (&record.sha256[..12], &expected.sha256[..12]);
            return Err(Unusable::Wrong(format!(
                "wrong checksum (sha256 {found}... instead of {expected}...)"
            )));
        }
        let path = if packed { self.packed_name() } else { self.name.to_owned() };
        Ok(Verified { bytes, record: FileRecord { path, ..record } })
    }
}

/// Whether there is nothing of that name, or a file in place of one of its folders.
fn is_absent(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
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

    /// sha256 of "abc": the first example of FIPS 180-2; and of
    /// "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", the second.
    pub(crate) const ABC: PublishedFile = PublishedFile {
        name: "abc-idx1-ubyte",
        packed: Content {
            bytes: 3,
            sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        },
        unpacked: Some(Content {
            bytes: 56,
            sha256: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        }),
    };
    pub(crate) const UNPACKED: &str = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

    #[test]
    fn only_the_published_bytes_are_read() {
        let folder = tempfile::tempdir().unwrap();
        for (name, form, good, long, wrong) in [
            ("abc-idx1-ubyte.gz", Form::Packed, "abc", "4 bytes instead of 3", "abd"),
            (
                "abc-idx1-ubyte",
                Form::Unpacked,
                UNPACKED,
                "57 bytes instead of 56",
                &UNPACKED.replace("nopq", "nopr"),
            ),
        ] {
            let path = folder.path().join(name);
            assert_eq!(ABC.read(&path, form), Err(Unusable::Absent));
            for (content, told) in
                [(&format!("{good}d"), long), (&wrong.to_owned(), "wrong checksum")]
            {
                std::fs::write(&path, content).unwrap();
                let Err(Unusable::Wrong(why)) = ABC.read(&path, form) else { panic!("{content}") };
                assert!(why.contains(told), "{why}");
            }
            std::fs::write(&path, good).unwrap();
            let Verified { bytes, record } = ABC.read(&path, form).unwrap();
            assert_eq!((bytes.as_slice(), record.path.as_str()), (good.as_bytes(), name));
            assert_eq!(record.bytes, good.len() as u64);
        }
        std::fs::create_dir(folder.path().join("folder.gz")).unwrap();
        assert_eq!(
            ABC.read(&folder.path().join("folder.gz"), Form::Packed),
            Err(Unusable::Wrong("not a file".into()))
        );
        assert_eq!(
            ABC.read(folder.path(), Form::Unpacked),
            Err(Unusable::Absent),
            "it may hold the file"
        );
        let unknown = PublishedFile { unpacked: None, ..ABC };
        let path = folder.path().join("abc-idx1-ubyte");
        let Err(Unusable::Wrong(why)) = unknown.read(&path, Form::Unpacked) else { panic!() };
        assert!(why.contains("give abc-idx1-ubyte.gz"), "{why}");
    }
}
