//! The program in an empty folder, and its reader.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod arrays;
#[cfg(feature = "parquet")]
mod columnar;
#[cfg(feature = "parquet")]
mod damaged;
mod reader;
mod refusals;
mod text;
#[cfg(feature = "parquet")]
mod write;
