//! Members of a tar archive, which may be compressed with gzip.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, ensure};
use flate2::read::MultiGzDecoder;
use tar::Archive;

use crate::entry::{Entry, Listing};
use crate::source::shared_file::SharedFile;

/// Bytes that any archive may unpack to: 1 GiB.
const ALWAYS_UNPACKED: u64 = 1 << 30;
/// Factor by which a longer archive may exceed the file. Images hardly compress.
const MOST_COMPRESSED: u64 = 100;

/// Unpacks the gzip file `packed` into a file without a name in `folder`.
///
/// The members are read in the order of rows, which is not that of the archive.
///
/// # Errors
/// A file that is cut off or broken, or unpacks to far more than images do; no space left.
pub fn unpacked(path: &Path, packed: File, folder: &Path) -> anyhow::Result<File> {
    let most = ALWAYS_UNPACKED.max(packed.metadata()?.len().saturating_mul(MOST_COMPRESSED));
    let mut file = tempfile::tempfile_in(folder)
        .with_context(|| format!("{}: cannot unpack {}", folder.display(), path.display()))?;
    let mut bytes = MultiGzDecoder::new(io::BufReader::new(packed)).take(most + 1);
    let length = io::copy(&mut bytes, &mut file).map_err(|error| {
        anyhow!(
            "{}: expected a tar archive with gzip, found one that cannot be unpacked into {} \
             ({error}); copy or download it again, or unpack it yourself",
            path.display(),
            folder.display()
        )
    })?;
    ensure!(
        length <= most,
        "{}: expected an archive of images, found one that unpacks to more than {MOST_COMPRESSED} \
         times its length; unpack it yourself if you trust it",
        path.display()
    );
    file.rewind()?;
    Ok(file)
}

/// Lists the members of the archive `file`, which lies at `path`.
///
/// # Errors
/// A file that is no tar archive or is cut off.
pub fn list(path: &Path, file: SharedFile) -> anyhow::Result<Listing> {
    let broken = |error: io::Error| {
        anyhow!(
            "{}: expected a tar archive, found one that cannot be read to its end ({error}); \
             copy or download it again",
            path.display()
        )
    };
    let mut archive = Archive::new(file);
    let mut listing = Listing::default();
    for member in archive.entries_with_seek().map_err(broken)? {
        let member = member.map_err(broken)?;
        let name = member.path_bytes();
        let name = name.strip_prefix(b"./").unwrap_or(&name);
        let name = PathBuf::from(std::ffi::OsStr::from_bytes(name));
        let kind = member.header().entry_type();
        if kind.is_file() || kind.is_contiguous() {
            let (place, length) = (member.raw_file_position(), member.size());
            listing.add(Entry { name, place, length });
        } else if kind.is_symlink() || kind.is_hard_link() {
            listing.skip(name, "a link inside of an archive");
        } else if !kind.is_dir() && !kind.is_pax_global_extensions() {
            listing.skip(name, "not an image: a sparse file, pipe or device");
        }
    }
    Ok(listing)
}
