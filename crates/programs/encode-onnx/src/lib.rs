//! Turns images into features by a pretrained network in the ONNX format.
//!
//! - [`Network`] reads a model file, finds out what its input and output are, and computes features
//!   with `rten`, on the CPU.
//! - [`run`] is the program: it reads images in blocks, brings them to the size and the scale of
//!   the network, and writes its features.

#![deny(missing_docs)]

mod args;
mod model;
mod prepare;
mod range;
mod run;
mod size;
mod writer;

pub use args::Args;
pub use model::{Choice, Layout, Network, Pooling, Worker};
pub use run::run;
pub use size::Size;
