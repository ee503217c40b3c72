//! The program in an empty folder, and its reader.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod arrays;
mod reader;
mod refusals;
mod text;
