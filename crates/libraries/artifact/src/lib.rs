//! The contract between stages: plain files, strict on write, lenient on read.
//!
//! * **Reading** ([`read_points`], [`read_images`], [`read_ids`], [`read_weights`], [`Npz`]) accepts what NumPy programs save and a stage
//!   can make sense of (any integer or float dtype, either byte order, C or Fortran order; points, ids and weights also gzipped or in an
//!   `.npz` archive), converts it once, and refuses the rest in one line that names the file, what was expected, what was found and the cure.
//!   [`PointFile`] reads points a few rows at a time, for files that do not fit into memory, and is stricter.
//! * **Writing** goes through [`Outputs`]: every file of a stage is prepared under a temporary name in its own folder
//!   and appears by rename, complete or not at all.
//! * **Provenance** ([`Provenance`]) is written as `<file>.json` beside each output. No reader needs it;
//!   where it is there, [`check_lineage`] tells points that a model was not made for.

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
