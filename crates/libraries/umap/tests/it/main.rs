//! Tests of the public interface, one module a subject.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod approximate;
mod embedding;
mod errors;
mod frame;
mod graph;
mod neighbors;
mod precomputed;
mod support;
mod transform;
