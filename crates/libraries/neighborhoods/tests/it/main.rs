//! The tests that see the crate from outside, in one program.

#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but does not see the helpers of this program"
)]

mod duplicates;
mod golden;
mod graph;
mod neighbors;
mod support;
mod threshold;
