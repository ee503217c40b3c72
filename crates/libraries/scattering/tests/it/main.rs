//! Tests of the public interface, one module a subject.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod brightness;
mod color;
mod errors;
mod features;
mod support;
mod transform;
