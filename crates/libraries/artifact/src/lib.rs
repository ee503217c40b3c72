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
//!   needs it. If it is there, [`check_lineage`] refuses points that a model was not fitted for,
//!   and [`lineage`] follows files back to the first program that ran.
//!
//! [`Hashing`] gives the record of a file of another format, which a program reads itself. [`idx`]
//! reads the format in which the data sets of `fetch-data` are published.
//!
//! # Example
//! ```
//! use artifact::{Outputs, Points, Provenance};
//! use ndarray::array;
//!
//! # let folder = tempfile::tempdir()?;
//! let path = folder.path().join("points.npy");
//! let mut outputs = Outputs::new();
//! outputs.npy(&path, &array![[0.0_f32, 1.0], [2.0, 3.0]])?;
//! assert!(!path.exists());
//! outputs.commit(Provenance { stage: "example".into(), ..Provenance::default() })?;
//!
//! let (points, record) = artifact::read_points(&path)?;
//! assert_eq!(points, Points::F32(array![[0.0, 1.0], [2.0, 3.0]]));
//! assert_eq!(record.shape, [2, 2]);
//! assert_eq!(Provenance::sidecar(&path).map(|found| found.stage), Some("example".into()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![deny(missing_docs)]

mod atomic;
mod block_writer;
mod elements;
mod error;
mod file;
mod finite;
mod format;
mod hash;
mod header;
pub mod idx;
mod image_shape;
mod images;
mod layout;
mod levels;
pub mod lineage;
mod npz;
mod output;
mod paths;
mod pending;
mod place;
mod points;
mod provenance;
mod read;
mod record;
mod row_element;
mod row_writer;
mod rows;
mod source;
mod temporary;

pub use atomic::write_atomic;
pub use block_writer::BlockWriter;
pub use error::Error;
pub use file::{read_bytes, read_text};
pub use finite::{check_finite, check_finite_block};
pub use hash::Hashing;
pub use image_shape::ImageShape;
pub use images::{ImageBlocks, ImageFile};
pub use npz::{Npz, Text};
pub use output::Outputs;
pub use place::{NamedFile, check_files};
pub use points::{Images, Pixels, Points};
pub use provenance::{Provenance, Run, check_lineage};
pub use read::{read_ids, read_images, read_matrix, read_numbers, read_points, read_weights};
pub use record::FileRecord;
pub use row_writer::RowWriter;
pub use rows::PointFile;
pub use temporary::remove_temporaries;

/// Result of this library.
pub type Result<T> = std::result::Result<T, Error>;
