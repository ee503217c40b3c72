//! The contract between programs: plain files, strict on write, lenient on read.
//!
//! * **Reading** ([`read_points`], [`read_images`], [`read_ids`], [`read_weights`], [`Npz`])
//!   accepts what NumPy programs save: any integer or float dtype, either byte order, C or Fortran
//!   order; points, ids and weights also gzipped or in an `.npz` archive. Readers convert an array
//!   once. They refuse other files with one line that names the file, what was expected, what was
//!   found and what to do. [`PointFile`] reads a few rows at a time from files that do not fit into
//!   memory, and accepts fewer dtypes.
//! * **Writing** goes through [`Outputs`]: every file of a run is written under a temporary name in
//!   its own folder and then renamed, so that it appears complete or not at all.
//! * **Provenance** ([`Provenance`]) is written as `<file>.json` next to each output. No reader
//!   needs it. If it is there, [`check_lineage`] refuses points that a model was not fitted for.

mod elements;
mod error;
mod file;
mod finite;
mod format;
mod hash;
mod header;
mod images;
mod levels;
mod npz;
mod output;
mod paths;
mod pending;
mod place;
mod points;
mod provenance;
mod read;
mod record;
mod rows;
mod temporary;

pub use error::Error;
pub use file::{read_bytes, read_text};
pub use finite::check_finite;
pub use images::{ImageBlocks, ImageFile};
pub use npz::{Npz, Text};
pub use output::{BlockWriter, Outputs, write_atomic};
pub use place::{NamedFile, check_files};
pub use points::{Images, Pixels, Points};
pub use provenance::{Provenance, Run, check_lineage};
pub use read::{read_ids, read_images, read_matrix, read_numbers, read_points, read_weights};
pub use record::FileRecord;
pub use rows::PointFile;
pub use temporary::remove_temporaries;

/// Result of this library.
pub type Result<T> = std::result::Result<T, Error>;
