//! A network from an ONNX file, and the features it computes.

mod choice;
mod graph;
mod guard;
mod input;
mod layout;
mod network;
mod operators;
mod pooling;
mod proto;
mod refusal;
mod tensors;
mod wire;

pub use choice::Choice;
pub use layout::Layout;
pub use network::{Network, Worker};
pub use pooling::Pooling;
