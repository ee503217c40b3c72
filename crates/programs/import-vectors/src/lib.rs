//! Reads vectors as other programs save them, and writes them as the rest of the pipeline reads
//! them: `points.npy` and `names.csv`.
//!
//! - [`Source`] gives the rows of a file: text with a delimiter, an array of NumPy, a
//!   tensor and, with the feature `parquet`, the columns of a Parquet file.
//! - [`run`] is the program: a first pass over the rows counts and measures, a second one writes.

#![deny(missing_docs)]

mod args;
mod cell;
#[cfg(feature = "parquet")]
mod columnar;
mod delimited;
mod dialect;
mod labels;
mod matrix;
mod npz;
mod report;
mod roles;
mod row;
mod run;
mod sample;
mod source;
mod summary;
mod tensor;

pub use args::{Args, Missing};
pub use row::{Choice, Row};
pub use run::run;
pub use source::Source;
