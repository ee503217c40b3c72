//! Tests of the public interface, one module a subject.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod encoder;
mod exactness;
mod explained_variance;
mod invariances;
mod support;
