//! Tests of the library: against scikit-learn, and against all pairs of points.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod errors;
mod golden;
mod predict;
mod same_bytes;
mod support;
mod tree;
