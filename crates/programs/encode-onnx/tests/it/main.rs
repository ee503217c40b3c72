//! The program in an empty folder, and its reader.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod features;
mod golden;
mod hostile;
mod reader;
mod refusals;
mod wire;
