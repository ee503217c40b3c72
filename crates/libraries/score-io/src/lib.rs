//! What `evaluate` and `train-ae` write for people to compare, and others read.
//!
//! - [`ScoreFiles`] reads score files: the runs of each system ([`ScoreRow`]), and their mean and
//!   spread ([`RunSummary`]). [`METRICS`] names the scores.
//! - [`read_published`] reads figures of others, which are shown beside the scores.
//! - [`read_classes`] reads the names of the classes.
//! - [`Losses`] reads the losses of a training by epoch, and [`losses_csv`] writes them.

#![deny(missing_docs)]

mod classes;
mod files;
mod losses;
mod metric;
mod published;
mod rows;
mod score_file;
mod summary;

pub use classes::read_classes;
pub use files::ScoreFiles;
pub use losses::{EpochLoss, Losses, losses_csv};
pub use metric::METRICS;
pub use published::{Published, read_published};
pub use rows::{ScoreRow, ScoredRun};
pub use summary::RunSummary;
