//! Detects the format of a file by its first bytes.

/// Number of bytes that decide the format.
pub(crate) const START: usize = 8;

/// The format of a file that is not a plain `.npy` array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// A zip archive, as an `.npz` file is.
    Zip,
    /// Compressed with gzip.
    Gzip,
    /// A format that no reader takes: its name, and how its values become an array.
    Other(&'static str, &'static str),
}

/// First bytes of a format, its name, and how its values become an array.
type Known = (&'static [u8], &'static str, &'static str);

const PICTURE: &str = "save all pictures as one array (n, height, width), or \
    (n, height, width, 3) in color, with np.save";

const KNOWN: [Known; 11] = [
    (b"BZh", "a bzip2-compressed file", "unpack it with bunzip2"),
    (b"\xfd7zXZ", "an xz-compressed file", "unpack it with unxz"),
    (b"\x28\xb5\x2f\xfd", "a zstd-compressed file", "unpack it with unzstd"),
    (
        b"\x89HDF",
        "an HDF5 file",
        "save one of its arrays: np.save('x.npy', h5py.File(FILE)[NAME][:])",
    ),
    (
        b"MATLAB",
        "a MATLAB file",
        "save one of its arrays: np.save('x.npy', scipy.io.loadmat(FILE)[NAME])",
    ),
    (b"PAR1", "a Parquet file", "np.save('x.npy', pandas.read_parquet(FILE).to_numpy('f4'))"),
    (b"\x89PNG", "a PNG picture", PICTURE),
    (b"\xff\xd8\xff", "a JPEG picture", PICTURE),
    (b"\0\0\x08\x03", "an IDX file of images", IDX_IMAGES),
    (b"\0\0\x08\x01", "an IDX file of labels", IDX_LABELS),
    (b"\x80", "a Python pickle, which is never loaded", "save its array with np.save"),
];

const IDX_IMAGES: &str =
    "np.save('x.npy', np.fromfile(FILE, 'u1', offset=16).reshape(-1, HEIGHT, WIDTH))";
const IDX_LABELS: &str = "np.save('y.npy', np.fromfile(FILE, 'u1', offset=8))";
const TEXT: &str = "np.save('x.npy', np.loadtxt(FILE, delimiter=','))";

impl Format {
    /// Gives the format of a file that starts with `start`. `None` is a format not listed here,
    /// `.npy` among them.
    pub(crate) fn of(start: &[u8]) -> Option<Self> {
        if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
            return Some(Self::Zip);
        }
        if start.starts_with(b"\x1f\x8b") {
            return Some(Self::Gzip);
        }
        let known = KNOWN.iter().find(|(magic, ..)| start.starts_with(magic));
        let text = || {
            let printable = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
            let text = start.len() == START && start.iter().all(printable);
            text.then_some(Self::Other(
                "a text file, which does not start with the NumPy magic bytes",
                TEXT,
            ))
        };
        known.map(|&(_, name, hint)| Self::Other(name, hint)).or_else(text)
    }

    /// Describes the format in words, and says how its values become an array.
    pub(crate) fn description(self) -> (&'static str, &'static str) {
        match self {
            Self::Zip => (
                "a zip archive, as .npz files are",
                "save one of its arrays: np.save('x.npy', np.load(FILE)[NAME])",
            ),
            Self::Gzip => ("a gzip-compressed file", "unpack it with gunzip"),
            Self::Other(name, hint) => (name, hint),
        }
    }
}
